"""What a person can put right is told as text; everything else keeps its traceback."""

import contextlib
from collections.abc import Iterator

import typer
from pydantic import ValidationError
from rich.console import Console


def explained(error: BaseException) -> str | None:
    """The text of an error that says what is wrong and what to do; None for a fault of the program."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, ValidationError):
        lines = []
        for one in error.errors():
            name = "PUENTE_" + "_".join(str(part) for part in one["loc"]).upper()
            lines.append(f"{name} is {one['input']!r}: {one['msg']}")
        return "\n".join([*lines, "Correct it in the environment, and start again."])
    if getattr(error, "safe_text", False):
        return str(error)
    return None


@contextlib.contextmanager
def said_in_a_line() -> Iterator[None]:
    """What a person can put right is said in a line, not as a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        Console(stderr=True).print("\nStopped.", highlight=False, markup=False)
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception as error:
        text = explained(error)
        if text is None:
            raise
        Console(stderr=True, soft_wrap=True).print(text, highlight=False, markup=False)
        raise typer.Exit(1) from None

"""What a person can put right is told as text; everything else keeps its traceback."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def in_words(one: "ErrorDetails") -> str:
    """What is wrong with a setting or an option, not in the words of the library that found it."""
    given: Mapping[str, Any] = one.get("ctx", {})
    match one["type"]:
        case "greater_than_equal":
            return f"write a number of {given['ge']} or more"
        case "less_than_equal":
            return f"write a number of {given['le']} or less"
        case "int_parsing" | "int_from_float":
            return "write a whole number"
        case "literal_error":
            return f"expected {given['expected']}"
    return one["msg"].removeprefix("Value error, ")


def explained(error: BaseException) -> str | None:
    """The text of an error that says what is wrong and what to do; None for a fault of the program."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        lines = []
        for one in error.errors():
            name = "PUENTE_" + "_".join(str(part) for part in one["loc"]).upper()
            lines.append(f"{name} is {one['input']!r}: {in_words(one)}")
        return "\n".join([*lines, "Correct it in the environment, and start again."])
    from shared.persistence.database import Unavailable

    if isinstance(error, Unavailable):
        first = str(error).partition("\n")[0]
        return f"{first}. Start the server, or correct PUENTE_DATABASE_URL."
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

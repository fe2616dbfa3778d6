"""What a person can put right is told as text; everything else keeps its traceback."""

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console

from services.run.home import default_home

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from shared.persistence.database import Unavailable


MISSING: Final = "3D"
"""The class of the SQLSTATE by which a server says that it has no such database."""
_OTHER_ACCOUNT: Final = "use the account that it belongs to"
_NO_ROOM: Final = "make room there"
PLACES: Final = {
    errno.EACCES: _OTHER_ACCOUNT,
    errno.EPERM: _OTHER_ACCOUNT,
    errno.EROFS: "nothing can be written there",
    errno.ENOTDIR: "a file is where a folder is wanted; move it away",
    errno.EISDIR: "a folder is where a file is wanted; move it away",
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
}
"""What helps where a file or a folder cannot be used, by the error's number. Any other number is a fault of the program."""


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
        return f"{str(error).partition(chr(10))[0]}. {_what_next(error)}"
    if getattr(error, "safe_text", False):
        return str(error)
    if isinstance(error, OSError) and isinstance(error.filename, str) and error.errno in PLACES:
        another = "another folder (PUENTE_HOME)" if Path(error.filename).is_relative_to(default_home().folder) else "another one"
        return f"{error.filename} cannot be used ({error.strerror}): {PLACES[error.errno]}, or name {another}."
    return None


def _what_next(error: "Unavailable") -> str:
    """What helps where a database is away: another server where it is too old, and nothing to correct where it is the embedded one."""
    from shared.persistence.database import NEEDS, NotLetIn

    if str(error).startswith(NEEDS):
        return "Name a newer server in PUENTE_DATABASE_URL, or remove that setting: the embedded one is used then."
    if isinstance(error, NotLetIn) and error.why == MISSING:
        return "puente migrate all makes what is missing, or correct PUENTE_DATABASE_URL."
    if isinstance(error, NotLetIn):
        return "Correct PUENTE_DATABASE_URL."
    if os.environ.get("PUENTE_DATABASE_URL"):
        return "Start the server, or correct PUENTE_DATABASE_URL."
    return "It is the embedded one, which ends with whoever started it: do this again, and see puente doctor where that does not help."


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

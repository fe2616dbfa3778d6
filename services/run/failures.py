"""What a person can put right is told as text; everything else keeps its traceback."""

from pydantic import ValidationError


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

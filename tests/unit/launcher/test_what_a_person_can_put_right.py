"""What ends a command and can be put right is said in a line or two; a fault of the program keeps its traceback."""

from pathlib import Path

import pytest

from services.run.failures import explained
from shared.persistence.database import Unavailable
from shared.persistence.postgres_place import EmbeddedFailure, cannot_be_used


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EmbeddedFailure("No server.", "The disk is full.", "Free some."), "No server.\n  Why:  The disk is full.\n  Next: Free some."),
        (
            Unavailable("the database cannot be reached: refused\n[SQL: select 1]"),
            "the database cannot be reached: refused. Start the server, or correct PUENTE_DATABASE_URL.",
        ),
        (ExceptionGroup("two tasks", [EmbeddedFailure("No server.", "a", "b")]), "No server.\n  Why:  a\n  Next: b"),
        (ZeroDivisionError("of ours"), None),
    ],
)
def test_it_says_what_and_what_to_do(error: Exception, said: str | None) -> None:
    assert explained(error) == said


@pytest.mark.parametrize(
    ("error", "why", "next_step"),
    [
        (PermissionError(13, "Permission denied", "/a/lock"), "was made by another account", "Use the account that it belongs to"),
        (FileExistsError(17, "File exists", "/a"), "a file is where a folder is wanted", "Move away what is there"),
        (IsADirectoryError(21, "Is a directory", "/a/lock"), "a folder where a file is", "Move away what is there"),
        (OSError(28, "No space left on device", "/a"), "cannot be used", "Free disk space"),
    ],
)
def test_a_folder_in_which_no_server_starts_is_told_with_what_helps_there(error: OSError, why: str, next_step: str) -> None:
    said = cannot_be_used(Path("/a"), error)
    assert why in said.why and said.next_step.startswith(next_step) and "PUENTE_DATABASE_URL" in said.next_step

"""What ends a command and can be put right is said in a line or two; a fault of the program keeps its traceback."""

import pytest

from services.run.failures import explained
from shared.persistence.database import Unavailable
from shared.persistence.postgres_place import EmbeddedFailure


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

"""What ends a command and can be put right is said in a line or two; a fault of the program keeps its traceback."""

from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from services import doctor
from services.run.databases import DatabaseAway, checked
from services.run.failures import explained
from shared.persistence.database import NEEDS, Unavailable, away_told, dsn
from shared.persistence.postgres_place import EmbeddedFailure, cannot_be_used

ANOTHER = "name another folder (PUENTE_HOME)."
HOME = "/a"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EmbeddedFailure("No server.", "The disk is full.", "Free some."), "No server.\n  Why:  The disk is full.\n  Next: Free some."),
        (ExceptionGroup("two tasks", [EmbeddedFailure("No server.", "a", "b")]), "No server.\n  Why:  a\n  Next: b"),
        (ZeroDivisionError("of ours"), None),
        (
            PermissionError(13, "Permission denied", "/a/keys"),
            f"/a/keys cannot be used (Permission denied): use the account that it belongs to, or {ANOTHER}",
        ),
        (
            NotADirectoryError(20, "Not a directory", "/a/clock"),
            f"/a/clock cannot be used (Not a directory): a file is where a folder is wanted; move it away, or {ANOTHER}",
        ),
        (
            OSError(28, "No space left on device", "/a/logs"),
            f"/a/logs cannot be used (No space left on device): make room there, or {ANOTHER}",
        ),
        (
            PermissionError(13, "Permission denied", "/b"),
            "/b cannot be used (Permission denied): use the account that it belongs to, or name another one.",
        ),
        (FileNotFoundError(2, "No such file", "/a/templates"), None),
        (PermissionError(1, "of no file"), None),
    ],
)
def test_it_says_what_and_what_to_do(error: Exception, said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUENTE_HOME", HOME)
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


@pytest.mark.parametrize(
    ("said", "given", "next_step"),
    [
        ("the database cannot be reached: refused", "postgresql://db/p_{service}", "Start the server, or correct PUENTE_DATABASE_URL."),
        ("the database cannot be reached: refused", "", "It is the embedded one"),
        (f"{NEEDS}; this server refused a connection: no", "postgresql://db/p_{service}", "Name a newer server in PUENTE_DATABASE_URL"),
    ],
)
def test_a_database_that_is_away_is_told_with_what_helps_there(
    monkeypatch: pytest.MonkeyPatch, said: str, given: str, next_step: str
) -> None:
    monkeypatch.setenv("PUENTE_DATABASE_URL", given)
    assert str(explained(Unavailable(f"{said}\n[SQL: select 1]"))).startswith(f"{said}. {next_step}")


class Wrapped(Exception):
    """As SQLAlchemy wraps what the driver raised."""

    sqlstate = "42704"


def test_what_the_driver_said_is_told_without_the_classes_around_it() -> None:
    first = asyncpg.CantChangeRuntimeParamError('unrecognized configuration parameter "transaction_timeout"')
    around = Wrapped(f"{type(first)}: {first}")
    around.__cause__ = first
    with pytest.raises(Unavailable) as told, away_told():
        raise DBAPIError("select 1", {}, around) from around
    assert str(told.value) == f"{NEEDS}; this server refused a connection: {first}"


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://u:secret@h:abc/p_{service}",
        "postgresql://u:secret@[::1/p_{service}",
        "postgresql://u:secret@h:99999/p_{service}",
        "postgresql://u:secret@h/p_{service}?sslmode=bogus",
        "postgresql://u:secret@h/p_{service}?ssl=require",
        "postgresql://u:secret@h/p_{service}?sslmode=verify-full&sslrootcert=/nowhere/ca.crt",
        "postgresql://u:secret@h/p_{service}?sslmode=require&sslmode=disable",
        "postgresql://u:se@secret@h/p_{service}",
        "postgresql://u:secret@h/p_{service}?port=abc",
        "postgresql://u:secret@h/p_{service}?host=other",
        "postgresql://u:secret@h/p_{service}?sslrootcert=/etc",
        "postgresql://u:secret@h/p_{service}?sslcert=/nowhere/{service}.crt",
    ],
)
def test_an_address_that_is_none_is_said_to_be_none_without_its_password(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    with pytest.raises(DatabaseAway, match="PUENTE_DATABASE_URL") as refused:
        checked(given)
    assert "secret" not in str(refused.value)
    monkeypatch.setenv("PUENTE_DATABASE_URL", given)
    assert doctor.database().state == "missing"


@pytest.mark.parametrize("password", ["a#b", "a/b", "a?b", "a@b:c", "a b%+c", "ñ"])
def test_the_driver_reads_whatever_password_may_stand_in_an_address(password: str) -> None:
    plain = "@" not in password and "%" not in password and "?" not in password
    for written in {quote(password, safe=""), password if plain else quote(password, safe="")}:
        read = urlsplit(dsn(f"postgresql+asyncpg://puente:{written}@[::1]:5433/books?sslmode=require&host=%2Frun%2Fpg"))
        assert (read.scheme, read.username, unquote(str(read.password))) == ("postgresql", "puente", password)
        assert (read.hostname, read.port, read.path) == ("::1", 5433, "/books")
        assert parse_qs(read.query) == {"sslmode": ["require"], "host": ["/run/pg"]}

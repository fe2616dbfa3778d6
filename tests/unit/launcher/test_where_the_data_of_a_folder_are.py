"""A folder knows on which server of one's own its databases are, and nothing else is begun in it."""

from pathlib import Path

import pytest

from services.run import databases
from services.run.home import Home
from services.run.opened import values_for
from shared.settings import CommonSettings

OURS = "postgresql://puente:secret@db.example.org/puente_{service}"
OTHER = "postgresql://puente:secret@db.example.org/elsewhere_{service}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "demo").make()


@pytest.mark.parametrize(
    "same",
    [
        OURS,
        "postgresql+asyncpg://puente:secret@db.example.org/puente_{service}",
        "postgresql://puente:another@db.example.org/puente_{service}",
        "postgresql://puente@db.example.org/puente_{service}",
        "postgresql://puente@db.example.org/puente_{service}?password=secret",
    ],
)
def test_the_same_server_is_known_by_any_password_and_driver_and_none_is_kept(home: Home, same: str) -> None:
    databases.tell_where(home, same)
    assert "secret" not in home.elsewhere.read_text() and databases.elsewhere(home) == "postgresql://puente@db.example.org/puente_{service}"
    assert databases.belong(home, OURS) and databases.moved(home, OURS) == ""


@pytest.mark.parametrize(("given", "named"), [("", "is not set"), (OTHER, "names postgresql://puente@db.example.org/elsewhere_{service}")])
def test_a_start_on_anything_else_is_told_where_the_data_are_and_what_to_do(home: Home, given: str, named: str) -> None:
    databases.tell_where(home, OURS)
    said = databases.moved(home, given)
    for words in (str(home.folder), databases.elsewhere(home), f"PUENTE_DATABASE_URL {named}", "Nothing was changed", "PUENTE_HOME"):
        assert words in said
    assert "secret" not in said and not databases.belong(home, given)


def test_a_folder_with_its_own_server_is_not_left_for_another_without_a_word(home: Home) -> None:
    assert databases.moved(home, OURS) == databases.moved(home, "") == "", "nothing was begun in it"
    home.postgres.mkdir()
    said = databases.moved(home, OURS)
    assert "unset PUENTE_DATABASE_URL" in said and "--fresh" in said and "secret" not in said
    assert databases.moved(home, "") == ""


def test_a_command_takes_the_folders_clock_and_keys_where_its_databases_are_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLOCK_FILE", "KEYS_FOLDER", "DOCUMENTS_FOLDER"):
        monkeypatch.delenv(f"PUENTE_{name}", raising=False)
    databases.tell_where(home, OURS)
    monkeypatch.setenv("PUENTE_DATABASE_URL", OURS)
    assert values_for(home, CommonSettings(), OURS) == {
        "keys_folder": home.keys, "documents_folder": home.documents, "clock_file": home.clock,
    }  # fmt: skip
    monkeypatch.setenv("PUENTE_KEYS_FOLDER", "/elsewhere")
    assert "keys_folder" not in values_for(home, CommonSettings(), OURS), "what is set counts"
    monkeypatch.setenv("PUENTE_DATABASE_URL", OTHER)
    assert values_for(home, CommonSettings(), OTHER) == {}

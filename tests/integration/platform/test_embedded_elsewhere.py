"""What root keeps outside of a folder is one folder's: a copy of that neither takes it nor deletes it."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.run import databases, demo
from services.run.home import Home
from services.run.stack import NotStarted
from shared.persistence import postgres_place
from shared.persistence.embedded import EmbeddedPostgres
from shared.persistence.file_lock import trying
from shared.persistence.postgres_place import OWNER, POINTER, PREFIX, SOCKET_NAME, EmbeddedFailure, remove_elsewhere

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps data outside of a folder")


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a test's own that is passed through; in it `places` is the only one that data outside of a folder go to."""
    folder = Path(tempfile.mkdtemp(prefix="ground-", dir="/tmp"))
    folder.chmod(0o711)
    (folder / "places").mkdir(mode=0o711)
    monkeypatch.setattr(postgres_place, "PLACES_ROOT", (str(folder / "places"),))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(ground: Path) -> Home:
    """Below a folder that is closed to all but its owner."""
    (ground / "closed").mkdir(mode=0o700)
    return Home(ground / "closed" / "demo").make()


def place_of(home: Home) -> Path:
    return Path((home.postgres / POINTER).read_text())


def copy_of(home: Home, name: str) -> Home:
    """As `cp -a` makes it."""
    return Home(Path(shutil.copytree(home.folder, home.folder.with_name(name), symlinks=True)))


def noted(home: Home, place: Path) -> Path:
    """A place outside with somebody's data in it, which the pointer of `home` names."""
    (place / "data").mkdir(parents=True)
    (place / "data" / "row").touch()
    home.postgres.mkdir(exist_ok=True)
    (home.postgres / POINTER).write_text(str(place))
    return place


@ROOT_ONLY
def test_a_copy_neither_starts_on_nor_deletes_the_data_of_the_original_while_it_runs(home: Home) -> None:
    with EmbeddedPostgres(home.postgres) as original:
        original.ensure_database("books")
        copy, said = copy_of(home, "copy"), str(home.postgres)
        with pytest.raises(EmbeddedFailure) as refused:
            EmbeddedPostgres(copy.postgres).start()
        assert f"belong to {said}" in refused.value.why and "puente demo --fresh" in refused.value.next_step
        assert f"belong to {said}" in demo.forget(copy)
        assert not copy.postgres.exists(), "the copy forgot where they are"
        original.ensure_database("a_second")
        with EmbeddedPostgres(copy.postgres) as own:
            own.ensure_database("of_the_copy")
        assert place_of(copy) != place_of(home)
    assert demo.forget(home) == "", "the original removes its own"
    assert demo.forget(copy) == ""
    assert list((home.folder.parents[1] / "places").iterdir()) == []


@ROOT_ONLY
def test_a_folder_that_was_moved_or_is_the_last_of_its_copies_goes_on_with_its_data(home: Home) -> None:
    with EmbeddedPostgres(home.postgres) as server:
        server.ensure_database("books")
    place = place_of(home)
    moved = Home(home.folder.rename(home.folder.with_name("moved")))
    home.make().postgres.mkdir()  # another checkout where it was
    copy = copy_of(moved, "copy")
    with EmbeddedPostgres(moved.postgres):
        assert (place / OWNER).read_text() == str(moved.postgres)
    with pytest.raises(EmbeddedFailure, match=f"belong to {moved.postgres}"):
        EmbeddedPostgres(copy.postgres).start()
    shutil.rmtree(moved.folder)
    assert demo.forget(copy) == "" and not place.exists()


@ROOT_ONLY
def test_the_same_folder_by_another_path_is_the_same(home: Home) -> None:
    place = noted(home, home.folder.parents[1] / "places" / f"{PREFIX}a")
    (place / OWNER).write_text(str(home.postgres))
    other = home.folder.with_name("linked")
    other.symlink_to(home.folder)
    assert remove_elsewhere(other / "postgres") == "" and not place.exists()


@pytest.mark.parametrize("where", ["anywhere", f"places/{PREFIX}link", "places/other", f"places/deep/{PREFIX}a"])
def test_a_pointer_that_names_what_we_never_made_has_nothing_deleted(ground: Path, home: Home, where: str) -> None:
    """As in a checkout of somebody else's, in which root begins anew."""
    place = noted(home, ground / ("target" if where.endswith("link") else where))
    (place / OWNER).write_text(str(home.postgres))
    if where.endswith("link"):
        (ground / where).symlink_to(place)
        (home.postgres / POINTER).write_text(str(ground / where))
    assert "nothing that Puente has made" in demo.forget(home)
    assert (place / "data" / "row").exists() and not home.postgres.exists()


@ROOT_ONLY
def test_a_place_of_an_older_version_is_taken_over_by_a_start_and_deleted_by_nobody_before(home: Home) -> None:
    with EmbeddedPostgres(home.postgres):
        pass
    place = place_of(home)
    (place / OWNER).unlink()
    copy = copy_of(home, "copy")
    assert "does not say whose it is" in demo.forget(copy) and (place / "data").is_dir()
    copy = copy_of(home, "copy again")
    with EmbeddedPostgres(home.postgres):
        (place / OWNER).unlink()
        with pytest.raises(EmbeddedFailure, match="the server of another folder runs"):
            EmbeddedPostgres(copy.postgres).start()
        with EmbeddedPostgres(home.postgres) as joined:
            assert joined.server is None, "its own folder joins it"
    assert (place / OWNER).read_text() == str(home.postgres)
    assert demo.forget(home) == "" and not place.exists()


@ROOT_ONLY
def test_data_with_a_server_on_them_are_not_deleted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "END_SECONDS", 0)
    with EmbeddedPostgres(home.postgres), pytest.raises(EmbeddedFailure, match="A server runs there"):
        remove_elsewhere(home.postgres)
    assert (place_of(home) / "data").is_dir()


def test_a_demonstration_is_not_begun_anew_under_a_command_that_works_on_its_database(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "COMMAND_SECONDS", 0)
    home.postgres.mkdir()
    with trying(home.postgres / "lock"), pytest.raises(NotStarted, match="A command works on the database"):
        demo.forget(home)
    assert home.postgres.exists() and not home.begun.exists(), "nothing was removed, and nothing is to be done again"


@pytest.mark.parametrize("made", ["ground", "puente", "answering"])
def test_the_note_of_a_socket_deletes_nothing_of_somebody_else_s(ground: Path, made: str) -> None:
    """A copy has the note of the original, and a checkout of somebody else's any."""
    with EmbeddedPostgres(ground / "pg"):
        pass
    noted = Path(tempfile.mkdtemp(prefix=f"{'ground' if made == 'ground' else PREFIX}-", dir="/tmp"))
    (ground / "pg" / "socket").write_text(str(noted))
    with socket.socket(socket.AF_UNIX) as listener:
        if made == "answering":
            listener.bind(str(noted / SOCKET_NAME))
            listener.listen()
        with EmbeddedPostgres(ground / "pg"):
            assert noted.exists() == (made != "puente")
    shutil.rmtree(noted, ignore_errors=True)

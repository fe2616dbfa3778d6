"""Where a command writes to for somebody: whole files only, what was there is kept, and what cannot be written is said in a line."""

import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.quotas import exports
from services.run.home import Home, NoHome
from services.run.simulate.outcome import Outcome, Row, place, write
from services.run.written import NotWritten, whole
from shared.persistence.database import Database, Unavailable

NOBODYS = 65534
"""The account that owns nothing."""
NOBODY = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize("name", [".", "..", "/", "folder"])
def test_a_folder_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotWritten, match="is a folder: name a file in it"), whole(Path(name)):
        pytest.fail("nothing is to be made for it")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ValueError])
def test_what_does_not_come_to_its_end_leaves_what_was_there(tmp_path: Path, ending: type[BaseException]) -> None:
    file = tmp_path / "books.jsonl"
    file.write_text("of last year")
    with pytest.raises(ending), whole(file) as target:
        target.write(b"the first half")
        raise ending
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"books.jsonl": "of last year"}


def test_a_file_that_others_may_not_read_stays_so_and_a_link_goes_on_to_where_it_points(tmp_path: Path) -> None:
    file, link = tmp_path / "erased.txt", tmp_path / "newest"
    file.write_text("before")
    file.chmod(0o600)
    link.symlink_to(file)
    with whole(link) as target:
        target.write(b"after")
    assert link.is_symlink() and file.read_text() == "after" and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_that_write_one_file_write_one_each_and_the_last_one_stays(tmp_path: Path) -> None:
    """Nobody writes into what another one made: each ends with a whole file, and what is called `X.part` is somebody's own."""
    file, own = tmp_path / "books.jsonl", tmp_path / "books.jsonl.part"
    own.symlink_to(tmp_path / "kept")
    (tmp_path / "kept").write_text("somebody's own")
    with whole(file) as one:
        one.write(b"of the first, a longer one")
        with whole(file) as other:
            other.write(b"of the second")
        assert file.read_text() == "of the second"
        one.write(b", to its end")
    assert file.read_text() == "of the first, a longer one, to its end"
    assert sorted(one.name for one in tmp_path.iterdir()) == [file.name, own.name, "kept"] and own.is_symlink()
    assert (tmp_path / "kept").read_text() == "somebody's own"


def test_a_new_file_has_the_rights_of_new_files_and_may_have_the_longest_name(tmp_path: Path) -> None:
    file, before = tmp_path / ("x" * 255), os.umask(0o027)
    try:
        with whole(file) as target:
            target.write(b"all of it")
    finally:
        os.umask(before)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("all of it", 0o640)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another account")
def test_a_file_that_root_replaces_stays_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "books.jsonl"
    file.touch()
    os.chown(file, 4321, 4322)
    file.chmod(0o640)
    with whole(file) as target:
        target.write(b"after")
    found = file.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode), file.read_text()) == (4321, 4322, 0o640, "after")


def test_a_file_that_may_not_be_written_is_refused_though_its_folder_would_let_it_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an account that is not root, which may write everything."""
    file = tmp_path / "books.jsonl"
    file.write_text("of last year")
    file.chmod(0o444)
    euid = os.geteuid()
    try:
        if euid == 0:
            os.chown(tmp_path, NOBODYS, -1)
            os.chown(file, NOBODYS, -1)
            os.seteuid(NOBODYS)
        monkeypatch.chdir(tmp_path)  # its parents may be closed to that account
        with pytest.raises(NotWritten, match=r"denied\. Name a file where this account may write"), whole(Path(file.name)) as target:
            target.write(b"of this year")
    finally:
        os.seteuid(euid)
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {file.name: "of last year"}


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_a_descriptor_is_written_to_where_it_stands(tmp_path: Path, name: str) -> None:
    """`export decisions /dev/stdout >> log`: what the log held stays."""
    (tmp_path / "link").symlink_to("/dev/stdout")
    log = tmp_path / "log"
    log.write_text("before, ")
    program = "import sys\nfrom pathlib import Path\nfrom services.run.written import tell, whole\n"
    program += "with whole(Path(sys.argv[1])) as target:\n    target.write(b'one line')\ntell(Path(sys.argv[1]), 'one line', 'Read it.')"
    with log.open("ab") as end:
        run = [sys.executable, "-c", program, str(tmp_path / name)]
        done = subprocess.run(run, stdout=end, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr, log.read_text()) == (0, "", "before, one line")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "log"]


def test_a_descriptor_that_is_not_open_is_said() -> None:
    with pytest.raises(NotWritten, match=r"Bad file descriptor\. Name a file, or a descriptor"), whole(Path("/dev/fd/987")):
        pytest.fail("there is nothing to write to")


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with whole(pipe) as target:
        target.write(b"every line")
    reader.join()
    assert read == [b"every line"] and pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]


def test_a_full_disk_below_the_standard_output_is_said_once() -> None:
    program = "from services.run.written import whole\nfrom services.run.failures import said_in_a_line\nimport typer\n"
    program += "def main():\n    with said_in_a_line(), whole(None) as target:\n        target.write(b'one line')\ntyper.run(main)\n"
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    said = "the standard output cannot be written: No space left on device. Make room, or name a file elsewhere.\n"
    assert (done.returncode, done.stderr) == (1, said)


async def test_a_database_that_is_away_is_no_fault_of_the_file(tmp_path: Path) -> None:
    db = Database(NOBODY)
    with pytest.raises(Unavailable), whole(tmp_path / "books.jsonl") as target:
        async for piece in exports.pieces(db, "", datetime(2016, 1, 20, tzinfo=UTC)):
            target.write(piece)
    with pytest.raises(Unavailable):
        await exports.known(db, "scholarship")
    await db.close()


@pytest.mark.parametrize("name", ["table.json", "table.csv"])
def test_the_table_of_a_simulation_is_written_in_its_folder_or_is_said_not_to_be(tmp_path: Path, name: str) -> None:
    outcome = Outcome({"seed": 7}, [Row("PE", places=36)], {"placed": 1}, [], [], "", 0, None, [])
    write(outcome, tmp_path / "made" / name)
    assert "PE" in (tmp_path / "made" / name).read_text()
    (tmp_path / "file").touch()
    with pytest.raises(NotWritten, match=r"cannot be written: Not a directory\. Name a file in a folder"):
        write(outcome, tmp_path / "file" / name)


@pytest.mark.parametrize("name", ["table.json", "made/for it/table.csv", "pipe.json"])
def test_a_place_for_a_table_is_tried_and_left_as_it_was(tmp_path: Path, name: str) -> None:
    """Also a folder that is to be the simulation's own, which has to be empty when it starts; nobody reads from the pipe yet."""
    os.mkfifo(tmp_path / "pipe.json")
    place(tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe.json"]


@pytest.mark.parametrize("folder", ["file", "file/below", "/proc/none/home"])
def test_an_installation_whose_folder_cannot_be_made_says_so(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoHome, match=r"cannot be made \(.+\): name another folder, in PUENTE_HOME or, for a simulation, with --keep"):
        Home(tmp_path / folder).make()

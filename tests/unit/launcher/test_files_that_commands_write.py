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
from services.run.simulate.outcome import Outcome, Row, write
from services.run.written import NotWritten, whole
from shared.persistence.database import Database, Unavailable

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


@pytest.mark.parametrize("folder", ["file", "file/below", "/proc/none/home"])
def test_an_installation_whose_folder_cannot_be_made_says_so(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoHome, match=r"cannot be made \(.+\): name another folder, in PUENTE_HOME or, for a simulation, with --keep"):
        Home(tmp_path / folder).make()

"""The file with the broker's classes: made once for a Java and its jars, and never in the way where it cannot be."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.messaging import broker_classes


@pytest.fixture
def java(tmp_path: Path) -> Path:
    (tmp_path / "java").write_text("a program")
    return tmp_path / "java"


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    made = tmp_path / "cache" / "kafka-1"
    made.mkdir(parents=True)
    return made


def leaving(text: str, times: list[Path], *, in_good_order: bool = True) -> Callable[[Path], bool]:
    """What leaves a file with this text in the folder that it is given (none where empty), and adds the folder to `times`."""

    def make(folder: Path) -> bool:
        times.append(folder)
        if text:
            (folder / broker_classes.ARCHIVE).write_text(text)
        return in_good_order

    return make


def test_it_is_made_once_and_anew_for_another_java_or_other_jars(java: Path, libraries: Path) -> None:
    times: list[Path] = []
    first = broker_classes.kept(java, libraries, leaving("classes", times))
    assert first is not None and first.read_text() == "classes"
    assert broker_classes.kept(java, libraries, leaving("others", times)) == first
    assert first.read_text() == "classes" and len(times) == 1 and not times[0].exists()
    java.write_text("another program")
    second = broker_classes.kept(java, libraries, leaving("others", times))
    assert second not in (None, first)
    assert list(libraries.parent.glob("*.jsa")) == [second], "the other Java's is not kept"
    (libraries / "new.jar").touch()
    assert broker_classes.kept(java, libraries, leaving("more", times)) not in (None, first, second)
    assert len(times) == 3


def test_two_that_begin_together_make_it_once(java: Path, libraries: Path) -> None:
    times: list[Path] = []
    both = threading.Barrier(2)
    found: list[Path | None] = []

    def look() -> None:
        both.wait()
        found.append(broker_classes.kept(java, libraries, leaving("classes", times)))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 1 and found[0] is not None and found[0] == found[1]


def test_a_java_that_makes_none_is_not_asked_again(java: Path, libraries: Path) -> None:
    times: list[Path] = []
    assert broker_classes.kept(java, libraries, leaving("", times)) is None
    assert broker_classes.kept(java, libraries, leaving("classes", times)) is None
    assert len(times) == 1


@pytest.mark.parametrize("text", ["half of the cla", ""], ids=["half a file", "no file"])
def test_what_a_maker_that_failed_leaves_is_not_kept_and_the_next_start_tries_again(java: Path, libraries: Path, text: str) -> None:
    times: list[Path] = []
    before = set(libraries.parent.iterdir())
    assert broker_classes.kept(java, libraries, leaving(text, times, in_good_order=False)) is None
    assert set(libraries.parent.iterdir()) - before == {libraries.parent / "kafka.lock"}
    file = broker_classes.kept(java, libraries, leaving("classes", times))
    assert file is not None and file.read_text() == "classes" and len(times) == 2


def test_one_that_is_dropped_is_made_anew(java: Path, libraries: Path) -> None:
    times: list[Path] = []
    file = broker_classes.kept(java, libraries, leaving("clas", times))
    assert file is not None
    broker_classes.drop(file)
    broker_classes.drop(file)  # another broker that found the same
    assert broker_classes.kept(java, libraries, leaving("classes", times)) == file
    assert file.read_text() == "classes"


def test_the_folder_of_one_that_was_killed_with_its_java_is_removed(java: Path, libraries: Path) -> None:
    left = libraries.parent / "kafka.new.abc"
    left.mkdir()
    (left / broker_classes.ARCHIVE).write_text("half of the cla")
    (left / "libs").symlink_to(libraries)
    assert broker_classes.kept(java, libraries, leaving("classes", [])) is not None
    assert not left.exists() and libraries.exists()


def test_a_folder_that_cannot_be_written_to_costs_no_start(java: Path, libraries: Path) -> None:
    (libraries.parent / "kafka.lock").mkdir()  # refused to root too, as a file system that is mounted for reading only would
    times: list[Path] = []
    assert broker_classes.kept(java, libraries, leaving("classes", times)) is None
    assert times == [], "nothing was started for it"

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


def leaving(text: str, times: list[Path]) -> Callable[[Path], None]:
    """What leaves a file with this text in the folder that it is given (none where empty), and adds the folder to `times`."""

    def make(folder: Path) -> None:
        times.append(folder)
        if text:
            (folder / broker_classes.ARCHIVE).write_text(text)

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


def test_a_folder_that_cannot_be_written_to_costs_no_start(java: Path, libraries: Path) -> None:
    (libraries.parent / "kafka.lock").mkdir()  # refused to root too, as a file system that is mounted for reading only would
    times: list[Path] = []
    assert broker_classes.kept(java, libraries, leaving("classes", times)) is None
    assert times == [], "nothing was started for it"

"""A template is compiled once for a checkout; what cannot be kept or read is compiled anew."""

from pathlib import Path
from types import CodeType

import pytest
from jinja2 import DictLoader, Environment

from shared.web.pages import CompiledOnce


class Counting(Environment):
    """Counts what it compiles."""

    compiled = 0

    def _compile(self, source: str, filename: str) -> CodeType:
        self.compiled += 1
        return super()._compile(source, filename)


def rendered(folder: Path, text: str = "a {{ b }}") -> tuple[str, int]:
    """By a process that has compiled nothing yet."""
    environment = Counting(loader=DictLoader({"page": text}), bytecode_cache=CompiledOnce(folder))
    return environment.get_template("page").render(b=1), environment.compiled


def test_the_next_process_compiles_nothing_and_what_was_changed_is_compiled_anew(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    assert rendered(folder) == ("a 1", 1)
    assert rendered(folder) == ("a 1", 0)
    assert rendered(folder, "b {{ b }}") == ("b 1", 1)
    assert [file.stat().st_mode & 0o077 for file in (folder, *folder.iterdir())] == [0, 0]


@pytest.mark.parametrize("broken", [b"", b"anything", "half"])
def test_a_kept_file_that_is_broken_is_no_obstacle(tmp_path: Path, broken: bytes | str) -> None:
    rendered(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(broken if isinstance(broken, bytes) else whole[: len(whole) // 2])
    assert rendered(tmp_path) == ("a 1", 1)
    assert rendered(tmp_path) == ("a 1", 0)


def test_where_nothing_can_be_kept_each_process_compiles_its_own(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    for nowhere in (tmp_path / "missing" / "templates", tmp_path / "a file" / "templates"):
        assert rendered(nowhere) == rendered(nowhere) == ("a 1", 1)

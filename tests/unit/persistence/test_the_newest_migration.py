"""Which migration is the newest is read from the files, as Alembic would say after loading them."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from services.run.registry import NAMES
from shared.persistence import migrate


@pytest.mark.parametrize("service", NAMES)
def test_it_is_the_one_that_alembic_finds(service: str) -> None:
    assert migrate.head(service) == ScriptDirectory.from_config(migrate.config(service)).get_current_head() is not None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of quotas in a tree of their own: none yet."""
    monkeypatch.setattr(migrate, "ROOT", tmp_path)
    made = tmp_path / "services" / "quotas" / "migrations" / "versions"
    made.mkdir(parents=True)
    return made


def add(folder: Path, *said: tuple[str, str]) -> None:
    for name, down in said:
        (folder / f"{name}_some.py").write_text(f'"""Some tables."""\n\nrevision = "{name}"\ndown_revision = {down}\n')


def test_there_may_be_none(folder: Path) -> None:
    assert migrate.head("quotas") is None


def test_two_of_them_are_refused_by_file(folder: Path) -> None:
    add(folder, ("0001", "None"), ("0002", '"0001"'), ("0003", '"0001"'))
    with pytest.raises(LookupError, match=r"quotas end in 0002_some\.py and in 0003_some\.py: one of them has to follow the other"):
        migrate.head("quotas")
    (folder / "0003_some.py").rename(folder / "0002_other.py")
    (folder / "0002_other.py").write_text((folder / "0002_some.py").read_text())
    with pytest.raises(LookupError, match=r"quotas end in 0002_other\.py and in 0002_some\.py"):
        migrate.head("quotas")


def test_a_circle_is_refused(folder: Path) -> None:
    add(folder, ("0001", '"0002"'), ("0002", '"0001"'))
    with pytest.raises(LookupError, match="the migrations of quotas follow each other in a circle"):
        migrate.head("quotas")


@pytest.mark.parametrize(
    "text",
    [
        "revision = '0004'\ndown_revision = '0003'",
        'revision: str = "0004"\ndown_revision: str | None = "0003"',
        'revision = "0004"  # the letters\ndown_revision = (\n    "0003"\n)',
        "revision = '0004'\ndown_revision = ['0003']",
        'revision = "0004"\ndown_revision = "0003"\n\n\ndef upgrade() -> None:\n    text = """\nrevision = "0005"\n"""',
        "# -*- coding: latin-1 -*-\nrevision = '0004'  # \xe9\ndown_revision = '0003'",
    ],
    ids=["quotes", "annotated", "comment", "list", "text", "encoding"],
)
def test_it_is_read_as_python_reads_it(folder: Path, text: str) -> None:
    """The joined two before it, and what an editor leaves beside, too."""
    add(folder, ("0001", "None"), ("0002a", '"0001"'), ("0002b", '"0001"'), ("0003", '("0002a", "0002b")'))
    (folder / "__init__.py").touch()
    (folder / ".#0003_some.py").write_text("half a")
    assert migrate.head("quotas") == "0003"
    (folder / "0004_more.py").write_text(text + "\n", encoding="latin-1")
    assert migrate.head("quotas") == "0004"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it says neither"),
        ('revision = "0002"', r"it says revision = '0002'\."),
        ('revision = 2\ndown_revision = "0001"', r"it says revision = 2, down_revision = '0001'\."),
        ('revision = "0002"\ndown_revision = (1,)', r"it says revision = '0002', down_revision = \(1,\)\."),
        ('revision = "0002"\ndown_revision = ()', r"it says revision = '0002', down_revision = \(\)\."),
        ('revision = "0002"\ndown_revision = before', "malformed node or string on line 2"),
        ('revision: str\ndown_revision = "0001"', r"it says down_revision = '0001'\."),
        ('revision = "0002', r"unterminated string literal .*line 1"),
    ],
)
def test_a_file_that_does_not_say_it_is_named_with_what_was_expected(folder: Path, text: str, why: str) -> None:
    add(folder, ("0001", "None"))
    (folder / "0002_more.py").write_text(text + "\n")
    named = r"what services/quotas/migrations/versions/0002_more\.py is called and what it follows cannot be read: "
    with pytest.raises(LookupError, match=f'{named}.*{why}.* Expected are two lines such as revision = "0002"'):
        migrate.head("quotas")


def test_it_loads_no_alembic() -> None:
    """Every command and every start asks for it."""
    program = "import sys; from shared.persistence import migrate; print(migrate.head('quotas'), 'alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=migrate.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [migrate.head("quotas"), "False"]

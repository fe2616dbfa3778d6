"""Which migration is the newest is read from the files, as Alembic would say after loading them."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from services.run.registry import NAMES
from shared.persistence import migrate


@pytest.mark.parametrize("service", NAMES)
def test_it_is_the_one_that_alembic_finds(service: str) -> None:
    assert migrate.head(service) == ScriptDirectory.from_config(migrate.config(service)).get_current_head() is not None


def test_two_of_them_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "ROOT", tmp_path)
    folder = tmp_path / "services" / "quotas" / "migrations" / "versions"
    folder.mkdir(parents=True)
    assert migrate.head("quotas") is None
    for name, down in (("0001", "None"), ("0002", '"0001"'), ("0003", '"0001"')):
        (folder / f"{name}_some.py").write_text(f'"""Some tables."""\n\nrevision = "{name}"\ndown_revision = {down}\n')
    with pytest.raises(LookupError, match="the migrations of quotas end in 0002 and 0003: give one of them the other as down_revision"):
        migrate.head("quotas")

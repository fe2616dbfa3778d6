"""A question or a rule whose kind there is not is one error, at its place: what else is said of it may well be right."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.applications.plan import read
from services.applications.plan.model import Plan
from tests.conftest import PLAN

KIND = re.compile(r'^kind = "(\w+)"', re.MULTILINE)
FILES = ("common.toml", "programmes/scholarship.toml", "programmes/training.toml")


def spoiled() -> Iterator[tuple[str, int, str]]:
    """Each file with one kind in it that there is not: the file, the line, the text."""
    for file in FILES:
        text = (PLAN / file).read_text()
        for found in KIND.finditer(text):
            yield file, text.count("\n", 0, found.start()) + 1, text[: found.start(1)] + "moon" + text[found.end(1) :]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy: Path = shutil.copytree(PLAN, tmp_path_factory.mktemp("plans") / PLAN.name)
    return copy


def test_whatever_kind_it_was(folder: Path) -> None:
    for file, line, text in spoiled():
        (folder / file).write_text(text)
        errors = read(folder)
        assert not isinstance(errors, Plan)
        assert [(one.file, one.line, one.problem) for one in errors] == [(file, line, '"kind" is "moon"')], (file, line)
        shutil.copy(PLAN / file, folder / file)
    assert isinstance(read(folder), Plan)

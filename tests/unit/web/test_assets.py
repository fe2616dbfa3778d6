"""The build of the assets says what is missing, and names every file by its content."""

import gzip
import json
from pathlib import Path

import pytest

from shared.web.assets.build import Failed, build, publish


def test_without_the_npm_packages_the_build_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"lacks govuk-frontend/.*: run make setup"):
        build("node", modules=tmp_path, static=tmp_path / "static")
    assert not (tmp_path / "static").exists()


def test_a_file_s_name_follows_its_content_and_old_files_go(tmp_path: Path) -> None:
    work, static = tmp_path / "work", tmp_path / "static"
    work.mkdir()
    (work / "app.css").write_text("a{}")
    first = publish(work, static)
    assert publish(work, static) == first
    (work / "app.css").write_text("b{}")
    second = publish(work, static)
    assert first["app.css"] != second["app.css"]
    assert json.loads((static / "manifest.json").read_text()) == second
    assert sorted(path.name for path in static.iterdir()) == sorted(["manifest.json", second["app.css"], f"{second['app.css']}.gz"])
    assert gzip.decompress((static / f"{second['app.css']}.gz").read_bytes()) == b"b{}"

"""Reads the texts of all languages from `texts/<language>/`: one file a template, its first line the subject, and `words.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from services.notifications.domain.render import Template, Wording
from shared.kernel.writing import unbroken
from shared.web.i18n import LANGUAGES, LOCALES

FOLDER: Final = Path(__file__).parent / "texts"


def read(folder: Path, language: str) -> Wording:
    """The texts of one language; an error names the file that is missing or wrong."""
    home = folder / language
    words = tomllib.loads(unbroken((home / "words.toml").read_text(encoding="utf-8"), language))
    return Wording(language, LOCALES[language], {path.stem: _template(path, language) for path in sorted(home.glob("*.txt"))}, words)


@cache
def wordings() -> Mapping[str, Wording]:
    """Language -> its texts; read once."""
    return {language: read(FOLDER, language) for language in LANGUAGES}


def _template(path: Path, language: str) -> Template:
    subject, gap, body = unbroken(path.read_text(encoding="utf-8"), language).partition("\n\n")
    if not gap or "\n" in subject or not body.strip():
        raise ValueError(f"{path}: expected a subject in the first line, an empty line, and the text")
    return Template(subject.strip(), body.strip())

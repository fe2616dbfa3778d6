"""What people agree to when they send an application: the declaration and the privacy notice, each version a file that never changes again.

`<kind>-<version>.toml` holds the text by language; the highest version is in force.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from shared.kernel.writing import unbroken

FOLDER: Final = Path(__file__).parent
KINDS: Final = ("declaration", "privacy")


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of a text, by language."""

    kind: str
    version: int
    texts: Mapping[str, str]

    def paragraphs(self, language: str) -> list[str]:
        return [unbroken(" ".join(part.split()), language) for part in self.texts[language].strip().split("\n\n")]


@cache
def every() -> Mapping[tuple[str, int], Agreement]:
    """Every version of every text, by kind and version."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        kind, _, version = path.stem.rpartition("-")
        found[kind, int(version)] = Agreement(kind, int(version), tomllib.loads(path.read_text()))
    return found


def in_force(kind: str) -> Agreement:
    """The newest version of a text."""
    return every()[kind, max(version for one, version in every() if one == kind)]


def versions_in_force() -> dict[str, int]:
    """Kind of text to the version that somebody who sends now agrees to."""
    return {kind: in_force(kind).version for kind in KINDS}


def marked(versions: Mapping[str, int]) -> str:
    """The versions as a form carries them along: `declaration-1 privacy-1`."""
    return " ".join(f"{kind}-{version}" for kind, version in sorted(versions.items()))

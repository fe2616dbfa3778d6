"""The fonts of a copy, each cut down to the letters that one document has before anything draws with it.

A whole font holds thousands of letters in every width and weight, and fpdf2 reads all of it anew for each document: that was most of a
document's cost. HarfBuzz cuts out what is needed in less than a millisecond, from a file that a process opens once.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import fontpkg_noto_sans
import pylopdf_fonts_zh_cn
import uharfbuzz as harfbuzz

LATIN: Final = Path(fontpkg_noto_sans.ROOT, "files", "NotoSans[wdth,wght].ttf")
HAN: Final = Path(pylopdf_fonts_zh_cn.sans_path())
_LAYOUT: Final = ("BASE", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "vhea", "vmtx")
"""Tables that say how letters change beside each other, or stand below each other: nobody here draws so."""


@cache
def _face(font: Path) -> harfbuzz.Face:
    return harfbuzz.Face(harfbuzz.Blob.from_file_path(str(font)))


@cache
def letters(font: Path) -> frozenset[int]:
    """The code points that a font can draw."""
    return frozenset(_face(font).unicodes)


def cut(font: Path, text: Iterable[str]) -> bytes:
    """A font file with these letters only, as far as the font has them, in its usual width and weight."""
    face, wanted = _face(font), harfbuzz.SubsetInput()
    wanted.unicode_set.update(map(ord, text))
    wanted.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in _LAYOUT)
    wanted.flags = harfbuzz.SubsetFlags.NOTDEF_OUTLINE
    wanted.pin_all_axes_to_default(face)  # False, and nothing done, where it has no axes
    return bytes(harfbuzz.subset(face, wanted).blob.data)

"""What is in a file, found by reading it: the work of the child process (`workshop.py`), bounded there in memory and time. No I/O.

A picture is decoded and written anew, so that nothing but its pixels is left of it: no place, no camera, no foreign tail. A PDF is kept as
it is, byte for byte, because signatures in it must stay good; one that could act when it is opened is refused instead.
"""

import io
import re
import warnings
from typing import Any, Final

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from services.applications.documents.frames import Fault, Inspected

PIXELS_MAX: Final = 70_000_000
"""Pixels of a picture at most, looked at before it is decoded: the largest telephones make 64 million."""
SIDE_MAX: Final = 4_200
"""Pixels of a picture's longer side once written anew: a sheet of A4 at 350 to the inch."""
PAGES_MAX: Final = 400
OBJECTS_MAX: Final = 200_000
"""Objects of a PDF that are looked at; one with more is not looked through, and so not taken."""
JPEG_QUALITY: Final = 85
ACTING: Final = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute", "/GoToE"})
"""Actions of a PDF that do more than turn its pages or open an address."""
CARRYING: Final = ("/EmbeddedFiles", "/EF", "/XFA", "/JS", "/RichMediaContent")
ZIP_END: Final = re.compile(rb"(?=PK\x05\x06.{16}(..))", re.DOTALL)
"""Looked for at every byte, since one record can begin within what only seems to be another."""
ZIP_END_BYTES: Final = 22
ZIP_TAIL: Final = 66_000
PICTURES: Final = {"image/jpeg": ("JPEG", "MPO"), "image/png": ("PNG",)}


def inspect(content: bytes, media_type: str) -> Inspected | Fault:
    """Look a file through that its first bytes show to be of this type."""
    return inspect_pdf(content) if media_type == "application/pdf" else inspect_picture(content, media_type)


# ---- pictures


def inspect_picture(content: bytes, media_type: str) -> Inspected | Fault:
    """The picture written anew, upright, within `SIDE_MAX`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bombs, which are counted here, and of faults in metadata, which is dropped
            return _written_anew(content, media_type)
    except (SyntaxError, ValueError, OSError, EOFError, ArithmeticError, LookupError, TypeError, Image.DecompressionBombError) as error:
        return Fault("cut_off" if "truncated" in str(error) or isinstance(error, EOFError) else "broken")


def _written_anew(content: bytes, media_type: str) -> Inspected | Fault:
    Image.MAX_IMAGE_PIXELS = None  # its own bound would only warn below the double of it
    with Image.open(io.BytesIO(content), formats=PICTURES[media_type]) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            return Fault("too_many_pixels")
        picture.draft(None, (SIDE_MAX, SIDE_MAX))  # a JPEG is decoded at a half or a quarter where that is enough
        picture.load()
        profile = picture.info.get("icc_profile")
        upright = ImageOps.exif_transpose(picture)
    if max(upright.size) > SIDE_MAX:
        upright.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if media_type == "image/jpeg":
        plain = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
        _bare(plain).save(out, "JPEG", quality=JPEG_QUALITY, icc_profile=profile if plain is upright else None)
    else:
        plain = upright if upright.mode in ("1", "L", "LA", "RGB", "RGBA", "P", "I;16") else upright.convert("RGBA")
        _bare(plain).save(out, "PNG", icc_profile=profile)
    return Inspected(out.getvalue(), 1)


def _bare(picture: Image.Image) -> Image.Image:
    """The picture without anything that was written beside its pixels, but what its palette says of transparency."""
    picture.info = {name: value for name, value in picture.info.items() if name == "transparency"}
    return picture


# ---- PDFs


def inspect_pdf(content: bytes) -> Inspected | Fault:
    """The PDF as it is, once it is seen to be whole, open, of pages, and nothing but a document."""
    end = content.rfind(b"%%EOF")
    if end < 0:
        return Fault("cut_off")
    if content[end + 5 :].strip(b" \t\r\n\x00\x1a\x0c") or _ends_a_zip(content):
        return Fault("foreign_tail")
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            return Fault("encrypted")
        pages = len(reader.pages)
        if not 0 < pages <= PAGES_MAX:
            return Fault("too_many_pages" if pages else "no_pages")
        fault = _acts(reader)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, OSError, ArithmeticError, AssertionError, RecursionError):
        return Fault("broken")  # a library of parsers meets a broken file with whatever its parts raise
    return Fault(fault) if fault else Inspected(content, pages)


def _ends_a_zip(content: bytes) -> bool:
    """Whether the file's end is at the same time the end of a ZIP, so that it opens as an archive too."""
    tail = content[-ZIP_TAIL:]
    return any(found.start() + ZIP_END_BYTES + int.from_bytes(found[1], "little") == len(tail) for found in ZIP_END.finditer(tail))


def _acts(reader: PdfReader) -> str:
    """Why the document is more than pages, looking at everything that its trailer leads to; empty where it is not."""
    seen: set[int] = set()
    waiting: list[Any] = [reader.trailer]
    looked = 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        looked += 1
        if looked > OBJECTS_MAX:
            return "too_many_pages"
        if isinstance(one, ArrayObject):
            waiting += [item for item in one if isinstance(item, (IndirectObject, DictionaryObject, ArrayObject))]
        elif isinstance(one, DictionaryObject):
            action = one.raw_get("/S").get_object() if "/S" in one else ""  # its name may stand elsewhere in the file
            if any(key in one for key in CARRYING) or (isinstance(action, str) and action in ACTING):
                return "acts"
            waiting += [item for item in one.values() if isinstance(item, (IndirectObject, DictionaryObject, ArrayObject))]
    return ""


def picture_of(content: bytes, page: int, width: int) -> bytes:
    """Page `page` (from 1) of a PDF that was inspected, as a JPEG of that width; nothing where it cannot be drawn."""
    import pypdfium2  # only here: most processes never draw one

    try:
        document = pypdfium2.PdfDocument(content)
        try:
            sheet = document[page - 1]
            across, down = sheet.get_size()
            scale = min(width / max(across, 1), 2 * width / max(down, 1))
            drawn = sheet.render(scale=scale).to_pil().convert("RGB")
        finally:
            document.close()
    except (pypdfium2.PdfiumError, IndexError, ValueError, OSError, ArithmeticError):
        return b""
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=80)
    return out.getvalue()

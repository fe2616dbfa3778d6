"""Files as people and attackers send them: small, real, made here."""

import io
import zipfile
import zlib
from typing import Any, Final

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from services.run.filling import small_pdf

PDF: Final = small_pdf("A paper")
GPS: Final = 0x8825
ORIENTATION: Final = 0x0112
RIGHT_SIDE_UP: Final = 6
"""The camera was held upright: the picture is to be turned by a quarter."""


def photograph(width: int = 60, height: int = 40, *, form: str = "JPEG", **more: Any) -> bytes:
    """A photograph with the place where it was taken, held upright; its left half is red and its right half blue."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[ORIENTATION] = RIGHT_SIDE_UP
    exif[0x010F] = "Camera of Ana"
    exif.get_ifd(GPS).update({1: "S", 2: (12.0, 2.0, 36.0), 3: "W", 4: (77.0, 1.0, 42.0)})
    out = io.BytesIO()
    picture.save(out, form, exif=exif, **more)
    return out.getvalue()


PNG: Final = photograph(form="PNG")
JPEG: Final = photograph()


def archive(name: str = "payload.exe", size: int = 100) -> bytes:
    """A ZIP with one file of that many zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(name, b"\0" * size)
    return out.getvalue()


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pages(count: int) -> PdfWriter:
    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(200, 300)
    return writer


def pdf_of(count: int) -> bytes:
    """A PDF of so many empty pages."""
    return written(pages(count))


def pdf_that_holds(data: bytes, count: int = 1) -> bytes:
    """A PDF of empty pages with these bytes somewhere in it, as they are."""
    writer = pages(count)
    stream = DecodedStreamObject()
    stream.set_data(data)
    writer.root_object[NameObject("/Note")] = writer._add_object(stream)
    return written(writer)


def pdf_of_size(size: int) -> bytes:
    """A PDF of exactly so many bytes."""
    padding = size - len(pdf_that_holds(b""))
    for _ in range(4):
        found = pdf_that_holds(b"x" * padding)
        if len(found) == size:
            return found
        padding += size - len(found)
    raise AssertionError(f"no PDF of {size} bytes was made")


def pdf_with_password(password: str) -> bytes:
    writer = pages(1)
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    return written(writer)


def action(kind: str, **more: str) -> DictionaryObject:
    named = {NameObject(f"/{name}"): TextStringObject(value) for name, value in more.items()}
    return DictionaryObject({NameObject("/S"): NameObject(kind), **named})


def pdf_that_runs_a_script() -> bytes:
    """A script that the document names, for all of it."""
    writer = pages(1)
    names = ArrayObject([TextStringObject("start"), writer._add_object(action("/JavaScript", JS="app.alert('here')"))])
    tree = DictionaryObject({NameObject("/JavaScript"): DictionaryObject({NameObject("/Names"): names})})
    writer.root_object[NameObject("/Names")] = tree
    return written(writer)


def pdf_with_a_file_inside() -> bytes:
    writer = pages(1)
    writer.add_attachment("payload.exe", b"MZ")
    return written(writer)


def pdf_that_starts_a_program(where: str) -> bytes:
    """A `/Launch` action: when it is opened, when its page is opened, or behind a spot of the page; or its name stands by itself."""
    writer = pages(1)
    launch = action("/Launch", F="cmd.exe")
    if where == "elsewhere":
        launch[NameObject("/S")] = writer._add_object(NameObject("/Launch"))
    if where in ("opening", "elsewhere"):
        writer.root_object[NameObject("/OpenAction")] = launch
    elif where == "page":
        writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): writer._add_object(launch)})
    else:
        spot = {NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): launch}
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(DictionaryObject(spot))])
    return written(writer)


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says to be so large, all of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width + 1)) for _ in range(min(height, 500))) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bomb_pdf() -> bytes:
    """A PDF whose objects are in a stream that unpacks to 300 MB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(300)) + packer.flush()
    body = b"%%PDF-1.5\n1 0 obj\n<< /Type /ObjStm /N 1 /First 10 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed) + packed
    body += b"\nendstream\nendobj\n"
    start = len(body)
    table = zlib.compress(b"".join([b"\0\0\0", b"\1" + (9).to_bytes(2, "big"), b"\2\0\1", b"\2\0\1"]))
    body += b"4 0 obj\n<< /Type /XRef /Size 4 /W [1 2 0] /Root 2 0 R /Filter /FlateDecode /Length %d >>\nstream\n" % len(table) + table
    return body + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start

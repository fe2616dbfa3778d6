"""An upload is judged by what is in it."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from services.applications.documents.giving import as_download
from services.applications.documents.receiving import CHUNK_BYTES, Received, UploadRefused, named_as, receive, tidy_name, type_of
from services.applications.documents.store import DocumentStore
from services.applications.pages.refused_files import found_words
from shared.web.i18n import Texts, speaking
from tests.real_files import JPEG, PDF, PNG

ACCEPTED = ("application/pdf", "image/jpeg", "image/png")
LIMIT = 5_000_000


@dataclass
class Upload:
    """Gives its bytes piece by piece, and counts what was asked of it."""

    content: bytes
    given: int = field(default=0)

    async def read(self, size: int = -1, /) -> bytes:
        piece = self.content[self.given :][: size if size >= 0 else None]
        self.given += len(piece)
        return piece


async def take(content: bytes, name: str | None = "passport.pdf", limit: int = LIMIT) -> Received | UploadRefused:
    return await receive(Upload(content), name, accepted=ACCEPTED, max_bytes=limit)


@pytest.mark.parametrize(
    ("content", "found", "kept"),
    [(PDF, "application/pdf", "holiday.exe.pdf"), (PNG, "image/png", "holiday.exe.png"), (JPEG, "image/jpeg", "holiday.exe.jpg")],
)
async def test_a_whole_file_of_an_accepted_type_is_taken_and_named_after_what_it_is(content: bytes, found: str, kept: str) -> None:
    taken = await take(content, "holiday.exe")
    assert isinstance(taken, Received)
    assert (taken.filename, taken.content_type, taken.pages) == (kept, found, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (PDF[:-6], "cut_off"),
        (PNG[:-40], "cut_off"),
        (JPEG[:-100], "cut_off"),
        (b"<html><script>alert(1)</script></html>", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "wrong_type"),
        (b"MZ\x90\x00" + b"\x00" * 200, "wrong_type"),
        (b"PK\x03\x04" + b"\x00" * 200, "wrong_type"),
        (b"just words", "wrong_type"),
        (b"<html>" + PDF, "wrong_type"),
        (b"\x00" * 100, "wrong_type"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "wrong_type"),
    ],
    ids=["empty", "cut pdf", "cut png", "cut jpeg", "html", "svg", "exe", "zip", "text", "html before pdf", "zeros", "heic"],
)
async def test_what_is_empty_cut_off_or_something_else_is_refused_by_name_size_and_type(content: bytes, code: str) -> None:
    refused = await take(content)
    assert isinstance(refused, UploadRefused)
    assert (refused.code, refused.filename, refused.size_bytes) == (code, "passport.pdf", len(content))
    assert (refused.accepted, refused.max_bytes) == (ACCEPTED, LIMIT)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"PK\x03\x04..[Content_Types].xml..word/document.xml", "a Word document"),
        (b"PK\x03\x04..[Content_Types].xml..xl/workbook.xml", "an Excel workbook"),
        (b"PK\x03\x04..[Content_Types].xml..ppt/presentation.xml", "a PowerPoint presentation"),
        (b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.textPK", "an OpenDocument file"),
        (b"PK\x03\x04..passport.pdf", "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "a document of an older Word, Excel or PowerPoint"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
        (b"Passport", "a plain text file"),
        (b"GIF89a" + b"\0" * 60, "a file of the type GIF"),
        (b"BM" + b"\0" * 60, "a file of the type BMP"),
    ],
)
def test_what_a_file_is_instead_is_said_as_people_call_it(head: bytes, found: str) -> None:
    with speaking(Texts(), "en"):
        assert found_words(type_of(head)) == found


async def test_a_file_over_the_limit_is_refused_without_reading_it_to_its_end() -> None:
    upload = Upload(PDF + b"\x00" * 50 * CHUNK_BYTES)
    refused = await receive(upload, "big.pdf", accepted=ACCEPTED, max_bytes=CHUNK_BYTES)
    assert isinstance(refused, UploadRefused)
    assert refused.code == "too_large"
    assert upload.given <= 2 * CHUNK_BYTES


async def test_the_limit_itself_is_inside() -> None:
    assert isinstance(await take(PDF, limit=len(PDF)), Received)
    assert isinstance(await take(PDF, limit=len(PDF) - 1), UploadRefused)


async def test_a_file_without_a_name_is_no_file() -> None:
    refused = await take(PDF, None)
    assert isinstance(refused, UploadRefused)
    assert refused.code == "no_file"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ana\\pasaporte.pdf", "pasaporte.pdf"),
        ("护照.pdf", "护照.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("..", ".."),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\U0001f469\u200d\U0001f393 título.pdf", "\U0001f469\U0001f393 título.pdf"),
        ("C:/nul\0byte.pdf", "nulbyte.pdf"),
    ],
)
def test_names_keep_their_last_part_and_nothing_that_bites(given: str, kept: str) -> None:
    assert tidy_name(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("A.PDF", "A.PDF"),
        ("photo.jpg", "photo.jpg.pdf"),
        ("..", "document.pdf"),
        ("", "document.pdf"),
        ("x" * 120, "x" * 116 + ".pdf"),
    ],
)
def test_names_end_as_their_type_does(given: str, kept: str) -> None:
    assert named_as(given, "application/pdf") == kept


def test_a_download_is_never_shown_or_run() -> None:
    answer = as_download('护"照.pdf', "application/pdf", PDF)
    assert answer.headers["content-disposition"].startswith('attachment; filename="___.pdf"')
    assert "filename*=UTF-8''%E6%8A%A4%22%E7%85%A7.pdf" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_bytes_are_kept_under_names_of_ours_in_a_folder_of_ours(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path / "documents")
    first, second = [await store.put(UUID(int=1), content) for content in (PDF, PNG)]
    assert (await store.get(first), await store.get(second)) == (PDF, PNG)
    assert set(await store.keys()) == {first, second}
    await store.delete(first)
    await store.delete(first)
    assert set(await store.keys()) == {second}
    with pytest.raises(FileNotFoundError):
        await store.get(first)
    assert (tmp_path / "documents").stat().st_mode & 0o777 == 0o700

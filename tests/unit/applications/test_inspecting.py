"""What is in a file decides: pictures are written anew, PDFs are looked through, and what bites is refused by name."""

import io
import signal
import subprocess
import sys

import pytest
from PIL import Image

from services.applications.documents.frames import Fault, Inspected, read, write
from services.applications.documents.inspecting import PIXELS_MAX, SIDE_MAX, inspect, picture_of
from services.applications.documents.workshop import ROOT, Workshop
from tests import real_files as files

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize(("content", "media_type"), [(files.JPEG, JPEG), (files.PNG, PNG)])
def test_a_picture_loses_where_and_with_what_it_was_taken_and_stands_upright(content: bytes, media_type: str) -> None:
    assert opened(content).getexif().get_ifd(files.GPS), "the picture says where it was taken"
    kept = inspect(content, media_type)
    assert isinstance(kept, Inspected)
    picture = opened(kept.content)
    assert not picture.getexif()
    assert b"Camera of Ana" not in kept.content
    assert b"Exif" not in kept.content
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert picture.size == (40, 60)
    top, bottom = (picture.convert("RGB").getpixel((20, row)) for row in (5, 55))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > 60 > top[2], "what was left is above, once it is turned"
    assert bottom[2] > 200 > 60 > bottom[0]


def test_a_second_look_at_a_picture_changes_nothing_of_its_size() -> None:
    once = inspect(files.JPEG, JPEG)
    assert isinstance(once, Inspected)
    assert inspect(files.JPEG, JPEG) == once, "the same upload gives the same bytes, so that a retry is seen to be one"


@pytest.mark.parametrize(("content", "media_type"), [(files.JPEG, JPEG), (files.PNG, PNG)])
@pytest.mark.parametrize("tail", [files.archive(), b"<script>alert(1)</script>", files.PDF], ids=["zip", "html", "pdf"])
def test_a_picture_loses_its_tail(content: bytes, media_type: str, tail: bytes) -> None:
    kept = inspect(content + tail, media_type)
    assert isinstance(kept, Inspected)
    assert kept == inspect(content, media_type)


def test_a_large_picture_is_made_smaller_and_stays_readable() -> None:
    kept = inspect(files.photograph(9_000, 300), JPEG)
    assert isinstance(kept, Inspected)
    assert max(opened(kept.content).size) <= SIDE_MAX


def test_a_picture_in_the_colours_of_print_becomes_one_for_screens() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (30, 30)).save(out, "JPEG")
    kept = inspect(out.getvalue(), JPEG)
    assert isinstance(kept, Inspected)
    assert opened(kept.content).mode == "RGB"


def test_a_picture_with_too_many_pixels_is_refused_before_they_are_made() -> None:
    bomb = files.bomb_png(60_000, 20_000)
    assert PIXELS_MAX < 60_000 * 20_000
    assert len(bomb) < 100_000
    assert inspect(bomb, PNG) == Fault("too_many_pixels")


@pytest.mark.parametrize("cut", [30, 200, -10])
def test_a_picture_without_its_end_is_cut_off_or_broken(cut: int) -> None:
    large = files.photograph(600, 400)
    assert inspect(large[:cut], JPEG) in (Fault("cut_off"), Fault("broken"))


@pytest.mark.parametrize("content", [b"\xff\xd8\xff" + b"\x00" * 500, b"\x89PNG\r\n\x1a\n" + b"\xff" * 500, files.PDF])
@pytest.mark.parametrize("media_type", [JPEG, PNG])
def test_what_only_begins_as_a_picture_is_broken(content: bytes, media_type: str) -> None:
    assert inspect(content, media_type) in (Fault("cut_off"), Fault("broken"))


@pytest.mark.parametrize("count", [1, 7])
def test_a_pdf_is_kept_as_it_is_and_its_pages_are_counted(count: int) -> None:
    content = files.pdf_of(count)
    assert inspect(content, PDF) == Inspected(content, count)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (files.PDF[:-7], "cut_off"),
        (files.pdf_of(0), "no_pages"),
        (files.pdf_of(401), "too_many_pages"),
        (files.pdf_with_password("secret"), "encrypted"),
        (files.pdf_with_password(""), "encrypted"),
        (files.pdf_that_runs_a_script(), "acts"),
        (files.pdf_with_a_file_inside(), "acts"),
        (files.pdf_that_starts_a_program("opening"), "acts"),
        (files.pdf_that_starts_a_program("page"), "acts"),
        (files.pdf_that_starts_a_program("spot"), "acts"),
        (files.pdf_that_starts_a_program("elsewhere"), "acts"),
        (files.PDF + files.archive(), "foreign_tail"),
        (files.PDF + b"<html><script>", "foreign_tail"),
        (b"%PDF-1.7\n" + b"\x00" * 3_000 + b"\n%%EOF", "broken"),
        (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF", "broken"),
    ],
    ids=[
        "cut",
        "no pages",
        "too many",
        "password",
        "owner's password",
        "script",
        "file inside",
        "launch at opening",
        "launch on a page",
        "launch behind a spot",
        "launch named elsewhere",
        "zip behind",
        "html behind",
        "nothing in it",
        "pages that are themselves",
    ],
)
def test_a_pdf_that_is_more_or_less_than_pages_is_refused_by_what_it_is(content: bytes, code: str) -> None:
    found = inspect(content, PDF)
    assert found == Fault(code) or (code == "broken" and found == Fault("no_pages"))


def test_a_zip_that_ends_where_the_pdf_ends_is_seen() -> None:
    """Its comment holds the PDF's end, so that the PDF seems to end as it should."""
    zipped = bytearray(files.archive())
    end = b"\n%%EOF\n"
    zipped[-2:] = len(end).to_bytes(2, "little")
    body = files.PDF.removesuffix(b"%%EOF\n")
    assert inspect(body + bytes(zipped) + end, PDF) == Fault("foreign_tail")


@pytest.mark.parametrize("before", range(4, 22))
def test_a_zip_is_seen_behind_what_only_looks_like_its_end(before: int) -> None:
    """The false record begins so many bytes before the true one, which a search for whole records would step over."""
    end = b"\n%%EOF\n"
    true = b"PK\x05\x06" + bytes(16) + len(end).to_bytes(2, "little")
    body = files.PDF.removesuffix(b"%%EOF\n") + b"%" + b"PK\x05\x06".ljust(before, b"\x20")
    assert inspect(body + true + end, PDF) == Fault("foreign_tail")


def test_an_empty_line_behind_the_end_is_nothing_foreign() -> None:
    assert isinstance(inspect(files.PDF + b"\r\n\x00\x00", PDF), Inspected)


def test_a_page_is_drawn_and_one_that_is_not_there_is_nothing() -> None:
    drawn = opened(picture_of(files.PDF, 1, 800))
    assert abs(drawn.width - 800) <= 1
    assert len(drawn.getcolors(maxcolors=100_000) or []) > 1, "there is writing on the page"
    assert picture_of(files.PDF, 2, 800) == b""
    assert picture_of(b"%PDF-1.7 nothing", 1, 800) == b""


async def test_the_workshop_answers_as_the_functions_do() -> None:
    workshop = Workshop()
    try:
        assert await workshop.inspect(files.PDF, PDF) == inspect(files.PDF, PDF)
        assert await workshop.inspect(files.JPEG, JPEG) == inspect(files.JPEG, JPEG)
        assert await workshop.inspect(files.PDF[:-7], PDF) == Fault("cut_off")
        assert await workshop.picture_of(files.PDF, 1, 300) == picture_of(files.PDF, 1, 300)
    finally:
        workshop.close()


async def test_a_bomb_ends_with_its_process_and_the_next_file_gets_a_new_one() -> None:
    workshop = Workshop(benches=1)
    try:
        found = await workshop.inspect(files.bomb_pdf(), PDF)
        assert found in (Fault("broken"), Fault("too_heavy"), Fault("no_pages"))
        assert isinstance(await workshop.inspect(files.PDF, PDF), Inspected)
    finally:
        workshop.close()


async def test_what_takes_too_long_is_stopped_and_named() -> None:
    workshop = Workshop(benches=1, seconds=0.0)
    try:
        assert await workshop.inspect(files.photograph(3_000, 3_000), JPEG) == Fault("too_heavy")
    finally:
        workshop.close()


def test_a_frame_that_is_cut_off_is_none() -> None:
    pipe = io.BytesIO()
    write(pipe, {"pages": 1}, b"content")
    whole = pipe.getvalue()
    assert read(io.BytesIO(whole)) == ({"pages": 1}, b"content")
    assert [read(io.BytesIO(whole[:length])) for length in range(len(whole))] == [None] * len(whole)


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="the system has no alarms")
def test_a_bench_whose_service_is_gone_ends_by_itself() -> None:
    """Nobody stops it, and its pipes stay open; what waits for its next file lives on."""
    slow = "import time; bench.answer_of = lambda head, body: time.sleep(head['seconds']) or (head, body)"
    command = [sys.executable, "-c", f"from services.applications.documents import bench; {slow}; bench.main(1)"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        write(process.stdin, {"seconds": 0}, b"")
        assert read(process.stdout) == ({"seconds": 0}, b"")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        write(process.stdin, {"seconds": 20}, b"")
        assert process.wait(10) == -signal.SIGALRM

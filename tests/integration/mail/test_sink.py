"""The mail sink keeps mails over a restart, bounds what it keeps, shows them safely and lets tests wait for one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from shared.mail.messages import message
from shared.mail.sink import MailSink
from shared.mail.sink_pages import sink_app
from shared.mail.smtp import Mailer
from shared.settings import CommonSettings

NOW = datetime(2016, 2, 10, 14, 30, tzinfo=UTC)


async def send(sink: MailSink, *recipients: str, text: str = "Words", subject: str = "Subject") -> None:
    mails = [
        message(sender="Puente <p@example.org>", to=to, subject=subject, text=text, now=NOW, language="es", identity=to)
        for to in recipients
    ]
    assert await Mailer(CommonSettings(smtp_port=sink.port)).send(mails) == [None] * len(mails)


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[MailSink]:
    async with MailSink(tmp_path / "mails") as running:
        yield running


@pytest.fixture
async def browser(sink: MailSink) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=sink_app(sink, home="http://127.0.0.1:8080/"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://sink") as client:
        yield client


async def test_mails_are_still_there_after_a_restart_and_the_oldest_go(tmp_path: Path) -> None:
    """The folder is the memory, and it does not grow for ever."""
    async with MailSink(tmp_path, most=3) as sink:
        await send(sink, *(f"p{n}@example.org" for n in range(5)))
        assert [mail.recipients[0] for mail in sink.mails()] == ["p4@example.org", "p3@example.org", "p2@example.org"]
        before = list(sink.mails())
    async with MailSink(tmp_path, most=3) as again:
        assert list(again.mails()) == before
    assert len(list(tmp_path.glob("*.eml"))) == 3


async def test_a_mail_can_be_awaited_before_and_after_it_comes(sink: MailSink) -> None:
    """Whoever waits is woken by the arrival, and a mail that is there already is found at once."""
    waiting = asyncio.create_task(sink.wait_for("ana@example.org", lambda mail: "code" in mail.text))
    await send(sink, "ana@example.org", text="no")
    await send(sink, "Ana@example.org", text="your code")
    assert "code" in (await waiting).text
    assert await sink.wait_for("ana@example.org") == next(sink.mails())
    with pytest.raises(TimeoutError):
        await sink.wait_for("nobody@example.org", timeout_seconds=0.01)


async def test_programs_read_mails_by_recipient(sink: MailSink, browser: httpx2.AsyncClient) -> None:
    await send(sink, "ana@example.org", "luis@example.org", text="Address: http://127.0.0.1:8080/x.")
    [mail] = (await browser.get("/api/messages", params={"to": "ana@"})).json()
    assert (mail["to"], mail["subject"], mail["language"]) == (["ana@example.org"], "Subject", "es")
    assert (await browser.get(f"/api/messages/{mail['id']}")).json() == mail
    assert len((await browser.get("/api/messages", params={"limit": "1"})).json()) == 1
    assert (await browser.get("/api/messages/none")).status_code == 404


async def test_people_see_mails_and_nothing_in_a_mail_acts_on_the_page(sink: MailSink, browser: httpx2.AsyncClient) -> None:
    """What a mail says is shown as text; its HTML stands in a frame that may do nothing but open links."""
    await send(sink, "ana@example.org", subject="<script>x</script>", text="<script>y</script> http://127.0.0.1:8080/x.")
    [mail] = sink.mails()
    listing = await browser.get("/", params={"to": "ana"})
    assert "&lt;script&gt;x" in listing.text and "<script" not in listing.text
    page = await browser.get(f"/mails/{mail.id}")
    assert "<script" not in page.text
    assert '<a href="http://127.0.0.1:8080/x">http://127.0.0.1:8080/x</a>.' in page.text
    framed = await browser.get(f"/mails/{mail.id}/html")
    assert "sandbox" in framed.headers["content-security-policy"] and "<script" not in framed.text
    assert (await browser.get("/mails/none")).status_code == 404
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_long_list_is_turned_over_page_by_page(sink: MailSink, browser: httpx2.AsyncClient) -> None:
    await send(sink, *(f"p{n:02}@example.org" for n in range(60)))
    first = await browser.get("/", params={"to": "example"})
    assert first.text.count("<li>") == 50 and "Older mails" in first.text
    before = [mail.id for mail in sink.mails()][49]
    second = await browser.get("/", params={"to": "example", "before": before})
    assert second.text.count("<li>") == 10 and "Older mails" not in second.text


async def test_a_mail_whose_file_is_gone_is_forgotten_and_the_others_are_shown(sink: MailSink, browser: httpx2.AsyncClient) -> None:
    """Read before or not: nobody else's page breaks, and nobody who waits."""
    await send(sink, *(f"p{n:02}@example.org" for n in range(53)))
    ids = list(sink.ids())
    read = sink.mail(ids[0])
    for gone in (ids[0], ids[1], ids[51]):
        (sink.folder / f"{gone}.eml").unlink()
    for page in ("", "/html", "/source"):
        assert (await browser.get(f"/mails/{ids[0]}{page}")).status_code == 404
    assert read is not None and sink.mail(ids[0]) is None
    first = await browser.get("/", params={"to": "example"})
    assert (first.status_code, first.text.count("<li>"), "Older mails" in first.text) == (200, 50, False)
    assert "50 of 50, newest first" in first.text and list(sink.ids()) == [*ids[2:51], ids[52]]
    assert (await sink.wait_for("example")).id == ids[2]
    await send(sink, *(f"q{n:02}@example.org" for n in range(51)))
    for path in sink.folder.glob("*.eml"):
        path.unlink()
    assert "No mail to this address" in (await browser.get("/", params={"to": "q"})).text


async def test_a_mail_that_cannot_be_read_says_so_and_the_others_are_shown(tmp_path: Path) -> None:
    """A folder has its name here: root, too, cannot read that."""
    async with MailSink(tmp_path) as sink:
        await send(sink, "ana@example.org", "luis@example.org")
        newest = next(sink.ids())
        (tmp_path / f"{newest}.eml").unlink()
        (tmp_path / f"{newest}.eml").mkdir()
        assert (await sink.wait_for("luis")).subject == "This mail cannot be read"
        assert (await sink.wait_for("ana")).subject == "Subject"
    async with MailSink(tmp_path, most=2) as again:
        transport = httpx2.ASGITransport(app=sink_app(again))
        async with httpx2.AsyncClient(transport=transport, base_url="http://sink") as browser:
            listing = (await browser.get("/")).text
            assert listing.count("<li>") == 2 and "This mail cannot be read" in listing
            page = await browser.get(f"/mails/{newest}")
            assert (page.status_code, f"{newest}.eml cannot be read: Is a directory. Let this account" in page.text) == (200, True)
        await send(again, "a@example.org", "b@example.org", "c@example.org")
        assert len(again) == 2


async def test_mail_that_is_written_oddly_is_kept_all_the_same(sink: MailSink) -> None:
    """Headers in no known charset, no text at all, a text in a charset that does not exist."""
    headers = b"Subject: =?nonsense?b?!!!?= =?utf-8?q?=C3=B1?=\r\nDate: yesterday\r\nContent-Type: text/plain; charset=klingon\r\n"
    odd = headers + b"\r\nca\xc3\xb1a\r\n"
    kept = sink.mail(await sink.keep(odd, ["Ana@example.org"]))
    assert kept is not None
    assert (kept.recipients, kept.date, kept.text) == (("ana@example.org",), None, "caña\n")
    nothing = sink.mail(await sink.keep(b"\x00\xff", ["x@example.org"]))
    assert nothing is not None and nothing.subject == "" and sink.raw(nothing.id) is not None

"""A referee's letter as a file: a PDF that is checked by its content, and is the letter until it is removed."""

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.documents.receiving import Received, UploadRefused, receive
from services.applications.documents.scanner import Infected, Unknown
from services.applications.domain.referees import LinkGone
from services.applications.pages.refused_files import NO_FILE, refusal_words
from services.applications.pages.seats import ACCEPTED, answer, count_write, gone, open_seat, refused_page
from services.applications.pages.words import size_words
from services.applications.referees import writing
from services.applications.referees.writing import Saved, Seat
from services.applications.uploads import AT_ONCE_SECONDS, documents_of, room_of, scanner_of
from shared.web.i18n import translate

_ = translate
router = APIRouter(include_in_schema=False)


@router.get("/letter/{token}/file")
async def file_page(request: Request, token: str) -> Response:
    found = await open_seat(request, "upload")
    return draw_file(request, found) if isinstance(found, Seat) else found


def draw_file(request: Request, seat: Seat, *, error: str = "") -> Response:
    size = size_words(seat.letter.size_bytes) if seat.letter and seat.letter.size_bytes else ""
    return answer(request, "letter/file.html", seat, status=422 if error else 200, error=error, size=size, accepted=",".join(ACCEPTED))


@router.post("/letter/{token}/file")
async def add_file(request: Request, token: str) -> Response:
    """A PDF that is checked by its content; it is the letter from then on."""
    desk, documents = desk_of(request), documents_of(request)
    found = await open_seat(request, "upload")
    if not isinstance(found, Seat):
        return found
    await count_write(request, found)
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return RedirectResponse(f"/letter/{token}/check", 303) if found.file else draw_file(request, found, error=_(NO_FILE))
        async with room_of(request).place():
            received = await receive(upload, upload.filename, accepted=ACCEPTED, max_bytes=found.asked.max_bytes)
            against = refusal_words(received) if isinstance(received, UploadRefused) else await _scanned(request, found, received)
            if isinstance(received, UploadRefused) or against:
                return draw_file(request, found, error=against)
            key = await documents.put(found.application.id, received.content)
    outcome = await desk.db.run(lambda tx: writing.attach(tx, token, received, key, now=desk.clock.now()))
    if isinstance(outcome, Saved):
        return RedirectResponse(f"/letter/{token}/check", 303)
    await documents.delete(key)
    return await gone(request) if isinstance(outcome, LinkGone) else await refused_page(request, outcome)


async def _scanned(request: Request, seat: Seat, file: Received) -> str:
    """What the virus scanner has against the file, in words; where it does not answer, nothing is taken unseen."""
    verdict = await scanner_of(request).scan(file.content, seconds=AT_ONCE_SECONDS)
    if isinstance(verdict, Infected):
        size, most = len(file.content), seat.asked.max_bytes
        return refusal_words(UploadRefused("infected", file.filename, size, file.content_type, ACCEPTED, most))
    if isinstance(verdict, Unknown):
        return _("The file cannot be checked for viruses now, so it was not taken. Try again in a few minutes, or write the letter here.")
    return ""


@router.post("/letter/{token}/file/remove")
async def remove_file(request: Request, token: str) -> Response:
    desk = desk_of(request)
    outcome = await desk.db.run(lambda tx: writing.detach(tx, token, now=desk.clock.now()))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    return RedirectResponse(f"/letter/{token}/file", 303) if isinstance(outcome, Saved) else await refused_page(request, outcome)

"""Live figures: a stream of what changed on a board, for pages that are open. Public, as the board is."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import views
from services.quotas.access import address_of, desk_of
from services.quotas.pages import kit
from services.quotas.pages.tiles import Value, summary, values
from services.quotas.rows import Board
from services.quotas.seats import NoSeat
from services.quotas.watch import BoardWatch, Watched, token_of
from shared.web import streams
from shared.web.i18n import Translation, current, speaking
from shared.web.problems import Problem

router = APIRouter(include_in_schema=False)

LIVE: Final = "/quotas/live"
RETRY_SECONDS: Final = 3.0
FULL_SECONDS: Final = 60


class Told:
    """A board's values in one language, as last sent; the difference is made once for everybody who follows in it."""

    def __init__(self) -> None:
        self._token = ""
        self._before = ""
        self._values: dict[str, Value] = {}
        self._changed: dict[str, Value] = {}
        self._say = ""

    def event(self, board: Board, seen: str) -> bytes:
        """What brings a page that shows the picture `seen` up to date."""
        token = token_of(board.cells)
        if token != self._token:
            new = values(board)
            self._changed = {name: value for name, value in new.items() if self._values.get(name) != value}
            self._before, self._token, self._values, self._say = self._token, token, new, summary(board)
        changed = self._changed if seen and seen == self._before else self._values
        return streams.event({"values": changed, "say": self._say}, id=token)


@router.get(LIVE)
async def live(request: Request, programme: str = "", year: str = "", seen: str = "") -> Response:
    """What changes on a board from now on. `seen`: the token of the picture that the page shows."""
    desk, wanted = desk_of(request), kit.number_from(year)
    known = await desk.db.run(lambda tx: views.programme(tx, programme))
    if known is None or wanted not in known.years:
        raise Problem(404, code="unknown_board")
    address = address_of(request)
    if not desk.watch.seats.free_for(address):
        raise Problem(503, code="board_watched_by_many", headers={"Retry-After": str(FULL_SECONDS)})
    seen = request.headers.get("last-event-id", seen)
    return streams.EventStream(follow(desk.watch, programme, wanted, seen, current(), address))


async def follow(
    watch: BoardWatch, programme: str, year: int, seen: str, language: Translation, address: str
) -> AsyncGenerator[bytes, None]:
    """The stream of one browser. Where the last seat was taken a moment ago it ends at once, and the browser comes back."""
    yield streams.retry(RETRY_SECONDS)
    with suppress(NoSeat):
        async with watch.listen(programme, year, address) as listener:
            while True:
                board = await listener.next(seen)
                if board is None:
                    yield streams.HEARTBEAT
                    continue
                with speaking(language.texts, language.language):
                    part = _told(listener.watched, language.language).event(board, seen)
                seen = token_of(board.cells)
                yield part


def _told(watched: Watched, language: str) -> Told:
    told: Told = watched.told.setdefault(language, Told())
    return told

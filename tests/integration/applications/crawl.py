"""Every page that an applicant can reach, found as a person finds it: by the links of the pages before it."""

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Final
from urllib.parse import urlsplit

import httpx2

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.referees import writing
from services.applications.use_cases import Done
from shared.persistence.database import Tx
from tests.integration.applications.letters import GOOD_LETTER, asked, link
from tests.integration.applications.people import PROGRAMME, good_form
from tests.integration.applications.staff_pages import House

ELSEWHERE: Final = re.compile(
    r"^/(quotas|messages|assets|sign-out|api)\b|[?&]lang=|^/applications/[^/]+/papers/[^/]+/file|/documents/|/copies/|/pdf|\.pdf|\.json"
)
"""Pages of other services, files, and the same page in another language."""
PEOPLE: Final[Mapping[str, State]] = {
    "in.draft": State.DRAFT,
    "sent": State.SUBMITTED,
    "returned": State.RETURNED,
    "waiting": State.WAITING,
    "offered": State.OFFERED,
    "placed": State.PLACED,
    "rejected": State.REJECTED,
}
"""People, and how far the application of each has come."""


async def lived(house: House) -> None:
    """Somebody in each state; the one who writes a draft has answered a page of it."""
    for who, state in PEOPLE.items():
        application = await house.reach(state, who)
        if state is State.DRAFT:
            browser = await house.browser(who)
            await browser.post(f"/applications/{application.id}/pages/identity", data=good_form()["identity"])


async def asks_for_letters(house: House) -> tuple[str, str]:
    """Somebody whose answers ask for letters has asked one person, who has begun to write: the application's path, and the letter's."""
    person, now = await house.viewer("asks"), house.front.clock.now()
    draft = await house.world.draft(person, PROGRAMME)
    for page, fields in good_form(PROGRAMME).items():
        assert isinstance(await house.world.do(use_cases.save_page, person, draft.id, page, fields), Done)

    async def begin(tx: Tx) -> str:
        token = await link(tx, (await asked(tx, person, draft.id, now)).id, now)
        assert isinstance(await writing.save(tx, token, GOOD_LETTER, saved=0, now=now), writing.Saved)
        return token

    return f"/applications/{draft.id}", f"/letter/{await house.front.db.run(begin)}"


async def reached(browser: httpx2.AsyncClient, starts: Iterable[str] = ("/",)) -> dict[str, httpx2.Response]:
    """Address -> page, of every page of this service that links lead to, breadth first; the same page with another query counts once."""
    found: dict[str, httpx2.Response] = {}
    todo, seen = list(starts), set(starts)
    while todo:
        path = todo.pop(0)
        answer = await browser.get(path)
        if answer.status_code in (302, 303):
            _add(answer.headers["location"], todo, seen)
            continue
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert answer.status_code == 200, (path, answer.status_code)
        found[path] = answer
        for href in re.findall(r'href="([^"#]+)', answer.text):
            _add(unescape(href), todo, seen)
    return found


def _add(link: str, todo: list[str], seen: set[str]) -> None:
    bare = urlsplit(link)
    if bare.scheme or bare.netloc or not bare.path.startswith("/") or ELSEWHERE.search(link):
        return
    known = f"{bare.path}?country" if "country=" in bare.query else bare.path
    if known not in seen:
        seen.add(known)
        todo.append(link)


async def everything(house: House) -> dict[str, list[str]]:
    """Who -> the pages that they reach; `""` is somebody who is not signed in. A page that two reach is listed with the first."""
    await lived(house)
    stranger = await house.stranger()
    application, letter = await asks_for_letters(house)
    asked_for_a_code = await stranger.post("/sign-in", data={"email": "new@example.org", "return": "/account"})
    unlinked = ["/privacy/1", asked_for_a_code.headers["location"]]
    unlinked += [f"{letter}{page}" for page in ("", "/write", "/file", "/check", "/decline")]
    found = {"": list(await reached(stranger, ("/", "/programmes/scholarship/begin?country=PE", *unlinked)))}
    shapes = {_shape(path) for path in found[""]}
    for who, state in PEOPLE.items():
        new = [
            path for path in await reached(await house.browser(who), ("/applications", "/account", "/kept")) if _shape(path) not in shapes
        ]
        # What one sees of an application is another page in each state, though its address has the same shape.
        shapes |= {_shape(path) for path in new if state is State.DRAFT or not re.fullmatch(r"/applications/[^/]+", path)}
        found[who] = new
    asks = await reached(await house.browser("asks"), (f"{application}/referees",))
    found["asks"] = [path for path in asks if _shape(path) not in shapes]
    return found


def _shape(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", urlsplit(path).path)

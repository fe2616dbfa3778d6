"""A person's own data: what is held, a copy of it in one press, and the end of it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import agreements
from services.applications.accounts import fresh
from services.applications.accounts.desk import Desk, desk_of
from services.applications.accounts.throttle import count
from services.applications.documents.store import DocumentStore
from services.applications.domain.accounts import Window, refused
from services.applications.domain.lifecycle import State
from services.applications.folder import Folder
from services.applications.pages.answered import sections
from services.applications.pages.kit import applicant, zone_for
from services.applications.pages.mine import item, moments, said_of
from services.applications.privacy import erasing, store
from services.applications.privacy.held import DECIDED, File, Held, held_on
from services.applications.privacy.mail import send
from services.applications.views import Line, mine
from shared.observability.logging import get_logger
from shared.persistence.database import Tx
from shared.web.archives import Entry, as_archive, of_texts
from shared.web.context import context_of
from shared.web.i18n import current_language, translate
from shared.web.identity import Identity, clear_identity_cookie, require
from shared.web.pages import Pages, render
from shared.web.problems import Problem, Redirect
from shared.web.switching import told_again

_ = translate
log = get_logger(__name__)
router = APIRouter(include_in_schema=False)

DOWNLOADS: Final = Window(5, timedelta(hours=1))
"""Copies of one's data in an hour: each reads all of a person's documents."""


@router.get("/privacy")
@router.get("/privacy/{version}")
async def notice(request: Request, version: str = "") -> Response:
    """The privacy notice in force, or as it was in an earlier version that somebody agreed to."""
    newest = agreements.in_force("privacy")
    found = agreements.every().get(("privacy", int(version))) if version.isdecimal() and len(version) < 6 else None
    if version and found is None:
        raise Problem(404, code="not_found")
    shown = found or newest
    paragraphs = shown.paragraphs(current_language())
    return render(request, "privacy.html", paragraphs=paragraphs, version=shown.version, newest=newest.version)


@router.get("/account/data")
async def data_page(request: Request) -> Response:
    who = require(request, "applicant")
    return render(request, "accounts/data.html", fresh=await fresh.fresh(request, who))


@router.post("/account/data")
async def download(request: Request) -> Response:
    """Everything that this service holds on the person, as an archive that is made while it is sent."""
    who, desk = require(request, "applicant"), desk_of(request)
    if not await fresh.fresh(request, who):
        raise Redirect("/account/data")
    person, now = UUID(who.account_id), desk.clock.now()

    async def read(tx: Tx) -> tuple[Held | None, str]:
        if refused(await count(tx, f"download:{person}", DOWNLOADS, now=now), DOWNLOADS):
            raise Problem(429, code="too_many_downloads")
        return await held_on(tx, person, now=now), await zone_for(tx, request)

    held, zone = await desk.db.run(read)
    if held is None:
        raise Problem(404, code="not_found")
    name = _("my-data")
    for_programs = json.dumps(held.data, ensure_ascii=False, indent=1)
    texts = [(f"{name}.html", _page(request, held, zone)), (f"{name}.json", for_programs)]
    documents: DocumentStore = request.app.state.documents
    return as_archive(f"{name}-{now:%Y-%m-%d}.zip", _entries(texts, held.files, documents), now)


async def _entries(texts: list[tuple[str, str]], files: tuple[File, ...], documents: DocumentStore) -> AsyncIterator[Entry]:
    async for entry in of_texts(texts):
        yield entry
    for file in files:
        if await documents.holds(file.storage_key):
            yield file.path, documents.pieces(file.storage_key)
        else:
            log.error("document.missing", file=file.storage_key)


def _page(request: Request, held: Held, zone: str) -> str:
    """All of it for reading, as one page that needs nothing beside it."""
    now = desk_of(request).clock.now()
    folders = [Folder(found, zone, now) for found in held.dossiers]
    pages: Pages = request.app.state.pages
    return pages.text(
        request,
        "accounts/my_data.html",
        held=held,
        zone=zone,
        now=now,
        applications=[
            {
                "item": item(Line(folder.application, folder.dossier.terms), zone, now),
                "sections": sections(folder, change=False),
                "moments": moments(folder),
                "documents": told["documents"],
                "score": folder.application.score if folder.application.state in DECIDED else None,
            }
            for folder, told in zip(folders, held.data["applications"], strict=True)
        ],
    )


@router.get("/account/delete")
async def delete_page(request: Request) -> Response:
    who = require(request, "applicant")
    return await _draw_delete(request, who, error=told_again(request, unconfirmed) or "")


def unconfirmed(form: FormData) -> str:
    return "" if form.get("sure") == "yes" else _("Confirm that you want your account to be deleted")


async def _draw_delete(request: Request, who: Identity, *, error: str = "") -> Response:
    viewer, desk = applicant(request), desk_of(request)

    async def read(tx: Tx) -> tuple[list[Line], object, str]:
        return await mine(tx, viewer), await store.asked(tx, viewer.account_id), await zone_for(tx, request)

    lines, asked, zone = await desk.db.run(read)
    return render(
        request,
        "accounts/delete.html",
        status=422 if error else 200,
        error=error,
        fresh=await fresh.fresh(request, who),
        asked=asked,
        zone=zone,
        placed=[_line(one) for one in lines if one.application.state == State.PLACED],
        live=[_line(one) for one in lines if one.application.state in erasing.WITHDRAWN_FIRST],
        days=desk.rules.erasure_grace.days,
    )


def _line(line: Line) -> dict[str, str]:
    application = line.application
    name = f"{line.terms.programme.names[current_language()]} {application.year}"
    return {"name": name, "state": _(said_of(application, line.terms).name), "href": f"/applications/{application.id}"}


@router.post("/account/delete")
async def ask_deletion(request: Request) -> Response:
    """Note the request, sign the person out everywhere, and tell them by mail until when they can take it back."""
    who, desk = require(request, "applicant"), desk_of(request)
    if not await fresh.fresh(request, who):
        raise Redirect("/account/delete")
    if error := unconfirmed(await request.form()):
        return await _draw_delete(request, who, error=error)
    person, now = UUID(who.account_id), desk.clock.now()

    asked = await desk.db.run(lambda tx: erasing.ask(tx, person, grace=desk.rules.erasure_grace, now=now))
    if not isinstance(asked, erasing.Asked):
        raise Redirect("/account/delete")
    if asked.mail:
        await send(desk, asked.mail)  # where the mail server is away, the worker goes on with it
    return _signed_out(request, desk, asked)


def _signed_out(request: Request, desk: Desk, asked: erasing.Asked) -> Response:
    context_of(request).identity = None
    response = render(request, "accounts/delete_asked.html", due_at=asked.due_at)
    desk.take_back(response)
    clear_identity_cookie(response, secure=desk.secure)
    return response


@router.post("/account/keep")
async def keep(request: Request) -> Response:
    """Take the request back."""
    who, desk = require(request, "applicant"), desk_of(request)
    kept = await desk.db.run(lambda tx: erasing.keep(tx, UUID(who.account_id), now=desk.clock.now()))
    return RedirectResponse("/account?kept=1" if kept else "/account", 303)

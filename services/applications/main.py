"""The applications service, put together."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from services.applications import api, pages, staff
from services.applications.accounts.desk import Desk
from services.applications.accounts.routes import install as install_accounts
from services.applications.copies.making import sweep as copies_sweep
from services.applications.documents.links import Links
from services.applications.documents.room import Room
from services.applications.documents.scanner import Scanner
from services.applications.documents.store import DocumentStore
from services.applications.domain.accounts import Rules, Window
from services.applications.events import handle
from services.applications.pages.help import contact
from services.applications.pages.kit import UPLOAD_ROOM_BYTES
from services.applications.pages.refusals import on_call_dropped
from services.applications.privacy.sweeps import privacy_sweeps
from services.applications.settings import ApplicationsSettings
from services.applications.staff import operations
from services.applications.store import checks
from services.applications.store.plans import CallDropped
from services.applications.submissions import submissions
from services.applications.sweeps import sweeps
from shared.kernel.clock import Clock
from shared.mail.smtp import Mailer
from shared.messaging.backlog import lookout
from shared.messaging.service import Service
from shared.persistence.database import Database
from shared.settings import CommonSettings
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.identity import IdentityIssuer, IdentityVerifier
from shared.web.operations import Watched, operations_router

NAME: Final = "applications"
FOLDER: Final = Path(__file__).parent
WINDOW: Final = timedelta(minutes=15)
"""Over which sign-ins from one network address are counted."""


def build(settings: CommonSettings, *, clock: Clock) -> Service:
    """The service on its own database; nothing is opened or connected before its first use."""
    assert isinstance(settings, ApplicationsSettings), "this service has settings of its own"
    db = Database(settings.database(NAME), application_name=NAME)
    documents, scanner = DocumentStore(settings.documents_folder), Scanner(settings.documents_scanner)
    app = _web(settings, clock, db)
    app.state.documents, app.state.scanner, app.state.links = documents, scanner, Links.from_folder(settings.keys_folder)
    app.state.room, app.state.reading_room = Room(), Room()
    app.state.submissions = submissions(db)

    async def invariants() -> Mapping[str, int]:
        return await db.run(checks.broken)

    async def ready() -> Mapping[str, str]:
        return {"database": await db.ready() or ""}

    app.add_exception_handler(CallDropped, on_call_dropped)
    app.include_router(health_router("", ready=ready, invariants=invariants))
    looks = lookout(settings, NAME, db)
    watched = Watched("/operations", db, clock, handle, invariants, operations.PROMISES, looks, "staff/operations.html", operations.more)
    app.include_router(operations_router(watched))
    copies = copies_sweep(db, documents, app.state.texts)
    every = (*sweeps(db, documents, scanner, settings), copies, *privacy_sweeps(app.state.desk, documents, settings))
    return Service(NAME, db, app, handle, every, invariants)


def _web(settings: ApplicationsSettings, clock: Clock, db: Database) -> FastAPI:
    issuer = IdentityIssuer.from_folder(settings.keys_folder)
    app = create_web_app(
        service=NAME,
        prefix="",
        templates=FOLDER / "templates",
        locale=FOLDER / "locale",
        settings=WebSettings.of(settings),
        clock=clock,
        verifier=IdentityVerifier.from_folder(settings.keys_folder),
        body_limit=_body_limit,
        template_globals={"contact": contact},
    )
    rules = Rules(
        idle=timedelta(minutes=settings.session_idle_minutes),
        requests_per_ip=Window(settings.codes_asked_per_address, WINDOW),
        codes_per_ip=Window(settings.codes_tried_per_address, WINDOW),
        erasure_grace=timedelta(days=settings.erasure_grace_days),
    )
    install_accounts(app, Desk(db, clock, Mailer(settings), issuer, app.state.texts, settings.public_url, settings.mail_from, rules))
    app.include_router(api.router)
    pages.install(app)
    app.include_router(staff.router)
    return app


def _body_limit(path: str) -> int:
    """Uploads by programs and by staff may be as large as those by applicants' pages."""
    by_program = path.startswith("/api/v1/applications/") and "/documents/" in path
    by_staff = path.startswith(staff.UPLOADS) and "/papers/" in path
    return UPLOAD_ROOM_BYTES if by_program or by_staff else pages.body_limit(path)

"""The pages and the API of the applications service."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI

from services.applications import FOLDER, NAME, api, staff
from services.applications.accounts.desk import Desk
from services.applications.accounts.routes import install as install_accounts
from services.applications.documents.links import Links
from services.applications.documents.room import Room
from services.applications.documents.scanner import Scanner
from services.applications.documents.store import DocumentStore
from services.applications.pages.help import contact
from services.applications.pages.kit import UPLOAD_ROOM_BYTES, body_limit
from services.applications.pages.refusals import on_call_dropped
from services.applications.pages.routes import install as install_pages
from services.applications.promises import PROMISES
from services.applications.settings import ApplicationsSettings
from services.applications.staff import operations
from services.applications.store.plans import CallDropped
from services.applications.submissions import submissions
from shared.kernel.clock import Clock
from shared.messaging.backlog import lookout
from shared.messaging.service import Handle
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.identity import IdentityVerifier
from shared.web.operations import Watched, operations_router
from shared.web.routes import add_routes


def web(
    settings: ApplicationsSettings, clock: Clock, desk: Desk, handle: Handle, invariants: Callable[[], Awaitable[Mapping[str, int]]]
) -> FastAPI:
    """The application, on the database of its desk."""
    db = desk.db
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
    install_accounts(app, desk)
    add_routes(app, api.router)
    install_pages(app)
    add_routes(app, staff.router)
    documents, scanner = DocumentStore(settings.documents_folder), Scanner(settings.documents_scanner)
    app.state.documents, app.state.scanner, app.state.links = documents, scanner, Links.from_folder(settings.keys_folder)
    app.state.room, app.state.reading_room = Room(), Room()
    app.state.submissions = submissions(db)

    async def ready() -> Mapping[str, str]:
        return {"database": await db.ready() or ""}

    app.add_exception_handler(CallDropped, on_call_dropped)
    add_routes(app, health_router("", ready=ready, invariants=invariants))
    looks = lookout(settings, NAME, db)
    watched = Watched("/operations", db, clock, handle, invariants, PROMISES, looks, "staff/operations.html", operations.more)
    add_routes(app, operations_router(watched))
    return app


def _body_limit(path: str) -> int:
    """Uploads by programs and by staff may be as large as those by applicants' pages."""
    by_program = path.startswith("/api/v1/applications/") and "/documents/" in path
    by_staff = path.startswith(staff.UPLOADS) and "/papers/" in path
    return UPLOAD_ROOM_BYTES if by_program or by_staff else body_limit(path)

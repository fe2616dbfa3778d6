"""The mail sink's pages and its JSON, for people who try the platform and for programs that test it.

GET /                     the newest mails, `?to=` filters by recipient
GET /mails/{id}           one mail
GET /api/messages?to=     the same as JSON, newest first; `limit` up to 500
GET /api/messages/{id}    one mail as JSON
"""

import re
from email.message import EmailMessage
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.mail.sink import Mail, MailSink

TEMPLATES: Final = Path(__file__).parent / "templates"
NO_SUCH: Final = "No such mail: it may have been among the oldest, which are removed."
PAGE: Final = 50
API_MAX: Final = 500
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)
"""A mail's HTML may style itself and open links in a new window, and nothing else."""
_LINK: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


def sink_app(sink: MailSink, *, home: str = "") -> Starlette:
    """The pages over `sink`, to be served at any address; `home` is the address of the platform, for a link back."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["linked"] = linked

    def page(request: Request, template: str, **context: Any) -> Response:
        root = request.scope.get("root_path", "")
        text = environment.get_template(template).render(root=root, home=home, count=len(sink), **context)
        return HTMLResponse(
            text, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        )

    async def newest(request: Request) -> Response:
        to = request.query_params.get("to", "")
        before = request.query_params.get("before", "")
        found = [mail_id for mail_id in sink.ids(to) if not before or mail_id < before]
        shown = list(islice(filter(None, map(sink.mail, found)), PAGE))  # those that are not there any more make room for others
        older = "?" + urlencode({"to": to, "before": shown[-1].id}) if shown and found[-1] < shown[-1].id else ""
        count = sum(not before or mail_id < before for mail_id in sink.ids(to))
        return page(request, "sink_list.html", mails=shown, to=to, before=before, older=older, found=count)

    async def one(request: Request) -> Response:
        mail, raw = _found(sink, request), _whole(sink, request)
        return page(request, "sink_mail.html", mail=mail, html=raw.get_body(("html",)) is not None, headers=list(raw.items()))

    async def as_html(request: Request) -> Response:
        body = _whole(sink, request).get_body(("html",))
        if body is None:
            raise HTTPException(404)
        headers = {"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        # Without this a link would open inside the frame.
        text = str(body.get_content()).replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(text, headers=headers)

    async def source(request: Request) -> Response:
        return PlainTextResponse(_whole(sink, request).as_string())

    async def api_list(request: Request) -> Response:
        asked = request.query_params.get("limit", "50")
        limit = min(int(asked), API_MAX) if asked.isdecimal() else 50
        mails = sink.mails(request.query_params.get("to", ""))
        return JSONResponse([_as_json(mail) for mail, _ in zip(mails, range(limit), strict=False)])

    async def api_one(request: Request) -> Response:
        return JSONResponse(_as_json(_found(sink, request)))

    async def sheet(_request: Request) -> Response:
        return Response((TEMPLATES / "sink.css").read_text(encoding="utf-8"), media_type="text/css")

    async def icon(_request: Request) -> Response:
        return Response((TEMPLATES / "sink.svg").read_text(encoding="utf-8"), media_type="image/svg+xml")

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live", "mails": len(sink)})

    routes = [
        Route("/", newest),
        Route("/sink.css", sheet),
        Route("/sink.svg", icon),
        Route("/mails/{id}", one),
        Route("/mails/{id}/html", as_html),
        Route("/mails/{id}/source", source),
        Route("/api/messages", api_list),
        Route("/api/messages/{id}", api_one),
        Route("/health/live", live),
    ]
    return Starlette(routes=routes)


def linked(text: str) -> Markup:
    """The text as markup, with its addresses as links."""
    made, end = [], 0
    for found in _LINK.finditer(text):
        made.append(escape(text[end : found.start()]))
        made.append(Markup('<a href="{0}">{0}</a>').format(found.group()))
        end = found.end()
    return Markup("").join([*made, escape(text[end:])])


def _found(sink: MailSink, request: Request) -> Mail:
    mail = sink.mail(request.path_params["id"])
    if mail is None:
        raise HTTPException(404, NO_SUCH)
    return mail


def _whole(sink: MailSink, request: Request) -> EmailMessage:
    try:
        return sink.raw(request.path_params["id"])
    except KeyError:
        raise HTTPException(404, NO_SUCH) from None


def _as_json(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "language": mail.language,
        "text": mail.text,
    }

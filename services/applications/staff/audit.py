"""What the auditor reads: every administrative act, who did it, to what. Nothing can be changed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.folder import zone_of
from services.applications.pages.words import country_name
from services.applications.privacy.retention import KINDS
from services.applications.staff.kit import known, mark, select, terms_in, text_of, title_of
from services.applications.staff.operations import MAIL_REASONS, MAILS
from services.applications.staff.words import MOVES, notes
from services.applications.store import trail
from services.applications.store.plans import InForce
from shared.persistence.database import Tx
from shared.web.formats import format_datetime, format_number, sentences
from shared.web.i18n import N_, current_language, translate
from shared.web.navigation import ROLE_NAMES, role_name
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

PATH: Final = "/audit"
ROWS: Final = 50
SYSTEM: Final = "system"
"""Actor and role of what nobody did: a sweep, or the making of an account from the command line."""
ACTS: Final[Mapping[str, str]] = {
    **{f"application.{act}": words for act, words in MOVES.items()},
    "application.attach": N_("Document added"),
    "application.remove": N_("Document removed"),
    "application.open_document": N_("Document opened"),
    "application.letter_read": N_("Letter from a referee read"),
    "application.letter_saved": N_("File of a referee’s letter saved"),
    "account.made_staff": N_("Account given a role"),
    "account.made_applicant": N_("Role taken from an account"),
    "account.disabled": N_("Account closed"),
    "erasure.asked": N_("Deletion of an account asked for"),
    "erasure.taken_back": N_("Deletion of an account taken back"),
    "applicant.erased": N_("Account deleted"),
    "privacy.not_told": N_("Email about the end of somebody’s data given up"),
    "plan.load": N_("Plan put in force"),
    "plan.propose": N_("Plan proposed to a second person"),
    "events.resume": N_("Stopped events resumed"),
    "events.drop": N_("Stopped event dropped"),
    "events.republish": N_("Events sent again"),
    "events.reread": N_("Events read again from their beginning"),
    "retention.drafts": N_("Old drafts removed"),
    "retention.papers": N_("Documents of old applications removed"),
    "retention.accounts": N_("Accounts without an application removed"),
}
COUNTS: Final[Mapping[str, str]] = {
    "parked": N_("Number of the event: {n}."),
    "events": N_("Events: {n}."),
    "days": N_("Days: {n}."),
    "partitions": N_("Partitions: {n}."),
    "rows": N_("How many: {n}."),
}
CAUSES: Final[Mapping[str, str]] = {
    "asked": N_("The person had asked for it."),
    "again": N_("Done once more, as a backup had brought it back."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One act in words; `href` leads to the application that it was about."""

    at: datetime
    who: str
    role: str
    act: str
    about: str
    href: str
    detail: str


def act_words(act: str) -> str:
    return _(ACTS[act]) if act in ACTS else act


def detail_words(entry: trail.Entry, about: trail.About | None, terms: list[InForce], zone: str) -> str:
    """What an act's detail says, in words, moments in the reader's zone."""
    detail: dict[str, Any] = entry.detail
    one = known(terms, about.programme) if about else None
    if one is not None:
        paper = next((paper.names[current_language()] for paper in one.programme.documents if paper.key == detail.get("kind")), "")
        return sentences(*notes(detail, one.plan, one.programme), paper)
    if entry.act.startswith("account."):
        roles = [role_name(str(detail[key])) for key in ("before", "after") if detail.get(key)]
        return " → ".join(roles) + (f" · {detail['country']}" if detail.get("country") else "")
    return sentences(*general_words(entry, zone))


def general_words(entry: trail.Entry, zone: str) -> list[str]:
    """What the detail says of an act that is about no application. Ids and fingerprints in it stay out of the page."""
    detail = entry.detail
    counted = [_(label, n=format_number(detail[key])) for key, label in COUNTS.items() if isinstance(detail.get(key), int)]
    match entry.act:
        case "erasure.asked":
            day = format_datetime(datetime.fromisoformat(str(detail["due_at"])), zone)
            return [_("Deleted after {time}, unless it is taken back before.", time=day)]
        case "applicant.erased":
            cause = str(detail.get("cause"))
            return [_(CAUSES[cause])] if cause in CAUSES else []
        case "privacy.not_told":
            return [_(words[detail[key]]) for key, words in (("kind", MAILS), ("reason", MAIL_REASONS)) if detail.get(key) in words]
        case "plan.load" | "plan.propose":
            return [_("Version {version}", version=detail.get("version", ""))]
        case "events.drop":
            return [*counted, str(detail.get("reason", ""))]
        case _:
            return counted


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that the page shows."""

    rows: tuple[Row, ...]
    newer: str
    older: str
    kinds: list[str]
    zone: str


@router.get("/audit")
async def audit_page(request: Request) -> Response:
    viewer = viewer_in(request, "auditor")
    query = request.query_params
    sought = trail.Sought(text_of(query, "role", 20), text_of(query, "act", 60), text_of(query, "subject", 80), text_of(query, "actor", 80))

    async def read(tx: Tx) -> Read:
        found = await trail.part(tx, sought, after=mark(query.get("after")), before=mark(query.get("before")), limit=ROWS)
        terms = await terms_in(tx)
        about = await trail.about(tx, {one.subject for one in found.entries})
        names = await trail.staff_names(tx, {one.actor for one in found.entries} | {one.subject for one in found.entries})
        entries, zone = found.entries, await zone_of(tx, viewer.account_id)
        return Read(
            rows=tuple(_row(one, about.get(one.subject), names, terms, zone) for one in entries),
            newer=_path(query, "before", entries[0]) if found.newer and entries else "",
            older=_path(query, "after", entries[-1]) if found.older and entries else "",
            kinds=await trail.kinds(tx),
            zone=zone,
        )

    found = await desk_of(request).db.run(read)
    roles = [(role, _(name)) for role, name in ROLE_NAMES.items() if role != "applicant"]
    acts = sorted(((one, act_words(one)) for one in found.kinds), key=lambda pair: pair[1])
    filters = [
        select("role", _("Role"), roles, sought.role, _("All roles")),
        select("act", _("What was done"), acts, sought.act, _("All acts")),
    ]
    return render(request, "staff/audit.html", found=found, filters=filters, sought=sought)


def _path(query: Mapping[str, str], name: str, entry: trail.Entry) -> str:
    kept = {key: value for key, value in query.items() if value and key in ("role", "act", "subject", "actor")}
    return f"{PATH}?{urlencode(kept | {name: str(entry.id)})}"


def _row(entry: trail.Entry, about: trail.About | None, names: Mapping[str, str], terms: list[InForce], zone: str) -> Row:
    one = known(terms, about.programme) if about else None
    where = f" · {title_of(one.programme)} · {country_name(about.country, one.plan)}" if about and one else ""
    return Row(
        at=entry.at,
        who="" if entry.actor == SYSTEM else names.get(entry.actor, entry.actor),
        role=_(N_("The platform itself")) if entry.role == SYSTEM else role_name(entry.role),
        act=act_words(entry.act),
        about=f"{about.receipt}{where}" if about else "" if entry.subject in KINDS else names.get(entry.subject, entry.subject),
        href=f"/officer/applications/{entry.subject}" if about else "",
        detail=detail_words(entry, about, terms, zone),
    )

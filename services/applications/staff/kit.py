"""What every page for staff works with: one application as staff see it, forms as they come in, and addresses that keep their filters."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.domain.viewers import Viewer
from services.applications.folder import Folder, zone_of
from services.applications.pages.kit import id_from
from services.applications.plan.model import Programme
from services.applications.store.plans import InForce, all_in_force
from services.applications.store.work import Chosen
from services.applications.use_cases import Done
from services.applications.views import Dossier, dossier
from shared.kernel.cells import Cell
from shared.kernel.writing import unsteered
from shared.persistence.database import Tx
from shared.web.i18n import current_language, translate
from shared.web.identity import refuse

_ = translate

ROWS: Final = 25
"""Lines of a list on one page."""
FORM_FIELDS: Final = 3_000
YEARS: Final = range(1900, 2200)


def name_keys(terms: Iterable[InForce]) -> frozenset[str]:
    """Keys of the questions that ask for a person's name, as the plans mark them."""
    return frozenset(q.key for one in terms for page in one.programme.pages for q in page.questions if q.naming)


def title_of(programme: Programme) -> str:
    return programme.names[current_language()]


def known(terms: Iterable[InForce], code: str) -> InForce | None:
    """The programme with that code."""
    return next((one for one in terms if one.programme.code == code), None)


@dataclass(frozen=True, slots=True)
class File(Folder):
    """One application whole, as `viewer` sees it; `base` is where the viewer's own page of it is."""

    viewer: Viewer
    base: str

    @property
    def name(self) -> str:
        """What the person is called, else the receipt."""
        return self.dossier.name or self.application.receipt or ""

    @property
    def cell(self) -> Cell:
        return Cell(self.application.programme, self.application.country, self.application.year)


async def file_of(request: Request, raw_id: str, base: str, *roles: str) -> File:
    """The application with that id, for one of `roles`; 404 where the viewer may not know of it, which is logged."""
    viewer, desk = viewer_in(request, *roles), desk_of(request)
    application_id = id_from(raw_id)

    async def read(tx: Tx) -> tuple[Dossier | None, str]:
        return await dossier(tx, viewer, application_id), await zone_of(tx, viewer.account_id)

    found, zone = await desk.db.run(read)
    if found is None:
        raise refuse(request, hidden=True)
    return File(found, zone, desk.clock.now(), viewer, f"{base}/{application_id}")


async def attempt(request: Request, viewer: Viewer, use_case: Callable[..., Awaitable[Any]], *values: Any, **named: Any) -> Any:
    """One use case in one transaction, now. Its outcome, unless the viewer may not do it or may not know of it."""
    desk = desk_of(request)
    now = desk.clock.now()
    return permitted(request, await desk.db.run(lambda tx: use_case(tx, viewer, *values, now=now, **named)))


def permitted(request: Request, outcome: Any) -> Any:
    """The outcome, unless it says that whoever asks may not do it (403) or may not know of it (404); both are logged."""
    if isinstance(outcome, NotFound):
        raise refuse(request, hidden=True)
    if isinstance(outcome, Forbidden):
        raise refuse(request)
    return outcome


def done(outcome: Any) -> bool:
    return isinstance(outcome, Done)


async def form_of(request: Request) -> FormData:
    """The form that was sent."""
    return await request.form(max_fields=FORM_FIELDS)


def text_of(form: Mapping[str, Any], key: str, most: int = 4_000) -> str:
    """What was typed, without spaces around it and signs that turn letters, at most `most` characters."""
    value = form.get(key, "")
    return unsteered(value).strip()[:most] if isinstance(value, str) else ""


def texts_of(form: FormData, key: str) -> list[str]:
    """Everything that was ticked."""
    return [value for value in form.getlist(key) if isinstance(value, str)]


def number_of(raw: str) -> int | None:
    """A whole number that is not negative, as people type it; none where it is none."""
    raw = raw.strip()
    return int(raw) if raw.isdecimal() and len(raw) < 10 else None


def version_of(form: Mapping[str, Any]) -> int:
    """The version that the form showed; -1, which is no version, where it says none."""
    found = number_of(text_of(form, "version"))
    return -1 if found is None else found


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of a list, as they stand in its address."""

    programme: str = ""
    year: int = 0
    country: str = ""
    state: str = ""
    tab: str = ""
    search: str = ""
    sort: str = ""

    @property
    def chosen(self) -> Chosen:
        """Everything but the states."""
        return Chosen(programme=self.programme, year=self.year, country=self.country, search=self.search)

    def query(self, **changed: str) -> str:
        """The filters as a query, with `changed` above them; nothing where nothing is asked."""
        values = {"tab": self.tab, "programme": self.programme, "year": str(self.year or ""), "country": self.country}
        values |= {"state": self.state, "search": self.search, "sort": self.sort} | changed
        kept = {name: value for name, value in values.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def but(self, **changed: Any) -> "Asked":
        return replace(self, **changed)


def asked_in(values: Mapping[str, Any]) -> Asked:
    """The filters in an address or a form; what cannot be one is left out."""
    year = number_of(text_of(values, "year", 4)) or 0
    return Asked(
        programme=text_of(values, "programme", 60),
        year=year if year in YEARS else 0,
        country=text_of(values, "country", 2).upper(),
        state=text_of(values, "state", 20),
        tab=text_of(values, "tab", 20),
        search=text_of(values, "search", 80),
        sort=text_of(values, "sort", 20),
    )


def select(key: str, label: str, options: Iterable[tuple[str, str]], value: str, everything: str) -> dict[str, Any]:
    """A filter: `everything` stands for no choice."""
    choices = [{"key": "", "label": everything}, *({"key": one, "label": text} for one, text in options)]
    return {"key": key, "label": label, "options": choices, "value": value}


def programme_filters(terms: Iterable[InForce], asked: Asked) -> list[dict[str, Any]]:
    """The filters that every list has."""
    found = list(terms)
    years = sorted({year for one in found for year in one.programme.years}, reverse=True)
    return [
        select(
            "programme",
            _("Programme"),
            [(one.programme.code, title_of(one.programme)) for one in found],
            asked.programme,
            _("All programmes"),
        ),
        select("year", _("Year"), [(str(year), str(year)) for year in years], str(asked.year or ""), _("All years")),
    ]


async def terms_in(tx: Tx) -> list[InForce]:
    """Every programme in force."""
    return await all_in_force(tx)


def mark(raw: str | None) -> UUID | None:
    """An id in a query; what is none is as if it were not there."""
    try:
        return UUID(raw) if raw else None
    except ValueError:
        return None

"""What was answered, page by page, and what was typed and not saved yet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, column, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Boolean, DateTime, Integer, Text
from sqlmodel import col

from services.applications.accounts.tables import Account
from services.applications.accounts.use_cases import ended
from services.applications.domain.answers import Stored
from services.applications.domain.viewers import SessionEnded, Viewer
from services.applications.store import plans
from services.applications.store.plans import InForce
from services.applications.store.visible import seen_by, visible
from services.applications.tables import Application
from shared.persistence.database import Tx

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Saved:
    """One page as it was saved last: its `version` counts the savings, `form` says what was asked then (see `domain.forms`)."""

    answers: dict[str, Stored]
    at: datetime
    version: int
    form: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Fields of a page as they were typed, kept and not saved: on the version `seen` of the page, where that is known. `refused` is what
    was sent as it stands and could not be saved. `window` is the one it was typed in, empty where that is not known.
    """

    fields: dict[str, str]
    at: datetime
    seen: int | None = None
    refused: bool = False
    window: str = ""

    @property
    def mark(self) -> str:
        """Tells it from whatever was kept in its place before or after it."""
        return str((self.at - _EPOCH) // timedelta(microseconds=1))


@cache
def _with_account(role: str, of_country: bool) -> Select[Application, Account]:
    statement = select(Application, Account).outerjoin(Account, col(Account.id) == col(Application.person_id))
    return statement.where(col(Application.id) == bindparam("id"), visible(role, of_country))


async def with_account(tx: Tx, viewer: Viewer, application_id: UUID) -> tuple[Application, Account | None] | None:
    """The application, if the viewer may know of it, and the account of whoever applies."""
    statement = _with_account(viewer.role, bool(viewer.country))
    row = (await tx.execute(statement, {"id": application_id, **seen_by(viewer)})).one_or_none()
    return None if row is None else (row[0], row[1])


@cache
def _whose(role: str, of_country: bool, lock: bool) -> Select[Application, Account, bool]:
    statement = _with_account(role, of_country).add_columns(ended(bindparam("session")))
    return statement.with_for_update(of=Application).execution_options(populate_existing=True) if lock else statement


async def whose(tx: Tx, viewer: Viewer, application_id: UUID, *, lock: bool = False) -> tuple[Application, Account | None] | None:
    """The same, and `SessionEnded` where the viewer's session is."""
    values = {"id": application_id, "session": viewer.session_id, **seen_by(viewer)}
    row = (await tx.execute(_whose(viewer.role, bool(viewer.country), lock), values)).one_or_none()
    if row is not None and row[2]:
        raise SessionEnded
    return None if row is None else (row[0], row[1])


_STANDING = text(
    f"select f.*, "  # noqa: S608 - a constant
    "(select jsonb_agg(jsonb_build_array(g.page, g.answers, g.saved_at, g.version, g.form) order by g.saved_at) "
    "from page_answers g where g.application_id = :id) as pages, "
    "(select jsonb_agg(jsonb_build_array(d.page, d.fields, d.typed_at, d.seen, d.refused, d.typed_in)) "
    "from page_typed d where d.application_id = :id) as typed "
    f"from ({plans.IN_FORCE} where p.programme = :programme) f"
).columns(
    column("programme", Text),
    column("number", Integer),
    column("plan", Text),
    column("version", Text),
    column("content_hash", Text),
    column("changes", JSONB),
    column("pages", JSONB),
    column("typed", JSONB),
)


async def standing(tx: Tx, application: Application) -> tuple[InForce, dict[str, Saved], dict[str, Typed]]:
    """The programme in force, the pages that were saved, in the order of their saving, and what was typed; by page key."""
    row = (await tx.execute(_STANDING, {"id": application.id, "programme": application.programme})).one_or_none()
    assert row is not None, f"there are applications to {application.programme}, which was never published"
    terms = await plans.read(tx, row.programme, row.number, row.plan, row.version, row.content_hash, row.changes)
    saved = {page: Saved(answers, datetime.fromisoformat(at), version, form) for page, answers, at, version, form in row.pages or ()}
    typed = {page: Typed(fields, datetime.fromisoformat(at), *how) for page, fields, at, *how in row.typed or ()}
    return terms, saved, typed


_SAVE = text(
    "with gone as (delete from page_typed where application_id = :id and ((:let_go and page = :page) "
    "or (starts_with(page, :page || '/') and page <> all(cast(:entries as text[]))))) "
    "insert into page_answers as g (application_id, page, answers, saved_at, version, form) "
    "values (:id, :page, cast(:answers as jsonb), :at, 1, :form) "
    "on conflict (application_id, page) do update "
    "set answers = excluded.answers, saved_at = excluded.saved_at, version = g.version + 1, form = excluded.form"
)


async def save(
    tx: Tx, application_id: UUID, page: str, answers: Mapping[str, Stored], *, entries: int, form: str, at: datetime, let_go: bool = True
) -> None:
    """Replace the answers of one page; what was typed beside them is done with where it is `let_go`, and so is what was typed into an entry
    that there is no more: its group has so many `entries` now. The application's row is locked.
    """
    values = {"id": application_id, "page": page, "answers": json.dumps(answers), "at": at, "form": form, "let_go": let_go}
    await tx.execute(_SAVE, {**values, "entries": [of_entry(page, number or None) for number in range(entries + 1)]})


def of_entry(page: str, number: int | None) -> str:
    """Under which key what was typed into one entry of the page's group is kept; none is a new one. No page has such a key."""
    return f"{of_page(page)}{number or 'new'}"


def of_page(page: str) -> str:
    """How the keys of what was typed into entries of the page's group begin."""
    return f"{page}/"


_TAKE_OUT = text(
    "delete from page_typed where application_id = :id and starts_with(page, :page || '/') and split_part(page, '/', 2) <> 'new' "
    "and cast(split_part(page, '/', 2) as integer) >= :number "
    "returning cast(split_part(page, '/', 2) as integer), fields, typed_at, seen, refused, typed_in"
).columns(
    column("number", Integer),
    column("fields", JSONB),
    column("typed_at", DateTime(timezone=True)),
    column("seen", Integer),
    column("refused", Boolean),
    column("typed_in", Text),
)


async def entry_removed(tx: Tx, application_id: UUID, page: str, number: int) -> None:
    """Let go of what was typed into an entry that is removed; what was typed into those behind it goes with them, one number down.

    The list has one version more after it, which is what who typed there has seen.
    """
    for row in (await tx.execute(_TAKE_OUT, {"id": application_id, "page": page, "number": number})).all():
        if row.number > number:
            typed = Typed(row.fields, row.typed_at, None if row.seen is None else row.seen + 1, row.refused, row.typed_in)
            await keep_typed(tx, application_id, of_entry(page, row.number - 1), typed)


_KEEP = text(
    "insert into page_typed (application_id, page, fields, typed_at, seen, refused, typed_in) "
    "values (:id, :page, cast(:fields as jsonb), :at, :seen, :refused, :window) on conflict (application_id, page) do update set "
    "fields = excluded.fields, typed_at = excluded.typed_at, seen = excluded.seen, refused = excluded.refused, "
    "typed_in = excluded.typed_in"
)
_FORGET = text("delete from page_typed where application_id = :id and page = any(cast(:pages as text[]))")


async def keep_typed(tx: Tx, application_id: UUID, page: str, typed: Typed | None) -> None:
    """Keep what was typed on a page, in the place of what was kept before; nothing where there is none."""
    if typed is None:
        await forget(tx, application_id, [page])
        return
    values: dict[str, Any] = {"id": application_id, "page": page}
    kept = {"fields": json.dumps(typed.fields), "at": typed.at, "seen": typed.seen, "refused": typed.refused, "window": typed.window}
    await tx.execute(_KEEP, {**values, **kept})


async def forget(tx: Tx, application_id: UUID, pages: list[str]) -> None:
    """Let go of what was typed on these pages, or into these entries, and not saved."""
    await tx.execute(_FORGET, {"id": application_id, "pages": pages})

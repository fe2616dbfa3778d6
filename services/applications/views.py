"""What pages and the API show, read in one transaction: each function answers for a viewer, and with no more than that viewer may know."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.applications.accounts.tables import Account
from services.applications.domain.answers import Answer, given, name_in, unanswered
from services.applications.domain.correction import Returned
from services.applications.domain.letters import Letter
from services.applications.domain.lifecycle import Act, State, acts, scored_in
from services.applications.domain.papers import LATER, FileState, may_attach
from services.applications.domain.referees import Tally, lacking, may_write, tally
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Call, Programme
from services.applications.plan.model import Document as Paper
from services.applications.referees.store import of_application as referees_of
from services.applications.referees.tables import Referee
from services.applications.store import applications as store
from services.applications.store import lists
from services.applications.store.answers import standing, with_account
from services.applications.store.copies import last_returned
from services.applications.store.letters import of_application as of_application_letters
from services.applications.store.plans import InForce, all_in_force
from services.applications.tables import Application, Document, Review, TimelineEntry
from services.applications.told import CellFigures
from services.applications.use_cases.sheet import Sheet
from services.applications.use_cases.steps import cell_of, terms_of
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

BEFORE_LOOKED_AT: Final = 100
BEFORE_SHOWN: Final = 8
"""Files of earlier applications that are offered for one paper."""
WRITERS = ("applicant", "coordinator", "officer", "auditor")


@dataclass(frozen=True, slots=True)
class Line:
    """One of a person's applications, with its programme; `owed` are papers that a later stage asks for and that are not there, `letters`
    how those of referees stand, where any can be of use still."""

    application: Application
    terms: InForce
    owed: tuple[Paper, ...] = ()
    letters: Tally | None = None


@dataclass(frozen=True, slots=True)
class PageState:
    """One page of the form that is asked: `saved_at` is absent until it was saved; `missing` are keys of unanswered questions.

    `changed` says that the plan asks otherwise now than when the page was answered; `version` counts its savings. `typed_at` is when
    something was typed on it, or into one of its entries, that is kept and not saved.
    """

    key: str
    saved_at: datetime | None
    missing: tuple[str, ...]
    changed: bool
    version: int
    typed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaperState:
    """A paper that is asked for: the files that were attached, in order, and whether the viewer may change them now."""

    paper: Paper
    files: tuple[Document, ...]
    editable: bool

    @property
    def file(self) -> Document | None:
        """The first file that is ready; none where none is."""
        return next((file for file in self.files if file.state == FileState.READY), None)

    @property
    def checking(self) -> bool:
        """Whether a file of it is still being checked."""
        return any(file.state == FileState.CHECKING for file in self.files)

    @property
    def lacking(self) -> bool:
        """Whether it must be there and is not."""
        return not (self.paper.optional or self.file or self.checking)

    @property
    def full(self) -> bool:
        """Whether one must go before another one comes."""
        return len(self.files) >= self.paper.max_files


@dataclass(frozen=True, slots=True)
class Dossier:
    """One application whole. `acts` are those that the viewer may do now, in the table's order.

    Reviews and the cell's figures are there for staff only; a person sees their own timeline, not who reviewed. `name` is as the form
    gives it, else as the account does.
    """

    application: Application
    terms: InForce
    call: Call
    answers: Mapping[str, Answer]
    pages: tuple[PageState, ...]
    papers: tuple[PaperState, ...]
    timeline: tuple[TimelineEntry, ...]
    acts: tuple[Act, ...]
    scorable: bool
    reviews: tuple[Review, ...]
    referees: tuple[Referee, ...]
    figures: CellFigures | None
    person: Account | None
    """The account of whoever applies."""
    name: str
    names: Mapping[UUID, str]
    letters: tuple[Letter, ...] = ()
    """Questions, appeals and answers, for the applicant and for those who answer."""
    returned: Returned | None = None
    """The submission that was sent back last, for the applicant and those who read the corrected one."""

    @property
    def programme(self) -> Programme:
        return self.terms.programme

    @property
    def email(self) -> str:
        return self.person.email if self.person else ""

    @property
    def complete(self) -> bool:
        """Nothing is missing that the submission needs."""
        papers = (one for one in self.papers if one.paper.stage == "submission")
        whole = not any(page.missing for page in self.pages) and not any(one.lacking or one.checking for one in papers)
        return whole and not self.referees_lacking("submission")

    @property
    def asks_referees(self) -> bool:
        """Whether this applicant, by what was answered so far, needs letters."""
        asked = self.programme.referees
        return asked is not None and asked.asked_of(self.answers)

    @property
    def letters_tally(self) -> Tally | None:
        """How the letters of referees stand; none where this applicant needs none, or none can be of use any more."""
        if not may_write(State(self.application.state)):
            return None
        return tally(self.programme.referees, [one.state for one in self.referees], self.answers)

    def referees_lacking(self, stage: str) -> int:
        """How many referees, or letters, are missing for that stage."""
        return lacking(self.programme.referees, [one.state for one in self.referees], self.answers, stage)


async def open_calls(tx: Tx, now: datetime) -> list[tuple[InForce, Call]]:
    """The programmes that one may apply to now, with the call that is open."""
    found = [(one, one.programme.open_call(now)) for one in await all_in_force(tx)]
    return [(one, call) for one, call in found if call is not None]


async def mine(tx: Tx, viewer: Viewer) -> list[Line]:
    """The viewer's own applications, the newest first."""
    found = []
    for one in await lists.of_person(tx, viewer):
        terms = await terms_of(tx, one.programme)
        found.append(Line(one, terms, await owed(tx, viewer, terms.programme, one), await _letters(tx, terms.programme, one)))
    return found


async def _letters(tx: Tx, programme: Programme, application: Application) -> Tally | None:
    """How its letters stand; asks the database only where any are asked for and can be of use still."""
    if programme.referees is None or not may_write(State(application.state)):
        return None
    filled = await store.filled_in(tx, application.id)
    return tally(programme.referees, filled.referees, given(programme.pages, filled.answers))


async def owed(tx: Tx, viewer: Viewer, programme: Programme, application: Application) -> tuple[Paper, ...]:
    """Papers that a later stage asks the viewer for now, and that are neither there nor being checked.

    Asks the database only where a later stage asks for something now.
    """
    state = State(application.state)
    if not any(paper.stage in LATER and may_attach(paper.stage, viewer.role, state) for paper in programme.documents):
        return ()
    filled = await store.filled_in(tx, application.id)
    answers = given(programme.pages, filled.answers)
    asked = [paper for stage in LATER if may_attach(stage, viewer.role, state) for paper in programme.documents_for(stage, answers)]
    return tuple(paper for paper in asked if not paper.optional and paper.key not in filled.papers | filled.checking)


async def dossier(tx: Tx, viewer: Viewer, application_id: UUID) -> Dossier | None:
    """The application whole, or none where the viewer may not know that it exists."""
    found = await with_account(tx, viewer, application_id)
    if found is None:
        return None
    application, person = found
    form = Sheet(application, None, *await standing(tx, application))
    terms, answers = form.terms, form.counting
    state, route = State(application.state), terms.programme.route
    staff = viewer.role != "applicant"
    reviews = tuple(await store.reviews(tx, application.id)) if staff else ()
    timeline = tuple(await store.timeline(tx, application.id))
    figures = (await lists.figures(tx, [cell_of(application)])).get(cell_of(application).key) if staff else None
    actors = {entry.actor_id for entry in timeline if entry.actor_id} | {review.reviewer_id for review in reviews} if staff else set()
    return Dossier(
        application=application,
        terms=terms,
        call=terms.call(application.year),
        answers=answers,
        pages=_pages(form),
        papers=await _papers(tx, viewer, terms.programme, application, answers),
        timeline=timeline,
        acts=acts(state, viewer.role, route=route),
        scorable=viewer.role == "reviewer" and scored_in(route) is state,
        reviews=reviews,
        referees=tuple(await referees_of(tx, application.id)) if terms.programme.referees else (),
        figures=figures,
        person=person,
        name=name_in(terms.programme.pages, answers) or (person.name if person else ""),
        names=await lists.names(tx, actors),
        letters=await of_application_letters(tx, application.id) if application.receipt and viewer.role in WRITERS else (),
        returned=await last_returned(tx, application.id) if any(entry.act == Act.RETURN for entry in timeline) else None,
    )


def _pages(form: Sheet) -> tuple[PageState, ...]:
    return tuple(
        PageState(
            page.key,
            form.saved[page.key].at if page.key in form.saved else None,
            tuple(question.key for question in unanswered([page], form.counting)),
            form.changed_since(page),
            form.version(page),
            max((typed.at for key, typed in form.typed.items() if key.partition("/")[0] == page.key), default=None),
        )
        for page in form.pages
    )


async def _papers(
    tx: Tx, viewer: Viewer, programme: Programme, application: Application, answers: Mapping[str, Answer]
) -> tuple[PaperState, ...]:
    files: dict[str, list[Document]] = defaultdict(list)
    for document in await store.documents(tx, application.id):
        files[document.kind].append(document)
    state = State(application.state)
    asked = [paper for paper in programme.documents if paper.when is None or paper.when.holds(answers)]
    return tuple(PaperState(paper, tuple(files[paper.key]), may_attach(paper.stage, viewer.role, state)) for paper in asked)


@dataclass(frozen=True, slots=True)
class Slate:
    """A country's slate of one call, in the country's order, with the cell's figures where quotas has told them."""

    lines: tuple[lists.Listed, ...]
    figures: CellFigures | None


async def slate(tx: Tx, viewer: Viewer, programme: str, year: int, country: str) -> Slate:
    """The nominated applications of a country that the viewer may see."""
    wanted = lists.Wanted(programme=programme, year=year, country=country, states=(State.NOMINATED,))
    found = await lists.find_many(tx, viewer, wanted, limit=lists.PAGE_MAX)
    cell = Cell(programme, country, year)
    ordered = sorted(found, key=lambda one: (one.application.slate_rank or 0, one.application.id))
    return Slate(tuple(ordered), (await lists.figures(tx, [cell])).get(cell.key))


async def document(tx: Tx, viewer: Viewer, application_id: UUID, document_id: UUID) -> Document | None:
    """A file of an application that the viewer may see, once it is ready."""
    if await store.find(tx, viewer, application_id) is None:
        return None
    found = await store.documents(tx, application_id)
    return next((one for one in found if one.id == document_id and one.state == FileState.READY), None)


@dataclass(frozen=True, slots=True)
class SentBefore:
    """A file of another application of the same person that may be taken over."""

    file: Document
    application: Application
    terms: InForce


async def sent_before(tx: Tx, viewer: Viewer, application_id: UUID, paper: Paper) -> list[SentBefore]:
    """What the applicant may take over for this paper: first what was sent as the same paper, then the newest; each file once."""
    found = await store.documents_before(tx, viewer, application_id, most=BEFORE_LOOKED_AT)
    fits = [(file, of) for file, of in found if file.content_type in paper.accepted and file.size_bytes <= paper.max_bytes]
    once = {file.sha256: (file, of) for file, of in sorted(fits, key=lambda one: (one[0].kind == paper.key, one[0].uploaded_at))}
    chosen = sorted(once.values(), key=lambda one: (one[0].kind == paper.key, one[0].uploaded_at), reverse=True)
    return [SentBefore(file, of, await terms_of(tx, of.programme)) for file, of in chosen[:BEFORE_SHOWN]]


async def listed(tx: Tx, viewer: Viewer, wanted: lists.Wanted, *, after: UUID | None, limit: int) -> list[lists.Listed] | None:
    """A page of a list that goes on after the application `after`; none where the viewer may not know of that one."""
    mark = None
    if after is not None:
        last = await store.find(tx, viewer, after)
        if last is None or last.submitted_at is None:
            return None
        mark = lists.mark_of(lists.Listed(last, ""))
    return await lists.find_many(tx, viewer, wanted, after=mark, limit=limit)

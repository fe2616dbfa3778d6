"""Sending back by name: the places of the form to choose from, and what was changed after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData

from services.applications.domain.answers import as_asked, given
from services.applications.domain.correction import DOCUMENT, MARKS_MAX, PAGE, QUESTION, REMARK_MAX, Mark, changed
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import MarksMissing, MarksWrong
from services.applications.domain.papers import CORRECTED, FileState
from services.applications.pages.corrections import place_name
from services.applications.pages.fields import shown
from services.applications.staff.kit import File, text_of, texts_of
from shared.web.i18n import current_language, translate

_ = translate

MARKS: Final = "marks"
"""The id of the places as a whole on the page."""
REMARK: Final = "remark-"
"""What the id and the name of a place's remark begin with."""
TYPED_MAX: Final = REMARK_MAX * 2
"""What is too long comes back as it was typed, up to here, to be shortened."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place that can be marked; `name` is `kind:key`."""

    name: str
    label: str
    marked: bool
    remark: str


@dataclass(frozen=True, slots=True)
class Group:
    """The places of one page of the form, or the documents."""

    title: str
    places: tuple[Place, ...]

    @property
    def open(self) -> bool:
        return any(one.marked or one.remark for one in self.places)


def groups(file: File, given: Mapping[str, str]) -> list[Group]:
    """The pages with their questions, as they are asked of this applicant, then the documents that can be corrected; `given` are the
    remarks by place that were typed. To have something corrected that is not asked, one marks the answer on which that hangs.
    """
    language = current_language()

    def place(kind: str, key: str, label: str) -> Place:
        name = f"{kind}:{key}"
        return Place(name, label, name in given, given.get(name, ""))

    found = [
        Group(
            page.title[language],
            (
                place(PAGE, page.key, _("The whole page")),
                *(place(QUESTION, question.key, question.label[language]) for question in page.questions),
            ),
        )
        for page in as_asked(file.dossier.programme.pages, file.dossier.answers)
    ]
    correctable = [one.paper for one in file.dossier.papers if one.paper.stage in CORRECTED]
    papers = tuple(place(DOCUMENT, paper.key, paper.names[language]) for paper in correctable)
    return [*found, *([Group(_("Documents"), papers)] if papers else [])]


def typed_in(form: FormData, file: File) -> dict[str, str]:
    """The places that were ticked, or at which something was typed, with what was typed there."""
    ticked = set(texts_of(form, "mark")[: MARKS_MAX + 1])
    names = [place.name for group in groups(file, {}) for place in group.places]
    known = {name: text_of(form, f"{REMARK}{name}", TYPED_MAX) for name in names}
    return {name: remark for name, remark in known.items() if remark or name in ticked} | dict.fromkeys(ticked - known.keys(), "")


def marks_of(typed: Mapping[str, str]) -> list[Mark]:
    """The marks that the use case takes."""
    return [Mark(*name.partition(":")[::2], remark) for name, remark in typed.items()]


def place_of(wrong: MarksWrong | MarksMissing, file: File) -> str:
    """The id of what has to be corrected on the page: the first remark that is wrong, else the places as a whole."""
    names = {place.name for group in groups(file, {}) for place in group.places}
    unfit = wrong.marks if isinstance(wrong, MarksWrong) else ()
    return next((f"{REMARK}{name}" for name in unfit if name in names), MARKS)


def told(file: File) -> list[tuple[str, str]]:
    """What the applicant has to correct now: each place that was marked by name, with the remark; nothing where it is not sent back."""
    returned = file.dossier.returned
    if returned is None or file.application.state != State.RETURNED:
        return []
    return [(place_name(file.dossier.programme, one), one.remark) for one in returned.marks]


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed: where, what stood there when it was sent back, what stands there now, and what had been marked."""

    label: str
    before: list[str]
    now: list[str]
    remark: str


def changes(file: File) -> list[Change] | None:
    """What the applicant changed after it was sent back; none where it never was, or has not come again yet."""
    returned, dossier, language = file.dossier.returned, file.dossier, current_language()
    if returned is None or file.application.state == State.RETURNED:
        return None
    pages = dossier.programme.pages
    before = given(pages, returned.answers)
    remarks = {f"{one.kind}:{one.key}": one.remark for one in returned.marks}
    found: list[Change] = []
    for key in changed(before, dossier.answers, pages):
        question = dossier.programme.question(key)
        assert question is not None, "what changed is of the form"
        then, now = (shown(question, answers.get(key), file.plan).split("\n") for answers in (before, dossier.answers))
        found.append(Change(question.label[language], then, now, remarks.get(f"{QUESTION}:{key}", "")))
    for one in dossier.papers:
        kept = [each for each in one.files if each.state != FileState.REFUSED]
        if sorted(each.sha256 for each in kept) != returned.hashes(one.paper.key):
            names = [str(each["filename"]) for each in returned.papers if each["kind"] == one.paper.key]
            remark = remarks.get(f"{DOCUMENT}:{one.paper.key}", "")
            found.append(Change(one.paper.names[language], names or [""], [each.filename for each in kept] or [""], remark))
    return found

"""What the coordinator marked, where the applicant comes by: in the list of tasks, at the question, at the document."""

from dataclasses import dataclass
from urllib.parse import quote

from services.applications.domain.answers import Page, as_asked, given
from services.applications.domain.correction import DOCUMENT, PAGE, Mark, Returned, changed
from services.applications.folder import Folder
from services.applications.pages.fields import target
from services.applications.plan.model import Programme
from services.applications.views import PageState, PaperState
from shared.web.i18n import current_language


@dataclass(frozen=True, slots=True)
class Marked:
    """One place to correct: its name, what was said of it, and where it is."""

    label: str
    remark: str
    href: str


def marked(folder: Folder) -> list[Marked]:
    """Everything that was marked, in the order of the form; nothing where the application is not being corrected."""
    if not folder.correcting or folder.dossier.returned is None:
        return []
    return [_marked(folder, one) for one in folder.dossier.returned.marks]


def _marked(folder: Folder, one: Mark, then: str = "") -> Marked:
    programme = folder.dossier.programme
    label = place_name(programme, one)
    if one.kind == DOCUMENT:
        return Marked(label, one.remark, f"{folder.path}/papers/{quote(one.key)}")
    page = next((page for page in programme.pages if one.key in {page.key, *(question.key for question in page.questions)}), None)
    path = f"{folder.path}/pages/{quote(page.key)}{then}" if page else folder.path
    if one.kind == PAGE:
        return Marked(label, one.remark, path)
    question = programme.question(one.key)
    return Marked(label, one.remark, f"{path}#{quote(target(question) if question else one.key)}")


def unchanged(folder: Folder) -> list[Marked]:
    """The pages and questions that were marked, are asked still, and have the answers that were sent back, each with its address from the
    check. That their page was saved since says nothing: another answer on it may be the one that was changed.
    """
    returned, dossier = folder.dossier.returned, folder.dossier
    if not folder.correcting or returned is None:
        return []
    pages = dossier.programme.pages
    anew = set(changed(given(pages, returned.answers), dossier.answers, pages))
    asked = {page.key: {question.key for question in page.questions} for page in as_asked(pages, dossier.answers)}
    every = {key for keys in asked.values() for key in keys}
    about = [(one, asked.get(one.key, set()) if one.kind == PAGE else every & {one.key}) for one in returned.marks if one.kind != DOCUMENT]
    return [_marked(folder, one, "?then=check") for one, keys in about if keys and anew.isdisjoint(keys)]


def place_name(programme: Programme, one: Mark) -> str:
    """What the marked place is called; its key where the plan has it no more."""
    names = programme.place_names(one)
    return names[current_language()] if names else one.key


def of_page(returned: Returned | None, page: Page) -> dict[str, str]:
    """Question key to the remark on it; the remark on the page as a whole is under the empty key."""
    return {"" if one.kind == PAGE else one.key: one.remark for one in returned.of_page(page)} if returned else {}


def page_open(folder: Folder, page: Page, state: PageState) -> bool:
    """Whether something on the page is marked and the page was not saved since."""
    if not folder.correcting or folder.dossier.returned is None or not folder.dossier.returned.of_page(page):
        return False
    return state.saved_at is None or state.saved_at <= folder.dossier.returned.at


def paper_mark(folder: Folder, key: str) -> Mark | None:
    """What was marked on a document."""
    return folder.dossier.returned.of_document(key) if folder.correcting and folder.dossier.returned else None


def paper_open(folder: Folder, one: PaperState) -> bool:
    """Whether a document is marked and its files are still those that were sent."""
    returned = folder.dossier.returned
    if paper_mark(folder, one.paper.key) is None or returned is None:
        return False
    return sorted(file.sha256 for file in one.files) == returned.hashes(one.paper.key)

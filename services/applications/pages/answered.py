"""What was answered and what was added, in rows as a person reads them: on pages, for staff, and in the copy of what was sent."""

from dataclasses import dataclass
from urllib.parse import quote

from services.applications.domain.answers import asked_pages, asked_questions
from services.applications.domain.papers import LATER, FileState
from services.applications.folder import Folder
from services.applications.pages.fields import left_open, shown, target
from services.applications.pages.words import file_words
from shared.web.i18n import current_language


@dataclass(frozen=True, slots=True)
class Row:
    """One answer on the page: what was asked, what was answered (lines of text), and where to change it."""

    label: str
    lines: list[str]
    href: str


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    rows: list[Row]


def sections(folder: Folder, *, change: bool) -> list[Section]:
    """All answers, page by page, in the order of the form."""
    language, found = current_language(), []
    saved = {page.key for page in folder.dossier.pages if page.saved_at}
    for page in asked_pages(folder.dossier.programme.pages, folder.dossier.answers):
        href = f"{folder.path}/pages/{quote(page.key)}?then=check" if change else ""
        rows = []
        for question in asked_questions(page, folder.dossier.answers):
            words = shown(question, folder.dossier.answers.get(question.key), folder.plan)
            lines = (words or (left_open(question) if page.key in saved else "")).split("\n")
            rows.append(Row(question.label[language], lines, f"{href}#{target(question)}" if href else ""))
        found.append(Section(page.key, page.title[language], rows))
    return found


def paper_rows(folder: Folder, *, change: bool) -> list[Row]:
    """The papers that are asked for with the application, and what was added."""
    language, rows = current_language(), []
    for one in folder.dossier.papers:
        if one.paper.stage in LATER or (not one.files and one.paper.stage != "submission"):
            continue
        kept = [file for file in one.files if file.state != FileState.REFUSED]
        lines = [file_words(file.filename, file.size_bytes) for file in kept] or [""]
        href = f"{folder.path}/papers/{quote(one.paper.key)}?then=check" if change else ""
        rows.append(Row(one.paper.names[language], lines, href))
    return rows

"""What stands in the copy of a submission: who, what for, when, every answer, every paper; in the applicant's language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.applications.copies.sheets import Section, Sheet
from services.applications.domain.answers import given, name_in
from services.applications.domain.lifecycle import Act
from services.applications.folder import Folder
from services.applications.pages.answered import Row, paper_rows, sections
from services.applications.pages.words import both, country_name, file_words
from services.applications.store.copies import AsSent
from services.applications.tables import TimelineEntry
from shared.web.i18n import HTML_TAGS, current_language, translate

_ = translate


def sending(folder: Folder, number: int) -> TimelineEntry | None:
    """The move by which that submission was made."""
    return next((one for one in folder.dossier.timeline if one.act == Act.SUBMIT and one.fact == number), None)


def as_it_was(folder: Folder, answers: Mapping[str, Any] | None) -> Folder:
    """The folder with the answers of a submission that was sent back; as it is where none are given."""
    if answers is None:
        return folder
    return replace(folder, dossier=replace(folder.dossier, answers=given(folder.dossier.programme.pages, answers)))


def kept_papers(folder: Folder, papers: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The papers that were in a submission: name and file."""
    names = {paper.key: paper.names[current_language()] for paper in folder.dossier.programme.documents}
    return [(names.get(one["kind"], one["kind"]), file_words(one["filename"], one["size_bytes"])) for one in papers]


def sheet(folder: Folder, number: int, before: AsSent, made_at: datetime) -> Sheet:
    """The copy of submission `number`; `before` is what was in it, where the application holds something else by now."""
    dossier, application, language = folder.dossier, folder.application, current_language()
    title = f"{dossier.programme.names[language]} {application.year}"
    sent = sending(folder, number)
    again = sent is not None and application.submitted_at is not None and sent.at > application.submitted_at
    shown = as_it_was(folder, before.answers)
    facts = [
        (_("Receipt"), application.receipt or ""),
        (_("Name"), name_in(dossier.programme.pages, shown.dossier.answers) or dossier.name),
        (_("Account"), dossier.email),
        (_("Country"), country_name(application.country, folder.plan)),
        (_("Sent"), both(application.submitted_at, folder.zone) if application.submitted_at else ""),
        *([(_("Corrected and sent again"), both(sent.at, folder.zone))] if again and sent else []),
        (_("Whom to ask"), folder.ask),
    ]
    attached = kept_papers(folder, before.papers) if before.papers is not None else [_row(one) for one in paper_rows(shown, change=False)]
    found = [Section(one.title, [_row(row) for row in one.rows]) for one in sections(shown, change=False)]
    return Sheet(
        title=title,
        lead=_("The application as it was sent"),
        facts=facts,
        sections=[*found, *([Section(_("Documents"), attached)] if attached else [])],
        language=HTML_TAGS[language],
        author="Puente",
        made_at=made_at,
        unknown=_("(?) stands for characters that cannot be printed here. The application itself has them as you wrote them."),
        footer=f"{application.receipt} · {{page}}",
        notes=[_("This copy is for you to keep. What counts is the application in Puente, which you can open at any time.")],
    )


def _row(row: Row) -> tuple[str, str]:
    return row.label, "\n".join(row.lines)

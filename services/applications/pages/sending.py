"""Checking the answers, the declaration, sending once, and the receipt."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import agreements
from services.applications.accounts.desk import desk_of
from services.applications.domain.eligibility import COMPARING, Reason, Rule, check, warned
from services.applications.domain.lifecycle import Act, State
from services.applications.domain.outcomes import CoursesNotPossible, Incomplete, Ineligible, NotAllowed
from services.applications.domain.referees import LIVE
from services.applications.folder import Folder
from services.applications.pages import preferences
from services.applications.pages.answered import Row, Section, paper_rows, sections
from services.applications.pages.copies import copy_of
from services.applications.pages.corrections import paper_open, unchanged
from services.applications.pages.fields import entry_titles, faults_said, said_of, target
from services.applications.pages.form import context_of_call, editable, refused_answers
from services.applications.pages.giving import answers_day, giving
from services.applications.pages.kit import applicant, clock_time, folder_of
from services.applications.pages.letters_due import letters_of
from services.applications.pages.referees import standing_words
from services.applications.pages.refusals import problem
from services.applications.pages.words import country_name
from services.applications.submissions import hand_in
from services.applications.use_cases import Submission, Submitted
from shared.kernel.ids import new_id
from shared.web.formats import bracketed, listed
from shared.web.i18n import N_, current_language, ngettext, translate
from shared.web.pages import render
from shared.web.problems import Redirect
from shared.web.switching import told_again

_ = translate
KEY: Final = re.compile(r"[!-~]{1,100}")
"""An idempotency key as our forms have it; anything else is nobody's, and gets a new one: it goes into a statement with other people's."""

NOT_CHANGED: Final = N_("“{place}” was to be corrected, but has not changed")
router = APIRouter(include_in_schema=False)


def missing(folder: Folder) -> list[dict[str, str]]:
    """What must be there before the application can be sent, with links to where it is asked."""
    language, found = current_language(), []
    for state in folder.dossier.pages:
        for key in state.missing:
            question = folder.dossier.programme.question(key)
            label = question.label[language] if question else key
            href = f"{folder.path}/pages/{quote(state.key)}?then=check#{target(question) if question else key}"
            found.append({"href": href, "text": _("Answer “{question}”", question=label)})
    for page_key, faults in refused_answers(folder).items():
        page = folder.dossier.programme.page(page_key)
        for words, place in faults_said(page, faults) if page else ():
            found.append({"href": f"{folder.path}/pages/{quote(page_key)}?then=check#{place}", "text": words})
    page_key, box = preferences.where(folder)
    for words in preferences.faults(folder):
        found.append({"href": f"{folder.path}/pages/{quote(page_key)}?then=check#{box}", "text": words})
    for one in folder.dossier.papers:
        name, href = one.paper.names[language], f"{folder.path}/papers/{quote(one.paper.key)}?then=check"
        if one.paper.stage == "submission" and one.checking:
            found.append({"href": href, "text": _("Wait until “{document}” is checked for viruses", document=name)})
        elif one.paper.stage == "submission" and one.lacking:
            found.append({"href": href, "text": _("Add “{document}”", document=name)})
    if lacking := folder.dossier.referees_lacking("submission"):
        found.append({"href": f"{folder.path}/referees", "text": _referees_missing(folder, lacking)})
    return found


def _referees_missing(folder: Folder, lacking: int) -> str:
    asked = folder.dossier.programme.referees
    if asked is not None and asked.needed == "submission":
        return ngettext("{n} letter from a referee is still to come", "{n} letters from referees are still to come", lacking)
    return ngettext("Ask {n} more referee for a letter", "Ask {n} more referees for a letter", lacking)


def against(folder: Folder) -> list[dict[str, str]]:
    """In words, why the rules speak against what has been answered so far, with links to where that was."""
    rules = folder.dossier.programme.rules
    return _ruled(folder, rules, check(rules, folder.dossier.answers, context_of_call(folder)))


def _ruled(folder: Folder, rules: Iterable[Rule], found: Iterable[Reason]) -> list[dict[str, str]]:
    """What rules say, each with the page of its question; without an address where it has none. Not all answers that a rule compares
    can be right: such a reason is a `mistake`.
    """
    pages = {question.key: page.key for page in folder.dossier.programme.pages for question in page.questions}
    known, said = {rule.code: rule for rule in rules}, []
    for one in found:
        rule = known[one.code]
        page = pages.get(rule.question or "")
        href = f"{folder.path}/pages/{quote(page)}?then=check{_entry_of(one)}" if page else ""
        said.append({"href": href, "text": _ruled_words(folder, one, rule), "mistake": "yes" if rule.kind in COMPARING else ""})
    return said


def _entry_of(reason: Reason) -> str:
    """The end of an address that leads to the first entry that the reason is about; empty where it is about none."""
    return f"#entry-{reason.entries[0]}" if reason.entries else ""


def _ruled_words(folder: Folder, reason: Reason, rule: Rule) -> str:
    """The reason; of an order of preference with those that it is about, of a group after the entries that it is about."""
    language, question = current_language(), folder.dossier.programme.question(rule.question or "")
    if question and reason.entries:
        entries = entry_titles(question, folder.dossier.answers.get(question.key), reason.entries, folder.plan)
        return said_of(listed(entries), reason.text[language])
    about = [option.label[language] for option in question.options if option.key in reason.options] if question else []
    return bracketed(reason.text[language], listed(about)) if about else reason.text[language]


def warnings(folder: Folder) -> list[dict[str, str]]:
    """What people are asked to look at once more before they send, with links to where it was answered; it stops nobody."""
    language, programme = current_language(), folder.dossier.programme
    said = warned(programme.warnings, programme.rules, folder.dossier.answers, context_of_call(folder))
    found = _ruled(folder, programme.warnings, said)
    found += [{"href": one.href, "text": _(NOT_CHANGED, place=one.label)} for one in unchanged(folder)]
    for state in folder.dossier.pages:
        page = programme.page(state.key)
        assert page is not None, "the pages of a dossier are the programme's"
        href, title = f"{folder.path}/pages/{quote(page.key)}?then=check", page.title[language]
        if state.changed:
            found.append({"href": href, "text": _("“{page}” was changed after you answered it", page=title)})
        if state.typed_at is not None:
            time = clock_time(state.typed_at, folder.zone, folder.now)
            found.append(
                {"href": href, "text": _("“{page}”: what you typed at {time} is not saved, and is not sent", page=title, time=time)}
            )
    for one in folder.dossier.papers:
        if paper_open(folder, one):
            paper = one.paper
            text = _(NOT_CHANGED, place=paper.names[language])
            found.append({"href": f"{folder.path}/papers/{quote(paper.key)}?then=check", "text": text})
    return found


def referee_section(folder: Folder) -> list[Section]:
    """Who is asked for a letter, and what became of it."""
    if not folder.dossier.asks_referees:
        return []
    live = [one for one in folder.dossier.referees if one.state in LIVE]
    rows = [Row(one.name, [standing_words(one, folder.now)[0]], f"{folder.path}/referees") for one in live]
    return [Section("referees", _("Letters of recommendation"), rows or [Row(_("Referees"), [""], f"{folder.path}/referees")])]


@router.get("/applications/{application_id}/check")
async def check_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    editable(folder)
    return draw_check(request, folder)


def draw_check(request: Request, folder: Folder, *, status: int = 200) -> Response:
    """All answers with a way to change each; what is missing and what speaks against it is said before anything is sent."""
    return render(
        request,
        "check.html",
        status=status,
        folder=folder,
        sections=[*sections(folder, change=True), *referee_section(folder)],
        papers=paper_rows(folder, change=True),
        errors=missing(folder) if status != 200 else [],
        missing=missing(folder),
        against=against(folder),
        warnings=warnings(folder),
    )


@router.get("/applications/{application_id}/send")
async def send_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    editable(folder)
    if missing(folder):
        raise Redirect(f"{folder.path}/check")
    return draw_send(request, folder, key=str(new_id()), error=told_again(request, unconfirmed) or "")


def unconfirmed(form: FormData) -> str:
    """What is not agreed to yet: the declaration, or a text that has changed since it was read."""
    if form.get("agree") != "yes":
        return _("Confirm the declaration to send your application")
    if form.get("agreed") != agreements.marked(agreements.versions_in_force()):
        return _("The declaration or the privacy notice has changed. Read them again, then confirm.")
    return ""


def draw_send(request: Request, folder: Folder, *, key: str, error: str = "") -> Response:
    """The declaration. `key` goes with the form, so that a second click and a retry after a lost answer send nothing twice."""
    again = folder.application.state == State.RETURNED
    return render(
        request,
        "send.html",
        status=422 if error else 200,
        folder=folder,
        key=key,
        error=error,
        again=again,
        declaration=agreements.in_force("declaration").paragraphs(current_language()),
        agreed=agreements.marked(agreements.versions_in_force()),
    )


@router.post("/applications/{application_id}/send")
async def send(request: Request, application_id: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    form = await request.form()
    key = str(form.get("key", ""))
    if not KEY.fullmatch(key):
        key = str(new_id())
    folder = await folder_of(request, application_id)
    if form.get("agree") != "yes":
        editable(folder)
    if folder.editable and (error := unconfirmed(form)):
        return draw_send(request, folder, key=key, error=error)
    agreed = agreements.versions_in_force()
    language = current_language()
    # The moment that counts is the one at which the request arrived, not the one at which the database got to it.
    now = desk.clock.now()
    outcome = await hand_in(request, Submission(viewer, folder.application.id, key, now, agreed=agreed, language=language))
    match outcome:
        case Submitted():
            return RedirectResponse(f"{folder.path}/receipt", 303)
        case Incomplete() | CoursesNotPossible():
            return draw_check(request, await folder_of(request, application_id), status=422)
        case Ineligible():
            return draw_check(request, folder, status=422)
        case NotAllowed() if folder.application.receipt:
            return RedirectResponse(folder.path, 303)
        case _:
            raise problem(outcome, folder.zone)


@router.get("/applications/{application_id}/receipt")
async def receipt_page(request: Request, application_id: str) -> Response:
    """Proof that it was sent, to be kept on paper too."""
    folder = await folder_of(request, application_id)
    if not folder.application.receipt:
        raise Redirect(folder.path)
    sent = [entry.at for entry in folder.dossier.timeline if entry.act == Act.SUBMIT]
    return render(
        request,
        "receipt.html",
        folder=folder,
        corrected_at=sent[-1] if len(sent) > 1 else None,
        sections=sections(folder, change=False),
        papers=paper_rows(folder, change=False),
        route=folder.dossier.programme.route,
        country=country_name(folder.application.country, folder.plan),
        ask=folder.ask,
        giving=giving(folder.dossier.call, folder.now),
        answers_due=answers_day(folder.dossier.call),
        letters_said=letters_of(folder),
        copy=await copy_of(request, folder),
    )

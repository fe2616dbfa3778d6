"""The PDF of a submission: asked for by the event, made once by the worker, offered to its owner, and never in anybody's way."""

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pypdfium2 as pdfium
import pytest

from services.applications import use_cases
from services.applications.copies import making
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.pages.words import both
from services.applications.store import checks
from services.applications.store.copies import TRIES_MAX
from services.applications.tables import Application
from services.applications.use_cases import Done
from services.applications.use_cases.papers import NewFile
from services.applications.views import dossier
from shared.events.envelope import AnyEvent
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from shared.web.i18n import speaking
from tests.integration.applications.calling import Api
from tests.integration.applications.people import COORDINATOR, World, good_form, new_applicant, the_plan

NAME = "full_name"
TYPE = "puente.application.submitted.v1"


async def told(world: World, application: Application) -> list[AnyEvent]:
    return [one for one in await world.published(application.id) if one.type == TYPE]


async def work(api: Api) -> None:
    """What the worker does once a second."""
    sweep = next(one for one in api.service.sweeps if one.name == "copies")
    assert await sweep.run(api.world.now) == 0


async def copies(world: World, application: Application) -> list[Any]:
    return await world.rows(
        "select number, tries, failure, made_at, storage_key from sent_copy where application_id = :id order by number", id=application.id
    )


async def download(api: Api, person: Viewer, application: Application, number: int) -> bytes:
    answer = await api.send(person, "GET", f"/applications/{application.id}/copies/{number}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.content


def said(content: bytes) -> str:
    with pdfium.PdfDocument(content) as read:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in read).split())


async def rewrite(world: World, person: Viewer, application: Application, name: str) -> None:
    """Put another name on the page that asks for it."""
    for page, fields in good_form().items():
        if NAME in fields:
            done = await world.do(use_cases.save_page, person, application.id, page, {**fields, NAME: name})
            assert isinstance(done, Done), done
            return
    raise AssertionError("the form asks for a name")


async def test_it_is_made_once_however_often_the_event_comes_and_offered_to_its_owner_alone(world: World, api: Api) -> None:
    person, application = await world.reach(State.SUBMITTED)
    (event,) = await told(world, application)
    await world.hears(event)
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert "A PDF of what you sent is being made" in page.text
    assert (await api.send(person, "GET", f"/applications/{application.id}/copies/1")).status_code == 404

    await work(api)
    (made,) = await copies(world, application)
    assert (made.number, made.failure) == (event.subjectversion, None)
    await world.hears(event, event)
    await work(api)
    assert await copies(world, application) == [made], "a redelivery makes no second"

    for path in (f"/applications/{application.id}", f"/applications/{application.id}/receipt"):
        page = await api.send(person, "GET", path)
        assert f'href="/applications/{application.id}/copies/{made.number}"' in page.text, path
    text = said(await download(api, person, application, made.number))
    saved = await api.send(person, "GET", f"/applications/{application.id}/copies/{made.number}")
    assert f'filename="scholarship-2016-{application.receipt}.pdf"' in saved.headers["content-disposition"]
    assert application.receipt
    assert application.receipt in text
    assert good_form()["identity"][NAME] in text

    for other in (new_applicant(), COORDINATOR):
        assert (await api.send(other, "GET", f"/applications/{application.id}/copies/{made.number}")).status_code in (403, 404)
    for number in ("0", "2", "x", "1" * 40):
        assert (await api.send(person, "GET", f"/applications/{application.id}/copies/{number}")).status_code == 404


async def sent_as_ana(world: World) -> tuple[Viewer, Application, AnyEvent]:
    """Somebody's application with the name "Ana Before", sent and heard of by the worker; with the event that told of it."""
    person = new_applicant()
    application = await world.draft(person)
    await world.fill(person, application)
    await rewrite(world, person, application, "Ana Before")
    await world.submit(person, application.id)
    (first,) = await told(world, application)
    await world.hears(first)
    return person, application, first


async def test_after_a_correction_there_is_another_and_the_first_holds_what_was_sent_first(world: World, api: Api) -> None:
    person, application, first = await sent_as_ana(world)
    # The worker was away: the application is sent back and changed before the first copy is made.
    await world._to_returned(person, application)
    await rewrite(world, person, application, "张伟 After")
    await work(api)
    text = said(await download(api, person, application, first.subjectversion))
    assert text.count("Ana Before") == 2, "at its head and in its place, though the account has no name"
    assert "After" not in text and "Corregida" not in text

    world.now += timedelta(days=1)
    await world.submit(person, application.id)
    _, second = await told(world, application)
    await world.hears(second)
    await work(api)
    text = said(await download(api, person, application, second.subjectversion))
    assert "张伟 After" in text
    assert "Ana Before" not in text
    with speaking(api.service.api.state.texts, "es"):
        at, again = (" ".join(both(one.time, "America/Lima").split()) for one in (first, second))
    assert f"Enviada {at}" in text and f"Corregida y enviada de nuevo {again}" in text, "both moments, with the answers of the second"
    assert "Ana Before" in said(await download(api, person, application, first.subjectversion))
    assert f"/copies/{second.subjectversion}" in (await api.send(person, "GET", f"/applications/{application.id}")).text


async def test_papers_that_come_or_go_after_it_was_sent_do_not_get_into_it(world: World, api: Api) -> None:
    """Papers for the nomination may still change; the worker is away meanwhile. The next submission holds what there is by then."""
    world.now = datetime(2016, 3, 10, 9, tzinfo=UTC)
    person, application = await world.reach(State.SUBMITTED, programme="bridge")
    [first] = await told(world, application)
    await world.hears(first)
    found = the_plan().programme(application.programme)
    [kind, *_] = [one.key for one in found.documents if one.stage == "nomination"] if found else []
    for name in ("taken-later.pdf", "last.pdf"):
        assert isinstance(await world.do(use_cases.remove_document, person, application.id, kind), Done)
        file = NewFile(name, "application/pdf", 9, f"{new_id()}", f"x/{new_id()}")
        assert isinstance(await world.do(use_cases.attach_document, person, application.id, kind, file), Done)
    sent = await papers_of(world, application)
    await work(api)
    text = said(await download(api, person, application, first.subjectversion))
    assert text.count("a.pdf") == len(sent)
    assert "last.pdf" not in text and "taken-later.pdf" not in text

    await world._to_returned(person, application)
    await world.submit(person, application.id)
    _, second = await told(world, application)
    await world.hears(second)
    await work(api)
    text = said(await download(api, person, application, second.subjectversion))
    assert "last.pdf" in text
    assert text.count("a.pdf") == len(sent) - 1


async def papers_of(world: World, application: Application) -> list[Any]:
    return await world.rows("select kind from document where application_id = :id", id=application.id)


@pytest.mark.parametrize("earlier", [True, False])
async def test_a_correction_while_it_is_being_made_does_not_get_into_it(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    """The worker knows that the copy is due; just before it reads the application, or just after, that is sent back and changed."""
    person, application, first = await sent_as_ana(world)
    really = dossier

    async def meanwhile(tx: Tx, viewer: Viewer, application_id: UUID) -> Any:
        found = None if earlier else await really(tx, viewer, application_id)
        await world._to_returned(person, application)
        await rewrite(world, person, application, "Ana After")
        return await really(tx, viewer, application_id) if earlier else found

    monkeypatch.setattr(making, "dossier", meanwhile)
    await work(api)
    text = said(await download(api, person, application, first.subjectversion))
    assert "Ana Before" in text
    assert "Ana After" not in text


async def test_one_that_cannot_be_made_is_tried_again_shown_and_holds_nothing_up(world: World, api: Api) -> None:
    person, application = await world.reach(State.SUBMITTED)
    await work(api)  # all was well when the worker and the API started
    assert (await api.send(person, "GET", f"/applications/{application.id}")).status_code == 200
    await world.hears(*await told(world, application))
    documents = api.folder / "documents"
    shutil.rmtree(documents)
    documents.write_text("a disk that takes nothing")
    for tries in range(1, TRIES_MAX + 1):
        await work(api)
        await work(api)  # too early
        (one,) = await copies(world, application)
        assert (one.tries, one.made_at is None, bool(one.failure)) == (tries, True, True)
        assert (await world.db.run(checks.broken))["no copy of a submission was given up"] == (tries == TRIES_MAX)
        world.now += timedelta(minutes=30)
    page = await api.send(person, "GET", f"/applications/{application.id}")
    assert page.status_code == 200
    assert "PDF" not in page.text, "nobody is promised what was given up"
    # The cell went on all the while, and so does everybody else's copy.
    await world.act(use_cases.nominate, COORDINATOR, application.id)
    documents.unlink()
    documents.mkdir()
    _, theirs = await world.reach(State.SUBMITTED)
    await world.hears(*await told(world, theirs))
    await work(api)
    assert (await copies(world, theirs))[0].made_at is not None
    await world.rows("update sent_copy set tries = 0 where made_at is null returning 1")
    await work(api)
    assert (await copies(world, application))[0].made_at is not None
    assert await world.db.run(checks.broken) == dict.fromkeys(checks.CHECKS, 0)


async def test_what_is_not_here_and_what_was_never_sent_is_passed_over(world: World, api: Api) -> None:
    _, application = await world.reach(State.SUBMITTED)
    (event,) = await told(world, application)
    elsewhere = msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, application=new_id()))
    await world.hears(elsewhere)
    assert await world.rows("select 1 from sent_copy") == []


async def test_bytes_of_copies_are_not_swept_away(world: World, api: Api) -> None:
    _, application = await world.reach(State.SUBMITTED)
    await world.hears(*await told(world, application))
    await work(api)
    (one,) = await copies(world, application)
    assert await world.db.run(lambda tx: checks.unreferenced(tx, [one.storage_key, "nobody/knows"])) == {"nobody/knows"}

"""What people write stays where they wrote it: not on the topics, not in the log, not in the other services' databases."""

import io
import logging
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import text

from services.applications.domain.answers import Answer
from services.run.browser import Unexpected
from services.run.filling import Person, answers_of, small_pdf
from services.run.referees import referees_of
from shared.observability.logging import configure_logging
from shared.persistence.database import Tx
from tests.flows.stack import House

ADDRESS, NAME, PHONE = "zenobia.marked@example.org", "Zenobia Marked", "+51 900 777 123"
WORDS, FILE = "zorzalmarked", "marked-file"
MARKS = ("zenobia", "Zenobia", "900 777 123", "900777123", WORDS, FILE)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any part of the process logs, in the form of production, down to the last level."""
    written = io.StringIO()
    configure_logging("json", service="flow", level=logging.DEBUG, stream=written)
    yield written
    configure_logging()


def marked(answers: dict[str, Answer], kinds: dict[str, str]) -> dict[str, Answer]:
    """The answers, with a mark in each that a person types."""
    made: dict[str, Answer] = {}
    for key, value in answers.items():
        kind = kinds.get(key, "")
        if kind == "long_text" and isinstance(value, str):
            made[key] = f"{WORDS} {value.partition(' ')[2]}"
        elif kind == "phone":
            made[key] = PHONE
        else:
            made[key] = value
    return made


async def test_what_people_write_stays_in_applications(log: io.StringIO, house: House) -> None:
    """A whole way with marked texts, faults on the way included: from the form to the offer, the withdrawal and the mails."""
    ana = await house.applicant(ADDRESS)
    programme, call = house.programme("scholarship"), house.call("scholarship", 2016)
    kinds = {question.key: question.kind for page in programme.pages for question in page.questions}
    person = Person(NAME, ADDRESS, "PE", "es")
    answers = marked(answers_of(person, programme, call, Random(7)), kinds)
    application = await ana.start("scholarship", "PE")
    house.knows(application, "PE")
    await ana.browser.post("/account", {"name": NAME, "language": "es", "timezone": "America/Lima"})
    await ana.fill(application, programme, answers)
    for paper in programme.documents_for("submission", answers):
        path = f"/applications/{application}/papers/{paper.key}"
        await ana.browser.post(path, {}, files={"file": (f"{FILE}.pdf", small_pdf(NAME), "application/pdf")})
    await house.recommend(ana, application, programme, referees_of(person, programme, answers))
    sent = await ana.send(application)
    assert sent.receipt, sent.refused
    await mistaken(house, application)
    await house.nominate(application)
    await house.score(application, 8)
    await house.approve(application)
    house.at(call.grants_from)
    await house.until(application, "offered")
    await house.mail(ADDRESS, "")
    await ana.sign_in()
    await ana.withdraw(application)
    await house.settled()

    held = await whole(house, "applications")
    assert [mark for mark in (NAME, WORDS, FILE, ADDRESS) if mark not in held] == [], "the marks are where they belong"
    for service in ("quotas", "notifications"):
        found = await whole(house, service)
        assert [mark for mark in MARKS if mark in found] == [], f"in the database of {service}"
    for service in house.stack.services:
        found = await outbox(house, service)
        assert found
        assert [mark for mark in MARKS if mark in found] == [], f"on the topics of {service}"
    said = log.getvalue()
    assert '"event": "request"' in said, "the log was written"
    assert [mark for mark in MARKS if mark in said] == [], "in the log"


async def mistaken(house: House, application: str) -> None:
    """Faults, each with a mark in it: whatever is logged of them must not hold it."""
    eva = await house.applicant("eva@example.org")
    for path in (f"/applications/{application}/pages/{WORDS}", f"/sign-in/link/{WORDS}", f"/{WORDS}?{WORDS}={NAME}"):
        with pytest.raises(Unexpected):
            await eva.browser.get(path)
    for path, body in (
        (f"/api/v1/applications/{application}/submission", {"idempotency_key": WORDS}),
        ("/api/v1/applications", {"programme": WORDS, "year": 2016, "country": NAME}),
        ("/quotas/api/v1/proposals", {"kind": WORDS, "reason": NAME}),
    ):
        with pytest.raises(Unexpected):
            await eva.browser.post_json(path, body)


async def whole(house: House, service: str) -> str:
    """Every row of a service's database as text."""

    async def read(tx: Tx) -> str:
        names = (await tx.execute(text("select tablename from pg_tables where schemaname = 'public'"))).scalars()
        rows: list[str] = []
        for name in names:
            rows += (await tx.execute(text(f'select t::text from "{name}" t'))).scalars()
        return "\n".join(rows)

    return await house.stack.services[service].db.run(read)


async def outbox(house: House, service: str) -> str:
    """Everything that the service put on topics, and what it keeps of events that stopped."""
    sent, parked = "select convert_from(value, 'UTF8') from outbox", "select convert_from(value, 'UTF8') from parked_event"
    statement = text(f"{sent} union all {parked} where value is not null")

    async def read(tx: Tx) -> str:
        return "\n".join((await tx.execute(statement)).scalars())

    return await house.stack.services[service].db.run(read)

"""Nobody is told twice and nobody is forgotten, whatever is delivered again, in whichever portions, and whoever dies in between."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.notifications.delivery import LEASE
from services.notifications.store import sending
from shared.events.applications import (
    ApplicationApproved,
    ApplicationEnded,
    ApplicationNominated,
    ApplicationRejected,
    ApplicationReturned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    OfferDeclined,
)
from shared.events.envelope import AnyEvent
from shared.events.quotas import NominationRefused, PlaceOffered, PlaceRefused, PlaceReleased, PlaceTaken, PlaceWaiting
from shared.kernel.ids import derived_id
from tests.integration.notifications.house import House, programme


def history(house: House, name: str) -> list[AnyEvent]:
    """Nearly everything that can happen to somebody, one event after the other."""
    ids: dict[str, Any] = {"application": derived_id("application", name), "person": house.person(name)}
    now = house.clock.now()
    facts = [
        ApplicationSubmitted(**ids),
        ApplicationReturned(**ids, reasons=["incomplete"], correct_by=(now + timedelta(days=10)).date()),
        ApplicationSubmitted(**ids),
        ApplicationNominated(**ids, slate_rank=1),
        NominationRefused(**ids, reason="nomination_cap", limit="nomination:scholarship:PE:2016"),
        ApplicationNominated(**ids, slate_rank=2),
        ApplicationApproved(**ids, score=80_000, submitted_at=now),
        PlaceWaiting(**ids, rank=2, lacking=["cell:scholarship:PE:2016"], list_closes=now + timedelta(days=200), decision=1),
        PlaceOffered(**ids, answer_by=now + timedelta(days=14), decision=2, cause="promotion"),
        PlaceReleased(**ids, cause="expired", decision=3),
        PlaceOffered(**ids, answer_by=now + timedelta(days=20), decision=4, cause="rejoin"),
        PlaceTaken(**ids, decision=5),
        ApplicationEnded(**ids, reason="finished"),
    ]
    return [house.fact(fact) for fact in facts]


MAILS = 12
"""Mails that one such history makes: every event but the approval, which is told in the inbox alone."""


async def test_a_full_replay_sends_nothing(house: House) -> None:
    """All events of a run applied twice, in other portions: each mail was sent once, and each inbox has each message once."""
    events = [event for name in ("ana", "luis", "eva") for event in history(house, name)]
    await house.hear(*events)
    await house.work()
    assert len(house.sink) == 3 * MAILS
    stored = await house.rows("select count(*) as n from message")

    await house.hear(programme(), *events)
    for event in events:
        await house.hear(event)
    await house.work()
    await house.later(days=400)
    assert len(house.sink) == 3 * MAILS
    assert await house.rows("select count(*) as n from message") == stored
    assert len({mail.message_id for mail in house.sink.mails()}) == 3 * MAILS
    assert await house.broken() == {}


@pytest.mark.parametrize("seed", range(5))
async def test_portions_and_repeats_change_nothing(house: House, seed: int) -> None:
    """However a log is cut, and wherever it is read again from, the tables and the mails are the same."""
    dice = Random(seed)
    events = [event for name in ("ana", "luis") for event in history(house, name)]
    position = 0
    while position < len(events):
        end = position + dice.randint(1, 9)
        await house.hear(*events[max(0, position - dice.randint(0, 6)) : end])
        position = end
        if dice.random() < 0.3:
            await house.work()
    await house.work()
    assert len(house.sink) == 2 * MAILS
    states = await house.rows("select heard_applications, heard_quotas from application_state")
    assert states == [{"heard_applications": 7, "heard_quotas": 6}] * 2


async def test_a_worker_that_dies_after_sending_sends_again_under_the_same_message_id(house: House) -> None:
    """At least once: nothing is lost, and mail programs recognise the repetition."""
    await house.hear(*history(house, "ana")[:1])
    now = house.clock.now()
    claimed = await house.service.db.run(lambda tx: sending.claim(tx, now=now, lease=now + LEASE, most=10))
    assert len(claimed) == 1
    assert await house.work() == 0, "somebody else has it"
    assert (await house.mails())["application_submitted"] == ("sending", 1, None)

    await house.later(minutes=11)
    assert (await house.mails())["application_submitted"] == ("sent", 2, None)
    assert len(house.sink) == 1

    late = [sending.Outcome(claimed=one, state="failed", reason="message_refused") for one in claimed]
    assert await house.service.db.run(lambda tx: sending.settle(tx, late, now=now)) == set(), "its lease is over"
    assert (await house.mails())["application_submitted"][0] == "sent"


async def test_two_workers_never_take_the_same_mail(house: House) -> None:
    names = [f"p{n}" for n in range(20)]
    await house.hear(*(history(house, name)[0] for name in names))
    now = house.clock.now()

    async def take() -> list[UUID]:
        return [one.id for one in await house.service.db.run(lambda tx: sending.claim(tx, now=now, lease=now + LEASE, most=7))]

    portions = await asyncio.gather(*(take() for _ in range(4)))
    taken = [one for portion in portions for one in portion]
    assert len(taken) == len(set(taken)) == 20


async def test_a_message_is_published_once_with_ids_and_codes_only(house: House) -> None:
    """`message.sent` carries no address and no text, counts its subject's versions, and keeps the cell as its key."""
    ana = house.person("ana")
    await house.hear(*history(house, "ana")[:4])
    await house.work()
    events = await house.published()
    assert [event["type"] for event in events] == ["puente.message.sent.v1"] * 4
    assert [event["subjectversion"] for event in events] == [1, 2, 3, 4]
    assert {event["partitionkey"] for event in events} == {"scholarship:PE:2016"}
    assert {event["data"]["recipient"] for event in events} == {str(ana)}
    assert "example.org" not in str(events) and "Ana" not in str(events)
    assert {event["data"]["language"] for event in events} == {"es"}


async def test_no_table_holds_an_address_a_name_or_a_text(house: House) -> None:
    """Whoever steals the database learns which ids were told what, and not who they are."""
    await house.hear(*history(house, "rosalinda"))
    await house.work()
    for table in ("message", "reminder", "application_state", "programme", "outbox", "audit_entry"):
        everything = str(await house.rows(f"select * from {table}")).lower()
        assert "rosalinda" not in everything and "@" not in everything, table


async def test_other_events_are_told_too(house: House) -> None:
    """The rows that the long history leaves out."""
    ids: dict[str, Any] = {"application": derived_id("application", "x"), "person": house.person("x", language="nl")}
    await house.say(
        ApplicationRejected(**ids, reasons=["incomplete"], by_role="coordinator"),
        ApplicationWithdrawn(**ids, by_role="applicant", from_state="waiting"),
    )
    await house.say(
        PlaceRefused(**ids, reason="list_full", decision=1),
        OfferDeclined(**ids, place_version=2),
        PlaceReleased(**ids, cause="declined", decision=2),
    )
    await house.work()
    assert [mail.language for mail in house.sink.mails()] == ["nl"] * 4
    assert len(await house.rows("select 1 as one from message where channel = 'inbox'")) == 4

"""Requests that share a transaction: who goes with whom, and that one's trouble is nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from shared.persistence import together
from shared.persistence.database import Database, Tx, Unavailable
from shared.persistence.together import MOST, Alone, Together
from tests.conftest import NewDatabase


@dataclass(frozen=True)
class Asked:
    """A person's request to note something."""

    person: str
    what: str


@dataclass
class Counter:
    """Where requests are noted in the database: what is "wrong" breaks the statement, what is "held" cannot be had at once."""

    db: Database
    companies: list[list[str]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    still: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.together: Together[Asked, str] = Together(self.db, self._work, self._alone, apart=lambda asked: asked.person)

    async def _note(self, tx: Tx, asked: Asked) -> str:
        if asked.what == "wrong":
            await tx.execute(text("select 1 / 0"))
        await tx.execute(text("insert into noted (person, what) values (:person, :what)"), {"person": asked.person, "what": asked.what})
        return f"{asked.person} {asked.what}"

    async def _work(self, tx: Tx, company: Sequence[Asked]) -> list[str | Alone]:
        self.companies.append([asked.person for asked in company])
        self.entered.set()
        await self.gate.wait()
        return [Alone() if asked.what == "held" else await self._note(tx, asked) for asked in company]

    async def _alone(self, tx: Tx, asked: Asked) -> str:
        return "alone: " + await self._note(tx, asked)

    async def noted(self) -> list[str]:
        async def work(tx: Tx) -> list[str]:
            return list((await tx.execute(text("select person || ' ' || what from noted order by id"))).scalars())

        return await self.db.run(work)

    def ask(self, person: str, what: str = "note") -> "asyncio.Task[str]":
        return asyncio.create_task(self.together.do(Asked(person, what)))

    async def held_up(self, *others: tuple[str, str]) -> "list[asyncio.Task[str]]":
        """Ask for these while the first company, which is `first` alone, is under way; then let everybody go."""
        tasks = [self.ask("first")]
        await self.entered.wait()
        tasks += [self.ask(person, what) for person, what in others]
        await asyncio.sleep(0)
        self.gate.set()
        await asyncio.wait(tasks)
        return tasks


@pytest.fixture
async def counter(new_database: NewDatabase) -> AsyncIterator[Counter]:
    db = Database(await new_database("quotas"))
    await db.run(lambda tx: tx.execute(text("create table noted (id bigserial primary key, person text, what text)")))
    yield Counter(db)
    await db.close()


async def test_who_is_alone_goes_at_once_and_whoever_comes_meanwhile_shares_the_next(counter: Counter) -> None:
    tasks = await counter.held_up(("ana", "note"), ("bo", "note"), ("che", "note"))
    assert [task.result() for task in tasks] == ["first note", "ana note", "bo note", "che note"]
    assert counter.companies == [["first"], ["ana", "bo", "che"]]
    assert await counter.noted() == ["first note", "ana note", "bo note", "che note"]


async def test_one_persons_requests_follow_each_other_in_their_order(counter: Counter) -> None:
    await counter.held_up(("ana", "one"), ("first", "again"), ("ana", "two"), ("bo", "note"), ("ana", "three"))
    assert counter.companies == [["first"], ["ana", "first", "bo"], ["ana"], ["ana"]]
    assert [one for one in await counter.noted() if one.startswith("ana")] == ["ana one", "ana two", "ana three"]


async def test_no_company_is_larger_than_it_may_be(counter: Counter) -> None:
    tasks = await counter.held_up(*((f"person-{n}", "note") for n in range(MOST + 3)))
    assert [len(one) for one in counter.companies] == [1, MOST, 3]
    assert len({task.result() for task in tasks}) == MOST + 4


async def test_a_wrong_request_meets_its_own_error_and_the_others_are_done(counter: Counter) -> None:
    first, ana, wrong, bo = await counter.held_up(("ana", "note"), ("mal", "wrong"), ("bo", "note"))
    assert (first.result(), ana.result(), bo.result()) == ("first note", "alone: ana note", "alone: bo note")
    assert "division by zero" in str(wrong.exception())
    assert sorted(await counter.noted()) == ["ana note", "bo note", "first note"]


async def test_what_is_held_by_somebody_holds_up_nobody_else(counter: Counter) -> None:
    """It waits in a transaction of its own, and the same person's next request waits for it."""
    _, held, ana, after = await counter.held_up(("mal", "held"), ("ana", "note"), ("mal", "after"))
    assert (held.result(), ana.result(), after.result()) == ("alone: mal held", "ana note", "mal after")
    assert counter.companies == [["first"], ["mal", "ana"], ["mal"]]


async def test_a_request_whose_sender_went_away_is_done_to_its_end(counter: Counter) -> None:
    first = counter.ask("first")
    await counter.entered.wait()
    gone = counter.ask("gone")
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    counter.gate.set()
    await asyncio.wait([first, gone])
    assert gone.cancelled()
    assert await counter.noted() == ["first note", "gone note"]


async def test_a_company_that_stands_still_is_overtaken(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """As over a connection whose other end is gone: its own people wait, and nobody else."""
    monkeypatch.setattr(together, "SLOW_S", 0.01)
    stands, others = counter.ask("first"), [counter.ask("ana"), counter.ask("bo"), counter.ask("first", "again")]
    await counter.entered.wait()
    counter.still, counter.gate = counter.gate, asyncio.Event()
    counter.gate.set()
    assert [await one for one in others[:2]] == ["ana note", "bo note"]
    assert not stands.done()
    assert not others[2].done()
    counter.still.set()
    assert [await stands, await others[2]] == ["first note", "first again"]


async def test_without_a_database_everybody_is_told_so() -> None:
    """And nobody is tried again alone, which could only say the same, later."""
    away = Counter(Database("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none"))
    tasks = await away.held_up(("ana", "note"), ("bo", "note"))
    assert [type(task.exception()) for task in tasks] == [Unavailable] * 3
    assert away.companies == [["first"], ["ana", "bo"]]


async def test_who_is_cut_off_with_a_company_may_ask_again(counter: Counter) -> None:
    """As at any moment by a process that ends; the one who asks once more is answered, and not kept waiting for what is no more."""
    first = counter.ask("ana")
    await counter.entered.wait()
    (under_way,) = counter.together._under_way
    under_way.cancel()
    counter.gate.set()
    await asyncio.wait([first])
    assert first.cancelled()
    async with asyncio.timeout(30):
        assert await counter.ask("ana") == "ana note"

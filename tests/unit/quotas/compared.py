"""One history three times: decided in batches, one command at a time, and by the plain model. Its steps can be kept and done again."""

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from services.quotas.domain.commands import Command, Recount, ServeLists
from services.quotas.domain.limits import OF_PLAN
from services.quotas.domain.participation import Change, in_force
from services.quotas.domain.reach import SPARE
from services.quotas.domain.terms import Channel, Course, Holders, Terms
from services.quotas.store import journal
from shared.events.quotas import Act
from tests.unit.quotas.exports import exported_of, fault_of, lines_of
from tests.unit.quotas.model import HELD, Model
from tests.unit.quotas.shelf import NOW, Shelf, terms

CELLS: Final = ("training:PE:2016", "training:BR:2016", "scholarship:PE:2016")
REFUSALS: Final = ("refused", "nomination_refused")
_SCHOLARSHIP: Final[dict[str, Any]] = {
    "programme": "scholarship", "grants_from": NOW + timedelta(days=30), "nomination_in_route": True, "list_ratio": 0.0,
    "zone": ZoneInfo("Asia/Shanghai"),
}  # fmt: skip

VERSIONS: Final[dict[str, dict[str, Terms]]] = {
    "training": {
        "courses_and_holders": terms(
            list_ratio=0.5,
            courses={(2016, "solar"): Course(1, None), (2016, "wind"): Course(4, 1)},
            holders=Holders(3, {"BR": 4}),
            unused="roll_over",
        ),
        "other_courses": terms(
            rule="example:2",
            list_ratio=0.5,
            courses={(2016, "solar"): Course(3, 1)},
            holders=Holders(None, {"PE": 2}),
            offer_days=7,
            unused="roll_over",
        ),
        "nothing_counted": terms(rule="example:3", list_at_least=3),
    },
    "scholarship": {
        "channels": terms(**_SCHOLARSHIP, nomination_ratio=4.0, channels={"province": Channel(places=1), "mission": Channel(share=0.5)}),
        "one_channel": terms(**_SCHOLARSHIP, rule="example:2", channels={"province": Channel(places=2)}),
        "no_channels": terms(**_SCHOLARSHIP, rule="example:3", nomination_ratio=1.0),
    },
}
"""The versions of each programme's plan, by name; the first is in force at the beginning. Kept histories use these names."""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What happened at once: a batch of commands; or at a moment another version in force, another participation, or only time."""

    commands: tuple[Act, ...] = ()
    at: datetime | None = None
    programme: str = ""
    version: str = ""
    change: Change | None = None


class Compared:
    """Three cells, a pool of nine for each programme, and everything that has happened to them in `past`."""

    def __init__(self) -> None:
        self._past: list[Step | tuple[Command, ...]] = []
        self.done: list[Command] = []
        self.at = NOW
        self.same = 0, 0
        """How many decisions and transfers were found to be the same; what was written down stays as it is."""
        self.planned = {programme: next(iter(versions.values())) for programme, versions in VERSIONS.items()}
        self.changes: dict[str, list[Change]] = {programme: [] for programme in VERSIONS}
        self.batches, self.singles = (Shelf(*self.planned.values(), pool=9, spare=spare) for spare in (SPARE, 1))
        self.model = Model(dict(self.planned), dict.fromkeys(self.planned, 9), dict.fromkeys(CELLS, 0))
        for shelf in (self.batches, self.singles):
            for key in CELLS:
                shelf.cell(key)

    @property
    def past(self) -> list[Step]:
        """Everything that has happened, as it is kept."""
        return [Step(commands=tuple(map(journal.act_of, one))) if isinstance(one, tuple) else one for one in self._past]

    def decide(self, *commands: Command) -> None:
        """A batch of commands."""
        self._past.append(commands)
        self._decide(commands)

    def _decide(self, commands: Sequence[Command]) -> None:
        self.at = commands[-1].at
        self.done += commands
        self.batches.run(*commands)
        for one in commands:
            self.singles.run(one)
            self.model.do(one)

    def publish(self, programme: str, version: str, at: datetime) -> None:
        """Another version of the plan is in force: counted anew, and whoever has room by it is served."""
        self._past.append(Step(at=at, programme=programme, version=version))
        self.planned[programme] = VERSIONS[programme][version]
        self._in_force(programme)
        self._recount(programme, at)
        self._serve(at, "terms_changed")

    def participate(self, programme: str, change: Change, at: datetime) -> None:
        """A country leaves the programme, or returns to it, from a day on."""
        self._past.append(Step(at=at, programme=programme, change=change))
        self.changes[programme].append(change)
        self._in_force(programme)
        self._serve(at, "takes_part_again")

    def pass_time(self, at: datetime) -> None:
        """It is `at` by now; who waited while their country took no part is served on the day it does again."""
        self._past.append(Step(at=at))
        self._serve(at, "takes_part_again")

    def again(self, steps: Iterable[Step]) -> None:
        """Do these steps, and look at the books after each of them and at the export after all."""
        for step in steps:
            if step.at is None:
                self.decide(*map(journal.command_of, step.commands))
            elif step.change is not None:
                self.participate(step.programme, step.change, step.at)
            elif step.version:
                self.publish(step.programme, step.version, step.at)
            else:
                self.pass_time(step.at)
            self.all_say_the_same()
            self.the_books_are_sound()
        self.a_stranger_finds_nothing()

    # ------------------------------------------------------------------ what follows from terms and days

    def _in_force(self, programme: str) -> None:
        planned, changes = self.planned[programme], self.changes[programme]
        takes_part, left = {}, {}
        for country, periods in planned.participation.items():
            its = [one for one in changes if one.country == country]
            takes_part[country] = in_force(periods, its)
            left[country] = tuple((one.start, one.end) for one in its if one.full_leave)
        now = replace(planned, participation=takes_part, left=left)
        for known in (self.batches.terms, self.singles.terms, self.model.terms):
            known[programme] = now

    def _recount(self, programme: str, at: datetime) -> None:
        held = [entry for entry in self.model.entries.values() if entry.state in HELD and entry.cell.startswith(f"{programme}:")]
        keys = {key for entry in held for key in self.model.capacities(entry)}
        of_plan = {kind.name for kind in OF_PLAN}
        stood = {one.key: one.used for one in self.batches.limits.values() if one.kind in of_plan and one.key.split(":")[1] == programme}
        uses = {key: self.model.count(key) for key in keys | set(stood)}
        if uses != stood:
            self._decide([Recount(cell=f"{programme}:ZZ:2016", at=at, uses=tuple(sorted(uses.items())))])

    def _serve(self, at: datetime, cause: str) -> None:
        self.at = at
        for programme in self.planned:
            mine = [key for key in CELLS if key.startswith(programme)]
            with_free = [key for key in mine if self.model.free(key)]
            cells = tuple(key for key in with_free if any(self.model.servable(one, at) for one in self.model.waiters(key)))
            if cells:
                self._decide([ServeLists(cell=cells[0], at=at, cells=cells, cause=cause)])

    # ------------------------------------------------------------------ what must hold

    def all_say_the_same(self) -> None:
        batches, singles, model = self.batches, self.singles, self.model
        decisions, transfers = self.same
        assert [one.hash for one in batches.decisions[decisions:]] == [one.hash for one in singles.decisions[decisions:]]
        assert batches.transfers[transfers:] == singles.transfers[transfers:]
        self.same = len(batches.decisions), len(batches.transfers)
        assert batches.places == singles.places and batches.cells == singles.cells and batches.limits == singles.limits
        assert batches.pools == singles.pools == model.pools and batches.lapsed == singles.lapsed == model.lapsed
        places = batches.places.items()
        expected = {a: (e.state, e.facts, e.nominated, e.ended, e.until) for a, e in model.entries.items() if e.state}
        assert {a: (p.state, p.version, p.nominated, p.ended, p.answer_by) for a, p in places} == expected
        refused = {a: e.why for a, e in model.entries.items() if e.state in REFUSALS}
        assert {a: p.reason for a, p in places if p.state in REFUSALS} == refused
        for key in CELLS:
            entries = [e.state for e in model.entries.values() if e.cell == key]
            counts = [entries.count(state) for state in ("offered", "taken", "waiting")]
            assert batches.figures(key) == (model.targets[key], model.free(key), *counts)

    def the_books_are_sound(self) -> None:
        shelf, model = self.batches, self.model
        for programme, total in shelf.total.items():
            inside = sum(c.free + c.offered + c.taken for c in shelf.cells.values() if c.programme == programme)
            lapsed = sum(places for account, places in shelf.lapsed.items() if account.split(":")[1] == programme)
            assert shelf.pools[programme] + lapsed + inside == total and shelf.pools[programme] >= 0
        balances: dict[str, Any] = shelf.balances()
        for key, cell in shelf.cells.items():
            moved = [balances.get(f"{account}:{key}", 0) for account in ("free", "offered", "taken")]
            assert moved == [cell.free, cell.offered, cell.taken], key
        with_free = [key for key in CELLS if model.free(key)]
        waiting = [e for e in model.entries.values() if e.state == "waiting" and e.cell in with_free]
        assert not any(model.servable(e, self.at) for e in waiting), "a free place and somebody servable waiting"
        used = model.counts()
        for limit in shelf.limits.values():
            assert limit.used == used[limit.key], limit.key
        held = [place.person for place in shelf.places.values() if place.state in HELD and not place.ended]
        assert len(held) == len(set(held))

    def a_stranger_finds_nothing(self) -> None:
        in_batches, one_by_one = map(exported_of, (self.batches, self.singles))
        assert one_by_one == in_batches, "an export of the one says something else than of the other"
        assert fault_of(lines_of(self.batches)) is None


def smallest(steps: Sequence[Step], fails: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """A history that fails still, with whole steps and single commands left out that it does not need, from the last to the first."""
    kept = list(steps)
    for at in reversed(range(len(steps))):
        without = kept[:at] + kept[at + 1 :]
        if fails(without):
            kept = without
    for at in reversed(range(len(kept))):
        for place in reversed(range(len(kept[at].commands))):
            commands = kept[at].commands
            fewer = msgspec.structs.replace(kept[at], commands=commands[:place] + commands[place + 1 :])
            if len(commands) > 1 and fails(without := [*kept[:at], fewer, *kept[at + 1 :]]):
                kept = without
    return kept


def where_it_fails(steps: Sequence[Step]) -> str | None:
    """The line at which these steps come out otherwise, and what was raised there; none where they do not."""
    try:
        Compared().again(steps)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a failure
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {last.filename}:{last.lineno}"
    return None


def to_keep(steps: Sequence[Step]) -> str:
    """A failing history as lines of a file, as small as it still fails in the same way."""
    how = where_it_fails(steps)
    kept = smallest(steps, lambda fewer: where_it_fails(fewer) == how) if how else steps
    return "\n".join(msgspec.json.encode(step).decode() for step in kept)

"""The parts of a simulated call, in order. Where the order of events matters for the outcome, it follows from the seed."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from services.applications.plan.model import Call, Programme
from services.notifications.delivery import LEASE
from services.run.acting import Applicant
from services.run.crowd import Turns, at_once, lanes
from services.run.referees import ask, referees_of
from services.run.settling import DidNotSettle, Settling, until
from services.run.simulate.people import Crowd
from services.run.simulate.progress import Progress
from services.run.simulate.roster import Member

ROUNDS_MAX: Final = 40
MAIL_TRIES: Final = 4
AFTER_DEADLINE: Final = timedelta(minutes=15)
"""Answers of the last second may arrive a little later, so an offer expires a little after its deadline."""
AFTER_CLOSING: Final = timedelta(days=3)
ROLLING_PAUSE: Final = timedelta(days=7)


class Phases:
    """One call from the first draft to the last answer."""

    def __init__(self, crowd: Crowd, programme: Programme, call: Call, settling: Settling, progress: Progress) -> None:
        self._crowd = crowd
        self._programme = programme
        self._call = call
        self._settling = settling
        self._progress = progress
        self._patience = 60.0 + len(crowd.members) / 5
        self.offered: set[str] = set()
        self.approved: set[str] = set()
        self.nominated: set[str] = set()
        self.refused_by_rules = 0

    async def play(self) -> None:
        """Everything, in order; raises `Unexpected` or `DidNotSettle` where a part does not come to its end."""
        await self._apply()
        await self._recommend()
        await self._nominate()
        if "review" in self._programme.route:
            await self._score()
        await self._approve()
        await self._leave_the_list()
        if self._call.grants_from is not None:
            await self._serve_the_round()
        await self._answer_all()

    # ---------------------------------------------------------------------------------------------------------- applying
    async def _apply(self) -> None:
        crowd, turns = self._crowd, Turns()
        crowd.stack.clock.move_to(self._call.opens + (self._call.closes - self._call.opens) / 3)

        async def one(member: Member) -> None:
            before, own = turns.announce(member.person.country)
            try:
                applicant = await crowd.applicant(member)
                application = await applicant.start(self._programme.code, member.person.country)
                await applicant.fill(application, self._programme, member.answers)
                await applicant.attach(application, self._programme, member.answers, member.person.name)
                await self._ask_referees(applicant, application, member)
                if before is not None:
                    # People of one country hand in one after the other, so that equal scores rank alike in every run.
                    await before.wait()
                sent = await applicant.send(application)
            finally:
                own.set()
            assert bool(sent.receipt) is member.eligible, f"{member.person.email}: {sent.refused or 'sent, but not eligible'}"
            if not sent.receipt:
                self.refused_by_rules += 1
                return
            crowd.applications[application] = member
            if member.leaves == "submitted":
                await applicant.withdraw(application)

        with self._progress.phase("apply", "applications", len(crowd.members)) as phase:
            await at_once(crowd.members, one, most=crowd.most, done=phase.step)
            await self._settled()

    async def _ask_referees(self, applicant: Applicant, application: str, member: Member) -> None:
        """The applicant names the referees; where the letters must come before the application, they write at once."""
        referees = referees_of(member.person, self._programme, member.answers)
        await ask(applicant, application, referees)
        if self._programme.referees is not None and self._programme.referees.needed == "submission":
            for referee in referees:
                await self._write(referee, member)

    async def _recommend(self) -> None:
        """The referees of those who have sent their application open their links and write."""
        crowd, asked = self._crowd, self._programme.referees
        if asked is None or asked.needed == "submission":
            return
        there = {one["id"] for one in await crowd.standing("submitted")}
        work = [
            (referee, member)
            for application, member in crowd.applications.items()
            if application in there
            for referee in referees_of(member.person, self._programme, member.answers)
        ]

        async def one(piece: tuple[Mapping[str, str], Member]) -> None:
            await self._write(*piece)

        with self._progress.phase("recommend", "letters", len(work)) as phase:
            await at_once(work, one, most=crowd.most, done=phase.step)
            await self._settled()

    async def _write(self, referee: Mapping[str, str], member: Member) -> None:
        """One letter. Mails that a killed worker had in its hands are its own until its lease ends: whoever got none looks again then."""
        writer, clock = self._crowd.writer(referee["email"], member), self._crowd.stack.clock
        for again in range(MAIL_TRIES - 1, -1, -1):
            until = clock.now() + LEASE
            try:
                return await writer.write(self._programme, referee["language"])
            except TimeoutError:
                if not again:
                    raise DidNotSettle(f"no mail that asks for a letter came to {referee['email']}") from None
                if clock.now() < until:  # those who waited beside this one have moved it already
                    clock.move_to(until)

    # --------------------------------------------------------------------------------------------------------- selecting
    async def _nominate(self) -> None:
        crowd = self._crowd
        rolling = self._call.grants_from is None
        self._move(crowd.stack.clock.now() + ROLLING_PAUSE if rolling else self._call.closes + AFTER_CLOSING)
        found = await crowd.standing("submitted")
        if "nomination" not in self._programme.route:
            self.nominated = {one["id"] for one in found}
            return
        groups = [sorted(group, key=lambda one: -crowd.applications[one["id"]].quality) for group in crowd.in_lanes(found)]

        async def one(application: Mapping[str, Any]) -> None:
            coordinator = await crowd.staff(f"coordinator.{application['country'].lower()}")
            await coordinator.attach(application, self._programme)
            await coordinator.nominate(application)

        with self._progress.phase("nominate", "nominations", len(found)) as phase:
            await lanes(groups, one, most=crowd.most, done=phase.step)
            await self._settled()
        self.nominated = {one["id"] for one in await crowd.standing("nominated")}
        await self._turn_down()

    async def _turn_down(self) -> None:
        """Those for whom their country has no nomination left get their answer too."""
        crowd = self._crowd
        found = await crowd.standing("submitted")

        async def one(application: Mapping[str, Any]) -> None:
            coordinator = await crowd.staff(f"coordinator.{application['country'].lower()}")
            await coordinator.reject(application, [self._reason("rejection")])

        with self._progress.phase("turn down", "not put forward", len(found)) as phase:
            await lanes(crowd.in_lanes(found), one, most=crowd.most, done=phase.step)

    async def _score(self) -> None:
        crowd = self._crowd
        found = await crowd.standing("nominated")
        work = [(one, number) for number in (1, 2) for one in found]

        async def one(piece: tuple[Mapping[str, Any], int]) -> None:
            application, number = piece
            reviewer = await crowd.staff(f"reviewer{number}")
            await reviewer.score(application, crowd.applications[application["id"]].points(self._programme, number))

        with self._progress.phase("score", "scores", len(work)) as phase:
            await at_once(work, one, most=crowd.most, done=phase.step)

    async def _approve(self) -> None:
        crowd = self._crowd
        found = [one for one in await crowd.standing("nominated", "submitted") if one["id"] in self.nominated]

        async def one(application: Mapping[str, Any]) -> None:
            officer = await crowd.staff("officer1" if application["country"] < "H" else "officer2")
            member = crowd.applications[application["id"]]
            if member.approved:
                await officer.approve(application, second=member.second)
                self.approved.add(application["id"])
            else:
                await officer.reject(application, [self._reason("rejection")])

        began = time.monotonic()
        with self._progress.phase("approve", "approvals and rejections", len(found)) as phase:
            await lanes(crowd.in_lanes(found), one, most=crowd.most, done=phase.step)
        with self._progress.phase("decide", "decisions since the first approval", len(self.approved), since=began):
            await until("deciding", lambda: crowd.some_stand("approved"), seconds=self._patience, alive=crowd.stack.raise_failures)
            await self._settled()
        self.offered |= {one["id"] for one in await crowd.standing("offered")}

    # ------------------------------------------------------------------------------------------------- offers and answers
    async def _leave_the_list(self) -> None:
        """Some of those who wait withdraw before anything is served."""
        crowd = self._crowd
        leaving = [one for one in await crowd.standing("waiting") if crowd.applications[one["id"]].leaves == "waiting"]

        async def one(application: Mapping[str, Any]) -> None:
            await (await crowd.applicant(crowd.applications[application["id"]])).withdraw(application["id"])

        with self._progress.phase("leave", "withdrawals from the list", len(leaving)) as phase:
            await lanes(crowd.in_lanes(leaving), one, most=crowd.most, done=phase.step)
            await self._settled()

    async def _serve_the_round(self) -> None:
        """The moment comes at which the list is served; every cell gives what it has to the best of those who wait."""
        crowd = self._crowd
        assert self._call.grants_from is not None, "only a round is served"
        waiting = [one["country"] for one in await crowd.standing("waiting")]
        with self._progress.phase("serve", "decisions of the round", len(waiting)):
            self._move(self._call.grants_from + timedelta(minutes=1))

            async def served() -> str:
                """How many are offered a place depends on every limit, so each list is asked whether it was served."""
                left = [one["country"] for one in await self.board() if one["round"] == "before" and one["country"] in waiting]
                return f"the lists of {', '.join(sorted(left))} were not served yet" if left else ""

            await until("serving the round", served, seconds=self._patience, alive=crowd.stack.raise_failures)
            await self._settled()
        self.offered |= {one["id"] for one in await crowd.standing("offered")}

    async def _answer_all(self) -> None:
        """Rounds of answers, each served before the next, until nobody holds an offer."""
        crowd = self._crowd
        with self._progress.phase("answer", "answers and withdrawals", 0) as phase:
            for _ in range(ROUNDS_MAX):
                open_offers = await crowd.standing("offered")
                self.offered |= {one["id"] for one in open_offers}
                if not open_offers:
                    return
                answering = [one for one in open_offers if crowd.applications[one["id"]].answer]
                if answering:
                    await lanes(crowd.in_lanes(answering), self._answer_one, most=crowd.most, done=phase.more)
                    await self._taken()
                    await self._leave_places(phase.more)
                else:
                    await self._let_lapse(open_offers)
        raise AssertionError(f"offers were still open after {ROUNDS_MAX} rounds of answers")

    async def _answer_one(self, application: Mapping[str, Any]) -> None:
        member = self._crowd.applications[application["id"]]
        await (await self._crowd.applicant(member)).answer_offer(application["id"], member.answer)

    async def _taken(self) -> None:
        crowd = self._crowd
        await until("taking places", lambda: crowd.some_stand("accepted"), seconds=self._patience, alive=crowd.stack.raise_failures)
        await self._settled()

    async def _leave_places(self, done: Callable[[], None]) -> None:
        """Some give a place back that they had taken, for a reason."""
        crowd = self._crowd
        leaving = [one for one in await crowd.standing("placed") if crowd.applications[one["id"]].leaves == "placed"]

        async def one(application: Mapping[str, Any]) -> None:
            applicant = await crowd.applicant(crowd.applications[application["id"]])
            await applicant.withdraw(application["id"], self._reason("withdrawal"))

        await lanes(crowd.in_lanes(leaving), one, most=crowd.most, done=done)
        await self._settled()

    async def _let_lapse(self, open_offers: list[dict[str, Any]]) -> None:
        """Only those are left who will not answer: their deadline passes."""
        crowd = self._crowd
        silent = {one["id"] for one in open_offers}
        last = max(_moment(one["answer_by"]) for one in open_offers)
        self._move(max(last, crowd.stack.clock.now()) + AFTER_DEADLINE)

        async def lapsed() -> str:
            left = silent & {one["id"] for one in await crowd.standing("offered")}
            return f"{len(left)} offers without an answer have not lapsed" if left else ""

        await until("letting offers lapse", lapsed, seconds=self._patience, alive=crowd.stack.raise_failures)
        await self._settled()

    # -------------------------------------------------------------------------------------------------------------- tools
    async def board(self) -> list[dict[str, Any]]:
        """The cells of the call, as the quotas service shows them."""
        officer = await self._crowd.officer()
        found = await officer.browser.json(f"/quotas/api/v1/board?programme={self._programme.code}&year={self._call.year}")
        cells: list[dict[str, Any]] = found["cells"]
        return cells

    def _reason(self, use: str) -> str:
        return self._programme.reasons_for(use)[0].code

    def _move(self, moment: datetime) -> None:
        self._crowd.stack.clock.move_to(moment)
        self._crowd.go_home()

    async def _settled(self) -> None:
        await self._settling.settled(seconds=self._patience, alive=self._crowd.stack.raise_failures)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""The demonstration's people, and what they did between March 2015 and February 2016, all of it through the pages and the API.

A story is a line of `stories.STORIES`. Time is moved from act to act on the demonstration's own clock, so that every date in the
timelines is one at which it could have happened.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from random import Random
from typing import Any, Final

import httpx2

from services.applications.plan.model import Plan, Programme
from services.run.acting import Applicant, Letterbox, Staff, Wanted
from services.run.crowd import at_once
from services.run.filling import answers_of
from services.run.referees import Writer, ask, referees_of
from services.run.settling import Settling, until
from services.run.stories import BEYOND_NOMINATED, BEYOND_SCORED, BEYOND_SUBMITTED, DOMAIN, PRESENT, STAFF, STORIES, Story
from shared.kernel.clock import SteeredClock

SEED: Final = 2015
SETTLE_SECONDS: Final = 60.0
AT_ONCE: Final = 6
SECOND: Final = ("rose.saintfleur", "indira.persaud", "raul.martinez", "conceicao")
"""Who is approved for the second course on their list, as where it has more room, where they list two."""


class Sample:
    """Plays the stories on a running stack."""

    def __init__(
        self, *, url: str, letterbox: Letterbox, clock: SteeredClock, settling: Settling, plan: Plan, say: Callable[[str], None]
    ) -> None:
        self._url = url
        self._letterbox = letterbox
        self._clock = clock
        self._settling = settling
        self._plan = plan
        self._say = say
        self._transport = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=16), trust_env=False)
        self._applications: dict[Story, str] = {}
        self._applicants: dict[str, Applicant] = {}

    async def play(self) -> None:
        """Everything, in the order of the calendar."""
        try:
            await self._round_of_2015()
            await self._round_of_2016()
        finally:
            await self._transport.aclose()

    async def _round_of_2015(self) -> None:
        stories = [story for story in STORIES if story.year == 2015]
        await self._apply(stories)
        await self._withdraw([story for story in stories if story.ends == "withdrawn"])
        self._clock.move_to(datetime(2015, 4, 8, 15, 0, tzinfo=UTC))
        await self._select(stories)
        await self._answer([story for story in stories if story.programme != "scholarship"])
        self._clock.move_to(datetime(2015, 5, 15, 15, 0, tzinfo=UTC))
        await self._answer([story for story in stories if story.programme == "scholarship"])
        self._clock.move_to(datetime(2015, 6, 10, 15, 0, tzinfo=UTC))
        await self._ends([story for story in stories if story.ends == "lapsed"])
        # The lists of the year are closed: who waited is told so.
        self._clock.move_to(datetime(2015, 12, 20, 15, 0, tzinfo=UTC))
        await self._ends(stories)

    async def _round_of_2016(self) -> None:
        self._clock.move_to(datetime(2016, 2, 2, 13, 0, tzinfo=UTC))
        stories = [story for story in STORIES if story.year == 2016]
        await self._apply(stories)
        await self._withdraw([story for story in stories if story.ends == "withdrawn"])
        self._clock.move_to(datetime(2016, 2, 16, 15, 0, tzinfo=UTC))
        await self._select(stories)
        self._clock.move_to(datetime(2016, 2, 20, 15, 0, tzinfo=UTC))
        await self._answer(stories)
        self._clock.move_to(PRESENT)
        await self._ends(stories)

    # ---------------------------------------------------------------------------------------------------------- applying
    async def _apply(self, stories: Sequence[Story]) -> None:
        self._say(f"{len(stories)} people apply to the calls of {stories[0].year}, page by page")
        await at_once(stories, self._apply_one, most=AT_ONCE)

    async def _apply_one(self, story: Story) -> None:
        applicant = await self._applicant(story)
        programme = self._plan.programme(story.programme)
        call = programme.call(story.year) if programme else None
        assert programme is not None and call is not None, "the stories are of this plan"
        answers = answers_of(story.person, programme, call, Random(f"{SEED}{story.email}{story.programme}"))  # noqa: S311
        application = await applicant.start(story.programme, story.country)
        self._applications[story] = application
        if story.ends == "draft":
            await applicant.fill(application, programme, answers, pages=2)
            return
        await applicant.fill(application, programme, answers)
        await applicant.attach(application, programme, answers, story.name)
        await self._recommend(story, programme, application, referees_of(story.person, programme, answers))
        sent = await applicant.send(application)
        assert sent.receipt, f"{story.name} sent an application that is in order: {sent.refused}"

    async def _recommend(self, story: Story, programme: Programme, application: str, referees: Sequence[dict[str, str]]) -> None:
        """The referees are asked and write; of those whose story ends early, the last one has not answered yet."""
        await ask(self._applicants[story.email], application, referees)
        late = story.ends in ("submitted", "returned") and programme.referees is not None and programme.referees.needed != "submission"
        for referee in referees[: len(referees) - 1 if late else None]:
            writer = Writer(referee["email"], self._url, self._letterbox, transport=self._transport, brisk=True)
            await writer.write(programme, referee["language"])

    async def _applicant(self, story: Story) -> Applicant:
        """The person's browser, signed in."""
        known = self._applicants.get(story.email)
        if known is None:
            address, language = story.person.email, story.language
            known = Applicant(address, self._url, self._letterbox, language=language, transport=self._transport, brisk=True)
            self._applicants[story.email] = known
        await known.sign_in()
        return known

    async def _withdraw(self, stories: Sequence[Story]) -> None:
        for story in stories:
            await (await self._applicant(story)).withdraw(self._applications[story])

    async def _answer(self, stories: Sequence[Story]) -> None:
        """Those who were offered a place answer, as their story says; offers come as events, so each is waited for."""
        wanted = {"placed": "accept", "declined": "decline"}
        answering = [story for story in stories if story.ends in wanted]

        async def one(story: Story) -> None:
            applicant = await self._applicant(story)
            await self._until(applicant, story, "offered")
            await applicant.answer_offer(self._applications[story], wanted[story.ends])

        if answering:
            self._say(f"{len(answering)} people answer their offers")
        await at_once(answering, one, most=AT_ONCE)
        await self._settling.settled(seconds=SETTLE_SECONDS)

    async def _until(self, applicant: Applicant, story: Story, state: str) -> None:
        async def look() -> str:
            found = {one["id"]: one["state"] for one in await applicant.mine()}
            now = found.get(self._applications[story], "unknown")
            return "" if now == state else f"{story.name} is {now}, not {state}"

        await until(f"the {story.programme} of {story.year}", look, seconds=SETTLE_SECONDS)

    async def _ends(self, stories: Sequence[Story]) -> None:
        """Wait until every application stands where its story ends; what is wrong with a story shows here."""
        auditor = await self._staff("auditor")
        shown = {"scored": "nominated"}

        async def look() -> str:
            found: dict[str, str] = {}
            for programme, year in sorted({(story.programme, story.year) for story in stories}):
                found |= {one["id"]: one["state"] for one in await auditor.listed(Wanted(programme, year))}
            wrong = [
                f"{story.name} is {found.get(self._applications[story], 'unknown')}, not {story.ends}"
                for story in stories
                if story.ends != "draft" and found.get(self._applications[story]) != shown.get(story.ends, story.ends)
            ]
            return "; ".join(wrong)

        await until("the sample", look, seconds=SETTLE_SECONDS)
        await self._settling.settled(seconds=SETTLE_SECONDS)

    # --------------------------------------------------------------------------------------------------------- selecting
    async def _select(self, stories: Sequence[Story]) -> None:
        """Coordinators nominate or send back, reviewers score, officers approve."""
        self._say("coordinators nominate, reviewers score, officers approve")
        await self._nominate(stories)
        await self._settling.settled(seconds=SETTLE_SECONDS)
        await self._score([story for story in stories if story.ends in BEYOND_NOMINATED and self._reviewed(story)])
        officer = await self._staff("officer")
        approved = [story for story in stories if story.ends in BEYOND_SCORED]
        await self._each(approved, officer, lambda one, story: officer.approve(one, second=story.email in SECOND))
        await self._each(
            [s for s in stories if s.ends == "rejected"], officer, lambda one, _: officer.reject(one, ["others_ranked_higher"])
        )
        await self._settling.settled(seconds=SETTLE_SECONDS)

    def _reviewed(self, story: Story) -> bool:
        programme = self._plan.programme(story.programme)
        return programme is not None and "review" in programme.route

    async def _nominate(self, stories: Sequence[Story]) -> None:
        by_country: dict[str, list[Story]] = defaultdict(list)
        for story in stories:
            by_country[story.country].append(story)
        for country, own in by_country.items():
            coordinator = await self._staff("coordinator", country)
            await self._each([s for s in own if s.ends in BEYOND_SUBMITTED], coordinator, partial(self._put_forward, coordinator))
            await self._each(
                [s for s in own if s.ends == "returned"],
                coordinator,
                lambda one, story, c=coordinator: self._send_back(c, one, story),
            )

    async def _send_back(self, coordinator: Staff, one: dict[str, Any], story: Story) -> None:
        """One of its documents cannot be read."""
        programme = self._plan.programme(story.programme)
        assert programme is not None
        mark = {"kind": "document", "key": programme.documents[0].key, "remark": ""}
        await coordinator.return_for_correction(one, ["document_unreadable"], date(2016, 3, 15), [mark])

    async def _put_forward(self, coordinator: Staff, one: dict[str, Any], story: Story) -> None:
        programme = self._plan.programme(story.programme)
        assert programme is not None
        await coordinator.attach(one, programme)
        await coordinator.nominate(await coordinator.browser.json(f"/api/v1/applications/{one['id']}"))

    async def _score(self, stories: Sequence[Story]) -> None:
        random = Random(SEED)  # noqa: S311 - a story needs no secret
        for clerk in ("reviewer", "reviewer.two"):
            reviewer = await self._staff("reviewer", email=f"{clerk}@{DOMAIN}")
            for story in stories:
                programme = self._plan.programme(story.programme)
                assert programme is not None
                points = {criterion.key: random.randint(criterion.maximum // 2, criterion.maximum) for criterion in programme.criteria}
                await self._each([story], reviewer, lambda one, _, r=reviewer, p=points: r.score(one, p))

    async def _each(self, stories: Sequence[Story], clerk: Staff, act: Callable[..., Awaitable[Any]]) -> None:
        """Do one act on each story's application, in its present version."""
        for story in stories:
            found = await clerk.browser.json(f"/api/v1/applications/{self._applications[story]}")
            await act(found, story)

    async def _staff(self, role: str, country: str | None = None, *, email: str = "") -> Staff:
        """A member of staff, signed in."""
        clerk = next(one for one in STAFF if one.role == role and one.country == country and (not email or one.email == email))
        made = Staff(clerk.email, self._url, self._letterbox, language=clerk.language, transport=self._transport, brisk=True)
        await made.sign_in()
        return made

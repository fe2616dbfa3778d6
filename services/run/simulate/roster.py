"""Who takes part in a simulation, and what each means to do. All of it follows from the seed, by person, whatever the order of events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from services.applications.domain.answers import Answer
from services.applications.plan.model import Call, Plan, Programme
from services.run.filling import Person, answers_of, person

INELIGIBLE: Final = 0.03
LEAVES: Final = (("submitted", 0.02), ("waiting", 0.03), ("placed", 0.02))
ANSWERS: Final = (("accept", 0.84), ("decline", 0.11), ("", 0.05))
APPROVED: Final = 0.9
SECOND: Final = 0.25
"""Of those who list several courses, as many are approved for the second of them."""
QUALITY_SPREAD: Final = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One made-up person and their mind: when they would leave (in which state, or never), how they answer an offer (or not at all)."""

    number: int
    person: Person
    answers: Mapping[str, Answer]
    eligible: bool
    quality: float
    leaves: str
    answer: str
    approved: bool
    second: bool

    def points(self, programme: Programme, reviewer: int) -> dict[str, int]:
        """What a reviewer gives: around the person's quality."""
        random = Random(f"{self.number}:{reviewer}:{self.person.email}")  # noqa: S311 - a simulation must be repeatable
        given = {}
        for criterion in programme.criteria:
            wanted = round(self.quality * criterion.maximum) + random.randint(-QUALITY_SPREAD, QUALITY_SPREAD)
            given[criterion.key] = min(criterion.maximum, max(0, wanted))
        return given


def roster(plan: Plan, programme: Programme, call: Call, *, size: int, seed: int) -> Iterator[Member]:
    """`size` people of the countries that take part when the call opens, some countries eager and some not; each is made when asked for."""
    day = call.day(call.opens)
    countries = [one for one in plan.countries_of(programme) if plan.takes_part(one.code, programme.code, day)]
    dice = Random(f"{seed}:{programme.code}:{call.year}")  # noqa: S311 - a simulation must be repeatable
    weights = [dice.lognormvariate(0.0, 0.6) for _ in countries]
    for number in range(1, size + 1):
        random = Random(f"{seed}:{programme.code}:{call.year}:{number}")  # noqa: S311 - a simulation must be repeatable
        country = random.choices(countries, weights)[0]
        language = next((one for one in country.languages if one in plan.languages), "en")
        somebody = person(random, email=f"person{number:06}@example.net", country=country.code, language=language)
        eligible = random.random() >= INELIGIBLE
        yield Member(
            number=number,
            person=somebody,
            answers=answers_of(somebody, programme, call, random, fit=eligible),
            eligible=eligible,
            quality=min(1.0, max(0.0, random.gauss(0.65, 0.18))),
            leaves=_one_of(random, LEAVES),
            answer=_one_of(random, ANSWERS),
            approved=random.random() < APPROVED,
            second=random.random() < SECOND,
        )


def _one_of(random: Random, chances: tuple[tuple[str, float], ...]) -> str:
    """One of the words by its chance; none where the chances leave room."""
    drawn = random.random()
    for word, chance in chances:
        if drawn < chance:
            return word
        drawn -= chance
    return ""

"""The people of the demonstration and the simulation are believable: what one of them answers goes together, and is the same each time."""

import asyncio
from datetime import date
from random import Random

import pytest
from rich.console import Console

from services.applications.domain.answers import Answer, Entries, Spoken
from services.applications.plan import Plan, read
from services.run.filling import Person, answers_of, person
from services.run.home import ROOT
from services.run.lives import CALLINGS
from services.run.names import CITIES, DIALS
from services.run.simulate.progress import Progress
from services.run.simulate.run import Order, made_up
from services.run.stories import STORIES
from shared.web.i18n import LANGUAGES


def the_plan() -> Plan:
    plan = read(ROOT / "plans" / "china-celac-2015-2019")
    assert isinstance(plan, Plan), plan
    return plan


PLAN = the_plan()
COUNTRIES = {country.code: country for country in PLAN.countries}


def number(answer: Answer) -> int:
    assert type(answer) is int
    return answer


def look(one: Person, answers: dict[str, Answer], year: int) -> None:
    """What must hold of anybody."""
    born = answers["birth_date"]
    assert isinstance(born, date) and 17 <= year - born.year <= 41
    assert answers["city"] in CITIES[one.country]
    assert str(answers.get("phone", DIALS[one.country])).startswith(DIALS[one.country])
    last = born.year + 11
    for key in ("education", "jobs"):
        group = answers.get(key, Entries(()))
        assert isinstance(group, Entries)
        for entry in group.each:
            assert number(entry["from_year"]) >= last, f"{key} come one after the other, none before school age"
            last = number(entry.get("to_year", entry["from_year"]))
            assert number(entry["from_year"]) <= last <= year
    tongues = answers.get("languages", Entries(()))
    assert isinstance(tongues, Entries)
    spoken = [entry["spoken"] for entry in tongues.each]
    assert all(isinstance(one, Spoken) for one in spoken) and len({one.language for one in spoken if isinstance(one, Spoken)}) == len(
        spoken
    )
    assert [one.level for one in spoken if isinstance(one, Spoken)].count("native") == (1 if spoken else 0)


@pytest.mark.parametrize("programme", [one.code for one in PLAN.programmes])
def test_what_a_made_up_person_answers_goes_together(programme: str) -> None:
    found = PLAN.programme(programme)
    assert found is not None
    for country in PLAN.countries_of(found):
        random = Random(country.code)
        language = next((one for one in country.languages if one in LANGUAGES), "en")
        one = person(random, email=f"{country.code}@example.org", country=country.code, language=language)
        for call in found.calls[:5]:
            look(one, answers_of(one, found, call, random), call.year)


def test_the_same_person_is_born_on_the_same_day_in_every_programme_and_year() -> None:
    born: dict[str, set[Answer]] = {}
    for story in STORIES:
        found = PLAN.programme(story.programme)
        call = found.call(story.year) if found else None
        assert found is not None and call is not None
        answers = answers_of(story.person, found, call, Random(story.email))
        look(story.person, answers, story.year)
        born.setdefault(story.email, set()).add(answers["birth_date"])
    assert all(len(days) == 1 for days in born.values()), born


def test_every_country_and_language_has_what_people_are_made_of() -> None:
    assert set(CITIES) == set(DIALS) == set(COUNTRIES)
    assert set(CALLINGS) == set(LANGUAGES)
    for code, dial in DIALS.items():
        assert COUNTRIES[code].focal_phone.startswith(dial.split()[0]), code


async def test_whoever_stops_a_simulation_is_heard_while_its_people_are_made_up() -> None:
    programme = PLAN.programme("bridge")
    assert programme is not None
    call = programme.call(2015)
    assert call is not None
    order = Order(programme="bridge", year=2015, applications=20_000, seed=7)
    making = asyncio.create_task(made_up(PLAN, programme, call, order, Progress(Console(quiet=True))))
    await asyncio.sleep(0)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making

"""A programme that exists only as a file: its questions of every kind, its papers and its rules go through the same pages."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.applications import use_cases
from services.applications.domain.answers import KINDS
from services.applications.plan import Plan, read
from services.applications.use_cases.plans import Loaded
from shared.kernel.clock import ManualClock
from tests.conftest import PLAN, NewDatabase
from tests.integration.applications.front import AGREED, Front, opened, words
from tests.integration.applications.test_pages_applicant import form_key
from tests.real_files import PDF


def six(text: str) -> str:
    """One text in the six languages, told apart by the code before it."""
    return "{ " + ", ".join(f'{code} = "{code}: {text}"' for code in ("en", "es", "pt", "fr", "zh", "nl")) + " }"


CHOICES = f'options = [{{ key = "one", label = {six("One")} }}, {{ key = "two", label = {six("Two")} }}]'
MORE = {"long_text": "min_words = 3\nmax_words = 9", "select": CHOICES, "radio": CHOICES, "number": "minimum = 1\nmaximum = 9"}
MORE |= {"several": CHOICES, "ranking": f"{CHOICES}\nmaximum = 2", "money": 'currencies = ["PEN", "USD"]'}
MORE["language"] = f"{CHOICES}\n{CHOICES.replace('options', 'levels', 1)}"
MORE["group"] = f'entry = {six("Thing")}\n[[pages.questions.questions]]\nkey = "thing"\nkind = "text"\nlabel = {six("Thing")}'
HALVES = {"first": KINDS[:5], "second": KINDS[5:10], "third": KINDS[10:14], "fourth": KINDS[14:]}
"""Page key to the kinds of questions on it; a page may have six at most, and a group has one of its own."""
FIRST_BOX = {"date": "q_date-day", "ranking": "q_ranking-1", "money": "q_money-amount", "group": "entries"}
FIRST_BOX["language"] = "q_language-language"


def page_of(key: str, kinds: tuple[str, ...]) -> str:
    """A page of the form with one question of each kind."""
    asked = [f'key = "q_{kind}"\nkind = "{kind}"\nlabel = {six(f"Asked as {kind}")}\n{MORE.get(kind, "")}\n' for kind in kinds]
    return f'[[pages]]\nkey = "{key}"\ntitle = {six(key)}\n\n' + "\n".join(f"[[pages.questions]]\n{one}" for one in asked)


PAGES = "\n".join(page_of(key, kinds) for key, kinds in HALVES.items())
FIFTH = f"""
code = "scientists"
clause = "VIII.4"
sides = ["CELAC"]
places_total = 50
route = ["approval"]
offer_days = 10
waiting_list = {{ ratio = 1, at_least = 1 }}
unused = "lapse"
names = {six("Young scientists")}
description = {six("Stays")}
places_per_year = {{ 2016 = 50 }}
policy = {{ example = true, base = 1, minimum = 1, rounding = "sainte_lague" }}

[[calls]]
year = 2016
timezone = "America/Lima"
opens = 2016-01-10
closes = 2016-03-31T17:00:00
answers_due = 2016-05-01
list_closes = 2016-05-01
returns_on = 2016-06-01

[common]
documents = ["passport"]
reasons = ["list_full", "finished"]

{PAGES}
[[documents]]
key = "plan_of_two"
stage = "submission"
accepted = ["application/pdf"]
max_megabytes = 1
names = {six("Plan of two")}
when = {{ question = "q_radio", options = ["two"] }}

[[rules]]
code = "too_few"
kind = "number_at_least"
question = "q_number"
number = 3
reason = {six("Three at least")}

[[criteria]]
key = "record"
weight = 100
maximum = 5
names = {six("Record")}
"""
ANSWERS = {
    "q_text": "Zoë Ñandú",
    "q_long_text": "one two three\nfour",
    "q_date-day": "1",
    "q_date-month": "2",
    "q_date-year": "1990",
    "q_email": "z@example.org",
    "q_phone": "+51 1 234 5678",
    "q_select": "two",
    "q_radio": "two",
    "q_yes_no": "no",
    "q_country": "ZZ",
    "q_number": "2",
    "q_several-two": "yes",
    "q_ranking-1": "two",
    "q_money-amount": "12,50",
    "q_money-currency": "PEN",
    "q_language-language": "one",
    "q_language-level": "two",
    "q_group-1-thing": "Zither",
}


def with_a_fifth(folder: Path) -> Plan:
    """The plan with one more file than the shipped one, read from a copy in `folder`."""
    shutil.copytree(PLAN, folder)
    (folder / "programmes" / "scientists.toml").write_text(FIFTH, encoding="utf-8")
    plan = read(folder)
    assert isinstance(plan, Plan), plan
    return plan


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    """The service with that plan."""
    async with opened(await new_database("applications"), clock, tmp_path) as front:
        plan = with_a_fifth(tmp_path / "plan")
        loaded = await front.db.run(lambda tx: use_cases.load_plan(tx, plan, actor="tests", now=clock.now()))
        assert isinstance(loaded, Loaded), loaded
        yield front


async def test_a_fifth_programme_is_applied_to_from_start_to_receipt(front: Front) -> None:
    async with front.browser("fr") as browser:
        assert "fr: Young scientists" in words(await browser.get("/"))
        programme = await browser.get("/programmes/scientists")
        assert "fr: Three at least" in words(programme)
        assert "fr: Plan of two" in words(programme)
        await browser.post("/programmes/scientists/check", data={"country": "PE", "q_number": "2"})
        check = await browser.get("/programmes/scientists/check?answered=1")
        assert "fr: Three at least" in words(check)
        await front.sign_in(browser, "zoe@example.org")
        started = await browser.post("/programmes/scientists/start", data={"country": "HT"})
        path = started.headers["location"].removesuffix("/tasks")
        for key, kinds in HALVES.items():
            empty = await browser.post(f"{path}/pages/{key}", data={})
            assert empty.status_code == 422
            for kind in kinds:
                assert f"fr: Asked as {kind}" in words(empty), kind
                box = FIRST_BOX.get(kind, f"q_{kind}")
                assert f'href="#{box}"' in empty.text, kind
                assert f'id="{box}"' in empty.text, kind
            saved = await browser.post(f"{path}/pages/{key}", data=ANSWERS)
            assert saved.status_code == 303, words(saved)
        tasks = await browser.get(f"{path}/tasks")
        assert "fr: Plan of two" in words(tasks)
        for kind in ("passport", "plan_of_two"):
            assert (await browser.post(f"{path}/papers/{kind}", files={"file": ("a.pdf", PDF, "application/pdf")})).status_code == 303
        page = await browser.get(f"{path}/check")
        assert "fr: Three at least" in words(page)
        assert "Zoë Ñandú" in words(page)
        assert "1er février 1990" in words(page)
        assert "PEN 12,50" in words(page)
        assert "Zither" in words(page)
        again = await browser.post(f"{path}/pages/second?then=check", data={**ANSWERS, "q_number": "4"})
        assert again.headers["location"] == f"{path}/check#answers-second"
        answer = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": await form_key(browser, path)})
        assert answer.headers["location"] == f"{path}/receipt"
        receipt = await browser.get(f"{path}/receipt")
        assert "fr: Young scientists" in words(receipt)

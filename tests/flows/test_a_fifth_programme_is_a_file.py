"""A fifth programme is a file: no code, and the whole way from the form to the mail."""

import shutil
from pathlib import Path

from rich.console import Console

from services.applications.plan import read
from services.applications.plan.model import Plan
from services.run.plans import load
from tests.conftest import PLAN
from tests.flows.stack import House


def six(text: str) -> str:
    """One text for all six languages."""
    return "{ " + ", ".join(f'{code} = "{text}"' for code in ("en", "es", "pt", "fr", "zh", "nl")) + " }"


FIFTH = f"""
code = "scientists"
clause = "VIII.4"
sides = ["CELAC"]
places_total = 66
route = ["approval"]
offer_days = 10
waiting_list = {{ ratio = 1, at_least = 1 }}
unused = "lapse"
names = {six("Young scientists")}
description = {six("Stays in laboratories")}
places_per_year = {{ 2016 = 66 }}
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
pages = ["identity", "contact"]
documents = ["passport"]
reasons = ["list_full", "finished"]

[[criteria]]
key = "record"
weight = 100
maximum = 5
names = {six("Record")}
"""


async def test_a_fifth_programme_is_a_file(house: House, tmp_path: Path) -> None:
    """Loaded while everything runs, it is on the first page, has its cells, takes an application, gives a place and tells the person."""
    folder = tmp_path / "plan"
    shutil.copytree(PLAN, folder)
    (folder / "programmes" / "scientists.toml").write_text(FIFTH, encoding="utf-8")
    (folder / "plan.toml").write_text((PLAN / "plan.toml").read_text().replace(f'version = "{house.plan.version}"', 'version = "2"'))
    plan = read(folder)
    assert isinstance(plan, Plan), plan
    assert await load(house.stack.services["applications"], folder, house.stack.clock, Console(quiet=True))
    house.plan = plan
    await house.settled()

    assert (await house.cell("scientists", "UY"))["target"] == 2
    noor = await house.applicant("noor@example.org", language="nl")
    application = await house.apply(noor, "scientists", "SR", name="Noor Doekhie")
    await house.approve(application)
    await house.until(application, "offered")
    await house.mail("noor@example.org", "Young scientists")
    await noor.answer_offer(application, "accept")
    await house.until(application, "placed")
    assert (await house.cell("scientists", "SR"))["taken"] == 1
    assert (await house.check()).broken == 0

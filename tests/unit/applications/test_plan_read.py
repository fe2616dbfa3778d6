"""The plan of 2015-2019 as its files say it, its example applicants, and the events made of it."""

import hashlib
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from services.applications.plan import (
    Plan,
    check_folder,
    content_hash,
    decode,
    encode,
    judge_load,
    programme_published,
    read,
    run_cases,
)
from services.applications.plan.versions import LoadRefused
from shared.events.applications import ProgrammePublished

FOLDER = Path(__file__).parents[3] / "plans" / "china-celac-2015-2019"


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = read(FOLDER)
    assert isinstance(found, Plan), "\n".join(map(str, found))
    return found


def test_who_leaves_may_be_ended_with_the_code_that_gives_a_place_back(plan: Plan) -> None:
    """Quotas knows no other; with another code of a plan every place stays counted, and nobody who waits is told why."""
    for one in plan.programmes:
        assert "left" in {reason.code for reason in one.reasons_for("ending")}, one.code


def test_the_plan_holds_the_figures_of_its_source(plan: Plan) -> None:
    totals = {programme.code: (programme.places_total, programme.years[0], programme.years[-1]) for programme in plan.programmes}
    assert totals == {
        "scholarship": (6000, 2015, 2019),
        "training": (6000, 2015, 2019),
        "masters": (400, 2015, 2019),
        "bridge": (1000, 2015, 2024),
    }
    assert all(sum(programme.places_per_year.values()) == programme.places_total for programme in plan.programmes)
    assert {p.code: p.sides for p in plan.programmes if len(p.sides) > 1} == {"bridge": ("CELAC", "CN")}
    assert all(programme.policy.example for programme in plan.programmes)


def test_all_33_countries_and_china_stand_on_the_map(plan: Plan) -> None:
    assert [country.side for country in plan.countries].count("CELAC") == 33
    assert len({country.tile for country in plan.countries}) == 34
    groups = [country.groups_on(date(2016, 1, 1)) for country in plan.countries]
    assert [sum(group in named for named in groups) for group in ("LDC", "LLDC", "SIDS")] == [1, 2, 16]
    assert sum(bool(named) for named in groups) == 18


def test_an_authority_is_dated_and_may_be_absent(plan: Plan) -> None:
    panama, belize = plan.country("PA"), plan.country("BZ")
    assert panama is not None and belize is not None
    assert panama.authority_on(date(2017, 12, 31)) is None
    assert panama.authority_on(date(2018, 1, 1)) is not None
    assert belize.authorities == ()


def test_a_call_counts_its_last_second_in_its_own_zone(plan: Plan) -> None:
    scholarship = plan.programme("scholarship")
    assert scholarship is not None
    call = scholarship.call(2016)
    assert call is not None
    assert call.opens == datetime(2015, 11, 14, 16, tzinfo=UTC)
    assert call.closes == datetime(2016, 2, 28, 15, 59, 59, tzinfo=UTC)
    assert call.is_open(datetime(2016, 2, 28, 15, 59, 59, 999_999, tzinfo=UTC))
    assert not call.is_open(datetime(2016, 2, 28, 16, tzinfo=UTC))
    assert scholarship.open_call(datetime(2016, 1, 10, tzinfo=UTC)) == call
    assert scholarship.open_call(datetime(2016, 6, 1, tzinfo=UTC)) is None


def test_papers_are_asked_for_by_stage_and_level(plan: Plan) -> None:
    scholarship = plan.programme("scholarship")
    assert scholarship is not None
    assert scholarship.referees is not None
    asked = {level: scholarship.referees.asked_of({"level": level}) for level in ("undergraduate", "master")}
    assert asked == {"undergraduate": False, "master": True}
    assert {d.key for d in scholarship.documents_for("submission", {})} >= {"passport", "diploma"}
    assert [d.key for d in scholarship.documents_for("after_offer", {})] == ["physical_examination"]


def test_only_the_bridge_is_open_to_china(plan: Plan) -> None:
    day = date(2016, 5, 1)
    assert [p.code for p in plan.programmes if plan.takes_part("CN", p.code, day)] == ["bridge"]
    assert all(plan.takes_part("PE", p.code, day) for p in plan.programmes)
    assert not plan.takes_part("PE", "bridge", date(2015, 1, 8))


def test_every_example_applicant_comes_out_as_written(plan: Plan) -> None:
    results = run_cases(plan)
    assert [str(result) for result in results if not result.as_expected] == []
    for programme in plan.programmes:
        cases = [case for case in plan.cases if case.programme == programme.code]
        assert len(cases) >= 6
        assert {rule.code for rule in programme.rules} == {code for case in cases for code in case.reasons}


def test_a_programme_event_is_small_and_survives_the_wire(plan: Plan) -> None:
    for programme in plan.programmes:
        event = programme_published(plan, programme)
        raw = msgspec.json.encode(event)
        assert len(raw) < 60 * 1024
        assert msgspec.json.decode(raw, type=ProgrammePublished) == event
        assert {country.code for country in event.countries} == {p.country for p in event.participation}
    bridge = plan.programme("bridge")
    assert bridge is not None
    event = programme_published(plan, bridge)
    haiti = next(country for country in event.countries if country.code == "HT")
    assert haiti.groups[2020] == ["LDC", "SIDS"]
    assert {country.code for country in event.countries if country.side == "CN"} == {"CN"}
    assert event.reasons["list_full"].pt.startswith("Todas as vagas")


def test_a_kept_plan_is_the_same_plan(plan: Plan) -> None:
    assert decode(encode(plan)) == msgspec.structs.replace(plan, cases=())
    assert content_hash(decode(encode(plan))) == content_hash(plan)


def test_the_same_version_twice_changes_nothing_and_another_content_is_refused(plan: Plan) -> None:
    loaded = encode(plan)
    assert judge_load(plan, None) == "new"
    assert judge_load(plan, loaded) == "unchanged"
    changed = msgspec.structs.replace(plan, source="another text")
    for before in (loaded, b'{"code": "of a form that nobody can read any more"}'):
        refusal = judge_load(changed, before)
        assert isinstance(refusal, LoadRefused) and refusal.code == "version_changed"
        assert refusal.parameters == {
            "plan": plan.code,
            "version": plan.version,
            "loaded": hashlib.sha256(before).hexdigest(),
            "found": content_hash(changed),
        }


def test_what_a_plan_can_say_only_since_then_changes_no_plan_that_does_not_say_it(plan: Plan) -> None:
    """As it was kept before there were questions that say what a place is for: an upgrade refuses no file that nobody touched."""
    silent = msgspec.structs.replace(plan, programmes=tuple(msgspec.structs.replace(one, place=()) for one in plan.programmes))
    kept = msgspec.json.decode(encode(silent))
    for programme in kept["programmes"]:
        del programme["place"]
    before = msgspec.json.encode(kept)
    assert before != encode(silent)
    assert judge_load(silent, before) == "unchanged"
    assert isinstance(judge_load(plan, before), LoadRefused), "what says it now says something else"


FIFTH = """
code = "scientists"
clause = "VIII.4"
sides = ["CELAC"]
places_total = 50
route = ["approval"]
offer_days = 10
waiting_list = { ratio = 1, at_least = 1 }
unused = "lapse"
names = { en = "Young scientists", es = "Científicos", pt = "Cientistas", fr = "Scientifiques", zh = "青年科学家", nl = "Wetenschappers" }
description = { en = "Stays", es = "Estancias", pt = "Estágios", fr = "Séjours", zh = "交流", nl = "Verblijven" }
places_per_year = { 2017 = 50 }
policy = { example = true, base = 1, minimum = 1, rounding = "sainte_lague" }

[[calls]]
year = 2017
timezone = "America/Lima"
opens = 2017-03-01
closes = 2017-03-31T17:00:00
answers_due = 2017-05-01
list_closes = 2017-05-01
returns_on = 2017-06-01

[common]
pages = ["identity", "contact"]
rules = ["passport_too_short"]
documents = ["passport"]
reasons = ["list_full", "finished"]

[[criteria]]
key = "record"
weight = 100
maximum = 5
names = { en = "Record", es = "Trayectoria", pt = "Percurso", fr = "Parcours", zh = "经历", nl = "Staat van dienst" }
"""


def test_a_fifth_programme_is_one_more_file(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(FOLDER, folder)
    (folder / "programmes" / "scientists.toml").write_text(FIFTH, encoding="utf-8")
    report = check_folder(folder)
    assert report.ok, report.lines
    assert report.plan is not None
    added = report.plan.programme("scientists")
    assert added is not None
    assert [page.key for page in added.pages] == ["identity", "contact"]
    assert added.calls[0].closes == datetime(2017, 3, 31, 22, tzinfo=UTC)
    assert len(programme_published(report.plan, added).participation) == 33
    assert any("scientists: 50 places, 2017-2017" in line for line in report.lines)


def test_a_case_that_comes_out_otherwise_is_named_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(FOLDER, folder)
    file = folder / "programmes" / "cases" / "masters.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("work_years = 2\n", "work_years = 3\n"), encoding="utf-8")
    report = check_folder(folder)
    assert not report.ok
    line = 1 + file.read_text(encoding="utf-8").split('name = "Two years of work')[0].count("\n") - 1
    expected = f"programmes/cases/masters.toml:{line}: Two years of work are too few: the rules give eligible; expected too_little_work"
    assert report.lines[0] == expected
    assert report.lines[-1] == "37 of 38 cases came out as expected."


def test_a_paper_says_how_many_files_it_may_be(plan: Plan) -> None:
    scholarship = plan.programme("scholarship")
    assert scholarship is not None
    assert {d.key: d.max_files for d in scholarship.documents if d.key in ("passport", "transcripts")} == {"passport": 1, "transcripts": 8}


@pytest.mark.parametrize("wrong", ["0", "11", '"eight"'])
def test_a_wrong_number_of_files_is_refused_by_its_line(tmp_path: Path, wrong: str) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(FOLDER, folder)
    file = folder / "common.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    at = lines.index("max_files = 8")
    lines[at] = f"max_files = {wrong}"
    file.write_text("\n".join(lines), encoding="utf-8")
    found = read(folder)
    assert not isinstance(found, Plan)
    said = [str(one) for one in found if "max_files" in str(one)]
    assert said and all(f"common.toml:{at + 1}:" in one and "1" in one and "10" in one for one in said), found

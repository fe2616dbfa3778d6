"""A plan file that is wrong is refused whole, with file, line, what is wrong, what was expected and the nearest spelling."""

import shutil
from pathlib import Path

import pytest

from services.applications.plan import Plan, check_folder, read

FOLDER = Path(__file__).parents[3] / "plans" / "china-celac-2015-2019"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "plan")
    return tmp_path / "plan"


def errors(folder: Path) -> list[str]:
    found = read(folder)
    assert not isinstance(found, Plan), "the plan was accepted"
    return [str(error) for error in found]


def spoil(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` by `new`; gives the line that it stands on."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


SPOILED = [
    # an unknown key, and the key that was meant
    ("plan.toml", 'version = "1"', 'verzion = "1"', '"verzion" is not known here', 'did you mean "version"?'),
    ("programmes/masters.toml", "offer_days = 21", "offer_day = 21", '"offer_day" is not known here', 'did you mean "offer_days"?'),
    ("common.toml", "max_length = 120", "maxlength = 120", '"maxlength" is not known here', 'did you mean "max_length"?'),
    ("programmes/masters.toml", "unused =", "unusd =", '"unusd" is not known here', 'did you mean "unused"?'),
    # a wrong value, and the nearest right one
    ("plan.toml", '"es", "pt"', '"es", "pr"', '"languages" holds "pr"', "expected one of en, es, pt, fr, zh, nl"),
    ("programmes/bridge.toml", '"lapse"', '"laps"', '"unused" is "laps"', 'did you mean "lapse"?'),
    ("programmes/training.toml", '["nomination", "approval"]', '["nominaton", "approval"]', '"route" holds "nominaton"', '"nomination"?'),
    (
        "programmes/training.toml",
        '["nomination", "approval"]',
        '["approval", "nomination"]',
        '"route" is approval, nomination',
        "in this order",
    ),
    ("programmes/training.toml", '"number_at_least"', '"numbers_at_least"', '"kind" is "numbers_at_least"', 'mean "number_at_least"?'),
    ("programmes/training.toml", 'question = "work_years"', 'question = "workyears"', '"question" is "workyears"', 'mean "work_years"?'),
    ("programmes/training.toml", 'question = "work_years"', 'question = "motivation"', "of kind long_text", "of kind number: work_years"),
    ("programmes/masters.toml", 'at_least = "bachelor"', 'at_least = "bachelors"', '"at_least" is "bachelors"', 'mean "bachelor"?'),
    ("programmes/masters.toml", 'on = "09-01"', 'on = "close"', '"on" is "close"', 'did you mean "closes"?'),
    ("programmes/masters.toml", 'on = "09-01"', 'on = "02-29"', "not a day of every year", "such as 09-01"),
    (
        "programmes/scholarship.toml",
        'options = ["master", "doct',
        'options = ["masters", "doct',
        'holds "masters"',
        'did you mean "master"?',
    ),
    ("programmes/scholarship.toml", 'use = "degree"', 'use = "degrees"', '"use" is "degrees"', 'did you mean "degree"?'),
    ("programmes/scholarship.toml", '"not_confirmed"', '"not_confirmd"', '"rules" holds "not_confirmd"', 'did you mean "not_confirmed"?'),
    ("programmes/scholarship.toml", 'timezone = "Asia/Shanghai"', 'timezone = "Asia/Shangai"', '"Asia/Shangai"', 'mean "Asia/Shanghai"?'),
    # a bound of which nothing could be answered, or that contradicts another
    ("common.toml", "max_length = 120", "max_length = 0", '"max_length" is 0', "a whole number of 1 or more"),
    ("programmes/scholarship.toml", "max_words = 2000", "max_words = 0", '"max_words" is 0', "a whole number of 1 or more"),
    ("common.toml", "minimum = 1\nmaximum = 5", "maximum = 0", '"maximum" is 0', "1 or more"),
    ("common.toml", "earliest = 0", "earliest = 16", '"earliest" is 16, more than "latest", 15', "the smaller one first"),
    ("common.toml", "earliest = 0", "earliest = 121", '"earliest" is 121', "from -120 to 120"),
    ("common.toml", "past = true", "latest = 1\npast = true", '"latest" stands with a date that has to be past', 'either "past"'),
    # what a kind of referee is told, of which the programme asks for none
    (
        "programmes/masters.toml",
        'kinds = ["professional", "academic"]',
        'kinds = ["professional"]',
        'leaves out "academic"',
        "or nothing of it there",
    ),
    ("programmes/masters.toml", "guidance_of.academic.nl", "guidance_of.academic.nn", '"nn" is not known here', "expected one of en"),
    ("programmes/training.toml", 'languages = ["es", "en"', 'languages = ["es", "eng"', '"languages" holds "eng"', 'did you mean "en"?'),
    # a rule about a year of an entry and a date
    ("programmes/masters.toml", 'year = "from_year"', 'year = "form_year"', '"year" is "form_year"', 'mean "from_year"?'),
    ("programmes/masters.toml", 'after = "birth_date"', 'after = "jobs"', '"after" is "jobs"', "one of birth_date, passport_expiry"),
    ("programmes/scholarship.toml", 'kind = "radio"', 'kind = "radoi"', '"kind" is "radoi"', 'did you mean "radio"?'),
    ("programmes/scholarship.toml", 'key = "zh_after_language_year"', 'key = "zh"', 'the option "zh" stands twice', "each option once"),
    (
        "programmes/scholarship.toml",
        "min_words = 200",
        "min_words = 2001",
        '"min_words" is 2001, more than "max_words", 2000',
        "smaller one",
    ),
    # a clause that the plan does not have
    ("programmes/bridge.toml", 'clause = "VIII.3"', 'clause = "V.3"', '"clause" is "V.3"', 'one of the "clauses" of plan.toml: VIII.2'),
    # what is asked of referees
    ("programmes/scholarship.toml", "maximum = 3\nkinds", "maximum = 1\nkinds", '"maximum" is 1', "2 or more"),
    ("programmes/scholarship.toml", "minimum = 2\nmaximum", "minimum = 0\nmaximum", '"minimum" is 0', "from 1 to 5"),
    ("programmes/scholarship.toml", '"academic", "professional"', '"academics"', '"kinds" holds "academics"', 'did you mean "academic"?'),
    (
        "programmes/scholarship.toml",
        'needed = "nomination"',
        'needed = "nominaton"',
        '"needed" is "nominaton"',
        'did you mean "nomination"?',
    ),
    ("programmes/scholarship.toml", 'of = "closes", after = 14', 'of = "close", after = 14', '"of" is "close"', 'did you mean "closes"?'),
    ("programmes/scholarship.toml", 'of = "closes", after = 14', 'of = "closes"', '"due" says no days', "or"),
    (
        "programmes/scholarship.toml",
        'of = "closes", after = 14',
        'of = "closes", after = 14, before = 1',
        'both "after" and "before"',
        "or",
    ),
    ("programmes/scholarship.toml", "remind_days = [7, 2, 0]", "remind_days = [7, 7]", '"remind_days" is 7, 7', "each once"),
    ("programmes/scholarship.toml", 'ways = ["write", "upload"]', 'ways = ["upload"]', '"questions" are asked', '"write" among the "ways"'),
    (
        "programmes/scholarship.toml",
        'readers = ["reviewer", "officer"]',
        'readers = ["applicant"]',
        '"readers" holds "applicant"',
        "one of coordinator",
    ),
    ("programmes/scholarship.toml", 'use = "judgement"', 'use = "motivation"', '"use" is "motivation"', "one of"),
    (
        "programmes/scholarship.toml",
        'use = "judgement"',
        'use = "acquaintance"',
        'the question "acquaintance" stands twice',
        "each one once",
    ),
    ("programmes/masters.toml", 'of = "closes", before = 1', 'of = "closes", after = 1', '"due" is after the call has closed', '"before"'),
    (
        "participation.toml",
        'programmes = "all"',
        'programmes = ["trainings"]',
        '"programmes" holds "trainings"',
        'did you mean "training"?',
    ),
    ("participation.toml", 'countries = "all"', 'countries = ["XX"]', '"countries" holds "XX"', "expected one of AG, AR"),
    ("countries.toml", 'group = "SIDS"', 'group = "SIDs"', '"group" is "SIDs"', 'did you mean "SIDS"?'),
    ("countries.toml", 'code = "AR"', 'code = "AG"', 'the country "AG" stands twice', "each country once"),
    ("countries.toml", 'code = "AR"', 'code = "ARG"', '"code" is "ARG"', "an ISO 3166 alpha-2 code"),
    ("countries.toml", "tile = [4, 8]", "tile = [8, 1]", "the tile [8, 1] is taken by AG", "a column and row of its own"),
    ("countries.toml", "tile = [4, 8]", "tile = [4]", '"tile" is [4]', "a column and a row"),
    ("countries.toml", 'side = "CELAC"', 'side = "CELAK"', '"side" is "CELAK"', 'did you mean "CELAC"?'),
    ("countries.toml", ', nl = "Argentinië"', "", '"names" has no text in nl', "a text in each of en, es, pt, fr, zh, nl"),
    ("countries.toml", 'nl = "Argentinië"', 'nl = " "', '"nl" is empty', "a text"),
    ("programmes/cases/bridge.toml", 'country = "LC"', 'country = "LX"', '"country" is "LX"', "one of AG"),
    ("programmes/cases/bridge.toml", 'sphere = "society"', 'sphere = "societies"', '"sphere" is "societies"', 'did you mean "society"?'),
    ("programmes/cases/bridge.toml", 'role = "Secretary"', 'rol = "Secretary"', '"rol" is not known here', 'did you mean "role"?'),
    (
        "programmes/cases/bridge.toml",
        '["not_available"]',
        '["unavailable"]',
        '"reasons" holds "unavailable"',
        'did you mean "not_available"?',
    ),
    ("common.toml", 'marked = "answer"', 'marked = "anser"', '"marked" is "anser"', 'did you mean "answer"?'),
    ("common.toml", 'marked = "answer"', "marked = 1", '"marked" is 1', "true, false or one of document, answer"),
    # courses, channels and holders
    ("programmes/training.toml", 'key = "digital"\nseats', 'key = "digitl"\nseats', '"key" is "digitl"', 'did you mean "digital"?'),
    ("programmes/training.toml", "per_country = 10", "per_country = 161", '"per_country" is 161, more than the 160 seats', "160 at most"),
    ("programmes/training.toml", "2016 = [2017-01-02", "2026 = [2017-01-02", '"2026" is no year of the programme', "one of 2015, 2016"),
    (
        "programmes/training.toml",
        "2016 = [2017-01-02, 2017-01-14]",
        "2016 = [2017-01-02]",
        '"2016" is not two days',
        "[first day, last day]",
    ),
    (
        "programmes/training.toml",
        "2016 = [2017-01-02, 2017-01-14]",
        "2016 = [2017-01-02, 2016-01-14]",
        "ends on 2016-01-14, before it starts",
        "2017-01-02 or later",
    ),
    ("programmes/training.toml", 'key = "digital"\nseats', 'key = "health"\nseats', 'the course "health" stands twice', "once a year"),
    ("programmes/scholarship.toml", '"province", share', '"provinces", share', '"key" is "provinces"', 'did you mean "province"?'),
    ("programmes/scholarship.toml", "share = 0.25", "share = 25", '"share" is 25', "from 0 to 1"),
    ("programmes/scholarship.toml", "share = 0.25", "share = 0.25, places = 3", 'both "places" and "share"', "one of the two"),
    (
        "programmes/scholarship.toml",
        '  { key = "province", share = 0.25 },\n',
        "",
        '"channels" leaves out province',
        'every option of the question "channel"',
    ),
    ("programmes/masters.toml", "each = 12", "each = 12, countries = { PX = 3 }", '"PX" is no country of the plan', "alpha-2"),
    ("programmes/masters.toml", "each = 12", "each = 0", '"each" is 0', "1 or more"),
    ("programmes/masters.toml", "holders =", "holder =", '"holder" is not known here', 'did you mean "holders"?'),
    # figures and dates that do not fit together
    ("programmes/masters.toml", "2017 = 80", "2017 = 81", "the places per year sum to 401", "expected 400"),
    ("programmes/masters.toml", "base = 1", "base = 3", "33 countries of CELAC with 3 places each need 99 in 2015", "80 at most"),
    ("programmes/masters.toml", "maximum = 6", "maximum = 0", '"maximum" is 0', "1 or more"),
    ("programmes/masters.toml", "weight = 40", "weight = 41", "the weights of the criteria sum to 101", "expected 100"),
    (
        "programmes/masters.toml",
        "closes = 2015-04-30",
        "closes = 2015-01-14",
        '"closes" is 2015-01-14, not after "opens", 2015-01-15',
        "order",
    ),
    ("programmes/masters.toml", "opens = 2015-01-15", "opens = 2015-01-15T00:00:00Z", '"opens" has an offset', "without an offset"),
    ("programmes/masters.toml", "opens = 2015-01-15", 'opens = "15 January"', '"opens" is "15 January"', "such as 2016-02-28"),
    ("programmes/masters.toml", "year = 2016", "year = 2015", "the call of 2015 stands twice", "one call a year"),
    ("programmes/masters.toml", "year = 2016", "year = 2026", "2026 has a call but no places", "places for each year"),
    ("programmes/bridge.toml", "CN = 0.5", "CN = 0.6", "the shares sum to 1.1", "expected 1"),
    ("programmes/bridge.toml", "offer_days = 14", "offer_days = true", '"offer_days" is true', "a whole number from 1 to 90"),
    ("programmes/bridge.toml", 'code = "bridge"', 'code = "brigde"', '"code" is "brigde"', '"bridge", as the file is named'),
    ("programmes/bridge.toml", "max_megabytes = 5", "max_megabytes = 500", '"max_megabytes" is 500', "from 1 to 20"),
]
AT_ANOTHER_LINE = (
    "sum to",
    "need 99",
    "has a call but",
    "not a day",
    "not after",
    "names",
    "stands twice",
    "shares",
    "taken by",
    "leaves out",
    "more than the",
)


@pytest.mark.parametrize(("file", "old", "new", "problem", "hint"), SPOILED)
def test_an_error_names_its_file_its_line_and_what_was_expected(
    folder: Path, file: str, old: str, new: str, problem: str, hint: str
) -> None:
    line = spoil(folder, file, old, new)
    found = errors(folder)
    matching = [error for error in found if error.startswith(f"{file}:") and problem in error and hint in error]
    assert matching, found
    if problem and not any(words in matching[0] for words in AT_ANOTHER_LINE):
        assert any(error.startswith(f"{file}:{line}: ") for error in matching), (line, found)


def test_an_error_reads_as_one_sentence_of_text(folder: Path) -> None:
    line = spoil(folder, "programmes/bridge.toml", '"lapse"', '"laps"')
    assert errors(folder) == [
        f'programmes/bridge.toml:{line}: "unused" is "laps"; expected one of lapse, roll_over; did you mean "lapse"?',
    ]


def test_all_errors_come_at_once_by_file_and_line_and_nothing_is_loaded(folder: Path) -> None:
    spoil(folder, "plan.toml", 'version = "1"', "")
    spoil(folder, "programmes/bridge.toml", "offer_days = 14", "offer_days = 0")
    spoil(folder, "programmes/training.toml", "route = ", "rout = ")
    spoil(folder, "common.toml", 'kind = "phone"', 'kind = "fone"')
    report = check_folder(folder)
    assert not report.ok and report.plan is None
    files = [line.split(":")[0] for line in report.lines[:-1]]
    assert files == ["common.toml", "plan.toml", "programmes/bridge.toml", "programmes/training.toml", "programmes/training.toml"]
    assert report.lines[-1] == "5 errors in plan; nothing was loaded."


def test_a_file_that_is_no_toml_names_the_line_and_hides_no_other_error(folder: Path) -> None:
    line = spoil(folder, "programmes/masters.toml", "offer_days = 21", "offer_days = ")
    spoil(folder, "plan.toml", 'code = "', 'code = "Not A Code ')
    found = errors(folder)
    assert any(error.startswith(f"programmes/masters.toml:{line}: not TOML") for error in found)
    assert any(error.startswith("plan.toml:2: ") for error in found)


def test_a_rule_may_not_refer_to_a_question_that_the_programme_does_not_ask(folder: Path) -> None:
    spoil(folder, "programmes/bridge.toml", '"not_confirmed"]', '"not_confirmed", "not_in_post"]')
    found = errors(folder)
    assert len(found) == 1 and '"question" is "in_post"' in found[0], found
    assert found[0].startswith("common.toml:")


def test_a_period_ends_after_it_began(folder: Path) -> None:
    spoil(folder, "participation.toml", '"all"\nfrom = 2015-01-09', '"all"\nfrom = 2015-01-09\nto = 2014-01-01')
    found = errors(folder)
    assert len(found) == 1 and '"to" is 2014-01-01, before "from", 2015-01-09' in found[0], found


def test_periods_of_a_country_do_not_overlap(folder: Path) -> None:
    more = '\n[[participation]]\ncountries = ["PE"]\nprogrammes = ["bridge"]\nfrom = 2016-01-01\n'
    path = folder / "participation.toml"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert any("PE takes part in bridge since 2015-01-09 already" in error for error in errors(folder))
    path.write_text(path.read_text(encoding="utf-8").replace('programmes = "all"', 'programmes = "all"\nexcept = ["PE"]'), encoding="utf-8")
    plan = read(folder)
    assert isinstance(plan, Plan)
    assert [p.programme for p in plan.participation if p.country == "PE"] == ["bridge"]


def test_a_country_of_the_wrong_side_is_named(folder: Path) -> None:
    path = folder / "participation.toml"
    more = '\n[[participation]]\ncountries = ["CN"]\nprogrammes = ["training"]\nfrom = 2016-01-01\n'
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert any('CN is on a side that "training" is not for' in error for error in errors(folder))


def test_what_is_told_to_referees_of_one_kind_is_told_to_each(folder: Path) -> None:
    path = folder / "programmes/masters.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("guidance_of.academic")), encoding="utf-8")
    (found,) = errors(folder)
    assert '"guidance_of" says nothing to referees of the kind "academic"; expected guidance_of.academic, or none of them' in found

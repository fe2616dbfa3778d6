"""Every text exists in every language, says the same things, and renders with every event that it is for."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.notifications.domain.choose import TABLE, Row
from services.notifications.domain.render import (
    ABOUT_THE_READER,
    Reader,
    Rendered,
    Template,
    Terms,
    Told,
    Wording,
    as_mail,
    known_places,
    places,
    render,
)
from services.notifications.wording import FOLDER, read, wordings
from shared.events.applications import ProgrammePublished
from shared.events.schemas import EXAMPLES
from shared.kernel.cells import Cell
from shared.web.i18n import LANGUAGES

CELL = Cell("scholarship", "PE", 2016)
LINK = "https://puente.example.org/applications/018d"
APPLICANT = "Ximena Ñahui"
USED = {one.template for rows in TABLE.values() for row in rows for one in (row, row.also) if one and one.template} | {
    row.remind.template for rows in TABLE.values() for row in rows if row.remind
}


def terms() -> Terms:
    [path] = (EXAMPLES / "puente.programme.published.v1").glob("*.json")
    data = msgspec.json.decode(json.dumps(json.loads(path.read_text())["data"]), type=ProgrammePublished)
    return Terms(
        names=msgspec.structs.asdict(data.names),
        countries={country.code: msgspec.structs.asdict(country.names) for country in data.countries},
        reasons={code: msgspec.structs.asdict(names) for code, names in data.reasons.items()},
        rounds={2016: datetime(2016, 5, 31, 16, tzinfo=UTC)},
    )


def rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Template, event type and facts, for each row and reminder of the table, by the catalogue's examples."""
    for kind, table_rows in TABLE.items():
        for path in sorted((EXAMPLES / kind).glob("*.json")):
            data = json.loads(path.read_text())["data"]
            for row in [one for first in table_rows for one in (first, first.also) if one]:
                if row.template:
                    yield row.template, kind, _facts(row, data)
                if row.remind:
                    yield row.remind.template, kind, _facts(row, data)


def _facts(row: Row, data: dict[str, Any]) -> dict[str, Any]:
    return {name: [key.split(":")[0] for key in data[name]] if name == "lacking" else data[name] for name in row.tells}


def rendered(template: str, facts: dict[str, Any], language: str, timezone: str = "America/Lima", name: str = "") -> tuple[Rendered, str]:
    told, reader, wording = Told(template, CELL, facts, LINK), Reader(timezone, name, APPLICANT), wordings()[language]
    shown = render(told, reader, wording, terms())
    return shown, as_mail(shown, told, reader, wording)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_used_exists_and_every_text_is_used(language: str) -> None:
    assert set(wordings()[language].templates) == USED


WITHDRAWN = {
    "en": "counts as withdrawn",
    "es": "cuenta como retirada",
    "pt": "conta como retirada",
    "fr": "compte(ra)? comme retirée",
    "zh": "视为撤回",
    "nl": "geldt als ingetrokken",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_becomes_of_an_application_that_is_never_corrected_is_told_before_and_after_its_day(language: str) -> None:
    """When it is sent back, two days before its day, and when it has ended: the words of decision 31."""
    for name in ("application_returned", "reminder_correction", "correction_missed"):
        assert re.search(WITHDRAWN[language], wordings()[language].templates[name].body), (name, language)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_language_says_the_same_things_as_english(language: str) -> None:
    """The same places in each text, the same words under the same codes, and the same number of paragraphs."""
    english, other = wordings()["en"], wordings()[language]
    for name, template in english.templates.items():
        assert places(other.templates[name].body) == places(template.body), name
        assert places(other.templates[name].subject) == places(template.subject) == frozenset(), "a subject names nobody and nothing"
        assert other.templates[name].body.count("\n\n") == template.body.count("\n\n"), name
        assert other.templates[name].subject != template.subject, name
    assert {group: set(words) for group, words in other.words.items()} == {group: set(words) for group, words in english.words.items()}
    for group, words in english.words.items():
        for code, text in words.items():
            assert places(other.words[group][code]) == places(text), code


def test_every_place_that_a_text_may_use_is_used() -> None:
    assert known_places() == frozenset().union(*(places(template.body) for template in wordings()["en"].templates.values()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("template", "kind", "facts"), list(rows()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_text_renders_with_an_example_of_its_event(template: str, kind: str, facts: dict[str, Any], language: str) -> None:
    """No code, no brace and no id is left in it; the programme and the country are called by their names."""
    shown, mail = rendered(template, facts, language, name="Ana Núñez")
    assert terms().names[language] in shown.body
    assert terms().countries["PE"][language] in shown.body
    assert LINK in mail and "Ana Núñez" in mail and "Ana" not in shown.subject
    for text in (shown.subject, mail.replace(LINK, "")):
        assert not set(text) & {"{", "}"}
        assert not re.search(r"\b[a-z]+_[a-z_]+\b|None|[0-9a-f]{8}-", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_names_the_receipt_number_and_whom_to_ask_where_they_are_known(language: str) -> None:
    told, wording = Told("application_submitted", CELL, {}, LINK), wordings()[language]
    known = Reader(receipt="K7QF-2MXW-9D", focal_point=("focal-point.pe@example.org", "+51 1 555 0100"))
    with_both, with_none = (as_mail(render(told, one, wording, terms()), told, one, wording) for one in (known, Reader()))
    assert "K7QF-2MXW-9D\n" in with_both and with_both.endswith(
        f"focal-point.pe@example.org{'、' if language == 'zh' else ', '}+51 1 555 0100\n"
    )
    taken = Told("place_taken", CELL, {}, LINK)
    asked = Reader(papers=("Examen médico", "Visa"))
    assert "\n- Examen médico\n- Visa\n\n" in as_mail(render(taken, asked, wording, terms()), taken, asked, wording)
    assert "Visa" not in as_mail(render(told, asked, wording, terms()), told, asked, wording), (
        "only where a stage begins that asks for them"
    )
    to_correct = Told("application_returned", CELL, {"reasons": ["incomplete"], "correct_by": "2016-02-20"}, LINK)
    places_marked = Reader(marked=("Nombre completo", "Diploma"))
    corrected = as_mail(render(to_correct, places_marked, wording, terms()), to_correct, places_marked, wording)
    assert re.search(r"\n\n\S.+[:：]\n- Nombre completo\n- Diploma\n\n", corrected)
    assert "Diploma" not in as_mail(render(told, places_marked, wording, terms()), told, places_marked, wording), "and only there"
    sure, several = (Reader(course="Salud pública", choice=(1, most)) for most in (1, 3))
    offered = Told("place_offered", CELL, {"answer_by": "2016-02-24T16:30:00Z"}, LINK)
    one, of_three = (as_mail(render(offered, who, wording, terms()), offered, who, wording) for who in (sure, several))
    assert re.search("\n\n.+Salud pública\n\n", one)
    [said] = re.findall("\n\n(.+Salud pública.+)\n\n", of_three)
    assert "1" in said and "3" in said
    assert "Salud" not in as_mail(render(told, several, wording, terms()), told, several, wording), "nobody has approved it yet"
    assert wording.words["frame"]["receipt"].partition("{")[0] not in with_none and with_none.rstrip()[-1] in ".。"


def test_a_deadline_is_said_in_the_reader_s_zone_and_in_beijing_s() -> None:
    facts = {"answer_by": "2016-02-24T16:30:00Z"}
    assert "24 de febrero de 2016, 11:30 (Lima) / 25 de febrero de 2016, 00:30 (Pekín)" in rendered("place_offered", facts, "es")[0].body
    assert "利马时间2016年2月24日 11:30（北京时间2016年2月25日 00:30）" in rendered("place_offered", facts, "zh")[0].body
    once = rendered("place_offered", facts, "nl", "Asia/Shanghai")[0].body
    assert "25 februari 2016, 00:30 (Peking)." in once and "/" not in once
    assert "(UTC)" in rendered("place_offered", facts, "fr", "UTC")[0].body
    assert "(Buenos Aires)" in rendered("place_offered", facts, "pt", "America/Argentina/Buenos_Aires")[0].body


APPEAL = {"en": "you can appeal", "es": "recurrir", "pt": "recorrer", "fr": "contester", "zh": "申诉", "nl": "bezwaar maken"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_is_refused_is_told_that_they_can_appeal(language: str) -> None:
    for template, facts in (("application_rejected", {"reasons": [], "by_role": "officer"}), ("place_refused", {"reason": "list_full"})):
        assert APPEAL[language] in rendered(template, facts, language)[0].body


def test_a_zone_that_nobody_knows_is_taken_for_beijing_s() -> None:
    facts = {"answer_by": "2016-02-24T16:30:00Z"}
    for zone in ("", "Mars/Olympus", "../etc/passwd"):
        assert rendered("place_offered", facts, "en", zone)[0] == rendered("place_offered", facts, "en", "Asia/Shanghai")[0]


def test_a_reason_is_said_in_the_plan_s_words_then_in_ours_and_never_as_a_code() -> None:
    """A programme of a later plan may send a code that nobody knows here."""
    body = rendered("application_rejected", {"reasons": ["incomplete", "list_full", "who_knows"], "by_role": "officer"}, "en")[0].body
    assert f"- {terms().reasons['incomplete']['en']}\n- All places of your country in this year are given" in body
    assert "- A reason that is explained on your application’s page." in body
    assert "the programme’s administration" in rendered("application_rejected", {"reasons": [], "by_role": "x"}, "en")[0].body


@pytest.mark.parametrize(
    ("language", "person", "country"),
    [
        ("en", "You already hold", "Your country has"),
        ("es", "Usted ya tiene", "Su país ya"),
        ("pt", "Você já tem", "Seu país já"),
        ("fr", "Vous avez déjà", "Votre pays a déjà"),
        ("nl", "U hebt al", "Uw land heeft"),
        ("zh", "您已在", "贵国"),
    ],
)
def test_what_is_about_the_reader_is_said_to_the_reader_though_the_plan_has_words_for_all(language: str, person: str, country: str) -> None:
    for_all = {code: {language: "for everybody"} for code in (*ABOUT_THE_READER, "list_full")}

    def told(template: str, code: str) -> str:
        facts, reader = Told(template, CELL, {"reason": code}, LINK), Reader("America/Lima", "", APPLICANT)
        return render(facts, reader, wordings()[language], replace(terms(), reasons=for_all)).body

    assert f"- {person}" in told("place_refused", "person_holds_place")
    assert f"- {country}" in told("nomination_refused", "nomination_cap")
    for code in ABOUT_THE_READER:
        assert "for everybody" not in told("place_refused", code) and "该国" not in told("place_refused", code), code
    assert "for everybody" in told("place_refused", "list_full"), "the plan words what is about nobody"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_says_nothing_that_may_not_be_so(language: str) -> None:
    """A nomination is still to be checked; nobody is compared where places go by approval; whether there was a place is known."""
    unsure = "Good news|Buenas noticias|Boas notícias|Bonne nouvelle|Goed nieuws|好消息"
    compared = "compared|compara|comparé|vergeleken|比较"
    condition = "If a place|Si había|Se havia|Si une place|Als er een plaats|如果曾"
    for template, facts, words in (
        ("application_nominated", {}, unsure),
        ("application_submitted", {}, compared),
        ("application_withdrawn", {}, condition),
        ("application_withdrawn_by_staff", {"by_role": "officer"}, condition),
    ):
        assert not re.search(words, rendered(template, facts, language)[0].body), template


def test_the_date_of_a_round_is_told_where_it_is_known() -> None:
    assert "31 May" in rendered("place_waiting_round", {}, "en", "UTC")[0].body
    firsts = {"en": "1 June", "es": "1 de junio", "pt": "1º de junho", "fr": "1er juin", "zh": "6月1日", "nl": "1 juni"}
    assert [one for one, day in firsts.items() if day not in rendered("place_waiting_round", {}, one, "Asia/Shanghai")[0].body] == []
    told = Told("place_waiting_round", Cell("scholarship", "PE", 2017), {}, LINK)
    assert "still to be announced" in render(told, Reader(), wordings()["en"], terms()).body


def test_a_programme_or_country_without_a_name_here_is_still_called_something() -> None:
    told = Told("place_taken", Cell("bridge", "XX", 2018), {}, LINK)
    assert "“bridge” (XX, 2018)" in render(told, Reader(), wordings()["en"], Terms({})).body


def test_a_braced_name_is_text() -> None:
    """What a person is called never reaches into the text's places."""
    assert "{call}" in rendered("place_taken", {}, "en", name="{call}  {x}")[1]


def test_a_text_that_is_no_text_is_refused_with_its_file(tmp_path: Path) -> None:
    home = tmp_path / "en"
    home.mkdir()
    (home / "words.toml").write_text((FOLDER / "en" / "words.toml").read_text())
    (home / "broken.txt").write_text("Only a subject\n")
    with pytest.raises(ValueError, match=r"broken\.txt"):
        read(tmp_path, "en")


def test_a_place_without_its_fact_is_an_error_and_not_a_gap() -> None:
    wording = Wording("en", "en", {"x": Template("Subject", "Until {answer_by}")}, wordings()["en"].words)
    with pytest.raises(KeyError, match="answer_by"):
        render(Told("x", CELL, {}, LINK), Reader(), wording, terms())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_without_a_link_to_a_referee_says_nothing_of_a_link_nor_of_a_page(language: str) -> None:
    wording = wordings()[language]
    facts = {"applicant": "Ana Núñez"}
    feet = []
    for link in (LINK, ""):
        told = Told("referee_released", CELL, facts, link)
        feet.append(as_mail(render(told, Reader(), wording, terms()), told, Reader(), wording).rsplit("\n\n", 1)[1])
    assert feet[0] == wording.words["frame"]["referee_ask"] + "\n"
    assert feet[0].count(wording.words["frame"]["referee_ask_no_more"]) == 1, "nobody reads answers, in both"
    assert feet[1] == wording.words["frame"]["referee_ask_no_more"] + "\n"

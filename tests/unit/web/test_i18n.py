"""Texts come in the language of whoever asks; the catalogues are checked to the last word."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from shared.web import catalogues, formats
from shared.web.i18n import LANGUAGES, Texts, fill, in_language, negotiate, ngettext, speaking, translate

SHARED = Path(catalogues.__file__).parent
TEXTS = Texts.load(SHARED / "locale")


@pytest.mark.parametrize(
    ("query", "cookie", "identity", "accept", "expected"),
    [
        ("fr", "pt", "nl", "zh", "fr"),
        (None, "pt", "nl", "zh", "pt"),
        (None, None, "nl", "zh", "nl"),
        (None, None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, None, "de-DE,de;q=0.9,pt-BR;q=0.5,en;q=0.4", "pt"),
        (None, None, None, "en;q=0.3, fr;q=0.7", "fr"),
        (None, None, None, "fr;q=0, nl;q=0.1", "nl"),
        (None, None, None, "de, ja", "es"),
        (None, None, None, None, "es"),
        ("xx", "yy", "zz", "q=;;,,;q=x", "es"),
        ("FR", None, None, None, "es"),
        (None, None, None, "fr;q=1.2.3, en;q=0.2", "en"),
    ],
)
def test_the_language_asked_for_wins_then_the_cookie_the_account_the_browser_and_spanish(
    query: str | None, cookie: str | None, identity: str | None, accept: str | None, expected: str
) -> None:
    assert negotiate(query, cookie, identity, accept) == expected


def test_an_address_asks_for_one_language_at_most() -> None:
    query = "country=PE&lang=es&name=&lang=fr&switch=zh"
    assert in_language(query, "nl") == "country=PE&name=&switch=zh&lang=nl"
    assert in_language(query, "nl", without="switch") == "country=PE&name=&lang=nl"
    assert in_language(query, "") == "country=PE&name=&switch=zh"
    assert in_language("lang=es", "") == ""


def test_every_language_names_itself() -> None:
    assert LANGUAGES == {"es": "Español", "pt": "Português", "en": "English", "fr": "Français", "zh": "中文", "nl": "Nederlands"}


def test_a_text_is_spoken_in_the_language_of_the_moment() -> None:
    with speaking(TEXTS, "nl"):
        assert translate("Sign in") == "Aanmelden"
    with speaking(TEXTS, "en"):
        assert translate("Sign in") == "Sign in"
    assert TEXTS.gettext("fr", "a text that nobody translated") == "a text that nobody translated"


def test_plural_forms_are_each_language_s_own() -> None:
    said = {}
    for language in LANGUAGES:
        with speaking(TEXTS, language):
            said[language] = [ngettext("{n} day left", "{n} days left", n) for n in (0, 1, 2)]
    assert said["es"] == ["Quedan 0 días", "Queda 1 día", "Quedan 2 días"]
    assert said["fr"] == ["Il reste 0 jour", "Il reste 1 jour", "Il reste 2 jours"]
    assert said["zh"] == ["还剩0天", "还剩1天", "还剩2天"]
    assert said["en"] == ["0 days left", "1 day left", "2 days left"]


def test_filling_in_escapes_what_people_typed_as_soon_as_markup_is_there() -> None:
    assert fill("50% of {all}", {}) == "50% of {all}"
    assert fill("Hello {name}", {"name": "<b>"}) == "Hello <b>"
    assert fill("Hello %(name)s", {"name": "Ana"}) == "Hello Ana"
    both = fill("<i> {link} {name}", {"link": Markup("<a>here</a>"), "name": "<script>"})
    assert both == "&lt;i&gt; <a>here</a> &lt;script&gt;"


def test_a_deadline_is_said_in_the_reader_s_zone_and_in_beijing_s() -> None:
    moment = datetime(2016, 3, 31, 23, 59, 59, tzinfo=UTC)
    with speaking(TEXTS, "fr"):
        assert formats.format_datetime(moment, "America/Lima") == "31 mars 2016, 18:59\u00a0(Lima)"
        assert formats.format_datetime(moment, formats.BEIJING) == "1er avr. 2016, 07:59\u00a0(Pékin)"
        assert formats.format_datetime(moment, "America/Mexico_City") == "31 mars 2016, 17:59\u00a0(Mexico)"
    with speaking(TEXTS, "en"):
        assert formats.format_datetime(moment, "America/Port_of_Spain") == "31 Mar 2016, 19:59\u00a0(Port of Spain)"
        assert formats.zone_name("America/Argentina/Buenos_Aires") == "Buenos Aires", "the city alone, as people call it"
        assert formats.format_date(moment) == "31 March 2016"
    with speaking(TEXTS, "zh"):
        assert formats.format_date(moment) == "2016年3月31日"
        assert formats.format_datetime(moment, formats.BEIJING) == "2016年4月1日 07:59（北京）"
        assert formats.zone_name("America/Argentina/Buenos_Aires") == "布宜诺斯艾利斯", "CLDR has it under an earlier name"


def test_a_day_alone_says_whose_day_it_is() -> None:
    moment = datetime(2016, 4, 14, 16, tzinfo=UTC)
    said = {}
    for language in LANGUAGES:
        with speaking(TEXTS, language):
            said[language] = formats.format_day_in(moment, formats.BEIJING)
            assert formats.format_day_in(date(2016, 4, 15), formats.BEIJING) == said[language], "a day is that zone's own already"
    assert said == {
        "en": "15 April 2016 (Beijing time)",
        "es": "15 de abril de 2016 (hora de Pekín)",
        "pt": "15 de abril de 2016 (horário de Pequim)",
        "fr": "15 avril 2016 (heure de Pékin)",
        "zh": "北京时间2016年4月15日",
        "nl": "15 april 2016 (tijd van Peking)",
    }


def test_what_is_left_is_said_in_days_then_in_hours_and_then_not_at_all() -> None:
    now = datetime(2016, 3, 1, tzinfo=UTC)
    with speaking(TEXTS, "en"):
        spans = (timedelta(days=12, hours=5), timedelta(days=1), timedelta(hours=23), timedelta(minutes=5), timedelta())
        assert [formats.time_left(now + span, now) for span in spans] == ["12 days left", "1 day left", "23 hours left", "1 hour left", ""]


def test_a_countdown_says_the_two_units_that_matter_and_never_more_than_is_left() -> None:
    now = datetime(2016, 3, 1, tzinfo=UTC)

    def said(language: str, **span: float) -> str:
        with speaking(TEXTS, language):
            return formats.countdown(now + timedelta(**span), now).replace("\u00a0", " ")

    assert said("en", days=3, hours=4, minutes=59) == "3 days and 4 hours"
    assert said("en", days=1, minutes=59) == "1 day"
    assert said("en", hours=23, minutes=59, seconds=59) == "23 hours and 59 minutes"
    assert said("en", hours=1, minutes=1) == "1 hour and 1 minute"
    assert said("en", minutes=5) == "5 minutes"
    assert said("en", seconds=59) == said("en") == "less than a minute", "the deadline itself is inside"
    assert said("en", seconds=-0.001) == ""
    assert {language: (said(language, days=1, hours=1), said(language, days=2, hours=2)) for language in LANGUAGES if language != "en"} == {
        "es": ("1 día y 1 hora", "2 días y 2 horas"),
        "pt": ("1 dia e 1 hora", "2 dias e 2 horas"),
        "fr": ("1 jour et 1 heure", "2 jours et 2 heures"),
        "zh": ("1天1小时", "2天2小时"),
        "nl": ("1 dag en 1 uur", "2 dagen en 2 uur"),
    }


def test_names_stand_where_their_readers_look_for_them() -> None:
    with speaking(TEXTS, "es"):
        assert sorted(("Uruguay", "Ávila", "brasil", "Belice"), key=formats.sort_key) == ["Ávila", "Belice", "brasil", "Uruguay"]
    with speaking(TEXTS, "zh"):
        by_sound = ["阿根廷", "巴西", "玻利维亚", "厄瓜多尔", "古巴", "海地", "秘鲁", "墨西哥", "乌拉圭", "智利"]
        assert sorted(sorted(by_sound), key=formats.sort_key) == by_sound


def test_words_in_a_row_are_separated_as_the_language_does_it() -> None:
    with speaking(TEXTS, "fr"):
        assert (formats.listed(["a", "b"]), formats.listed(["a, c", "b"], apart=True)) == ("a, b", "a, c\u00a0; b")
    with speaking(TEXTS, "zh"):
        assert (formats.listed(["甲", "乙"]), formats.listed(["甲", "乙"], apart=True)) == ("甲、乙", "甲；乙")


def test_an_address_may_go_on_in_the_next_line_at_its_joints_and_nothing_in_it_is_markup() -> None:
    assert formats.with_joints("ana.b@example.org") == "ana<wbr>.b<wbr>@example<wbr>.org"
    assert formats.with_joints("<b>@x") == "&lt;b&gt;<wbr>@x"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    with speaking(TEXTS, "pt"):
        assert formats.format_number(6000) == "6.000"
    with speaking(TEXTS, "en"):
        assert (formats.format_number(6000), formats.format_percent(0.4)) == ("6,000", "40%")
        shares = 0.0, 3 / 6000, 0.0149, 5999 / 6000, 1.0
        assert [formats.format_percent(one) for one in shares] == ["0%", "0.05%", "1%", "99.98%", "100%"], "something is not nothing"


def test_the_shared_texts_are_there_in_every_language() -> None:
    assert catalogues.check_catalogues([SHARED]) == []


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    (folder / "templates").mkdir(parents=True)
    (folder / "pages.py").write_text(
        '_ = N_ = ngettext = None\n_("Give the place")\nN_("Sign in")\nngettext("{n} place", "{n} places", 2)\n'
    )
    (folder / "templates" / "a.html").write_text('<p>{{ _("Hello {name}", name=name) }}</p>')
    return folder


def test_a_missing_text_an_unused_one_and_a_wrong_field_are_found(service: Path) -> None:
    catalogues.update(service)
    path = service / "locale" / "fr.po"
    assert "Sign in" not in path.read_text(), "the shared catalogue has it"
    text = path.read_text().replace('msgid "Hello {name}"\nmsgstr ""', 'msgid "Hello {name}"\nmsgstr "Bonjour {nom}"')
    path.write_text(text + '\n#: pages.py\nmsgid "Gone"\nmsgstr "Parti"\n')
    problems = [line for line in catalogues.check_catalogues([service]) if "fr.po" in line]
    assert problems == [
        "service/locale/fr.po: 'Give the place' (pages.py) has no translation",
        "service/locale/fr.po: '{n} place' (pages.py) has no translation",
        "service/locale/fr.po: 'Hello {name}' and its translation fill in different fields",
        "service/locale/fr.po: 'Gone' is used nowhere",
    ]


def test_what_a_translation_platform_needs_is_there(service: Path) -> None:
    catalogues.update(service)
    path = service / "locale" / "zh.po"
    text = path.read_text()
    assert "nplurals=1" in text
    path.write_text(text.replace("nplurals=1; plural=0;", "nplurals=2; plural=(n != 1);").replace("#: templates/a.html\n", ""))
    problems = [line for line in catalogues.check_catalogues([service]) if "zh.po" in line]
    assert problems[:2] == [
        "service/locale/zh.po: the header must be as `puente texts update` writes it",
        "service/locale/zh.po: 'Hello {name}' does not say where it is used",
    ]


def test_an_update_keeps_what_translators_wrote_and_changes_nothing_when_repeated(service: Path) -> None:
    catalogues.update(service)
    path = service / "locale" / "nl.po"
    path.write_text(path.read_text().replace('msgid "Give the place"\nmsgstr ""', 'msgid "Give the place"\nmsgstr "Geef de plaats"'))
    (service / "more.py").write_text('_ = None\n_("A new one")\n')
    catalogues.update(service)
    assert 'msgstr "Geef de plaats"' in path.read_text()
    assert 'msgid "A new one"\nmsgstr ""' in path.read_text()
    assert catalogues.update(service) == []

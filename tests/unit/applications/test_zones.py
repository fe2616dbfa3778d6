"""In which zone moments are shown to whom, and the zones to choose from: a person's, and a country's, in whatever language they read."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.applications.accounts import zones
from services.applications.accounts.tables import Account
from services.applications.folder import zone_with
from services.applications.pages.kit import clock_time
from services.applications.pages.words import file_words
from shared.web.formats import sort_key, zone_name
from shared.web.i18n import Texts, speaking
from tests.conftest import ROOT


def an_account(role: str, country: str | None, timezone: str = "UTC", *, chosen: bool = False) -> Account:
    return Account(
        id=UUID(int=1),
        email="a@b.pe",
        role=role,
        country=country,
        language="es",
        timezone=timezone,
        zone_chosen=chosen,
        name="",
        created_at=datetime(2016, 1, 20, tzinfo=UTC),
    )


@pytest.mark.parametrize("language", ["es", "en", "zh"])
def test_who_works_for_a_country_reads_its_time_in_whatever_language(language: str) -> None:
    with speaking(Texts(), language):
        assert zone_with(an_account("coordinator", "PE")) == "America/Lima"
        assert zone_with(an_account("coordinator", "PE", "Europe/Paris")) == "Europe/Paris"
        assert zone_with(an_account("applicant", None), "CL") == "America/Santiago"
        assert zone_with(an_account("officer", None)) == "Asia/Shanghai"
        assert zone_with(an_account("officer", None, chosen=True)) == "UTC", "on purpose"
        assert zone_with(None) == zone_with(an_account("applicant", None)) == "UTC", "a language is spoken in many zones"


def test_the_account_shows_the_zone_that_its_pages_use() -> None:
    assert zones.of_account(an_account("coordinator", "PE")) == "America/Lima"
    assert zones.of_account(an_account("coordinator", "PE", "Europe/Paris")) == "Europe/Paris"
    assert zones.of_account(an_account("officer", None)) == "Asia/Shanghai"
    assert zones.of_account(an_account("officer", None, "Europe/Paris")) == "Europe/Paris"
    assert zones.of_account(an_account("applicant", None)) == "", "none is chosen"
    assert zones.of_account(an_account("coordinator", "PE", chosen=True)) == "UTC", "on purpose"


@pytest.mark.parametrize("language", ["es", "zh", "en"])
def test_the_zones_stand_in_the_order_of_the_names_that_are_read(language: str) -> None:
    zones._offered.cache_clear()  # another test may have asked in words of its own
    with speaking(Texts.load(ROOT / "shared" / "web" / "locale"), language):
        found = zones.offered()
        names = [sort_key(zone_name(zone)) for zone in found[1:]]
        assert found[0] == "UTC" and names == sorted(names)
        spelt = [name for name in map(zone_name, found[1:]) if name.isascii()]
        assert spelt == [] or language != "zh", "each has a name in Chinese"


def test_what_stands_in_brackets_stands_in_those_of_the_language() -> None:
    now, sent = datetime(2016, 1, 20, 15, tzinfo=UTC), datetime(2016, 1, 19, 15, tzinfo=UTC)
    texts = Texts.load(ROOT / "shared" / "web" / "locale", ROOT / "services" / "applications" / "locale")
    with speaking(texts, "es"):
        assert zones.label("America/Lima", now) == "Lima (UTC-05:00)" and file_words("título.pdf", 2048) == "título.pdf (2 kB)"
        assert clock_time(sent, "America/Lima", now) == "10:00 (19 ene 2016)" and clock_time(now, "America/Lima", now) == "10:00"
    with speaking(texts, "zh"):
        assert zones.label("America/Lima", now) == "利马（UTC-05:00）" and file_words("学历.pdf", 2048) == "学历.pdf（2 kB）"
        assert clock_time(sent, "America/Lima", now) == "10:00（2016年1月19日）"

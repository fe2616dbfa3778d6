"""Courses and ways of applying are called by their names; by their codes too only where two of them have one name."""

from services.quotas.lookups import told_apart
from shared.events.applications import Names

HEALTH = Names(en="Public health", es="Salud pública", pt="Saúde pública", fr="Santé publique", zh="公共卫生", nl="Volksgezondheid")
AGAIN = Names(en="Public health", es="Salud de todos", pt="Saúde de todos", fr="Santé de tous", zh="公共卫生", nl="Gezondheid")


def test_a_code_stands_beside_a_name_that_two_have() -> None:
    assert told_apart({"health": HEALTH}, "health") == HEALTH and told_apart({"health": HEALTH}, "law") is None
    found = told_apart({"health": HEALTH, "again": AGAIN}, "health")
    assert found is not None
    assert (found.en, found.es, found.zh) == ("Public health (health)", "Salud pública", "公共卫生（health）")

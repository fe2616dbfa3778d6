"""What is said of how a call's places are given: before its day, after it, and once nothing is given any more."""

from datetime import timedelta

from services.applications.pages.giving import CLOSED, giving
from tests.integration.applications.people import the_plan


def test_once_the_list_is_closed_nobody_is_promised_a_place() -> None:
    scholarship = the_plan().programme("scholarship")
    call = scholarship.call(2016) if scholarship else None
    assert call is not None and call.grants_from is not None
    second = timedelta(seconds=1)
    assert giving(call, call.grants_from - second).endswith("nobody is on a waiting list.")
    assert "gets a free place at once" in giving(call, call.list_closes)
    assert giving(call, call.list_closes + second) == CLOSED

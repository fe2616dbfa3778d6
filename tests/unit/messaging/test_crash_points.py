"""Crash points do nothing by themselves, and cannot be made to in a real installation."""

import re
from collections.abc import Iterator

import pytest

from shared.kernel import crash_points
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    """Whatever a test arms ends with it."""
    yield
    crash_points._hurt = None


async def test_an_armed_process_is_told_of_each_point_and_a_disarmed_one_of_none() -> None:
    told: list[str] = []

    async def hear(point: str) -> None:
        told.append(point)

    await crash_points.reach("relay.read")
    crash_points.arm(hear)
    await crash_points.reach("relay.sent")
    crash_points.arm(None)
    await crash_points.reach("relay.marked")
    assert told == ["relay.sent"]


@pytest.mark.parametrize("said", ["true", "1", "YES", " on "])
async def test_a_real_installation_cannot_be_armed(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    async def never(point: str) -> None:
        raise AssertionError(point)

    monkeypatch.setenv("PUENTE_PRODUCTION", said)
    with pytest.raises(crash_points.Refused, match="PUENTE_PRODUCTION"):
        crash_points.arm(never)
    await crash_points.reach("batch.fetched")


def test_nothing_that_we_ship_arms_and_every_point_that_it_passes_has_its_name() -> None:
    passed: set[str] = set()
    for path in [*ROOT.glob("shared/**/*.py"), *ROOT.glob("services/**/*.py")]:
        code = path.read_text()
        if path.name != "crash_points.py":
            assert not re.search(r"crash_points\.arm|import .*\barm\b", code), path
            passed |= set(re.findall(r'await reach\(f?"([^"]+)"\)', code))
    named = {point if not point.startswith("{of}.") else f"{of}.{point[5:]}" for point in passed for of in ("batch", "request")}
    assert named - {"request.commit_sent"} == set(crash_points.POINTS)

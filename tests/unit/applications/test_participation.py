"""Forms close and open by the same days by which quotas gives places: two ways to say it, held together."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain import participation as here
from services.quotas.domain import participation as there
from services.quotas.domain.terms import Period

FIRST = date(2016, 1, 1)
DAYS = st.integers(0, 12).map(lambda days: FIRST + timedelta(days=days))
PARTS = st.frozensets(st.sampled_from(("solar", "wind", "master")), max_size=2)


@st.composite
def changes(draw: st.DrawFn) -> list[there.Change]:
    made = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(DAYS)
        end = draw(st.none() | st.integers(0, 5).map(lambda days, start=start: start + timedelta(days=days)))  # type: ignore[misc]
        made.append(there.Change("PE", draw(st.booleans()), start, end, draw(PARTS)))
    return made


@given(st.none() | DAYS, PARTS, changes(), DAYS, PARTS, st.sampled_from((None, "solar", "wind")))
def test_a_form_is_open_on_the_days_on_which_quotas_gives_places(
    end: date | None, named: frozenset[str], adopted: list[there.Change], day: date, parts: frozenset[str], course: str | None
) -> None:
    plan = [Period(FIRST, end, named)]
    shares = here.shares_on(day, plan, [here.Change(one.country, one.takes_part, one.start, one.end, one.parts) for one in adopted])
    periods = there.in_force(plan, adopted)
    assert bool(shares) == any(one.covers(day, one.parts) for one in periods)
    asked = sorted(parts)
    assert any(one.covers(asked, course) for one in shares) == any(one.covers(day, asked, course) for one in periods)

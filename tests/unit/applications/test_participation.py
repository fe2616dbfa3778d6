"""Forms close and open by the same days by which quotas gives places: two ways to say it, held together."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain import participation as here
from services.applications.plan.model import Call
from services.quotas.domain import participation as there
from services.quotas.domain.terms import Period
from services.quotas.store.terms import terms_of
from shared.events.applications import Participation
from tests.integration.quotas.scene import programme

FIRST = date(2016, 1, 1)
DAYS = st.integers(0, 12).map(lambda days: FIRST + timedelta(days=days))
MOMENTS = st.integers(0, 13 * 24).map(lambda hours: datetime(2016, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
ZONES = ("Asia/Shanghai", "America/Lima", "UTC", "Pacific/Kiritimati")
PARTS = st.frozensets(st.sampled_from(("solar", "wind", "master")), max_size=2)


@st.composite
def changes(draw: st.DrawFn) -> list[there.Change]:
    made = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(DAYS)
        end = draw(st.none() | st.integers(0, 5).map(lambda days, start=start: start + timedelta(days=days)))  # type: ignore[misc]
        made.append(there.Change("PE", draw(st.booleans()), start, end, draw(PARTS)))
    return made


@given(
    st.none() | DAYS, PARTS, changes(), MOMENTS, st.sampled_from(ZONES), PARTS, st.sampled_from((None, "solar", "wind"))
)  # fmt: skip
def test_a_form_is_open_at_the_moments_at_which_quotas_gives_places(
    end: date | None, named: frozenset[str], adopted: list[there.Change], at: datetime, zone: str, parts: frozenset[str], course: str | None
) -> None:
    """Each service reckons the day by itself, from the zone of the call."""
    data = programme(participation=[Participation(country="PE", start=FIRST, end=end, parts=sorted(named))])
    calls = [msgspec.structs.replace(call, timezone=zone) for call in data.calls]
    terms = terms_of(msgspec.structs.replace(data, calls=calls), adopted)
    call = Call(**{name: getattr(calls[0], name) for name in Call.__struct_fields__})
    plan = [Period(FIRST, end, named)]
    ours = [here.Change(one.country, one.takes_part, one.start, one.end, one.parts) for one in adopted]
    shares, day = here.shares_on(call.day(at), plan, ours), terms.day(2016, at)
    assert bool(shares) == terms.takes_part_at_all("PE", day)
    asked = sorted(parts)
    assert any(one.covers(asked, course) for one in shares) == terms.takes_part("PE", day, asked, course)

"""Weeks made of days, and charts made of numbers: what is drawn stands inside its box and has the size of its number."""

from datetime import date

import pytest

from services.quotas.pages.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Column, draw, nice
from services.quotas.pages.trend import WEEKS_MAX, monday, weeks, weeks_chart, years_chart
from services.quotas.summaries import Figures
from services.quotas.tally import DayRow

MONDAY = date(2016, 4, 11)


def test_days_become_weeks_and_quiet_weeks_are_there_too() -> None:
    days = [
        DayRow(date(2016, 4, 17), "offered", 30),  # a Sunday
        DayRow(date(2016, 4, 12), "offered", 6),
        DayRow(date(2016, 5, 2), "released", 4),
        DayRow(date(2016, 5, 3), "taken", 20),
        DayRow(date(2016, 5, 3), "offered", 1),
    ]
    found = weeks(days)
    assert [(week.start, week.offered, week.taken, week.returned, week.held) for week in found] == [
        (MONDAY, 36, 0, 0, 36),
        (date(2016, 4, 18), 0, 0, 0, 36),
        (date(2016, 4, 25), 0, 0, 0, 36),
        (date(2016, 5, 2), 1, 20, 4, 33),
    ]
    assert weeks([]) == []


def test_only_so_many_weeks_are_shown_and_what_came_before_stays_held() -> None:
    found = weeks([DayRow(date(2014, 1, 6), "offered", 9), DayRow(date(2016, 1, 4), "offered", 1)])
    assert len(found) == WEEKS_MAX
    assert (found[0].held, found[-1].held) == (9, 10)


def test_a_week_begins_on_its_monday() -> None:
    assert {monday(date(2016, 4, day)) for day in range(11, 18)} == {MONDAY}


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (7, 8), (33, 40), (100, 100), (101, 120), (1200, 1200), (1201, 1600), (99_999, 100_000)]
)
def test_the_scale_ends_at_a_round_even_number_above_everything(most: int, top: int) -> None:
    assert nice(most) == top


def test_bars_stand_on_each_other_and_have_the_height_of_their_number() -> None:
    chart = draw([Column("2016", [(1, 30, ""), (2, 10, ""), (0, 60, "")], goal=80)])
    whole = HEIGHT - BOTTOM - TOP
    assert [round(bar.height / whole, 2) for bar in chart.bars] == [0.3, 0.1, 0.6]
    assert [bar.y + bar.height for bar in chart.bars] == pytest.approx([HEIGHT - BOTTOM, chart.bars[0].y, chart.bars[1].y], abs=0.2)
    (goal,) = chart.goals
    assert goal[2] == pytest.approx(TOP + whole * 0.2, abs=0.1)
    assert [word.text for word in chart.grid] == ["0", "50", "100"]


def test_nothing_leaves_the_box_and_labels_do_not_crowd() -> None:
    found = weeks([DayRow(date(2015, 1, 5), "offered", 40), DayRow(date(2015, 12, 21), "released", 39)])
    chart = weeks_chart(found, 1200)
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH and TOP - 0.1 <= bar.y <= HEIGHT - BOTTOM for bar in chart.bars)
    points = [tuple(map(float, point.split(","))) for point in chart.line.split()]
    assert len(points) == len(found) and all(LEFT <= x <= WIDTH and TOP - 0.1 <= y <= HEIGHT - BOTTOM for x, y in points)
    assert 5 <= len(chart.labels) <= 11 and any(word.faint for word in chart.labels)


def test_a_year_in_which_nothing_was_given_has_only_what_is_free() -> None:
    chart = years_chart([(2015, 80, Figures(allotted=80, free=80)), (2016, 80, Figures())])
    assert [(bar.series, bar.title) for bar in chart.bars] == [(0, "2015: 80 free")]
    assert len(chart.goals) == 2

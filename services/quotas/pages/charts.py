"""Charts as plain shapes: where each bar, line and word stands in a box of fixed size. The template draws them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.web.formats import format_number

WIDTH: Final = 640.0
HEIGHT: Final = 240.0
LEFT: Final = 74.0
BOTTOM: Final = 30.0
TOP: Final = 14.0
LABELS_MAX: Final = 11


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a series (1, 2, ...) with what it says where a pointer rests on it."""

    series: int
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Word:
    x: float
    y: float
    text: str
    faint: bool = False
    """On a small screen only every other one is shown."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole chart. `grid` and `goal` are heights of lines across; `line` is the `points` of a polyline."""

    bars: tuple[Bar, ...]
    line: str
    grid: tuple[Word, ...]
    labels: tuple[Word, ...]
    goals: tuple[tuple[float, float, float], ...] = field(default=())
    """Lines from x to x at y: what was pledged."""
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT


@dataclass(frozen=True, slots=True)
class Column:
    """One place on the horizontal axis: numbers on top of each other, each with its words; a goal across it; a point of the line."""

    label: str
    stack: Sequence[tuple[int, int, str]]
    """Series, number, words."""
    goal: int | None = None
    point: int | None = None


def draw(columns: Sequence[Column], *, goal: int | None = None) -> Chart:
    """Columns beside each other on one scale from 0; `goal` is a line across all of them."""
    tops = [sum(number for _series, number, _title in one.stack) for one in columns]
    points = [one.point for one in columns if one.point is not None]
    goals = [one.goal for one in columns if one.goal is not None]
    top = nice(max([*tops, *points, *goals, goal or 0, 1]))
    step = (WIDTH - LEFT) / max(1, len(columns))
    bars: list[Bar] = []
    for place, one in enumerate(columns):
        base = 0
        for series, number, title in one.stack:
            if number:
                high = _y(base + number, top)
                bars.append(Bar(series, _r(LEFT + step * (place + 0.14)), high, _r(step * 0.72), _r(_y(base, top) - high), title))
            base += number
    line = " ".join(f"{_r(LEFT + step * (n + 0.5))},{_y(one.point, top)}" for n, one in enumerate(columns) if one.point is not None)
    across = [(_r(LEFT + step * n), _r(LEFT + step * (n + 1)), _y(one.goal, top)) for n, one in enumerate(columns) if one.goal is not None]
    if goal is not None:
        across.append((LEFT, WIDTH, _y(goal, top)))
    every = -(-len(columns) // LABELS_MAX)
    labels = [
        Word(_r(LEFT + step * (n + 0.5)), HEIGHT - 8, one.label, faint=(n // every) % 2 == 1)
        for n, one in enumerate(columns)
        if n % every == 0
    ]
    grid = tuple(Word(LEFT - 8, _y(value, top), format_number(value)) for value in (0, top // 2, top))
    return Chart(tuple(bars), line, grid, tuple(labels), tuple(across))


def nice(most: int) -> int:
    """The even number, at least `most`, of one or two leading digits that ends the scale."""
    size = 1
    while size * 100 < most:
        size *= 10
    for step in (2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100):
        if step * size >= most:
            return step * size
    return 100 * size


def _y(value: int, top: int) -> float:
    return _r(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top)


def _r(number: float) -> float:
    return round(number, 1)

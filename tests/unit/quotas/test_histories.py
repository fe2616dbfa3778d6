"""Random histories of every command: the core comes to what the plain model comes to, as a batch and one by one, on sound books."""

import os
import random
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from services.quotas.domain.decide import DECISIONS
from tests.conftest import ROOT
from tests.unit.quotas.compared import Compared, Step, smallest, to_keep
from tests.unit.quotas.exports import exported_of, lines_of
from tests.unit.quotas.histories import KINDS, SCORES, STEPS, YES_NO, Histories, first_that_fails, live
from tests.unit.quotas.shelf import Shelf, terms

EXAMPLES = 2_000
HISTORIES = int(os.environ.get("PUENTE_TEST_HISTORIES", "8000"))
SHARE = 500
KEPT = Path(__file__).with_name("failed_once")
AT_ONCE = 3
"""So many acts are one step for Hypothesis, whose share of a step does not grow with them."""
NUMBERS = st.sampled_from(range(2**48))


class Drawn(RuleBasedStateMachine):
    """A history of which Hypothesis draws the acts, and makes shorter what fails. A few acts and all that is drawn for them follow from
    one number, as dice that are seeded by it fall: each draw costs Hypothesis more than a command costs us, and what it draws is small
    more often than not, so that parts of the number itself would be drawn unfairly. What fails is made smaller act by act by `to_keep`.
    """

    failed: ClassVar[Sequence[Step]] = ()
    """What had happened in the history that failed last."""

    def __init__(self) -> None:
        super().__init__()
        self.history, self.acts = Histories(), KINDS
        self.drawn: list[dict[str, Any]] = []

    @initialize(number=NUMBERS)
    def some_acts_never_happen(self, number: int) -> None:
        """Half of them, more or less: what is rare among all is frequent among few."""
        dice = random.Random(number)
        self.acts = [one for one in KINDS if dice.choice(YES_NO)] or KINDS

    @rule(number=NUMBERS)
    def something_happens(self, number: int) -> None:
        dice = random.Random(number)
        with self.failing_is_kept():
            for _ in range(AT_ONCE):
                happens, choices, _about_somebody = dice.choice([one for one in self.acts if self.history.known or not one[2]] or KINDS[:1])
                values = {name: dice.choice(among) for name, among in choices.items()}
                note(f"{happens.__name__}: {values}")
                self.drawn.append(values)
                happens(self.history, **values)
                self.history.look()

    def teardown(self) -> None:
        with self.failing_is_kept():
            self.history.end()

    @contextmanager
    def failing_is_kept(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            Drawn.failed = self.history.books.past
            raise


@pytest.mark.long(45)
def test_random_histories_come_to_what_the_plain_model_comes_to() -> None:
    """At least 2,000 histories, as different as fair dice make them; PUENTE_TEST_SEED repeats a run."""
    number = int(os.environ.get("PUENTE_TEST_SEED") or secrets.randbits(32))
    print(f"PUENTE_TEST_SEED={number}")
    drawn: Counter[tuple[str, Any]] = Counter()
    batches: Counter[int] = Counter()

    class Counted(Drawn):
        def teardown(self) -> None:
            super().teardown()
            drawn.update(one for values in self.drawn for one in values.items())
            batches.update(len(step.commands) for step in self.history.books.past if step.commands)

    try:
        run_state_machine_as_test(
            seed(number)(Counted),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS // AT_ONCE + 1,
                database=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    except Exception as error:
        error.add_note(f"keep these lines as a file in {KEPT.relative_to(ROOT)}\n{to_keep(Drawn.failed)}")
        raise
    the_dice_were_fair(drawn, batches)


def the_dice_were_fair(drawn: Counter[tuple[str, Any]], batches: Counter[int]) -> None:
    """Wide enough for any run: Hypothesis draws many a number again and again, so that shares stray further than those of dice do."""

    def share(name: str, value: object) -> float:
        return drawn[name, value] / sum(times for (one, _value), times in drawn.items() if one == name)

    shares = {"nominate": share("nominate", True), "wait": share("wait", True)}
    assert all(0.35 < one < 0.65 for one in shares.values()), shares
    scores = {score: share("score", score) for score in SCORES}
    assert all(0.15 < one < 0.4 for one in scores.values()), scores
    six = sum(times for size, times in batches.items() if size >= 6) / batches.total()
    assert six > 0.015, f"batches of six or more: {six:.2%}"


@pytest.mark.parametrize("file", sorted(KEPT.glob("*.jsonl")), ids=lambda file: file.stem)
def test_a_history_that_failed_once(file: Path) -> None:
    """What was done is kept, not how it was drawn: an act that is added to `ACTS` changes none of them."""
    Compared().again([msgspec.json.decode(line, type=Step) for line in file.read_bytes().splitlines()])


def test_what_a_history_did_can_be_done_again_and_made_smaller() -> None:
    """The steps that are kept come to the same decisions; and of a history that fails only what it fails by is kept."""
    history = Histories()
    live(7, history)
    again = Compared()
    again.again(msgspec.json.decode(msgspec.json.encode(history.books.past), type=list[Step]))
    assert [one.hash for one in again.batches.decisions] == [one.hash for one in history.books.batches.decisions] != []
    needed = [step for step in history.books.past if step.commands][3]
    assert smallest(history.books.past, lambda steps: needed.commands[0] in [act for step in steps for act in step.commands]) == [
        msgspec.structs.replace(needed, commands=needed.commands[:1])
    ]


def test_books_that_write_their_programmes_in_another_order_are_told_apart() -> None:
    """What is compared at a history's end in place of two exports."""
    one, other = Shelf(terms(), terms("scholarship")), Shelf(terms("scholarship"), terms())
    assert lines_of(one) != lines_of(other) and exported_of(one) != exported_of(other)


def test_every_command_happens_in_histories() -> None:
    """Where a command is added, an act of a history has to be added for it."""
    seen: set[str] = set()
    for number in range(200):
        history = Histories()
        live(number, history)
        seen.update(type(command).__name__ for command in history.books.done)
        if seen == {kind.__name__ for kind in DECISIONS}:
            return
    pytest.fail(f"never happened: {sorted({kind.__name__ for kind in DECISIONS} - seen)}")


@pytest.mark.long(100)
@pytest.mark.timeout(24 * 3600)
def test_many_random_histories() -> None:
    """With the 2,000 above 10,000 in the ordinary run, on all cores; `make soak` lives through 1,000,000. What fails is kept as a file."""
    first = int(os.environ.get("PUENTE_TEST_SEED") or secrets.randbits(40))
    shares = [range(first + start, first + min(start + SHARE, HISTORIES)) for start in range(0, HISTORIES, SHARE)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        try:
            for failed in pool.map(first_that_fails, shares):
                if failed is not None:
                    pool.shutdown(cancel_futures=True)
                    pytest.fail(f"history {failed[0]}; keep its last lines as a file in {KEPT.relative_to(ROOT)}\n{failed[1]}")
        except KeyboardInterrupt:
            for process in active_children():
                process.terminate()
            raise

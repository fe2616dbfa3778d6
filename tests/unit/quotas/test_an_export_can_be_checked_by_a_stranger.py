"""Whoever has only the file finds what is wrong in it, and which decision is the first at fault; an honest file has no fault."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.quotas.domain.chain import seal
from services.quotas.domain.commands import MovePlaces, Recount, SetLimit
from services.quotas.domain.export import Reader
from services.quotas.domain.outcomes import Outcome
from services.quotas.domain.shapes import SAYS, body_of
from services.quotas.domain.terms import Holders
from tests.unit.quotas.exports import closed_again, decisions_in, edited, fault_of, lines_of, with_chain, with_record
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, terms
from tests.unit.quotas.tampering import ROUND, books, changed, other, tampered

HEAD = b'{"covers":"","format":"puente-decisions","is":"head","line":1,"taken_at":"x","version":1}\n'


def test_an_honest_export_has_no_fault() -> None:
    assert fault_of(books()) is None
    found = {body["outcome"] for _index, body in decisions_in(books())}
    assert found >= set(SAYS) - {"limit_set", "recounted"}
    assert any(body["skips"] for _index, body in decisions_in(books())), "somebody was passed over"


@pytest.mark.parametrize("how", ["left as it was", "made anew"])
def test_each_field_of_a_record_is_bound(how: str) -> None:
    """Whether the forger makes the record's own hash anew or not, and although the closing line always fits: the file is at fault."""
    cases = 0
    for index, path in tampered():
        lines = list(books())
        body = json.loads(json.loads(lines[index])["record"])
        lines[index] = with_record(lines[index], **changed(body, path))
        fault = fault_of(closed_again(lines, resealed=how == "made anew"))
        assert fault is not None, f"{path} of {body['outcome']}"
        assert fault.line >= index + 1, "nothing before it is at fault"
        if how == "left as it was":
            assert fault.line == index + 1, f"{path} of {body['outcome']}: {fault}"
        cases += 1
    assert cases > 200


FREE_TO_SAY = {"at", "event", "rule", "until", "reason", "limit", "cause", "application", "rank"}
"""What only the chain binds: with every hash of the cell made anew, another moment, cause, rule or reason is another possible history.

So is a use that was left out or given another name, of a limit that was never drawn on again; and a capacity that had room either way.
"""


ONLY_LOOKED = {"waiting", "refused", "nomination_refused"}
"""What looks at limits without drawing on them may leave one out that had room."""


def test_a_forger_who_makes_every_hash_anew_still_cannot_change_the_figures() -> None:
    """Counters, capacities, order, states and transfers bind each other; what is left is bound by a head that was published earlier."""
    earlier = Reader()
    for line in books():
        assert earlier.read(line) is None
    bound = 0
    for index, path in tampered():
        lines = list(books())
        body = json.loads(json.loads(lines[index])["record"])
        lines[index] = with_record(lines[index], **changed(body, path))
        forged = with_chain(lines)
        if path[0] == "prev":
            continue
        bound += fault_of(forged) is not None
        left_out = path == ("limits",) or path[-1] in ("capacity", "key") or (path[0] == "limits" and body["outcome"] in ONLY_LOOKED)
        if path[0] not in FREE_TO_SAY and not left_out:
            assert fault_of(forged) is not None, f"{path} of {body['outcome']}"
        fault = fault_of(forged, earlier.chain_heads())
        assert fault is not None, f"{path} of {body['outcome']}: an earlier export tells"
    assert bound > 150


def lines_and_fields() -> Iterator[tuple[int, str]]:
    seen: set[tuple[str, ...]] = set()
    for index, line in enumerate(books()):
        values = json.loads(line)
        for name in values:
            kind = (values["is"], name, *(str(values[part]).partition(":")[0] for part in ("source", "target") if part in values))
            if kind not in seen and name != "record":
                seen.add(kind)
                yield index, name


@pytest.mark.parametrize("closing", ["as it was", "made anew"])
def test_each_field_of_each_kind_of_line_is_bound(closing: str) -> None:
    """Transfers of every pair of accounts among them. With a closing line that fits, only two moments are free: of taking, of funding."""
    for index, name in lines_and_fields():
        lines = list(books())
        values = json.loads(lines[index])
        if closing == "made anew" and (
            values["is"] == "end"
            or name in ("line", "taken_at")
            or (values["is"] == "transfer" and values["cell"] is None and name == "at")
        ):
            continue
        lines[index] = edited(lines[index], **{name: other(values[name])})
        if closing == "made anew" and values["is"] != "end":
            lines = _closed_if_possible(lines)
        fault = fault_of(lines)
        assert fault is not None, f"{name} of {values}"
        if values["is"] == "transfer" and values["cell"] is not None and name in ("source", "target", "places", "cause", "at"):
            assert (fault.cell, fault.number) == (values["cell"], values["decision"])


def _closed_if_possible(lines: list[bytes]) -> list[bytes]:
    try:
        return closed_again(lines, resealed=False)
    except KeyError:
        return lines


@pytest.mark.parametrize("closing", ["as it was", "made anew"])
@pytest.mark.parametrize("how", ["dropped", "repeated", "moved back"])
def test_a_line_that_is_dropped_repeated_or_moved_is_found(how: str, closing: str) -> None:
    """At every line of the file but its first and last."""
    for index in range(1, len(books()) - 1):
        lines = list(books())
        line = lines.pop(index)
        if how == "repeated":
            lines[index:index] = [line, line]
        elif how == "moved back":
            lines.insert(index - 1, line)
        kinds = [json.loads(one)["is"] for one in books()]
        tail = kinds[index] in ("cell", "account", "programme")
        if closing == "made anew":
            if how == "moved back" and (tail or kinds[index - 1] == "head" or _apart(index)):
                continue  # another order of things that do not depend on each other is as true
            lines = closed_again(lines, resealed=False)
        fault = fault_of(lines)
        assert fault is not None, f"line {index + 1}, a {kinds[index]}"
        if closing == "as it was":
            assert fault.line in (index, index + 1, index + 2)
            stands = json.loads(lines[fault.line - 1])
            if fault.code == "line" and stands["is"] == "decision":
                assert (fault.cell, fault.number) == tuple(json.loads(stands["record"])[name] for name in ("cell", "number"))


def _apart(index: int) -> bool:
    """Whether a line and the one before it are of different cells or of none, so that either may come first."""
    pair = [json.loads(line) for line in books()[index - 1 : index + 1]]
    return len({json.loads(one["record"])["cell"] if one["is"] == "decision" else one.get("cell") for one in pair}) == 2 or {
        one["is"] for one in pair
    } == {"transfer"}


def test_an_export_that_is_cut_off_is_found_wherever_it_was_cut() -> None:
    for index in range(len(books())):
        fault = fault_of(books()[:index])
        assert fault is not None and (fault.code, fault.line) == ("cut_off", index + 1)
        fault = fault_of([*books()[:index], books()[index][:-5]])
        assert fault is not None and fault.line == index + 1
    assert fault_of([*books(), books()[-1]]) is not None, "nothing follows the closing line"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"no json\n", "the line is no JSON"),
        (b"[1]\n", "expected an object"),
        (b'{"is":"decision","line":1}\n', "expected an object"),
        (
            b'{"covers":"","format":"puente-decisions","is":"head","line":1,"taken_at":"x","version":2}\n',
            "this checker reads puente-decisions 1",
        ),
        (b'{"covers":"","format":"puente-decisions","is":"head","line":"1","taken_at":"x","version":1}\n', "expected an object"),
        (b'{"is":"end","line":1,"lines":0,"decisions":0,"transfers":0,"sha256":""}\n', "cannot follow nothing"),
    ],
)
def test_what_is_no_export_is_said_in_words(line: bytes, words: str) -> None:
    fault = fault_of([line])
    assert fault is not None and words in fault.detail and fault.line == 1


def forged(change: Any, outcome: str, *, nth: int = 0) -> Any:
    """The fault after one record of that outcome was changed and everything else made to fit."""
    lines = list(books())
    index, body = [(i, b) for i, b in decisions_in(lines) if b["outcome"] == outcome][nth]
    change(body)
    lines[index] = edited(lines[index], record=seal(body)[0])
    fault = fault_of(with_chain(lines))
    assert fault is not None
    return fault.code


def test_a_grant_over_capacity_is_found_though_all_hashes_fit() -> None:
    assert forged(lambda body: body["limits"][1].update(capacity=0), "offered") == "capacity"


def test_a_counter_that_jumps_is_found() -> None:
    assert forged(lambda body: body["limits"][0].update(before=3, after=4), "offered") == "counter"


def test_a_target_that_nobody_set_is_found() -> None:
    assert forged(lambda body: body["limits"][0].update(capacity=9), "offered") == "target"


def test_an_overtaken_waiter_is_found() -> None:
    """The reason for passing somebody over is taken out, with the limit that it names."""

    def forget(body: dict[str, Any]) -> None:
        shown = {limit for _application, limit in body["skips"]}
        body.update(skips=[], limits=[use for use in body["limits"] if use["key"] not in shown])

    nth = [bool(b["skips"]) for _i, b in decisions_in(books()) if b["outcome"] == "offered"].index(True)
    assert forged(forget, "offered", nth=nth) == "overtaken"


def test_a_skip_for_a_limit_that_had_room_is_found() -> None:
    nth = [bool(b["skips"]) for _i, b in decisions_in(books()) if b["outcome"] == "offered"].index(True)
    assert forged(lambda body: body["limits"][-1].update(capacity=5), "offered", nth=nth) == "skip"


def test_a_place_that_was_never_offered_cannot_be_taken() -> None:
    assert forged(lambda body: body.update(application="0" * 8 + "-0000-0000-0000-000000000abc"), "taken") == "state"


def test_a_sum_that_is_off_is_found() -> None:
    """Two places more come from the plan than it has."""
    lines = list(books())
    lines[1] = edited(lines[1], places=12)
    fault = fault_of(closed_again(lines))
    assert fault is not None and (fault.code, "pool:training") == ("account", fault.detail.split()[0])


def test_an_account_never_goes_below_nothing() -> None:
    lines = list(books())
    lines[1] = edited(lines[1], places=2)
    fault = fault_of(closed_again(lines))
    assert fault is not None and (fault.code, fault.cell, fault.number) == ("negative", PE, 1)


def test_places_that_were_handed_over_have_to_be_taken() -> None:
    """One cell's transfer, two cells' decisions; in a file of either alone too."""
    shelf = Shelf()
    shelf.cell(PE, 3)
    shelf.cell(BR, 1)
    shelf.run(MovePlaces(cell=PE, source=PE, target=BR, places=2, at=NOW), MovePlaces(cell=PE, source=PE, target=None, places=1, at=NOW))
    for covers in ("", "training", PE, BR):
        assert fault_of(lines_of(shelf, covers)) is None, covers
    lines = lines_of(shelf)
    index = next(i for i, line in enumerate(lines) if json.loads(line).get("target") == f"free:{BR}" and b"transferred" in line)
    taken = [*lines[: index + 1], *lines[index + 2 :]]
    fault = fault_of(closed_again(taken))
    assert fault is not None and "handed to training:BR:2016; expected that it takes them" in fault.detail
    for changes in ({"places": 1}, {"target": "free:training:CL:2016"}, {"target": "pool:training"}):
        lines[index] = edited(lines_of(shelf)[index], **changes)
        assert fault_of(closed_again(lines)) is not None, changes


@pytest.mark.parametrize("covers", ["training", PE, ROUND])
def test_a_part_is_checked_as_far_as_it_goes(covers: str) -> None:
    """Others may have drawn on a person's limit between two uses; nothing else may jump."""
    shelf = Shelf(terms(), terms("scholarship"))
    for key in (PE, BR, ROUND):
        shelf.cell(key, 2)
    one = Person(PE)
    other_cell = Person(ROUND, who=one)
    third = Person(BR, who=one)
    shelf.run(one.asks(), one.declines(), other_cell.asks(), other_cell.declines(), third.asks(), third.declines())
    again = Person(PE, who=one)
    shelf.run(again.asks())
    assert fault_of(lines_of(shelf, covers)) is None


def test_history_that_was_written_anew_is_found_with_an_earlier_export() -> None:
    """The auditor kept last year's file; this year's has another decision in its place, and everything fits."""
    shelf = Shelf()
    shelf.cell(PE, 2)
    one, two = Person(PE), Person(PE)
    shelf.run(one.asks())
    reader = Reader()
    assert [fault for line in lines_of(shelf) if (fault := reader.read(line))] == []
    shelf.run(two.asks())
    assert fault_of(lines_of(shelf), reader.chain_heads()) is None
    index = next(i for i, body in decisions_in(lines_of(shelf)) if body["outcome"] == "offered")
    forged_lines = lines_of(shelf)
    forged_lines[index] = with_record(forged_lines[index], rule="example:2")
    forged_lines = with_chain(forged_lines)
    assert fault_of(forged_lines) is None, "by itself it is sound"
    fault = fault_of(forged_lines, reader.chain_heads())
    assert fault is not None and (fault.code, fault.cell, fault.number) == ("rewritten", PE, 2)
    fault = fault_of(lines_of(Shelf()), reader.chain_heads())
    assert fault is None, "a cell that is not in the file says nothing"


def test_new_terms_may_count_more_than_they_would_have_given() -> None:
    """Two hold a place; from now on one country may hold one at a time. Officers allow three, and nothing jumps."""
    shelf = Shelf(terms(holders=Holders(each=1)))
    shelf.cell(PE, 3)
    home = "training:ZZ:2016"
    shelf.cell(home, listed=False)
    shelf.run(Recount(cell=home, at=NOW, uses=(("holders:training:PE", 2),)))
    shelf.run(SetLimit(cell=home, key="holders:training:PE", capacity=3, at=NOW))
    shelf.run(Person(PE).asks(), Person(PE).asks())
    uses = [use for _i, body in decisions_in(lines_of(shelf)) for use in body["limits"] if use["kind"] == "holders"]
    assert [use["after"] for use in uses] == [2, 2, 3, 3]
    assert fault_of(lines_of(shelf)) is None


def test_every_outcome_is_known_to_the_checker() -> None:
    """A new outcome is an entry in `SAYS`, or its first export is at fault."""
    assert {one.kind for one in Outcome.__args__} <= set(SAYS)


def test_a_record_that_is_written_otherwise_is_at_fault() -> None:
    """Blanks or another order of the keys: nobody needs to guess what is hashed."""
    index, body = next(decisions_in(books()))
    assert body_of(json.dumps(body)) == body
    lines = [*books()]
    lines[index] = edited(lines[index], record=json.dumps(body, sort_keys=True))
    fault = fault_of(closed_again(lines))
    assert fault is not None and fault.code == "canonical"

"""A cell's pages: figures for everybody; the list, the decisions and the movements for those who work on the applications."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import PERU, SIX, Front, after, front, live_through, words
from tests.integration.quotas.scene import START, Person, apply_events, programme, publication, rows

SERVED = datetime(2016, 4, 14, 16, 0, 1, tzinfo=UTC)
INSIDE = ("list", "decisions", "movements", "decisions/1", "held/taken", "held/offered")


async def what_happened(service: Front) -> None:
    """The scholarship round of 2016 was served with six more people than Peru has places; one declined since."""
    await service.publish("scholarship", "training")
    (peru,) = await rows(service.db, "select target from cell where key = :key", key=PERU)
    await live_through(service, {PERU: peru.target + 6}, served=SERVED)
    service.clock.move(timedelta(days=1))
    await service.answer(PERU, accept=2, decline=1)


@pytest.fixture
async def lived(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> Front:
    return await after(what_happened, new_database, clock, tmp_path)


async def test_the_list_and_the_decisions_are_shown_to_who_works_on_the_applications(lived: Front) -> None:
    """An officer, an auditor and an operator see every country, a coordinator the own one."""
    waiting = await rows(lived.db, "select application from place where cell = :cell and state = 'waiting'", cell=PERU)
    assert len(waiting) == 5
    for role in ("officer", "auditor", "operator", "coordinator"):
        async with lived.browser(role, country="PE" if role == "coordinator" else "") as browser:
            page = await browser.get(f"/quotas/cells/{PERU}")
            assert page.status_code == 200
            assert all(one.application.hex[-8:] in page.text for one in waiting), role
            for more in INSIDE:
                assert (await browser.get(f"/quotas/cells/{PERU}/{more}")).status_code == 200, (role, more)


async def test_nobody_else_learns_who_waits(lived: Front) -> None:
    """The public pages stay open and bare; the inner ones do not exist for the wrong role, and lead a stranger to the sign-in."""
    ids = [row.application.hex[-8:] for row in await rows(lived.db, "select application from place")]
    for role, country in (("", ""), ("applicant", "PE"), ("reviewer", ""), ("coordinator", "CL")):
        async with lived.browser(role, country=country) as browser:
            page = await browser.get(f"/quotas/cells/{PERU}")
            assert page.status_code == 200 and not [one for one in ids if one in page.text.replace("-", "")], role
            assert "Names and answers are shown only to those who work on the applications" in words(page)
            for more in INSIDE:
                answer = await browser.get(f"/quotas/cells/{PERU}/{more}")
                assert answer.status_code == (404 if role else 303), (role, more)
                assert not [one for one in ids if one in answer.text.replace("-", "")]
            assert (await browser.get(f"/quotas/cells/{PERU}/propose")).status_code == (403 if role else 303)


async def test_the_public_can_take_the_decisions_to_check_them(lived: Front) -> None:
    """What the pages say of the file is so: it is there for everybody, and an application is a code in it."""
    async with lived.browser() as browser:
        for path, covers in (
            (f"/quotas/cells/{PERU}", PERU),
            ("/quotas?programme=scholarship", "scholarship"),
            ("/quotas/follow-up/en", ""),
        ):
            page = await browser.get(path)
            assert "An application is a code in it, with its score and when it was sent, and without a name" in words(page), path
            (link,) = re.findall(r'href="(/quotas/api/v1/export[^"]*)" download', page.text)
            taken = await browser.get(unescape(link))
            assert taken.status_code == 200 and "attachment" in taken.headers["content-disposition"]
            head, *lines = [json.loads(line) for line in taken.text.splitlines()]
            assert head["covers"] == covers
            decided = [json.loads(line["record"]) for line in lines if line["is"] == "decision"]
            assert decided and all(set(one) & {"name", "email", "person"} == set() for one in decided)


async def test_what_is_no_cell_is_not_found(lived: Front) -> None:
    async with lived.browser("officer") as browser:
        for key in (
            "nothing",
            "scholarship:PE",
            "scholarship:PE:2099",
            "scholarship:PE:-1",
            "scholarship:pe:2016",
            "a:b:c:d",
            "scholarship:PE:99999",
        ):
            for more in ("", "/list", "/decisions", "/movements", "/decisions/1", "/propose"):
                assert (await browser.get(f"/quotas/cells/{key}{more}")).status_code == 404, key + more
        for number in ("0", "9999", "x", "-1", "99999999999999999999"):
            assert (await browser.get(f"/quotas/cells/{PERU}/decisions/{number}")).status_code == 404, number


async def test_figures_say_what_the_database_says(lived: Front) -> None:
    (cell,) = await rows(lived.db, "select target, free, offered, taken, waiting from cell where key = :key", key=PERU)
    async with lived.browser() as browser:
        said = words(await browser.get(f"/quotas/cells/{PERU}"))
    assert f"{cell.target} places {cell.taken} taken {cell.offered} offered {cell.free} free {cell.waiting} on the waiting list" in said
    assert "Example policy" in said and "Places were given on" in said


async def test_a_waiter_who_holds_a_place_elsewhere_is_marked_and_passed_over_with_the_reason(lived: Front) -> None:
    """The best of the list takes a training place; the next place that frees goes past them, and the decision says why."""
    best = (
        await rows(
            lived.db, "select application, person from place where cell = :c and state = 'waiting' order by score desc limit 1", c=PERU
        )
    )[0]
    elsewhere = Person("training:PE:2016", person=best.person)
    await apply_events(lived.db, elsewhere.nominated(lived.clock.now()), elsewhere.approved(lived.clock.now()))
    (training,) = await rows(lived.db, "select state from place where application = :a", a=elsewhere.application)
    assert training.state == "offered"
    async with lived.browser("officer") as browser:
        page = await browser.get(f"/quotas/cells/{PERU}")
        assert "The person already holds as many places as is allowed." in words(page)
        await lived.answer(PERU, decline=1)
        page = await browser.get(f"/quotas/cells/{PERU}")
    assert "An offer was declined." in words(page)
    short = best.application.hex[-8:]
    assert f"Passed over: …{short} , because the person already holds as many places as is allowed." in words(page)


async def test_a_decision_can_be_checked_by_hand(lived: Front) -> None:
    """The record on the page, saved as it stands, gives the checksum on the page; its prev is the one before."""
    async with lived.browser("auditor") as browser:
        (last,) = await rows(lived.db, "select last_decision, last_hash from cell where key = :key", key=PERU)
        page = await browser.get(f"/quotas/cells/{PERU}/decisions/{last.last_decision}")
        record = unescape(re.findall(r'<code class="app-record">(.*?)</code>', page.text)[0])
        assert hashlib.sha256(record.encode()).hexdigest() == last.last_hash and last.last_hash in page.text
        before = await browser.get(f"/quotas/cells/{PERU}/decisions/{last.last_decision - 1}")
        assert json.loads(record)["prev"] in before.text
        assert "The checksum fits" in words(page) and "The link to the one before fits" in words(page)
    async with lived.browser() as stranger:
        assert last.last_hash in (await stranger.get(f"/quotas/cells/{PERU}")).text, "so that anybody can note the head of the chain"


async def test_a_decision_that_was_tampered_with_shows_it(lived: Front) -> None:
    changed = "update decision set record = replace(record, '\"score\"', '\"score\"') || ' ' where cell = :cell and number = 3 returning 1"
    await rows(lived.db, changed, cell=PERU)
    await rows(lived.db, "update decision set hash = repeat('1', 64) where cell = :cell and number = 5 returning 1", cell=PERU)
    async with lived.browser("auditor") as browser:
        assert "The checksum does not fit" in words(await browser.get(f"/quotas/cells/{PERU}/decisions/3"))
        assert "The link to the one before does not fit" in words(await browser.get(f"/quotas/cells/{PERU}/decisions/6"))


async def test_every_decision_is_told_in_words_in_six_languages(lived: Front) -> None:
    """No code, no key and no unfilled place is left in a sentence."""
    for language in SIX:
        async with lived.browser("officer", language=language) as browser:
            path = f"/quotas/cells/{PERU}/decisions"
            seen = 0
            while path:
                page = await browser.get(path)
                text = re.sub(r"<code.*?</code>", "", page.text)
                for sentence in re.findall(r'class="app-timeline__(?:text|title)[^"]*">(.*?)</p>', text):
                    assert not re.search(r"[{}_]|(?:cell|person|nomination|pool|free):\w", re.sub(r'href="[^"]*"', "", sentence)), (
                        language,
                        sentence,
                    )
                seen += page.text.count("app-timeline__item")
                following = re.search(r'href="([^"]*)" rel="next"', page.text)
                path = unescape(following[1]) if following else ""
            (cell,) = await rows(lived.db, "select last_decision from cell where key = :key", key=PERU)
            assert seen == cell.last_decision, "page by page every decision is met once"


async def test_the_list_and_the_movements_come_page_by_page(lived: Front) -> None:
    """Sixty wait for the round of 2017, in three pages; Peru's places of 2016 have moved more often than a page holds."""
    cell = "scholarship:HT:2017"
    await lived.approve(cell, 60)
    async with lived.browser("officer") as browser:
        first = await browser.get(f"/quotas/cells/{cell}/list")
        second = await browser.get(f"/quotas/cells/{cell}/list?page=2")
        third = await browser.get(f"/quotas/cells/{cell}/list?page=3")
        ranks = [
            int(one) for page in (first, second, third) for one in re.findall(r'data-label="Rank" class="app-number">(\d+)<', page.text)
        ]
        assert ranks == list(range(1, 61))
        assert (
            'rel="prev"' not in first.text and 'rel="next"' in first.text and 'rel="prev"' in second.text and 'rel="next"' not in third.text
        )
        assert (await browser.get(f"/quotas/cells/{cell}/list?page=999999")).status_code == 200
        assert "All 60 approved so far" in words(await browser.get(f"/quotas/cells/{cell}")), "nobody waits on a list before the day"
        assert (await browser.get(f"/quotas/cells/{PERU}/movements?before=zz")).status_code == 200
        moves = await browser.get(f"/quotas/cells/{PERU}/movements")
        assert "1 place: free → offered" in words(moves) and 'rel="next"' in moves.text


async def test_the_places_that_are_held_are_listed_one_by_one(lived: Front) -> None:
    """As many lines as the numbers say, over all pages: a stay that ended stays counted, what came back does not."""
    first, second = await rows(lived.db, "select application, person, version from place where cell = :c and state = 'taken'", c=PERU)
    known = {one.application: one for one in lived.people[PERU]}
    moment = lived.clock.now()
    await apply_events(lived.db, known[first.application].ended(moment, reason="finished"), known[second.application].withdrawn(moment))
    (cell,) = await rows(lived.db, "select offered, taken from cell where key = :c", c=PERU)
    async with lived.browser("officer") as browser:
        taken = await browser.get(f"/quotas/cells/{PERU}/held/taken")
        pages = [await browser.get(f"/quotas/cells/{PERU}/held/offered?page={n}") for n in (1, 2, 3)]
        assert (await browser.get(f"/quotas/cells/{PERU}/held/free")).status_code == 404
    assert cell.taken == 1 and taken.text.count("<tr>") == 2 and first.application.hex[-8:] in taken.text and "Ended" in words(taken)
    listed = [one for page in pages for one in re.findall(r'<th scope="row">.*?title="([0-9a-f-]{36})"', page.text)]
    offered = await rows(lived.db, "select application from place where cell = :c and state = 'offered'", c=PERU)
    assert sorted(listed) == sorted(str(one.application) for one in offered) and len(listed) == cell.offered
    assert "There is nothing here." in words(pages[2])


async def test_a_closed_year_says_that_nothing_is_given_any_more(lived: Front) -> None:
    lived.clock.move_to(datetime(2016, 9, 1, tzinfo=UTC))
    await lived.sweep()
    async with lived.browser("officer") as browser:
        cell, board = await browser.get(f"/quotas/cells/{PERU}"), await browser.get("/quotas?programme=scholarship&year=2016")
    for page in (cell, board):
        assert "its waiting list is closed. No place is given any more." in words(page) and "gets a free place at once" not in words(page)
    assert "Year closed" in words(cell) and "/propose" not in cell.text and "/limits" not in cell.text


async def test_before_the_round_the_list_says_what_it_waits_for(lived: Front) -> None:
    lived.clock.move_to(datetime(2016, 12, 1, tzinfo=UTC))
    await lived.approve("scholarship:PE:2017", 2)
    async with lived.browser("officer") as browser:
        said = words(await browser.get("/quotas/cells/scholarship:PE:2017"))
        board = await browser.get("/quotas?programme=scholarship&year=2017")
    table = words(board).partition("Country ↑")[2]
    assert "Free Approved so far" in table and "Waiting" not in table.partition("Peru")[0]
    assert 'data-label="Waiting"' not in board.text and "people waiting" not in board.text and "approved so far: 2" in board.text
    assert "Approved since" in said and "Waiting since" not in said
    assert (
        "No place is given yet." in said
        and "Places are given on 15 April 2017 (Beijing time), all at once and by rank. Until then nobody has one" in said
        and "2 approved so far" in said
        and "Approved so far" in said
        and " Waiting " not in said.replace("Waiting list closes", "")
        and "is approved and waits for the day on which places are given" in said
    )


async def test_a_cut_below_what_is_held_is_explained(lived: Front) -> None:
    await rows(lived.db, "update cell set target = offered + taken - 2, free = 0 where key = :key returning 1", key=PERU)
    async with lived.browser() as browser:
        said = words(await browser.get(f"/quotas/cells/{PERU}"))
    assert "2 people more hold a place than the country now has. Nobody loses theirs" in said
    assert "2 over its places" in said and "by the plan’s allotment" in said


async def test_one_place_and_one_person_are_said_as_one(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> None:
    clock.move_to(START)
    service = front(await new_database("quotas"), clock, tmp_path)
    cell = "training:PE:2016"
    await apply_events(service.db, publication(programme(places=4)))
    await apply_events(service.db, *[Person(cell, score=90_000 - n).approved() for n in range(2)])
    async with service.browser() as browser:
        said = words(await browser.get(f"/quotas/cells/{cell}"))
    async with service.browser("officer") as browser:
        listed = await browser.get(f"/quotas/cells/{cell}")
    assert "1 place 0 taken 1 offered 0 free 1 on the waiting list" in said
    assert 'class="app-number">–</td>' in listed.text and "89.999" not in listed.text, "nobody reviews there, so nobody has a score"

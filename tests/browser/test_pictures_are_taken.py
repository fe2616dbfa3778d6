"""`make screenshots` on a platform that runs: what a stranger and somebody signed in see, in the widths that are asked for."""

import re
import struct
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.chromium import Letters
from tests.flows.stack import House
from tests.pictures.__main__ import NotThere, arguments, take, there
from tests.pictures.scenes import MAILS, SCENES, Scene

pytestmark = pytest.mark.browser


async def test_each_page_in_each_width_and_what_cannot_be_taken_is_said(house: House, browser: Browser, tmp_path: Path) -> None:
    options = arguments(["--languages", "zh", "--widths", "360,800", "--folder", str(tmp_path)])
    scenes = [
        next(scene for scene in SCENES if scene.name == "board"),
        Scene("account", "/account", who="somebody@example.org"),
        Scene("nowhere", "/", ("main a[href$='/no-such-link']",)),
    ]
    letters = Letters(house.stack.mail.url)
    missed = await take(browser, house.stack.url, letters, scenes, options)
    missed += await take(browser, house.stack.mail.url, letters, MAILS, options)
    await letters.close()
    await there(house.stack.url, house.stack.mail.url)
    for of, mails, said in (
        (house.stack.mail.url, house.stack.mail.url, "Puente does not answer at --of"),
        (house.stack.url, house.stack.url, "The page with its mails is not at --mails"),
        (house.stack.url, "", "not at --mails (nothing): name the address"),
        ("nonsense", "", "at --of nonsense"),
    ):
        with pytest.raises(NotThere, match=re.escape(said)):
            await there(of, mails)
    assert [line.split(":")[0] for line in missed] == ["nowhere"]
    taken = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.png")}
    named = ("board", "account", "mails", "mail")
    assert set(taken) == {f"{width}/{name}.zh.png" for width in (360, 800) for name in named}
    assert {(name.split("/")[0], struct.unpack(">I", body[16:20])[0]) for name, body in taken.items()} == {("360", 360), ("800", 800)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--only", "board,nothere"], "--only: 'nothere' is not there; expected some of home,"),
        (["--languages", "es,xx"], "--languages: 'xx' is not there; expected some of es,pt,en,fr,zh,nl"),
        (["--widths", "360,wide"], "--widths: 'wide' is no width; write pixels, such as 320,1280"),
    ],
)
def test_what_cannot_be_pictured_is_said_before_anything_is_started(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        arguments(given)
    assert said in capsys.readouterr().err


def test_names_of_pictures_are_their_own() -> None:
    names = [scene.name for scene in (*SCENES, *MAILS)]
    assert len(names) == len(set(names))

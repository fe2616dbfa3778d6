"""`puente demo` as a newcomer meets it: a first start with the sample, Ctrl-C, and a second one on the same data."""

import asyncio
import re
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import httpx2
import pytest

from services.run import databases, ports
from services.run.demo import begin_anew
from services.run.stack import NotStarted
from services.run.stories import STORIES
from tests.integration.launcher.conftest import Installation, ended, started


async def read_until(process: asyncio.subprocess.Process, words: str, seconds: float) -> str:
    """What the process prints, up to the line with these words."""
    assert process.stdout is not None
    found = ""
    async with asyncio.timeout(seconds):
        while words not in found:
            line = await process.stdout.readline()
            assert line, f"it ended before it said {words!r}:\n{found}"
            found += line.decode()
    return found


async def demo(environment: Mapping[str, str], *arguments: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await started("demo", *arguments, environment=environment)
    return process, await read_until(process, "Ctrl-C stops it", 240)


async def stopped(process: asyncio.subprocess.Process) -> str:
    process.send_signal(signal.SIGINT)
    done = await ended(process)
    assert done.code == 0, done.text
    return done.text


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with what people put into paths."""
    return tmp_path / "Año 2016, ensayo"


async def test_a_server_of_ones_own_is_not_emptied_and_what_belongs_to_it_stays(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, said = installation.home, list[str]()
    monkeypatch.setenv("PUENTE_DATABASE_URL", installation.url)
    where = databases.dsn(installation.url, "applications")
    connection = await asyncpg.connect(where)
    await connection.execute(
        "insert into application (id, person_id, programme, country, year, state, version, facts, place_version, started_at, changed_at) "
        "values (gen_random_uuid(), gen_random_uuid(), 'scholarship', 'PE', 2016, 'draft', 1, 0, 0, now(), now())"
    )
    home.begun.touch()
    with pytest.raises(NotStarted) as refused:
        await begin_anew(home, said.append)
    name = databases.name(installation.url, "applications")
    for words in ("was cut off", "removes nothing from a server of your own", name, "PUENTE_DATABASE_URL", str(home.folder)):
        assert words in str(refused.value)
    assert any(home.keys.iterdir()) and home.begun.exists() and not said, "the keys that go with the applications stay"
    await connection.execute("delete from application")
    await connection.close()
    await begin_anew(home, said.append)
    assert not home.keys.exists() and "Whatever was typed in there meanwhile is removed too" in said[0]
    assert not await databases.holds(installation.url.replace("{service}", "{service}_nowhere"), "applications", "application")


async def test_what_is_on_a_server_of_ones_own_is_begun_nowhere_else(installation: Installation) -> None:
    """Without the address nothing is removed, and no other demonstration begins in the folder; with it every command finds the folder."""
    home = installation.home
    folder = {"PUENTE_HOME": str(home.folder)}
    own = {**folder, "PUENTE_DATABASE_URL": installation.environment["PUENTE_DATABASE_URL"]}

    async def puente(*arguments: str, environment: Mapping[str, str]) -> tuple[int, str]:
        done = await ended(await started(*arguments, environment=environment))
        return done.code, done.text

    ports_of_any = ("--port", "0", "--mail-port", "0")
    home.seeded.touch()
    code, text = await puente("demo", *ports_of_any, environment=own)
    assert code == 1 and "nobody's application is there any more: puente demo --fresh begins anew" in text, text
    document = home.documents / "of-somebody"
    document.touch()
    for arguments in (
        ("demo", *ports_of_any), ("demo", "--fresh"), ("check",), ("migrate", "all"), ("account", "add", "a@b.org", "--role", "officer"),
    ):  # fmt: skip
        code, text = await puente(*arguments, environment=folder)
        assert code == 1 and "are on a server of your own" in text and "PUENTE_DATABASE_URL is not set" in text, (arguments, text)
        assert "Traceback" not in text
    assert document.exists() and any(home.keys.iterdir()) and not home.postgres.exists(), "nothing was lost, and nothing begun"
    code, text = await puente("clock", "2016-06-01", environment=own)
    assert code == 0 and "it is Wednesday 01 June 2016" in text
    code, text = await puente("check", environment=own)
    assert code == 0 and ", 0 broken" in text.splitlines()[-1], text


@pytest.mark.long(60)
async def test_it_opens_with_people_in_every_state_and_goes_on_where_it_was(home: Path) -> None:
    environment = {"PUENTE_HOME": str(home)}
    wanted = ports.listen(0, "somebody else", print)
    port = wanted.getsockname()[1]
    (home / "keys").mkdir(parents=True)
    begun, rest = home / "sample-begins", home / "keys" / "of-a-start-that-was-cut-off"
    begun.touch()
    rest.touch()
    process = await started("demo", "--port", str(port), "--mail-port", "0", environment=environment)
    said = await read_until(process, "loaded the plan", 240)
    assert "began anew" in said and not rest.exists(), "no half a sample stays in the way, and nobody has to say so"
    assert begun.exists() and not (home / "sample-is-in").exists(), "Ctrl-C from here on is such a start"
    said += await read_until(process, "Ctrl-C stops it", 240)
    assert f"Port {port} is taken" in said, "the port in use is said"
    addresses = re.findall(r"http://127\.0\.0\.1:\d+", said)
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as client:
        assert (await client.get(f"{addresses[0]}/?lang=zh")).status_code == 200
        board = (await client.get(f"{addresses[0]}/quotas/api/v1/board?programme=training&year=2016")).json()
        mails = (await client.get(f"{addresses[-1]}/api/messages?limit=500")).json()
        for prefix in ("", "/quotas", "/messages"):
            assert (await client.get(f"{addresses[0]}{prefix}/health/ready")).status_code == 200
    accepted = [story for story in STORIES if (story.programme, story.year, story.ends) == ("training", 2016, "placed")]
    assert sum(cell["taken"] for cell in board["cells"]) == len(accepted)
    assert {mail["language"][:2] for mail in mails} >= {"es", "pt", "en", "fr", "zh", "nl"}
    wanted.close()
    assert "stopped; the data stay" in await stopped(process)

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(addresses[0].rpartition(":")[2]))) != 0, "nothing listens any more"
    process, said = await demo(environment, "--port", "0", "--mail-port", "0")
    assert "began anew" not in said and "people apply" not in said, "the sample is not played twice"
    assert "24 February 2016" in said, "the clock goes on where it was"
    await stopped(process)

"""What operators type: each command on real databases, by its exit code and its words."""

import io
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.engine import make_url

from services.applications.plan.model import Plan
from services.applications.plan.read import read
from services.applications.use_cases import load_plan
from services.run.checks import promises
from services.run.opened import opened
from services.run.people import add
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.messaging.consumer import Consumer
from shared.messaging.transport import Partition, Record
from shared.persistence.database import Database, Tx
from tests.conftest import PLAN
from tests.integration.launcher.conftest import Installation, Puente


@pytest.fixture
async def quotas(installation: Installation) -> AsyncIterator[Database]:
    db = Database(installation.url.replace("{service}", "quotas"))
    yield db
    await db.close()


@pytest.fixture
async def applications(installation: Installation) -> AsyncIterator[Database]:
    db = Database(installation.url.replace("{service}", "applications"))
    yield db
    await db.close()


MOMENT = datetime(2016, 1, 20, 9, tzinfo=UTC)


def the_plan() -> Plan:
    found = read(PLAN)
    assert isinstance(found, Plan)
    return found


async def counted(db: Database, table: str) -> int:
    async def work(tx: Tx) -> int:
        return int((await tx.execute(text(f"select count(*) from {table}"))).scalar_one())

    return await db.run(work)


async def changed(db: Database, statement: str) -> None:
    async def work(tx: Tx) -> None:
        await tx.execute(text(statement))

    await db.run(work)


async def test_check_counts_every_invariant_and_fails_when_a_row_breaks_one(puente: Puente, quotas: Database) -> None:
    well = await puente("check")
    assert well.code == 0, well.text
    assert ", 0 broken" in well.text.splitlines()[-1]
    assert f"invariants: {sum(map(len, promises().values()))} checked" in well.text, "each has its sentence"
    assert "No place was given over a limit" in well.text
    waits = [line.split() for line in well.text.splitlines() if line.startswith(("applications ", "quotas ", "notifications "))][:3]
    assert waits == [[name, "0", "0", "0"] for name in ("applications", "quotas", "notifications")], "what waits for each, and how long"

    await changed(quotas, "insert into account (key, programme, balance) values ('pool:nowhere', 'nowhere', 5)")
    broken = await puente("check")
    assert broken.code == 1, broken.text
    assert "accounts that differ from their transfers" in broken.text
    last = broken.text.splitlines()[-1]
    assert last.startswith("invariants: ") and not last.endswith(" 0 broken")


async def test_a_plan_is_checked_loaded_once_and_refused_where_it_is_wrong(puente: Puente, installation: Installation) -> None:
    good = await puente("plan", "check", str(PLAN))
    assert (good.code, "34 countries, 4 programmes" in good.text) == (0, True), good.text
    first = await puente("plan", "load", str(PLAN))
    assert (first.code, "is in force" in first.text) == (0, True), first.text
    second = await puente("plan", "load", str(PLAN))
    assert (second.code, "nothing was changed" in second.text) == (0, True), second.text

    changed = Path(shutil.copytree(PLAN, installation.home.folder / "changed"))
    masters = changed / "programmes" / "masters.toml"
    masters.write_text(masters.read_text().replace("offer_days = 21", "offer_days = 20"))
    otherwise = await puente("plan", "load", str(changed))
    assert (otherwise.code, len(otherwise.text.splitlines())) == (1, 1), otherwise.text
    assert "was loaded before and said something else then" in otherwise.text and "{" not in otherwise.text
    assert "Give the changed plan a new version in plan.toml" in otherwise.text

    wrong = installation.home.folder / "wrong"
    wrong.mkdir()
    (wrong / "plan.toml").write_text('code = "wrong"\n')
    refused = await puente("plan", "load", str(wrong))
    assert refused.code == 1
    assert "plan.toml" in refused.text


async def test_staff_accounts_are_made_and_wrong_ones_refused_with_the_reason(puente: Puente, applications: Database) -> None:
    coordinator = ("account", "add", "ana@example.org", "--role", "coordinator", "--country")
    early = await puente(*coordinator, "PE")
    assert (early.code, "puente plan load FOLDER comes first" in early.text) == (1, True), early.text
    assert (await puente("plan", "load", str(PLAN))).code == 0
    refused = await puente(*coordinator, "brasil", "--language", "pt")
    assert (refused.code, "such as --country BR" in refused.text, len(refused.text.splitlines())) == (1, True, 1), refused.text
    made = await puente(*coordinator, "PE")
    assert (made.code, "coordinator of PE" in made.text) == (0, True), made.text
    assert await counted(applications, "account") == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"role": "coordinator"}, "a coordinator needs --country, such as --country PE"),
        ({"role": "king"}, "'king' is no role: expected coordinator, reviewer, officer, auditor or operator"),
        ({"email": "nomail", "role": "officer"}, "'nomail' is no e-mail address: write one, such as ana@example.org"),
        ({"role": "officer", "language": "xx"}, "'xx' is no language of the pages: expected es, pt, en, fr, zh, nl"),
        ({"role": "reviewer", "country": "PE"}, "the role reviewer belongs to no country: leave --country out, or make a coordinator"),
        ({"role": "coordinator", "country": "XX"}, "'XX' is no country of the plan: write its code of two letters, such as --country PE"),
        ({"role": "coordinator", "country": "pe"}, "'pe' is no country of the plan: write its code of two letters, such as --country PE"),
    ],
)
async def test_no_account_is_made_of_what_is_wrong(
    applications: Database, installation: Installation, monkeypatch: pytest.MonkeyPatch, typed: dict[str, Any], words: str
) -> None:
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    await applications.run(lambda tx: load_plan(tx, the_plan(), actor="tests", now=MOMENT))
    said = Console(file=io.StringIO(), soft_wrap=True)
    async with opened(["applications"]) as services:
        given = {"email": "ben@example.org", "country": None, **typed}
        assert not await add(services["applications"], ManualClock(MOMENT), said, **given)
    assert isinstance(said.file, io.StringIO) and said.file.getvalue() == f"No account was made or changed: {words}.\n"
    assert await counted(applications, "account") == 0


async def test_who_was_erased_is_written_down_and_erased_again_after_a_backup(
    puente: Puente, applications: Database, installation: Installation
) -> None:
    gone, back = new_id(), new_id()
    await changed(applications, f"insert into erasure values ('{gone}', 'asked', now(), now(), now())")
    file = installation.home.folder / "erased.txt"
    written = await puente("erased", "list", str(file))
    assert (written.code, written.piped, file.read_text()) == (0, "", f"{gone}\n"), written.text
    assert f"{file}: 1 id of somebody who was erased. After an older backup is put back: puente erased again " in written.text
    nowhere = await puente("erased", "list", str(file.parent / "no folder" / "erased.txt"))
    assert (nowhere.code, "erased.txt cannot be written: No such file or directory. Make its folder first" in nowhere.text) == (1, True), (
        nowhere.text
    )
    assert (await puente("erased", "list")).text == f"{gone}\n"

    # A backup brings somebody back whom only the list remembers.
    await changed(
        applications,
        "insert into account (id, email, role, language, timezone, created_at) "
        f"values ('{back}', 'back@example.org', 'applicant', 'es', 'UTC', now() - interval '400 days')",
    )
    held = await puente("retention")
    assert (held.code, held.text.splitlines()) == (0, ["warnings of drafts: 0", "drafts: 0", "papers: 0", "accounts: 1"]), held.text
    file.write_text(f"{gone}\n{back}\nback@example.org\n")
    refused = await puente("erased", "again", str(file))
    assert (refused.code, "line 3: expected the id of a person" in refused.text) == (1, True), refused.text
    assert await counted(applications, "account") == 1, "nothing was done"
    file.write_text(f"{gone}\n{back}\n")
    done = await puente("erased", "again", str(file))
    assert (done.code, "2 people in the file, 1 erased again" in done.text) == (0, True), done.text
    assert await counted(applications, "account") == 0
    assert (await puente("erased", "list")).text == f"{gone}\n{back}\n"
    missing = await puente("erased", "again", str(file) + ".not")
    assert (missing.code, "Traceback" in missing.text) == (2, False), missing.text


async def test_a_bad_event_is_listed_kept_and_goes_on_only_after_it_was_dropped_with_a_reason(
    puente: Puente, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    async with opened(["quotas"]) as services:
        record = Record(Partition("puente.applications.v1", 0), 0, "scholarship:PE:2016", b'{"no": "event"}')
        await Consumer(services["quotas"]).deliver([record])

    listed = await puente("events", "parked")
    assert listed.code == 0
    assert "scholarship:PE:2016" in listed.text and "1 parked" in listed.text, listed.text
    assert "puente events resume KEY --service SERVICE" in listed.text and "puente events drop ID --service SERVICE" in listed.text
    stays = await puente("events", "resume", "scholarship:PE:2016", "--service", "quotas")
    assert (stays.code, "stays parked" in stays.text) == (1, True), stays.text
    assert "no event of ours" in stays.text and "before it" not in stays.text, "it is the first one, and nothing was handled"

    number = next(line.split()[1] for line in listed.text.splitlines() if line.startswith("quotas"))
    assert (await puente("events", "drop", "999", "--service", "quotas", "--reason", "none")).code == 1
    assert (await puente("events", "drop", number, "--service", "quotas", "--reason", " ")).code == 2
    dropped = await puente("events", "drop", number, "--service", "quotas", "--reason", "a test of the wire")
    assert dropped.code == 0, dropped.text
    resumed = await puente("events", "resume", "scholarship:PE:2016", "--service", "quotas")
    assert resumed.code == 0, resumed.text
    assert "0 parked" in (await puente("events", "parked")).text
    again = await puente("events", "resume", "scholarship:PE:2016", "--service", "quotas")
    assert (again.code, "is not parked" in again.text) == (1, True), again.text


async def test_migrate_makes_missing_databases_and_says_where_they_stand(puente: Puente, installation: Installation) -> None:
    pattern = installation.url.replace("cli_", f"new_{new_id().hex[-6:]}_").replace("postgresql+asyncpg://", "postgresql://")
    made = await puente("migrate", "all", PUENTE_DATABASE_URL=pattern)
    assert made.code == 0, made.text
    assert [line.split(":")[0] for line in made.text.splitlines()] == ["applications", "quotas", "notifications"]
    assert (await puente("migrate", "quotas", PUENTE_DATABASE_URL=pattern)).code == 0
    unknown = await puente("migrate", "elsewhere")
    assert (unknown.code, "expected all" in unknown.text) == (2, True), unknown.text


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("serve", "api", "quotas"), {"PUENTE_DATABASE_URL": ""}, "PUENTE_DATABASE_URL is empty"),
        (("serve", "worker", "quotas"), {}, "PUENTE_TRANSPORT is 'local'"),
        (("serve", "worker", "quotas"), {"PUENTE_TRANSPORT": "kafka"}, "PUENTE_KAFKA_BOOTSTRAP is empty"),
        (("serve", "api", "quotas"), {"PUENTE_TRANSPORT": "pigeon"}, "PUENTE_TRANSPORT is 'pigeon'"),
        (("serve", "api", "quotas"), {"PUENTE_PRODUCTION": "true"}, "PUENTE_CLOCK_FILE is "),
        (("serve", "api", "quotas"), {"PUENTE_DATABASE_URL": "postgresql://u:secret@h/puente?ssl=true"}, "write sslmode"),
        (("check",), {"PUENTE_DATABASE_URL": "postgresql://somewhere/puente"}, "{service}"),
        (("migrate", "all"), {"PUENTE_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/x_{service}"}, "does not answer"),
        (("check",), {"PUENTE_DATABASE_URL": "puente"}, "{service}"),
        (("check",), {"PUENTE_DATABASE_URL": "postgresql://nobody:a/secret#1@127.0.0.1:1/x_{service}"}, "cannot be reached"),
        (
            ("check",),
            {"PUENTE_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/x_{service}?sslmode=verify-full", "HOME": "/nowhere"},
            'lets nobody in: root certificate file "/nowhere/.postgresql/root.crt" does not exist',
        ),
        (("check",), {"PUENTE_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/x_{service}"}, "cannot be reached"),
        (("simulate", "--programme", "moon"), {}, "'moon' is no programme"),
        (("simulate", "--year", "1999"), {}, "has no call of 1999"),
    ],
)
async def test_a_wrong_setting_is_said_in_words(puente: Puente, arguments: tuple[str, ...], settings: dict[str, str], words: str) -> None:
    done = await puente(*arguments, **settings)
    assert done.code == 1, done.text
    assert words in done.text
    assert "Traceback" not in done.text
    assert "secret" not in done.text


async def test_whoever_is_not_let_in_is_told_why_and_what_to_do(puente: Puente, installation: Installation) -> None:
    there = make_url(installation.environment["PUENTE_DATABASE_URL"])
    wrong = there.set(password="not it").render_as_string(hide_password=False)
    missing = there.set(database="nowhere_{service}").render_as_string(hide_password=False)
    for given, words in ((wrong, ". Correct PUENTE_DATABASE_URL."), (missing, ". puente migrate all makes what is missing, or correct")):
        url = given.replace("%7B", "{").replace("%7D", "}")
        for arguments in (("check",), ("plan", "load", str(PLAN)), ("export", "decisions"), ("events", "parked")):
            done = await puente(*arguments, PUENTE_DATABASE_URL=url)
            assert done.code == 1 and "the database lets nobody in" in done.text and words in done.text, done.text
            assert "Traceback" not in done.text and "not it" not in done.text
        told = await puente("doctor", PUENTE_DATABASE_URL=url)
        assert ("is not made yet" if given == missing else "password authentication failed") in " ".join(told.text.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("simulate", "--applications", "0"), "'--applications': write a number of 1 or more"),
        (("simulate", "--applications", "2000000"), "'--applications': write a number of 100000 or less"),
        (("simulate", "--concurrency", "65"), "'--concurrency': write a number of 64 or less"),
        (("simulate", "--year", "soon"), "'--year': write a whole number"),
        (("demo", "--transport", "rabbit"), "'--transport': 'rabbit' is not one of 'local', 'kafka'"),
        (("serve", "api", "moon"), "'moon' is not one of 'applications'"),
    ],
)
async def test_a_wrong_option_is_said_in_words_of_our_own(puente: Puente, arguments: tuple[str, ...], words: str) -> None:
    done = await puente(*arguments)
    assert (done.code, words in done.text, "Value error" in done.text) == (2, True, False), done.text


async def test_events_are_sent_and_read_again_on_request_with_an_audit_row(puente: Puente, quotas: Database) -> None:
    """What was sent too long ago stays, but for the journal; where the worker stood is forgotten, so that it begins at the beginning."""
    sent = [("puente.places.v1", 0), ("puente.places.v1", 20), ("puente.places.v1", 40), ("puente.journal.v1", 400)]
    rows = ", ".join(f"('{topic}', 'k', gen_random_uuid(), 't', 'v', now(), now() - interval '{days} days')" for topic, days in sent)
    await changed(quotas, f"insert into outbox (topic, key, event_id, type, value, created_at, sent_at) values {rows}")
    await changed(quotas, "insert into consumer_offset (topic, partition, next_offset) values ('puente.applications.v1', 0, 70)")

    again = await puente("events", "republish", "--service", "quotas")
    assert (again.code, again.text.strip()) == (0, "quotas: 3 events go out again")
    read = await puente("events", "reread", "--service", "quotas")
    assert (read.code, read.text.strip()) == (0, "quotas: 1 partitions are read from their beginning")
    assert (await puente("events", "republish", "--days", "0")).code == 2

    async def look(tx: Tx) -> tuple[int, int, list[str]]:
        unsent = (await tx.execute(text("select count(*) from outbox where sent_at is null"))).scalar_one()
        offsets = (await tx.execute(text("select count(*) from consumer_offset"))).scalar_one()
        return unsent, offsets, list((await tx.execute(text("select act from audit_entry order by at"))).scalars())

    assert await quotas.run(look) == (3, 0, ["events.republish", "events.reread"])


async def test_a_folder_in_which_nothing_was_started_is_not_said_to_be_well(puente: Puente, tmp_path: Path) -> None:
    nowhere = tmp_path / "mistyped"
    for arguments in (("check",), ("events", "parked"), ("export", "decisions")):
        answer = await puente(*arguments, PUENTE_DATABASE_URL="", PUENTE_HOME=str(nowhere))
        assert answer.code == 1 and f"There is no Puente in {nowhere}" in answer.text, answer.text
        assert "Traceback" not in answer.text and not nowhere.exists()


async def test_an_export_that_cannot_be_read_is_said_in_a_line(puente: Puente, tmp_path: Path) -> None:
    answer = await puente("verify", str(tmp_path / "missing.jsonl"))
    assert answer.code == 1 and "cannot be read" in answer.text and "Traceback" not in answer.text, answer.text

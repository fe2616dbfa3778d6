"""Exports, their check and the rebuild as operators and auditors type them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from shared.events.catalogue import JOURNAL, PROGRAMMES, decode
from shared.events.envelope import AnyEvent
from shared.kernel.ids import new_id
from shared.messaging import outbox
from shared.messaging.broker import Broker
from shared.messaging.kafka import KafkaTransport
from shared.messaging.relay import Relay, connect
from shared.persistence import migrate
from shared.persistence.database import Database
from shared.settings import CommonSettings
from tests.integration.launcher.conftest import Installation, Puente
from tests.integration.quotas.history import a_history
from tests.postgres import Server

PE = "training:PE:2016"


async def live(installation: Installation) -> Sequence[AnyEvent]:
    """A history in quotas; the publications are in the outbox of applications."""
    databases = {name: Database(installation.url.replace("{service}", name)) for name in ("applications", "quotas")}
    published = await a_history(databases["quotas"])
    await databases["applications"].run(lambda tx: outbox.add(tx, *published))
    for db in databases.values():
        await db.close()
    return published


async def begin_anew(installation: Installation, server: Server) -> None:
    """The database of quotas is lost, and an empty one is in its place."""
    url = installation.url.replace("{service}", "quotas")
    name = make_url(url).database
    await server.execute(f"drop database {name} with (force)", f"create database {name}")
    await migrate.upgrade(url, "quotas")


async def test_an_export_is_checked_by_whoever_has_the_file(puente: Puente, installation: Installation, tmp_path: Path) -> None:
    await live(installation)
    file, part = tmp_path / "books.jsonl", tmp_path / "peru.jsonl"
    done = await puente("export", "decisions", str(file))
    assert (done.code, done.piped) == (0, ""), done.text
    decisions, transfers = (sum(f'"is":"{kind}"' in line for line in file.read_text().splitlines()) for kind in ("decision", "transfer"))
    assert decisions and transfers
    assert (
        done.text == f"{file}: {decisions} decisions and {transfers} transfers of everything. Anybody can check it: puente verify {file}\n"
    )
    of_peru = await puente("export", "decisions", str(part), "--cell", PE)
    assert (of_peru.code, f" of {PE}. Anybody can check it: puente verify " in of_peru.text) == (0, True), of_peru.text
    through = await puente("export", "decisions")
    assert (through.code, through.text) == (0, through.piped), "nothing but the export"
    assert through.piped.splitlines()[1:-1] == file.read_text().splitlines()[1:-1]
    nowhere = {"PUENTE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/{service}", "PUENTE_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    well = await puente("verify", str(file), str(part), **nowhere)
    assert well.code == 0, well.text
    first, second = well.text.splitlines()
    assert first.endswith("of everything: no fault"), "with nothing to hold it against"
    assert second.endswith(f", 1 cell of {PE}: no fault; held against what was taken before: 1 cell in both, nothing written anew")

    lines = file.read_bytes().splitlines(keepends=True)
    index = next(i for i, line in enumerate(lines) if b'"is":"decision"' in line and rb"\"outcome\":\"offered\"" in line)
    body = json.loads(json.loads(lines[index])["record"])
    file.write_bytes(b"".join([*lines[:index], lines[index].replace(rb"\"cause\":\"", rb"\"cause\":\"x"), *lines[index + 1 :]]))
    bad = await puente("verify", str(file), **nowhere)
    assert bad.code == 1
    assert f"line {index + 1}, decision {body['number']} of {body['cell']}: hash: the record hashes to" in bad.text

    file.write_bytes(b"".join(lines[:-1]))
    cut = await puente("verify", str(file), str(part))
    assert (cut.code, "cut_off" in cut.text, f"of {PE}: no fault" in cut.text) == (1, True, True)


async def test_what_cannot_be_read_or_written_is_said(puente: Puente, installation: Installation, tmp_path: Path) -> None:
    missing = await puente("verify", str(tmp_path / "nothing"))
    assert (missing.code, "cannot be read: No such file" in missing.text) == (1, True)
    (tmp_path / "words").write_text("not an export")
    assert "line 1, the export: cut_off" in (await puente("verify", str(tmp_path / "words"))).text
    nowhere = await puente("export", "decisions", str(tmp_path / "no folder" / "x"))
    assert (nowhere.code, "x cannot be written: No such file or directory. Make its folder first" in nowhere.text) == (1, True), (
        nowhere.text
    )
    unknown = await puente("export", "decisions", "--programme", "nothing")
    assert (unknown.code, "there is no programme and no cell 'nothing'" in unknown.text) == (1, True)
    no_cell = await puente("export", "decisions", "--cell", "foo")
    assert (no_cell.code, "'foo' is no cell: expected programme:country:year, such as" in no_cell.text) == (1, True), no_cell.text


async def test_a_lost_database_is_made_again_from_the_file_of_its_journal(
    puente: Puente, installation: Installation, server: Server, tmp_path: Path
) -> None:
    await live(installation)
    before, journal, after = tmp_path / "before", tmp_path / "journal", tmp_path / "after"
    assert (await puente("export", "decisions", str(before))).code == 0
    said = await puente("export", "journal", str(journal))
    assert (said.code, said.piped) == (0, ""), said.text
    events = journal.read_text().splitlines()
    terms = sum(decode(line.encode()).type.endswith("programme.published.v1") for line in events)
    assert f"{journal}: {terms} events of the programmes' terms and {len(events) - terms} of the journal. " in said.text, said.text
    assert said.text.endswith(f"puente rebuild quotas --journal {journal}\n"), said.text
    refused = await puente("rebuild", "quotas", "--journal", str(journal))
    assert (refused.code, refused.text.startswith("this database holds programmes, cells or decisions already")) == (1, True), refused.text
    await begin_anew(installation, server)
    lost = await puente("rebuild", "quotas")
    assert (lost.code, "puente rebuild quotas --journal FILE" in lost.text) == (1, True), "local transport has no other log"
    done = await puente("rebuild", "quotas", "--journal", str(journal))
    assert (done.code, "each the same, hash for hash" in done.text) == (0, True), done.text
    assert (await puente("export", "decisions", str(after))).code == 0
    assert before.read_bytes().splitlines()[1:-1] == after.read_bytes().splitlines()[1:-1]
    assert (await puente("verify", str(before), str(after))).code == 0


@pytest.mark.kafka
async def test_a_lost_database_is_made_again_from_the_topics(
    puente: Puente, installation: Installation, server: Server, kafka: Broker, tmp_path: Path
) -> None:
    """The journal's topic is all that is left of quotas; the oldest terms are in the outbox of applications alone."""
    await live(installation)
    settings = CommonSettings(kafka_bootstrap=kafka.bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}.")
    transport = KafkaTransport(settings)
    await transport.prepare([PROGRAMMES, JOURNAL])
    publisher = await transport.publisher()
    for name, keep in (("quotas", "puente.journal.v1"), ("applications", "nothing")):
        connection = await connect(installation.url.replace("{service}", name))
        await connection.execute("update outbox set sent_at = now() where topic <> $1", keep)
        await Relay(connection, publisher).drain()
        await connection.execute("update outbox set sent_at = null where topic = 'puente.journal.v1'")
        await Relay(connection, publisher).drain()
        await connection.close()
    await publisher.close()
    before, after = tmp_path / "before", tmp_path / "after"
    assert (await puente("export", "decisions", str(before))).code == 0
    await begin_anew(installation, server)
    topics = {
        "PUENTE_TRANSPORT": "kafka", "PUENTE_KAFKA_BOOTSTRAP": kafka.bootstrap, "PUENTE_KAFKA_PREFIX": settings.kafka_prefix,
    }  # fmt: skip
    done = await puente("rebuild", "quotas", **topics)
    assert (done.code, "each the same, hash for hash" in done.text) == (0, True), done.text
    assert (await puente("export", "decisions", str(after))).code == 0
    assert before.read_bytes().splitlines()[1:-1] == after.read_bytes().splitlines()[1:-1]

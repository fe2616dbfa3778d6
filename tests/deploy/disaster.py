"""The worst days of `docs/operations.md`, done as written there: a full replay, a lost broker, and a backup that is put back."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = ("applications", "quotas", "notifications")
WORKERS: Final = tuple(f"{name}-worker" for name in SERVICES)
PROCESSES: Final = (*WORKERS, *(f"{name}-api" for name in SERVICES), "gateway")
BACKUP: Final = ("pg_basebackup", "-U", "postgres", "-D", "-", "-F", "tar", "-X", "fetch", "-z", "--checkpoint=fast")
PUT_BACK: Final = 'mkdir -p "$PGDATA" && tar -xzC "$PGDATA" && chown -R postgres: "$PGDATA" && chmod 700 "$PGDATA"'
STATE: Final = {
    "applications": "select string_agg(id::text || state || version, ',' order by id) from application",
    "quotas": "select string_agg(key || free || '/' || offered || '/' || taken || '/' || last_hash, ',' order by key) from cell",
    "notifications": "select count(*) from message",
}


class Compose(Protocol):
    """What is needed of `tests.deploy.__main__.Compose`."""

    project: str

    def __call__(self, *arguments: str, quiet: bool = False, given: bytes | None = None) -> bytes: ...


def worst_days(compose: Compose, settled: Callable[[], None], say: Callable[[str], None]) -> None:
    """Each of them, with the same tables and no new mail afterwards. `settled` waits until nothing is under way."""
    settled()
    before, backup = state(compose), compose("exec", "-T", "postgres", *BACKUP)

    compose("stop", *WORKERS, quiet=True)
    for service in SERVICES:
        sql(compose, service, "truncate consumer_offset")
    compose("up", "--wait", quiet=True)
    settled()
    assert state(compose) == before, "a full replay changes nothing"
    say("read all topics again: nothing changed")

    compose("stop", *WORKERS, "kafka", quiet=True)
    compose("rm", "--force", "kafka", quiet=True)
    drop_volume(compose, "kafka")
    republish(compose)
    compose("up", "--wait", quiet=True)
    settled()
    assert state(compose) == before, "a new broker changes nothing"
    say("lost the broker with all its topics: nothing changed")

    compose("stop", *PROCESSES, "kafka", "postgres", quiet=True)
    compose("rm", "--force", "kafka", "postgres", quiet=True)
    drop_volume(compose, "kafka")
    drop_volume(compose, "postgres")
    compose("run", "--rm", "--no-deps", "-T", "--entrypoint", "sh", "postgres", "-c", PUT_BACK, quiet=True, given=backup)
    compose("up", "--wait", "postgres", quiet=True)
    republish(compose)
    compose("up", "--wait", quiet=True)
    settled()
    assert state(compose) == before, "everything is as it was when the backup was made"
    say(f"put back a backup of {len(backup) // 1_000_000} MB: everything as it was")


def republish(compose: Compose) -> None:
    """Send again, read from the beginning."""
    for service in SERVICES:
        sql(compose, service, (ROOT / "deploy/republish.sql").read_text())


def state(compose: Compose) -> dict[str, str]:
    """What each service knows."""
    return {service: sql(compose, service, query) for service, query in STATE.items()}


def sql(compose: Compose, service: str, statement: str) -> str:
    """Run a statement in a service's database."""
    psql = ("psql", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", f"puente_{service}", "-qAt")
    return compose("exec", "-T", "postgres", *psql, given=statement.encode()).decode().strip()


def drop_volume(compose: Compose, name: str) -> None:
    subprocess.run(["docker", "volume", "rm", f"{compose.project}_{name}"], check=True, stdout=subprocess.DEVNULL)

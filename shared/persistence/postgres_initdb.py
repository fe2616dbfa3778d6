"""A new data folder for the embedded PostgreSQL, with one user and a password of its own."""

import os
import shutil

from shared.kernel.ids import new_secret
from shared.persistence.postgres_place import Place, not_started, private_folder
from shared.persistence.server_process import run_as


def initialise(place: Place, user: str, lock: int) -> None:
    """A new data folder; made beside and renamed, so that a kill on the way leaves nothing that looks whole.

    initdb outlives a killed process for a moment and goes on writing: it holds the lock, so that the next start waits for it.
    """
    for half_made in place.home.glob("data.new.*"):
        shutil.rmtree(half_made, ignore_errors=True)
    fresh = place.home / f"data.new.{new_secret(16)}"
    private_folder(fresh, place.identity)
    private_folder(fresh / "data", place.identity)
    password = new_secret()
    for secret in (fresh / "password", place.home / "password"):
        secret.unlink(missing_ok=True)
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
    if place.identity and not place.identity.namespace:
        os.chown(fresh / "password", place.identity.uid, place.identity.gid)
    done = run_as(
        place.identity,
        [
            *(place.programs / "initdb", "-D", fresh / "data", "-U", user, "--auth=scram-sha-256", "--pwfile", fresh / "password"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *("--set", "dynamic_shared_memory_type=mmap", "--set", "shared_buffers=16MB"),
            # The many rounds make a password that people choose harder to guess; this one is 32 random bytes, and each connection pays.
            *("--set", "scram_iterations=1"),
        ],
        held=[lock],
    )
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise not_started(f"initdb: {(done.stderr or done.stdout).strip()[-2000:]}")
    (fresh / "data").rename(place.home / "data")
    shutil.rmtree(fresh)

"""Ed25519 key pairs as files: `<folder>/<name>.key` (private, 0600) and `<folder>/<name>.pub`."""

import os
from pathlib import Path

from joserfc.jwk import OKPKey


class KeyMissing(Exception):
    """A key file is not there; the text says which, and what to do."""

    safe_text = True


def ensure_key_pair(folder: Path, name: str) -> None:
    """Make the pair `name` where it is missing. Several processes may call this at once: all end with the same pair."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    if not private.exists():
        key = OKPKey.generate_key("Ed25519")
        beside = folder / f".{name}.{os.getpid()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.as_pem(private=True))
        try:
            os.link(beside, private)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    if not public.exists():
        beside = folder / f".{name}.pub.{os.getpid()}"
        beside.write_bytes(OKPKey.import_key(private.read_bytes()).as_pem(private=False))
        beside.replace(public)


def private_key(folder: Path, name: str) -> OKPKey:
    """The private key `name`; made together with its public one where there is none."""
    ensure_key_pair(folder, name)
    return OKPKey.import_key((folder / f"{name}.key").read_bytes())


def public_key(folder: Path, name: str) -> OKPKey:
    """The public key `name`; `KeyMissing` where its owner has not made it yet."""
    path = folder / f"{name}.pub"
    try:
        return OKPKey.import_key(path.read_bytes())
    except FileNotFoundError:
        raise KeyMissing(
            f"the key file {path} is missing: start the service that owns the key first, or copy its {name}.pub there (PUENTE_KEYS_FOLDER)"
        ) from None

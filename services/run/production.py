"""What a real installation must not be started with."""

import ipaddress
import os
from typing import Final

from sqlalchemy.engine import make_url

from shared.settings import CommonSettings

THROWN_AWAY: Final = "demo-only"
"""Every secret of `deploy/demo.env` begins with it."""


def faults(settings: CommonSettings) -> list[str]:
    """What of these settings is for demonstrations only: which, what it is, what was expected. Shows no secret."""
    found = []
    if settings.clock_file is not None:
        found.append(f"PUENTE_CLOCK_FILE is {settings.clock_file}: a real installation goes by the real time; unset it")
    if not settings.public_url.startswith("https://"):
        found.append(f"PUENTE_PUBLIC_URL is {settings.public_url}: expected an address with https://, as people type it")
    if "example.org" in settings.mail_from:
        found.append(f"PUENTE_MAIL_FROM is {settings.mail_from}: expected a sender at a domain of yours")
    if settings.smtp_security == "none" and not _near(settings.smtp_host):
        found.append(f"PUENTE_SMTP_SECURITY is none towards {settings.smtp_host}: expected starttls or tls")
    if settings.transport == "kafka" and settings.kafka_security == "PLAINTEXT":
        far = [host for host in _hosts(settings.kafka_bootstrap) if not _near(host)]
        if far:
            found.append(
                f"PUENTE_KAFKA_SECURITY is PLAINTEXT towards {', '.join(far)}: expected SASL_SSL or SSL outside of a private network"
            )
    if (unsecured := _unsecured(settings.database_url)) and not _near(unsecured):
        found.append(
            f"PUENTE_DATABASE_URL names {unsecured} without sslmode: expected ?sslmode=verify-full&sslrootcert=FILE, or sslmode=require, "
            "outside of a private network"
        )
    secrets = {
        "PUENTE_DATABASE_URL": settings.database_url,
        "PUENTE_SMTP_PASSWORD": settings.smtp_password.get_secret_value(),
        "PUENTE_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
    }
    found += [
        f"{name} holds a password of the demonstration: expected one of your own" for name, value in secrets.items() if THROWN_AWAY in value
    ]
    return found


def _unsecured(url: str) -> str:
    """The host of a database that is reached without a word on how the connection is secured; empty where there is none."""
    address = make_url(url) if url else None
    mode = address.query.get("sslmode", os.environ.get("PGSSLMODE")) if address else None
    if address is None or mode in ("require", "verify-ca", "verify-full"):
        return ""
    host = str(address.host or address.query.get("host") or os.environ.get("PGHOST", ""))
    return "" if host.startswith("/") else host


def _hosts(bootstrap: str) -> list[str]:
    return [part.strip().rpartition(":")[0].strip("[]") for part in bootstrap.split(",") if part.strip()]


def _near(host: str) -> bool:
    """Whether `host` is this machine or one of a private network: such an address, or a name without a dot."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return address.is_private or address.is_loopback

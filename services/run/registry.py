"""The three services by name: their settings, how each is put together, and where each lives under the one origin."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.kernel.clock import Clock

if TYPE_CHECKING:
    from shared.messaging.service import Service
    from shared.settings import CommonSettings

NAMES: Final = ("applications", "quotas", "notifications")
PREFIXES: Final = {"/quotas": "quotas", "/messages": "notifications"}
"""First segment of a path -> the service that answers it; applications answers every other one."""


def settings_of(name: str, values: Mapping[str, Any] | None = None) -> "CommonSettings":
    """One service's settings from the environment; `values` (by field name) stand above it. Imports that service alone."""
    given: dict[str, Any] = dict(values or {})
    match name:
        case "applications":
            from services.applications.settings import ApplicationsSettings

            return ApplicationsSettings(**given)
        case "quotas":
            from services.quotas.settings import QuotasSettings

            return QuotasSettings(**given)
        case "notifications":
            from services.notifications.settings import NotificationsSettings

            return NotificationsSettings(**given)
    raise LookupError(f"{name!r} is no service: expected one of {', '.join(NAMES)}")


def build(name: str, settings: "CommonSettings", clock: Clock) -> "Service":
    """Put one service together. Imports that service alone, so that a process carries no other."""
    match name:
        case "applications":
            from services.applications import main as applications

            return applications.build(settings, clock=clock)
        case "quotas":
            from services.quotas import main as quotas

            return quotas.build(settings, clock=clock)
        case "notifications":
            from services.notifications import main as notifications

            return notifications.build(settings, clock=clock)
    raise LookupError(f"{name!r} is no service: expected one of {', '.join(NAMES)}")


def prefix_of(name: str) -> str:
    """Where a service's paths begin."""
    return next((prefix for prefix, owner in PREFIXES.items() if owner == name), "")


def service_for(path: str) -> str:
    """The service that answers `path`."""
    first = "/" + path.lstrip("/").split("/", 1)[0]
    return PREFIXES.get(first, "applications")

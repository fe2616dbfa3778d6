"""Services put together for one command: on the databases that the settings name, or on the embedded server of the home folder."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from services.run import databases
from services.run.home import VARIABLE, Home, default_home
from services.run.registry import NAMES, build, settings_of
from shared.kernel.clock import Clock, clock_from
from shared.messaging.service import Service
from shared.settings import CommonSettings


def values_of(home: Home, database_url: str) -> dict[str, Any]:
    """The settings that follow from a home folder, by field name; the rest comes from the environment."""
    return {
        "database_url": database_url,
        "keys_folder": home.keys,
        "documents_folder": home.documents,
        "clock_file": home.clock,
    }


def values_for(home: Home, common: CommonSettings, database_url: str) -> dict[str, Any]:
    """The same for a command, where the home folder's installation is meant: the environment names no databases, or those that belong
    to the folder. What the environment says besides stands then.
    """
    values = values_of(home, database_url)
    if not common.database_url:
        return values
    return {name: value for name, value in values.items() if name not in common.model_fields_set} if is_meant(home, common) else {}


def is_meant(home: Home, common: CommonSettings) -> bool:
    """Whether the home folder's installation is the one that these settings mean."""
    return not common.database_url or databases.belong(home, common.database_url)


class NothingThere(Exception):
    """A command was to look at an installation, and there is none; the text says where it looked and what to do."""

    safe_text = True


@contextlib.asynccontextmanager
async def opened(services: Sequence[str] = NAMES, *, home: Home | None = None, may_make: bool = True) -> AsyncIterator[dict[str, Service]]:
    """These services, ready for use cases and queries; their databases are made and migrated only where the embedded server is used.

    Raises `NothingThere` where nothing was started in the home folder yet, unless it may be made.

    An installation with a database of its own takes everything from the environment. Without one, or where that is the demonstration's, the
    home folder of the demonstration is used, with its clock and its keys, also while the demonstration runs.
    """
    common = CommonSettings()
    place = home or default_home()
    if not (common.database_url or may_make or place.postgres.exists() or databases.elsewhere(place)):
        raise NothingThere(
            f"There is no Puente in {place.folder}: nothing was started there yet. Start one (make demo), name the folder of another one "
            f"in {VARIABLE}, or its database in PUENTE_DATABASE_URL."
        )
    async with databases.server(place, common.database_url) as url:
        values: Mapping[str, Any] = values_for(place, common, url)
        if not common.database_url:
            place.make()
            await databases.prepare(url, services)
        made = {}
        for name in services:
            settings = settings_of(name, values)
            made[name] = build(name, settings, clock_of(settings))
        try:
            yield made
        finally:
            for service in made.values():
                await service.db.close()


def tell_topics(home: Home, settings: CommonSettings) -> None:
    """Write where the topics of a stack on Kafka are, for the commands beside it. A password stays in the environment."""
    whole = home.topics.with_suffix(".new")
    whole.write_text(json.dumps({"kafka_bootstrap": settings.kafka_bootstrap, "kafka_prefix": settings.kafka_prefix}))
    whole.replace(home.topics)


def how_events_travel(home: Home | None = None) -> CommonSettings:
    """The settings of the environment; where it means the home folder's stack and no other broker, with the topics of that, if it runs."""
    common, place = CommonSettings(), home or default_home()
    if not is_meant(place, common) or not place.runs():
        return common
    try:
        told = json.loads(place.topics.read_text())
    except FileNotFoundError:
        return common
    if common.kafka_bootstrap not in ("", told["kafka_bootstrap"]):
        return common
    return CommonSettings(transport="kafka", **told)


def clock_of(settings: CommonSettings) -> Clock:
    return clock_from(settings.clock_file)


def environment(values: Mapping[str, Any]) -> dict[str, str]:
    """Settings by field name, as the environment of a process."""
    return {f"PUENTE_{name.upper()}": str(value) for name, value in values.items() if value is not None}

"""Events as this service's rules and tables know them."""

from datetime import datetime
from typing import Any

import msgspec

from services.notifications.domain.choose import Happening
from services.notifications.tables import Programme
from shared.events.applications import Names, ProgrammePublished
from shared.events.envelope import AnyEvent
from shared.kernel.cells import Cell


def happening_of(event: AnyEvent) -> Happening:
    """The event as `choose` takes it: its data as JSON knows them."""
    data: Any = event.data
    return Happening(
        event=event.id,
        type=event.type,
        application=data.application,
        person=data.person,
        cell=Cell.parse(event.partitionkey),
        time=event.time,
        facts=msgspec.to_builtins(data),
    )


def programme_of(event: AnyEvent) -> Programme:
    """What of a programme's terms is needed to speak of it."""
    data: ProgrammePublished = event.data
    return Programme(
        code=data.programme,
        version=event.subjectversion,
        names=_by_language(data.names),
        countries={country.code: _by_language(country.names) for country in data.countries},
        reasons={code: _by_language(names) for code, names in data.reasons.items()},
        rounds={str(call.year): _text(call.grants_from) for call in data.calls if call.grants_from is not None},
        published_at=event.time,
    )


def _by_language(names: Names) -> dict[str, str]:
    return msgspec.structs.asdict(names)


def _text(moment: datetime) -> str:
    return moment.isoformat()

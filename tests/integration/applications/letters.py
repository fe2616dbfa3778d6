"""Referees in tests: asked for a letter, given their link, and writing, by the real use cases."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from services.applications.domain.referees import Invitee
from services.applications.domain.viewers import Viewer
from services.applications.referees import writing
from services.applications.referees.asking import invite
from services.applications.referees.store import of_application
from services.applications.referees.tables import Referee
from services.applications.referees.telling import Letterhead, letterhead
from shared.persistence.database import Tx


def token_of(head: Letterhead | None) -> str:
    """The secret in what a mail to a referee needs."""
    assert head is not None, "the mail is still of use"
    return str(urlsplit(head.path).path).rsplit("/", 1)[-1]


def a_referee(number: int = 0) -> dict[str, str]:
    """The form about a referee, filled in."""
    email = f"referee{number}@example.org"
    return {"name": f"Prof. Nº {number}", "email": email, "relation": "thesis", "kind": "academic", "language": "es"}


GOOD_LETTER: Final[Mapping[str, str]] = {
    "acquaintance": "Since 2012",
    "academic_letter": "word " * 90,
    "professional_letter": "word " * 90,
    "judgement": "yes",
}
"""What a referee may answer, whichever of the questions a programme's letter has."""


async def asked(tx: Tx, person: Viewer, application_id: UUID, now: datetime, number: int = 0, **otherwise: Any) -> Referee:
    """The applicant asks somebody, who was never asked by anybody else."""
    address = {"email": f"referee{number}.{application_id.hex}@example.org"}
    referee = await invite(tx, person, application_id, Invitee(**{**a_referee(number), **address, **otherwise}), now=now)
    assert isinstance(referee, Referee), referee
    return referee


async def link(tx: Tx, referee_id: UUID, now: datetime, template: str = "referee_invited") -> str:
    """The secret of a new link, as a mail to the referee brings it."""
    return token_of(await letterhead(tx, referee_id, template, now=now))


async def written(tx: Tx, referee_id: UUID, now: datetime) -> str:
    """The referee writes and sends the letter; the link's secret."""
    token = await link(tx, referee_id, now)
    saved = await writing.save(tx, token, GOOD_LETTER, saved=0, now=now)
    assert isinstance(saved, writing.Saved) and not saved.faults, saved
    assert isinstance(await writing.send(tx, token, saved=1, now=now), writing.Seat)
    return token


async def recommended(tx: Tx, person: Viewer, application_id: UUID, number: int, now: datetime) -> None:
    """So many letters in all."""
    for one in range(len(await of_application(tx, application_id)), number):
        await written(tx, (await asked(tx, person, application_id, now, one)).id, now)

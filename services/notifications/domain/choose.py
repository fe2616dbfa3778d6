"""Who is told what, for each event: one table. Everything is told at once; nothing waits to be gathered.

Pure: an event and the table give messages, a reminder to set, and reminders that have become pointless.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from shared.kernel.cells import Cell

EMAIL: Final = "email"
INBOX: Final = "inbox"
BOTH: Final = (EMAIL, INBOX)
REMINDER_HOUR_UTC: Final = 13
"""Reminders of a day (and not of a moment) go out at this hour: morning in the Americas, evening in China."""

Facts = Mapping[str, Any]
"""What an event says, by field, as JSON knows it: codes, ids, numbers, dates and moments as ISO 8601 text. No personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """A reminder `days` before the fact `before` (a moment, or a day), unless something settles `kind` first."""

    kind: str
    template: str
    before: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What happens where an event's fact `when[0]` is one of `when[1]`, or where the fact `above[0]` is more than `above[1]`, or always.

    `tells` are the facts that the text needs. `settles` are the kinds of reminders that the event makes pointless.
    """

    to: Literal["applicant", "referee", "nobody"] = "applicant"
    template: str = ""
    channels: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    when: tuple[str, tuple[object, ...]] | None = None
    above: tuple[str, str] | None = None
    remind: Remind | None = None
    settles: tuple[str, ...] = ()
    because: str = ""
    """Why nobody is told."""
    also: "Row | None" = None
    """Who is told of it as well."""


OFFER: Final = Remind(kind="offer", template="reminder_offer", before="answer_by", days=3)
CORRECTION: Final = Remind(kind="correction", template="reminder_correction", before="correct_by", days=2)
THANKS: Final = Row(to="referee", template="referee_thanked", channels=(EMAIL,))

# fmt: off
TABLE: Final[Mapping[str, tuple[Row, ...]]] = {
    "puente.application.submitted.v1": (
        Row(when=("corrected", (True,)), template="application_corrected", channels=BOTH, settles=("correction",)),
        Row(template="application_submitted", channels=BOTH, settles=("correction",)),
    ),
    "puente.application.returned.v1": (
        Row(template="application_returned", channels=BOTH, tells=("reasons", "correct_by"), settles=("correction",), remind=CORRECTION),
    ),
    "puente.application.nominated.v1": (Row(template="application_nominated", channels=BOTH),),
    "puente.application.rejected.v1": (
        Row(when=("by_role", ("system",)), template="application_undecided", channels=BOTH, settles=("correction",)),
        Row(template="application_rejected", channels=BOTH, tells=("reasons", "by_role"), settles=("correction",)),
    ),
    # The answer about the place follows, often within a second, and that one is mailed.
    "puente.application.approved.v1": (Row(template="application_approved", channels=(INBOX,)),),
    "puente.application.withdrawn.v1": (
        Row(when=("by_role", ("applicant",)), template="application_withdrawn", channels=BOTH, settles=("correction", "offer")),
        Row(when=("by_role", ("system",)), template="correction_missed", channels=BOTH, settles=("correction",)),
        Row(template="application_withdrawn_by_staff", channels=BOTH, tells=("by_role",), settles=("correction", "offer")),
    ),
    "puente.application.concerned.v1": (
        Row(when=("change", ("left",)), template="country_leaves", channels=BOTH, tells=("start", "end")),
        Row(when=("change", ("left_in_part",)), template="country_leaves_in_part", channels=BOTH, tells=("start", "end")),
        Row(template="country_returns", channels=BOTH, tells=("start", "end")),
    ),
    "puente.application.ended.v1": (Row(template="application_ended", channels=BOTH, tells=("reason",)),),
    "puente.offer.declined.v1": (Row(template="offer_declined", channels=BOTH, settles=("offer",)),),
    "puente.letter.written.v1": (
        Row(when=("by_role", ("applicant",)), to="nobody", because="those who answer find it in their own lists"),
        Row(when=("exchange", ("appeal",)), template="appeal_answered", channels=BOTH),
        Row(template="question_answered", channels=BOTH),
    ),
    # A referee has no account and so no inbox, and is reminded by the applications service, which knows when an answer came.
    "puente.referee.invited.v1": (Row(to="referee", template="referee_invited", channels=(EMAIL,), tells=("due",)),),
    "puente.referee.reminded.v1": (Row(to="referee", template="referee_reminded", channels=(EMAIL,), tells=("due",)),),
    "puente.referee.received.v1": (
        Row(when=("needed", (None, 0)), template="letter_received", channels=BOTH, also=THANKS),
        Row(above=("received", "needed"), template="letter_further", channels=BOTH, also=THANKS),
        Row(when=("letters_lacking", (0,)), template="letters_complete", channels=BOTH, also=THANKS),
        Row(template="letter_received_not_all", channels=BOTH, tells=("received", "needed", "due"), also=THANKS),
    ),
    "puente.referee.declined.v1": (
        Row(when=("referees_lacking", (None, 0)), template="letter_declined", channels=BOTH),
        Row(template="letter_declined_ask_another", channels=BOTH, tells=("due",)),
    ),
    "puente.referee.unreached.v1": (Row(template="referee_unreached", channels=BOTH),),
    "puente.referee.released.v1": (Row(to="referee", template="referee_released", channels=(EMAIL,)),),
    "puente.nomination.refused.v1": (Row(template="nomination_refused", channels=BOTH, tells=("reason",)),),
    "puente.place.offered.v1": (
        Row(template="place_offered", channels=BOTH, tells=("answer_by",), settles=("offer",), remind=OFFER),
    ),
    "puente.place.waiting.v1": (
        Row(when=("rank", (0,)), template="place_waiting_round", channels=BOTH),
        Row(template="place_waiting", channels=BOTH, tells=("rank", "lacking", "list_closes")),
    ),
    "puente.place.refused.v1": (Row(template="place_refused", channels=BOTH, tells=("reason",), settles=("offer",)),),
    "puente.place.taken.v1": (Row(template="place_taken", channels=BOTH, settles=("offer",)),),
    "puente.place.released.v1": (
        Row(when=("cause", ("expired",)), template="offer_lapsed", channels=BOTH, settles=("offer",)),
        Row(to="nobody", settles=("offer",), because="whoever withdrew, declined or ended was told by the event that caused it"),
    ),
}
# fmt: on


def _each(row: Row) -> Iterator[Row]:
    yield row
    if row.also is not None:
        yield from _each(row.also)


FOR_REFEREES: Final = frozenset(one.template for rows in TABLE.values() for row in rows for one in _each(row) if one.to == "referee")
"""Texts that go to referees: their recipient is a referee's id, whose address is asked for as a referee's."""


NAMES_PAPERS: Final = frozenset({"application_nominated", "place_taken"})
"""Texts of the moments from which a plan may ask for more documents: their mails name what is asked for now."""


NAMES_MARKED: Final = frozenset({"application_returned", "reminder_correction"})
"""Texts about a correction: their mails name the places of the form that are to be corrected."""


NAMES_COURSE: Final = frozenset(
    {"place_offered", "reminder_offer", "place_waiting", "place_waiting_round", "place_refused", "place_taken", "offer_lapsed"}
)
"""Texts that follow an approval, which is for one of the courses that somebody listed: their mails name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event about one application, as far as telling is concerned."""

    event: UUID
    type: str
    application: UUID
    person: UUID
    cell: Cell
    time: datetime
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to write: to whom, how, with which text, and the facts that the text needs."""

    recipient: UUID
    channel: str
    template: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A reminder to set. It is sent at `due` if nothing settled its kind before, and never after `until`."""

    kind: str
    template: str
    recipient: UUID
    channels: tuple[str, ...]
    due: datetime
    until: datetime
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What one event leads to. What it settles is settled before its own reminder is set."""

    messages: tuple[Draft, ...] = ()
    alarm: Alarm | None = None
    settles: tuple[str, ...] = ()


def choose(happening: Happening) -> Choice:
    """Who is told of this event; nothing for an event that the table does not have."""
    row = next((row for row in TABLE.get(happening.type, ()) if _fits(row, happening.facts)), None)
    if row is None:
        return Choice()
    if row.to == "nobody":
        return Choice(settles=row.settles)
    drafts = tuple(draft for one in _each(row) for draft in _drafts(one, happening))
    return Choice(messages=drafts, alarm=_alarm(row, happening, _told(row, happening)), settles=row.settles)


def _drafts(row: Row, happening: Happening) -> Iterator[Draft]:
    recipient = happening.person if row.to == "applicant" else UUID(str(happening.facts["referee"]))
    for channel in row.channels:
        yield Draft(recipient=recipient, channel=channel, template=row.template, facts=_told(row, happening))


def _told(row: Row, happening: Happening) -> dict[str, Any]:
    return {name: _without_ids(name, happening.facts[name]) for name in row.tells}


def _fits(row: Row, facts: Facts) -> bool:
    more = row.above is None or facts[row.above[0]] > facts[row.above[1]]
    return more and (row.when is None or facts.get(row.when[0]) in row.when[1])


def _without_ids(name: str, value: Any) -> Any:
    """Limits are kept by their kind alone, because the key of some ends with a person's id."""
    return [str(key).split(":", 1)[0] for key in value] if name == "lacking" else value


def _alarm(row: Row, happening: Happening, facts: Facts) -> Alarm | None:
    """The reminder that the row asks for, unless there is less time than that."""
    if row.remind is None:
        return None
    until, due = _deadline(str(facts[row.remind.before]), timedelta(days=row.remind.days))
    if due <= happening.time:
        return None
    return Alarm(
        kind=row.remind.kind,
        template=row.remind.template,
        recipient=happening.person,
        channels=row.channels,
        due=due,
        until=until,
        facts=facts,
    )


def _deadline(text: str, before: timedelta) -> tuple[datetime, datetime]:
    """Until when, and when to remind. A day counts until it is over everywhere."""
    if "T" in text:
        until = datetime.fromisoformat(text).astimezone(UTC)
        return until, until - before
    day = datetime.combine(date.fromisoformat(text), time(), UTC)
    return day + timedelta(days=1, hours=12), day - before + timedelta(hours=REMINDER_HOUR_UTC)

"""What this service does, one function each, in the caller's transaction. Sending itself is in `delivery`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.notifications.domain.choose import Alarm, Happening, choose
from services.notifications.heard import happening_of, programme_of
from services.notifications.store import erasing, facts, reading, sending
from services.notifications.store.sending import Claimed, Outcome
from services.notifications.tables import Message
from shared.events.applications import ApplicantErased, ProgrammePublished
from shared.events.catalogue import event as make_event
from shared.events.envelope import AnyEvent
from shared.events.notifications import MessageFailed, MessageSent
from shared.messaging import outbox
from shared.persistence.audit import record
from shared.persistence.database import Tx

REMINDERS: Final = 500
RESENDABLE: Final = ("failed", "failed_temporarily", "sent")


async def hear(tx: Tx, events: Sequence[AnyEvent]) -> None:
    """Take in a batch of events: write the messages that they call for, set and settle reminders, learn programmes.

    An event that is not newer than the last one heard of its subject from its producer is passed over, so that whatever
    is delivered again tells nobody twice. What is told of another subject than the application, such as its country's
    participation, has a version of its own: there the messages, one for each event, recipient and channel, see to it.
    """
    about_applications: list[tuple[AnyEvent, Happening]] = []
    gone: list[AnyEvent] = []
    for event in events:
        if isinstance(event.data, ProgrammePublished):
            await facts.keep_programme(tx, programme_of(event))
        elif isinstance(event.data, ApplicantErased):
            gone.append(event)
        else:
            about_applications.append((event, happening_of(event)))
    if about_applications:
        await _hear_of_applications(tx, about_applications)
    for event in gone:
        await erasing.erase(tx, event.data.person, at=event.time)


async def _hear_of_applications(tx: Tx, heard: Sequence[tuple[AnyEvent, Happening]]) -> None:
    states = await facts.meet(tx, {h.application: (h.person, h.cell.key) for _event, h in heard})
    last = {key: (state.heard_applications, state.heard_quotas) for key, state in states.items()}
    erased = await erasing.erased(tx, {h.person for _event, h in heard})
    apart = await facts.heard_apart(tx, {event.subject for event, _happening in heard if _counts_apart(event)})
    apart_before = dict(apart)
    changed: dict[UUID, tuple[int, int, str, datetime]] = {}
    messages: list[facts.NewMessage] = []
    settled: dict[tuple[UUID, str], datetime] = {}
    alarms: dict[tuple[UUID, str], facts.NewReminder] = {}
    for event, happening in heard:
        key, from_applications = happening.application, event.source == "/applications"
        a, q = last[key]
        if _counts_apart(event):
            if event.subjectversion <= apart.get(event.subject, 0):
                continue
            apart[event.subject] = event.subjectversion
        elif event.subject == str(key):
            if event.subjectversion <= (a if from_applications else q):
                continue
            last[key] = (event.subjectversion, q) if from_applications else (a, event.subjectversion)
            changed[key] = (*last[key], event.type, event.time)
        if happening.person in erased:
            continue
        choice = choose(happening)
        for kind in choice.settles:
            settled[key, kind] = event.time
            alarms.pop((key, kind), None)
        if choice.alarm is not None:
            alarms[key, choice.alarm.kind] = _reminder(happening, choice.alarm)
        messages += [
            facts.NewMessage(
                cause=happening.event,
                about=happening.event,
                application=key,
                recipient=draft.recipient,
                channel=draft.channel,
                template=draft.template,
                cell=happening.cell.key,
                facts=draft.facts,
                at=happening.time,
            )
            for draft in choice.messages
        ]
    await facts.heard(tx, changed)
    await facts.keep_apart(tx, {subject: version for subject, version in apart.items() if version != apart_before.get(subject)})
    await facts.write(tx, messages)
    await facts.settle(tx, settled)
    await facts.remind(tx, list(alarms.values()))


def _counts_apart(event: AnyEvent) -> bool:
    """Whether the event's versions are a referee's own, and not those of the application."""
    return event.subject.startswith("referee:")


def _reminder(happening: Happening, alarm: Alarm) -> facts.NewReminder:
    return facts.NewReminder(
        about=happening.event, application=happening.application, cell=happening.cell.key, alarm=alarm, at=happening.time
    )


async def send_reminders(tx: Tx, *, now: datetime) -> int:
    """Write the messages of reminders that have come due; one whose deadline has passed is of no use and ends as late."""
    due = await sending.due_reminders(tx, now=now, most=REMINDERS)
    messages = [
        facts.NewMessage(
            cause=reminder.id,
            about=reminder.event_id,
            application=reminder.application,
            recipient=reminder.recipient,
            channel=channel,
            template=reminder.template,
            cell=reminder.cell,
            facts=reminder.facts,
            at=now,
        )
        for reminder in due
        if now < reminder.until_at
        for channel in reminder.channels
    ]
    await facts.write(tx, messages)
    for reminder in due:
        reminder.state = "sent" if now < reminder.until_at else "late"
        reminder.changed_at = now
    await tx.flush()
    return len(due)


async def settle(tx: Tx, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Keep what became of each try, and publish what has ended. An outcome of a lost lease changes nothing."""
    ended = [outcome for outcome in outcomes if outcome.state in ("sent", "failed")]
    states = await facts.locked(tx, {outcome.claimed.application for outcome in ended})
    kept = await sending.settle(tx, outcomes, now=now)
    events = []
    for outcome in ended:
        claimed = outcome.claimed
        if claimed.id not in kept:
            continue
        state = states[claimed.application]
        state.published += 1
        data = _fact(claimed, outcome)
        events.append(make_event(data, subject=str(claimed.application), version=state.published, key=claimed.cell, at=now))
    await tx.flush()
    await outbox.add(tx, *events)


def _fact(claimed: Claimed, outcome: Outcome) -> MessageSent | MessageFailed:
    if outcome.state == "sent":
        return MessageSent(
            message=claimed.id,
            about=claimed.about,
            application=claimed.application,
            recipient=claimed.recipient,
            channel="email",
            template=claimed.template,
            language=outcome.language or "",
        )
    return MessageFailed(
        message=claimed.id,
        about=claimed.about,
        application=claimed.application,
        recipient=claimed.recipient,
        channel="email",
        template=claimed.template,
        reason=outcome.reason or "",
        attempts=claimed.attempts,
    )


async def send_again(tx: Tx, message_id: UUID, *, actor: str, role: str, now: datetime) -> Message | None:
    """Make a mail due now, with all its tries before it; None where there is none, or where it is on its way already. Audited."""
    message = await reading.mail(tx, message_id, lock=True)
    if message is None or message.state not in RESENDABLE:
        return None
    detail = {"state": message.state, "reason": message.last_reason, "template": message.template}
    message.state, message.attempts, message.next_try_at, message.sent_at = "created", 0, now, None
    await tx.flush()
    await record(tx, at=now, actor=actor, role=role, act="message.send_again", subject=str(message_id), detail=detail)
    return message


async def open_message(tx: Tx, person: UUID, message_id: UUID, *, now: datetime) -> Message | None:
    """A message of this person's inbox, noted as read; None where it is not theirs."""
    message = await reading.of_inbox(tx, person, message_id)
    if message is not None and message.read_at is None:
        await reading.mark_read(tx, message_id, now=now)
    return message

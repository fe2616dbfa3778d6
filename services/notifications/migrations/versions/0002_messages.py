"""Programmes as learnt, what was heard of each application, messages, and reminders."""

from alembic import op

revision = "0002"
down_revision = "0001"

DDL = (
    """
    create table programme (
        code text primary key,
        version integer not null,
        names jsonb not null,
        countries jsonb not null,
        reasons jsonb not null,
        rounds jsonb not null,
        published_at timestamptz not null
    )
    """,
    """
    create table application_state (
        application uuid primary key,
        person uuid not null,
        cell text not null,
        heard_applications integer not null default 0,
        heard_quotas integer not null default 0,
        last_type text not null default '',
        last_at timestamptz,
        published integer not null default 0
    ) with (fillfactor = 70)
    """,
    # next_try_at is when the message is due; while it is being sent, when its lease ends.
    # tried_at is the database's own time, which nobody steers.
    """
    create table message (
        id uuid primary key,
        event_id uuid not null,
        about uuid not null,
        application uuid not null,
        recipient uuid not null,
        channel text not null constraint message_channel check (channel in ('email', 'inbox')),
        template text not null,
        cell text not null,
        facts jsonb not null,
        created_at timestamptz not null,
        stored_at timestamptz not null default now(),
        state text not null constraint message_state check (state in ('created', 'sending', 'sent', 'failed_temporarily', 'failed')),
        attempts integer not null default 0,
        next_try_at timestamptz,
        tried_at timestamptz,
        last_reason text,
        sent_at timestamptz,
        language text,
        read_at timestamptz,
        constraint message_once unique (event_id, recipient, channel),
        constraint message_sent check ((state = 'sent') = (sent_at is not null)),
        constraint message_due check ((state in ('sent', 'failed')) = (next_try_at is null)),
        constraint message_why check (state not in ('failed', 'failed_temporarily') or last_reason is not null)
    ) with (fillfactor = 80)
    """,
    "create index message_due on message (next_try_at, id) where next_try_at is not null",
    "create index message_inbox on message (recipient, created_at desc, id desc) where channel = 'inbox'",
    "create index message_outgoing on message (created_at desc, id desc) where channel = 'email'",
    "create index message_failed on message (created_at desc, id desc) where channel = 'email' and state in ('failed', 'failed_temporarily')",
    """
    create table reminder (
        id uuid primary key,
        event_id uuid not null,
        application uuid not null,
        kind text not null,
        recipient uuid not null,
        channels text[] not null,
        template text not null,
        cell text not null,
        facts jsonb not null,
        due_at timestamptz not null,
        until_at timestamptz not null,
        state text not null constraint reminder_state check (state in ('set', 'sent', 'settled', 'late')),
        changed_at timestamptz not null,
        constraint reminder_once unique (event_id, kind)
    )
    """,
    "create index reminder_due on reminder (due_at) where state = 'set'",
    "create unique index reminder_open on reminder (application, kind) where state = 'set'",
)

TABLES = ("programme", "application_state", "message", "reminder")


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table {table}")

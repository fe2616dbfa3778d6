"""The tables that every service's database has for messaging, as DDL for its first migration."""

from typing import Final

DDL: Final = (
    """
    create table outbox (
        id bigint generated always as identity primary key,
        topic text not null,
        key text not null,
        event_id uuid not null,
        type text not null,
        value bytea not null check (octet_length(value) <= 65536),
        created_at timestamptz not null,
        sent_at timestamptz
    ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)
    """,
    "create index outbox_unsent on outbox (id) where sent_at is null",
    "create index outbox_sent on outbox (sent_at) where sent_at is not null",
    """
    create table consumer_offset (
        topic text not null,
        partition integer not null,
        next_offset bigint not null check (next_offset >= 0),
        moved_at timestamptz not null default now(),
        primary key (topic, partition)
    ) with (fillfactor = 50)
    """,
    """
    create table partition_lease (
        topic text not null,
        partition integer not null,
        owner uuid,
        held_until timestamptz not null default '-infinity',
        primary key (topic, partition)
    ) with (fillfactor = 50)
    """,
    "create table worker_member (owner uuid primary key, seen_until timestamptz not null, state text not null)",
    """
    create table parked_key (
        key text primary key,
        reason_code text not null,
        reason text not null,
        waits_for text,
        parked_at timestamptz not null default now()
    )
    """,
    "create index parked_key_waits on parked_key (waits_for) where waits_for is not null",
    """
    create table parked_event (
        id bigint generated always as identity primary key,
        key text not null,
        topic text not null,
        partition integer not null,
        next_offset bigint not null,
        event_id uuid,
        type text,
        value bytea,
        sha256 text not null,
        size_bytes integer not null,
        reason_code text not null,
        reason text not null,
        parked_at timestamptz not null default now(),
        settled_at timestamptz,
        settled_how text check (settled_how in ('handled', 'dropped'))
    )
    """,
    "create index parked_event_open on parked_event (key, id) where settled_at is null",
    """
    create table audit_entry (
        id uuid primary key,
        at timestamptz not null,
        actor text not null,
        role text not null,
        act text not null,
        subject text not null,
        detail jsonb not null default '{}'
    )
    """,
    "create index audit_entry_subject on audit_entry (subject, at)",
    "create index audit_entry_at on audit_entry (at)",
)

DROPPED: Final = "create index parked_event_dropped on parked_event (key) where settled_how = 'dropped'"
"""For a later migration: every batch asks for what was dropped of its keys, which is a handful of rows among all that were ever parked."""

TABLES: Final = frozenset({"outbox", "consumer_offset", "partition_lease", "worker_member", "parked_key", "parked_event", "audit_entry"})

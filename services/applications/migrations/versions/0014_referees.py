"""Referees, their links, and their letters."""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = (
    """
    create table referee (
        id uuid primary key,
        application_id uuid not null references application (id) on delete cascade,
        name text not null,
        email text not null check (length(email) between 3 and 254),
        relation text not null,
        kind text not null,
        language text not null,
        state text not null check (state in ('invited', 'opened', 'received', 'declined', 'replaced', 'released')),
        version integer not null default 0,
        due_at timestamptz not null,
        invited_at timestamptz not null,
        opened_at timestamptz,
        settled_at timestamptz,
        late boolean not null default false,
        reason text,
        next_chase_at timestamptz,
        chased_at timestamptz,
        asked_again_at timestamptz,
        asked_again integer not null default 0,
        check ((settled_at is null) = (state in ('invited', 'opened'))),
        check (next_chase_at is null or state in ('invited', 'opened'))
    )
    """,
    "create index referee_of_application on referee (application_id)",
    "create unique index referee_once on referee (application_id, lower(email)) where state in ('invited', 'opened', 'received')",
    "create index referee_chase on referee (next_chase_at) where next_chase_at is not null",
    "create index referee_open on referee (application_id) where state in ('invited', 'opened')",
    """
    create table referee_link (
        token_hash bytea primary key,
        referee_id uuid not null references referee (id) on delete cascade,
        made_at timestamptz not null,
        expires_at timestamptz not null
    )
    """,
    "create index referee_link_of on referee_link (referee_id)",
    "create index referee_link_expires on referee_link (expires_at)",
    """
    create table recommendation (
        referee_id uuid primary key references referee (id) on delete cascade,
        typed jsonb not null default '{}',
        answers jsonb not null default '{}',
        saved integer not null default 0,
        saved_at timestamptz not null,
        filename text,
        content_type text,
        size_bytes integer,
        sha256 text,
        storage_key text
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("recommendation", "referee_link", "referee"):
        op.execute(f"drop table {table}")

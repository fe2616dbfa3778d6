"""Accounts, sign-in attempts, sessions and the sign-in throttle."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    create table account (
        id uuid primary key,
        email text not null check (length(email) between 3 and 254),
        role text not null check (role in ('applicant', 'coordinator', 'reviewer', 'officer', 'auditor', 'operator')),
        country text check (length(country) = 2),
        language text not null,
        timezone text not null,
        name text not null default '',
        created_at timestamptz not null,
        disabled_at timestamptz,
        check (role <> 'coordinator' or country is not null)
    )
    """,
    "create unique index account_email on account (lower(email))",
    "create index account_staff on account (role, country) where role <> 'applicant'",
    """
    create table sign_in_attempt (
        id uuid primary key,
        email text not null,
        language text not null,
        timezone text not null,
        return_to text not null,
        code_hash bytea not null,
        link_hash bytea not null unique,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        tries integer not null default 0 check (tries between 0 and 5),
        used_at timestamptz
    )
    """,
    "create index sign_in_attempt_open on sign_in_attempt (lower(email)) where used_at is null",
    "create index sign_in_attempt_expires on sign_in_attempt (expires_at)",
    """
    create table session (
        id uuid primary key,
        token_hash bytea not null unique,
        account_id uuid not null references account (id) on delete cascade,
        created_at timestamptz not null,
        last_seen_at timestamptz not null,
        expires_at timestamptz not null,
        ended_at timestamptz
    ) with (fillfactor = 70)
    """,
    "create index session_of_account on session (account_id) where ended_at is null",
    "create index session_expires on session (expires_at)",
    "create table throttle (key text primary key, used integer not null, ends_at timestamptz not null)",
    "create index throttle_ends on throttle (ends_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("throttle", "session", "sign_in_attempt", "account"):
        op.execute(f"drop table {table}")

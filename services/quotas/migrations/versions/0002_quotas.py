"""Programmes, cells, limits, places, the ledger with its chained decisions, and proposals."""

from alembic import op

revision = "0002"
down_revision = "0001"

GENESIS = "0" * 64
PLACE_STATES = "nominated nomination_refused waiting offered taken released refused"
PROPOSAL_STATES = "open approved rejected"


def _one_of(names: str) -> str:
    return ", ".join(f"'{name}'" for name in names.split())


DDL = (
    """
    create table programme (
        code text primary key,
        plan text not null,
        plan_version text not null,
        version integer not null,
        terms bytea not null,
        places_total integer not null,
        funded integer not null constraint programme_funded check (funded >= 0),
        published_at timestamptz not null
    )
    """,
    # The figures of a cell follow each other: what is free is what the target leaves, and never less than nothing.
    f"""
    create table cell (
        key text collate "C" primary key,
        programme text not null,
        country text not null,
        year integer not null,
        listed boolean not null,
        planned integer not null default 0,
        target integer not null default 0 constraint cell_target check (target >= 0),
        free integer not null default 0 constraint cell_free check (free = greatest(0, target - offered - taken)),
        offered integer not null default 0 constraint cell_offered check (offered >= 0),
        taken integer not null default 0 constraint cell_taken check (taken >= 0),
        waiting integer not null default 0 constraint cell_waiting check (waiting >= 0),
        last_decision integer not null default 0,
        last_hash text not null default '{GENESIS}',
        grants_from timestamptz,
        list_closes timestamptz,
        served boolean not null default false,
        closed boolean not null default false
    ) with (fillfactor = 50)
    """,
    "create index cell_board on cell (programme, year, country)",
    """
    create table limit_counter (
        key text collate "C" primary key,
        kind text not null,
        capacity integer,
        used integer not null default 0 constraint limit_counter_used check (used >= 0),
        version integer not null default 0
    ) with (fillfactor = 50)
    """,
    f"""
    create table place (
        application uuid primary key,
        person uuid not null,
        cell text collate "C" not null,
        state text not null constraint place_state check (state in ({_one_of(PLACE_STATES)})),
        application_version integer not null,
        version integer not null,
        decision integer not null,
        score integer not null default 0,
        submitted_at timestamptz,
        parts text[] not null default '{{}}',
        course text,
        channel text,
        nominated boolean not null default false,
        ended boolean not null default false,
        position integer,
        answer_by timestamptz,
        reason text,
        reason_limit text,
        decided_at timestamptz not null,
        constraint place_offer check ((state = 'offered') = (answer_by is not null)),
        constraint place_rank check (state <> 'waiting' or submitted_at is not null)
    ) with (fillfactor = 70)
    """,
    "create index place_list on place (cell, score desc, submitted_at, application) where state = 'waiting'",
    "create index place_waiter on place (person) where state = 'waiting'",
    "create index place_due on place (answer_by) where state = 'offered'",
    """
    create table decision (
        cell text collate "C" not null,
        number integer not null,
        application uuid,
        at timestamptz not null,
        outcome text not null,
        record text not null,
        hash text not null,
        primary key (cell, number)
    )
    """,
    """
    create table transfer (
        id bigint generated always as identity primary key,
        programme text not null,
        cell text collate "C",
        decision integer,
        source text not null,
        target text not null,
        count integer not null constraint transfer_count check (count > 0),
        cause text not null,
        at timestamptz not null
    )
    """,
    """
    create table account (
        key text collate "C" primary key,
        programme text not null,
        balance integer not null default 0 constraint account_balance check (balance >= 0)
    )
    """,
    f"""
    create table proposal (
        id uuid primary key,
        kind text not null,
        programme text not null,
        cell text collate "C",
        target integer not null constraint proposal_target check (target >= 0),
        seen jsonb not null,
        reason text not null,
        proposed_by text not null,
        proposed_at timestamptz not null,
        state text not null default 'open' constraint proposal_state check (state in ({_one_of(PROPOSAL_STATES)})),
        decided_by text,
        decided_at timestamptz,
        note text not null default '',
        constraint proposal_decided check ((state = 'open') = (decided_at is null)),
        constraint proposal_four_eyes check (decided_by is null or decided_by <> proposed_by)
    )
    """,
    "create index proposal_open on proposal (proposed_at) where state = 'open'",
    """
    create table idempotency_key (
        principal text not null,
        key text not null,
        request_hash text not null,
        body jsonb not null default '{}',
        created_at timestamptz not null,
        primary key (principal, key)
    )
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    for table in ("idempotency_key", "proposal", "account", "transfer", "decision", "place", "limit_counter", "cell", "programme"):
        op.execute(f"drop table {table}")

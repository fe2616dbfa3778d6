"""Applications with their answers, documents, reviews and timelines; plans as loaded; the figures of cells."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATES = "draft submitted returned nominated approved waiting offered accepted placed rejected refused declined lapsed withdrawn ended"

DDL = (
    f"""
    create table application (
        id uuid primary key,
        person_id uuid not null,
        programme text not null,
        country text not null,
        year integer not null,
        state text not null constraint application_state check (state in ({", ".join(f"'{state}'" for state in STATES.split())})),
        version integer not null,
        facts integer not null,
        place_version integer not null,
        started_at timestamptz not null,
        changed_at timestamptz not null,
        receipt text unique,
        submitted_at timestamptz,
        correct_by date,
        slate_rank integer,
        score integer,
        course text,
        channel text,
        parts text[] not null default '{{}}',
        answer_by timestamptz,
        offer_version integer,
        waiting_rank integer,
        list_closes timestamptz,
        reasons text[] not null default '{{}}',
        reason_limit text,
        constraint application_receipt check ((receipt is null) = (submitted_at is null))
    ) with (fillfactor = 80)
    """,
    "create unique index application_live on application (person_id, programme, year) where state <> 'withdrawn'",
    "create index application_queue on application (programme, year, country, state, submitted_at, id)",
    "create index application_person on application (person_id, id)",
    """
    create table page_answers (
        application_id uuid not null references application (id) on delete cascade,
        page text not null,
        answers jsonb not null default '{}',
        saved_at timestamptz not null,
        primary key (application_id, page)
    )
    """,
    """
    create table document (
        id uuid primary key,
        application_id uuid not null references application (id) on delete cascade,
        kind text not null,
        filename text not null,
        content_type text not null,
        size_bytes integer not null,
        sha256 text not null,
        storage_key text not null,
        uploaded_at timestamptz not null,
        constraint document_kind unique (application_id, kind)
    )
    """,
    """
    create table timeline_entry (
        application_id uuid not null references application (id) on delete cascade,
        number integer not null,
        at timestamptz not null,
        act text not null,
        actor_role text not null,
        actor_id uuid,
        source text,
        target text not null,
        fact integer,
        detail jsonb not null default '{}',
        primary key (application_id, number)
    )
    """,
    """
    create table review (
        application_id uuid not null references application (id) on delete cascade,
        reviewer_id uuid not null,
        points jsonb not null default '{}',
        score integer not null,
        note text not null,
        submitted_at timestamptz not null,
        primary key (application_id, reviewer_id)
    )
    """,
    """
    create table idempotency_key (
        principal uuid not null,
        key text not null,
        request_hash text not null,
        body jsonb not null default '{}',
        created_at timestamptz not null,
        primary key (principal, key)
    )
    """,
    "create index idempotency_key_created_at on idempotency_key (created_at)",
    """
    create table plan_version (
        plan text not null,
        version text not null,
        content_hash text not null,
        content bytea not null,
        loaded_at timestamptz not null,
        loaded_by text not null,
        confirmed_by text,
        primary key (plan, version)
    )
    """,
    """
    create table programme_version (
        programme text not null,
        number integer not null,
        plan text not null,
        plan_version text not null,
        loaded_at timestamptz not null,
        primary key (programme, number)
    )
    """,
    """
    create table plan_change (
        id uuid primary key,
        plan text not null,
        version text not null,
        content_hash text not null,
        content bytea not null,
        breaks text[] not null default '{}',
        proposed_by text not null,
        proposed_at timestamptz not null,
        confirmed_by text,
        confirmed_at timestamptz
    )
    """,
    "create unique index plan_change_open on plan_change (plan) where confirmed_at is null",
    """
    create table cell_figures (
        cell text primary key,
        version integer not null,
        capacity integer not null,
        free integer not null,
        offered integer not null,
        taken integer not null,
        waiting integer not null,
        last_decision bigint not null,
        at timestamptz not null
    )
    """,
)

TABLES = (
    "cell_figures", "plan_change", "programme_version", "plan_version", "idempotency_key",
    "review", "timeline_entry", "document", "page_answers", "application",
)  # fmt: skip


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table {table}")

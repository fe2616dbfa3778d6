"""The PDF of each submission, and the answers of a submission that was sent back."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
        create table sent_copy (
            application_id uuid not null references application (id) on delete cascade,
            number integer not null,
            wanted_at timestamptz not null,
            tries integer not null,
            try_at timestamptz not null,
            failure text,
            made_at timestamptz,
            storage_key text,
            size_bytes integer,
            sha256 text,
            primary key (application_id, number),
            constraint sent_copy_made check ((made_at is null) = (storage_key is null))
        )
    """)
    op.execute("create index sent_copy_due on sent_copy (try_at) where made_at is null")
    op.execute("create index sent_copy_key on sent_copy (storage_key) where storage_key is not null")
    op.execute("""
        create table sent_answers (
            application_id uuid not null references application (id) on delete cascade,
            number integer not null,
            answers jsonb not null default '{}',
            papers jsonb not null,
            kept_at timestamptz not null,
            primary key (application_id, number)
        )
    """)


def downgrade() -> None:
    op.execute("drop table sent_answers")
    op.execute("drop table sent_copy")

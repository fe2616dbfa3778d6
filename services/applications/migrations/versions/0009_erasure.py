"""Who asked to be erased and who was; only the person's random id is kept."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        create table erasure (
            person_id uuid primary key,
            cause text not null check (cause in ('asked', 'unused', 'again')),
            asked_at timestamptz not null,
            due_at timestamptz not null,
            erased_at timestamptz
        )
        """
    )
    op.execute("create index erasure_due on erasure (due_at) where erased_at is null")


def downgrade() -> None:
    op.execute("drop table erasure")

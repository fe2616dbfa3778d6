"""Who was told that a draft that was never sent will be removed."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        "create table draft_warning (application_id uuid primary key references application (id) on delete cascade, warned_at timestamptz not null)"
    )


def downgrade() -> None:
    op.execute("drop table draft_warning")

"""What a coordinator marked when an application was sent back."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("alter table sent_answers add column marks jsonb not null default '[]'")


def downgrade() -> None:
    op.execute("alter table sent_answers drop column marks")

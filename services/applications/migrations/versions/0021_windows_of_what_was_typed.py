"""What was typed and not saved says which window it comes from: an answer that is lost on the way leaves it that window's own."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("alter table page_typed add column typed_in text not null default ''")


def downgrade() -> None:
    op.execute("alter table page_typed drop column typed_in")

"""What was typed on a page and not saved is kept where the page was refused, with the version of the page that it was typed on."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("alter table page_typed add column seen integer, add column refused boolean not null default false")


def downgrade() -> None:
    op.execute("alter table page_typed drop column seen, drop column refused")

"""Whether a person chose their zone. UTC stood for none as well, and does until they say; any other zone counts as it did."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("alter table account add column zone_chosen boolean not null default false")


def downgrade() -> None:
    op.execute("alter table account drop column zone_chosen")

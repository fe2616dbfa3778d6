"""People who were erased: their random ids."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("create table erased_person (person uuid primary key, at timestamptz not null)")


def downgrade() -> None:
    op.execute("drop table erased_person")

"""What officers set for a limit, as quotas tells it."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(
        """
        create table fixed_limit (
            key text primary key,
            version integer not null,
            kind text not null,
            programme text not null,
            year integer,
            country text,
            course text,
            capacity integer check (capacity >= 0),
            at timestamptz not null
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table fixed_limit")

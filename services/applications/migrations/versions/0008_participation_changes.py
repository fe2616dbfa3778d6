"""Changes of who takes part, as quotas tells them."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        create table participation_change (
            programme text not null,
            country text not null,
            number integer not null,
            takes_part boolean not null,
            first_day date not null,
            last_day date,
            parts text[] not null default '{}',
            at timestamptz not null,
            primary key (programme, country, number)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table participation_change")

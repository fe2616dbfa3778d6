"""Which papers were sent, where one came or went before the PDF of it was made."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute(
        """
        create table sent_papers (
            application_id uuid not null references application (id) on delete cascade,
            number integer not null,
            papers jsonb not null,
            primary key (application_id, number)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table sent_papers")

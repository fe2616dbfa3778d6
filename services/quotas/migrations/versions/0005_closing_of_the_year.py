"""A cell knows whether its year was closed, and each year of a programme has an account of the places that lapsed."""

from alembic import op

revision = "0005"
down_revision = "0004"

DDL = (
    "alter table cell add column settled boolean not null default false",
    """
    insert into account (key, programme)
    select distinct 'lapsed:' || programme || ':' || year, programme from cell where listed on conflict do nothing
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table cell drop column settled")

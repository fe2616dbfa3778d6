"""The policies by which years were allotted, each with its version."""

from alembic import op

revision = "0009"
down_revision = "0008"

DDL = """
    create table allotment_policy (
        programme text not null,
        year integer not null,
        version integer not null,
        proposal uuid not null references proposal (id),
        params jsonb not null,
        adopted_by text not null,
        adopted_at timestamptz not null,
        primary key (programme, year, version)
    )
"""


def upgrade() -> None:
    op.execute(DDL)


def downgrade() -> None:
    op.execute("drop table allotment_policy")

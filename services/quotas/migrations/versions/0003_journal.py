"""Every decision and transfer has its place in the order in which all of them were made, which is the journal's.

Rows from before have batch 0, and the order in which the table holds them; they cannot be made again from the journal.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

DDL = (
    "create sequence batch_number",
    "alter table decision add column batch bigint not null default 0, add column turn integer not null default 0",
    "alter table transfer add column batch bigint not null default 0, add column turn integer not null default 0",
    "update decision d set turn = o.turn from (select ctid as at, row_number() over (order by ctid) as turn from decision) as o "
    "where o.at = d.ctid",
    "update transfer t set turn = d.turn from decision d where (d.cell, d.number) = (t.cell, t.decision)",
    "alter table decision alter column batch drop default, alter column turn drop default",
    "alter table transfer alter column batch drop default, alter column turn drop default",
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table decision drop column batch, drop column turn")
    op.execute("alter table transfer drop column batch, drop column turn")
    op.execute("drop sequence batch_number")

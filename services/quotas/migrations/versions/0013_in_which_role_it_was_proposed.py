"""A proposal knows in which role somebody filed it; of those that are there the audit does."""

from alembic import op

revision = "0013"
down_revision = "0012"

DDL = (
    "alter table proposal add column proposed_role text not null default ''",
    """
    update proposal p set proposed_role = a.role from audit_entry a
    where a.act like '%.propose' and a.actor = p.proposed_by and a.detail->>'proposal' = p.id::text
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table proposal drop column proposed_role")

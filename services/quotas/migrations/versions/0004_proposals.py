"""Proposals of any kind: what each asks for, the cells that it is judged by, and what its adoption did."""

from alembic import op

revision = "0004"
down_revision = "0003"

DDL = (
    "alter table proposal add column cells text[] not null default '{}'",
    "alter table proposal add column params jsonb not null default '{}'",
    "alter table proposal add column outcome jsonb not null default '{}'",
    "alter table proposal add column counters uuid references proposal (id)",
    """
    update proposal set
        cells = case when cell is null then '{}' else array[cell] end,
        params = case when cell is null then jsonb_build_object('programme', programme, 'places', target)
            else jsonb_build_object('cell', cell, 'target', target, 'allow_over', true) end,
        outcome = case when state <> 'approved' or cell is null then '{}'
            else jsonb_build_object('cells', jsonb_build_object(cell, seen), 'offered', '{}'::jsonb, 'refused', '{}'::jsonb) end,
        seen = jsonb_build_object('cells', case when cell is null then '{}'::jsonb else jsonb_build_object(cell, seen) end)
    """,
    "alter table proposal drop column target",
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table proposal add column target integer not null default 0 constraint proposal_target check (target >= 0)")
    op.execute("update proposal set target = coalesce(cast(params ->> 'target' as int), cast(params ->> 'places' as int), 0)")
    op.execute("update proposal set seen = coalesce(seen -> 'cells' -> cell, '{}'::jsonb)")
    op.execute("alter table proposal alter column target drop default")
    for column in ("cells", "params", "outcome", "counters"):
        op.execute(f"alter table proposal drop column {column}")

"""Changes of participation that were adopted, and the answers of the countries that are asked when one wants to return."""

from alembic import op

revision = "0007"
down_revision = "0006"

DDL = (
    "alter table programme add column changes jsonb not null default '[]'",
    """
    create table proposal_consent (
        proposal uuid not null references proposal (id),
        country text not null,
        answer text constraint proposal_consent_answer check (answer in ('yes', 'no')),
        by text,
        role text,
        at timestamptz,
        note text not null default '',
        primary key (proposal, country),
        constraint proposal_consent_given check ((answer is null) = (at is null))
    )
    """,
)


def upgrade() -> None:
    for statement in DDL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table proposal_consent")
    op.execute("alter table programme drop column changes")

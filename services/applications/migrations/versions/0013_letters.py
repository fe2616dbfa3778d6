"""Questions to the focal point, and appeals."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("""
        create table letter (
            application_id uuid not null references application (id) on delete cascade,
            kind text not null,
            number integer not null,
            at timestamptz not null,
            role text not null,
            author_id uuid not null,
            body text not null,
            closes boolean not null,
            primary key (application_id, kind, number),
            constraint letter_kind check (kind in ('question', 'appeal'))
        )
    """)


def downgrade() -> None:
    op.execute("drop table letter")

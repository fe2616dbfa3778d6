"""Which saving of a page a form saw, what the page asked then, and what was typed and not saved yet."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("alter table page_answers add column version integer not null default 1")
    op.execute("alter table page_answers alter column version drop default")
    op.execute("alter table page_answers add column form text not null default ''")
    op.execute("alter table page_answers alter column form drop default")
    op.execute(
        "create table page_typed ("
        "application_id uuid not null references application on delete cascade, page text not null, "
        "fields jsonb not null default '{}', typed_at timestamptz not null, primary key (application_id, page))"
    )


def downgrade() -> None:
    op.execute("drop table page_typed")
    op.execute("alter table page_answers drop column form")
    op.execute("alter table page_answers drop column version")

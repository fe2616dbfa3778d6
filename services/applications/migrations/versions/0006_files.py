"""Several files for one paper, and where each of them stands."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("alter table document add column state text not null default 'ready', add column pages integer")
    op.execute("alter table document add constraint document_state check (state in ('checking', 'ready', 'refused'))")
    op.execute("alter table document drop constraint document_kind")
    op.execute("create index document_kind on document (application_id, kind)")
    op.execute("create index document_checking on document (uploaded_at) where state = 'checking'")


def downgrade() -> None:
    op.execute("drop index document_checking")
    op.execute("drop index document_kind")
    op.execute("delete from document d using document o where o.application_id = d.application_id and o.kind = d.kind and o.id > d.id")
    op.execute("alter table document add constraint document_kind unique (application_id, kind)")
    op.execute("alter table document drop constraint document_state")
    op.execute("alter table document drop column state, drop column pages")

"""What a session's browser is, and forms that are kept over a sign-in."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("alter table session add column device text not null default ''")
    op.execute(
        """
        create table kept_form (
            id uuid primary key,
            secret_hash bytea not null unique,
            account_id uuid references account (id) on delete cascade,
            sealed bytea not null check (octet_length(sealed) <= 100000),
            created_at timestamptz not null,
            expires_at timestamptz not null
        )
        """
    )
    op.execute("create index kept_form_expires on kept_form (expires_at)")


def downgrade() -> None:
    op.execute("drop table kept_form")
    op.execute("alter table session drop column device")

"""Mails about the end of somebody's data that the mail server has not taken yet."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        create table privacy_mail (
            id uuid primary key,
            kind text not null check (kind in ('asked', 'done', 'draft')),
            person_id uuid not null,
            application_id uuid unique references application (id) on delete cascade,
            email text not null,
            language text not null,
            day timestamptz not null,
            tries integer not null,
            try_at timestamptz not null,
            check ((application_id is not null) = (kind = 'draft'))
        )
        """
    )
    op.execute("create index privacy_mail_due on privacy_mail (try_at, id)")
    op.execute("create index privacy_mail_person on privacy_mail (person_id)")


def downgrade() -> None:
    op.execute("drop table privacy_mail")

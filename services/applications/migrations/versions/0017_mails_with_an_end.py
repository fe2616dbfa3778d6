"""Mails about the end of somebody's data wait since a moment, may be on their way, and say that a request was taken back."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # The defaults stay: processes of the version before, which know neither column, write mails while this one comes.
    op.execute(
        """
        alter table privacy_mail
            add column begun_at timestamptz not null default now(),
            add column held boolean not null default false,
            drop constraint privacy_mail_kind_check,
            add constraint privacy_mail_kind_check check (kind in ('asked', 'kept', 'done', 'draft'))
        """
    )
    op.execute("create index audit_entry_not_told on audit_entry (at) where act = 'privacy.not_told'")


def downgrade() -> None:
    op.execute("drop index audit_entry_not_told")
    op.execute("delete from privacy_mail where kind = 'kept'")
    op.execute(
        """
        alter table privacy_mail
            drop column begun_at,
            drop column held,
            drop constraint privacy_mail_kind_check,
            add constraint privacy_mail_kind_check check (kind in ('asked', 'done', 'draft'))
        """
    )

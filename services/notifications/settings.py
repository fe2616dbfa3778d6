"""Settings of the notifications service, beside those that every process has."""

from pydantic import Field

from shared.settings import CommonSettings


class NotificationsSettings(CommonSettings):
    mail_tries: int = Field(
        default=12, ge=1, description="How often a mail is tried that the mail server puts off; 12 tries last about a day."
    )

"""Settings of the quotas service, beside those that every process has."""

from pydantic import Field

from shared.settings import CommonSettings


class QuotasSettings(CommonSettings):
    proposal_key_days: int = Field(default=7, ge=1, description="Days that the answer to a proposal with an Idempotency-Key is kept.")
    board_listeners_max: int = Field(
        default=100, ge=0, description="Browsers that may watch boards live in one process at a time; whoever comes later reloads the page."
    )
    board_listeners_each: int = Field(
        default=20,
        ge=0,
        description="Of these, the most from one address, such as a school behind one; the rest is for others.",
    )

"""Settings of the applications service, beside those that every process has."""

from pathlib import Path

from pydantic import Field, field_validator

from services.applications.documents.scanner import address_of
from shared.settings import CommonSettings


class ApplicationsSettings(CommonSettings):
    documents_folder: Path = Field(default=Path("var/documents"), description="Folder for the documents that applicants attach.")
    documents_scanner: str = Field(
        default="",
        description="Virus scanner that speaks clamd's INSTREAM, tcp://host:3310 or unix:/path; files are not scanned where empty.",
    )
    codes_asked_per_address: int = Field(
        default=60, ge=1, description="Sign-in codes that may be asked for from one network address in 15 minutes."
    )
    codes_tried_per_address: int = Field(
        default=120, ge=1, description="Sign-in codes that may be entered from one network address in 15 minutes."
    )
    session_idle_minutes: int = Field(default=120, ge=5, description="Minutes without a page after which somebody is signed out.")
    answer_grace_seconds: int = Field(
        default=60,
        ge=0,
        description="Seconds after an offer's deadline before it expires, for an answer that is being given in the last second.",
    )
    idempotency_days: int = Field(default=7, ge=1, description="Days that the answer to a request with an Idempotency-Key is kept.")
    retention_drafts_days: int = Field(
        default=365,
        ge=30,
        description="Days that an unsent draft is kept after its call closed; its owner is told a month before.",
    )
    retention_papers_days: int = Field(
        default=365, ge=30, description="Days that the papers of an application that came to nothing are kept after its end."
    )
    retention_accounts_days: int = Field(
        default=365, ge=30, description="Days that an applicant's account without an application is kept after it was made."
    )
    erasure_grace_days: int = Field(
        default=7, ge=0, description="Days for which somebody who asked for their account to be deleted can change their mind."
    )

    @field_validator("documents_scanner")
    @classmethod
    def _an_address(cls, given: str) -> str:
        return address_of(given)

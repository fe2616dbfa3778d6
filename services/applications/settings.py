"""Settings of the applications service, beside those that every process has."""

from pathlib import Path

from pydantic import Field

from shared.settings import CommonSettings


class ApplicationsSettings(CommonSettings):
    documents_folder: Path = Field(default=Path("var/documents"), description="Folder for the documents that applicants attach.")
    idempotency_days: int = Field(default=7, ge=1, description="Days that the answer to a request with an Idempotency-Key is kept.")

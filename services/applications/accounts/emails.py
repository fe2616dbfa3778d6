"""What is an e-mail address, wherever one is typed."""

from email_validator import EmailNotValidError, validate_email


def email_of(typed: str) -> str | None:
    """The address in its normal form, or None where it is none. Whether it takes mail shows when it is written to."""
    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        return None

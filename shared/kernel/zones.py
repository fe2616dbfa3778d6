"""Names of time zones."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zones() -> frozenset[str]:
    """The names that this machine knows. Asked once: the answer is read from some six hundred files."""
    return frozenset(available_timezones())

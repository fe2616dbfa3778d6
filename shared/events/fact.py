"""What all event data have in common."""

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its zone; one without is refused."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Immutable, named fields only; unknown fields of later versions are passed over."""

"""Ids as they are written down. One decision names an application and its person several times, and the next one does so again."""

from functools import lru_cache
from typing import Final
from uuid import UUID

_REMEMBERED: Final = 8192

text_of_id: Final = lru_cache(_REMEMBERED)(UUID.__str__)
"""What `str` says of an id; of one that was asked for a short while ago in a quarter of the time."""

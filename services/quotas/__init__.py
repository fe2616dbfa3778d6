"""Cells, limits, places, waiting lists and their books: the service that gives places."""

from pathlib import Path
from typing import Final

NAME: Final = "quotas"
FOLDER: Final = Path(__file__).parent

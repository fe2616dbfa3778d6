"""Who is told what, in six languages, once: the service that sends messages."""

from pathlib import Path
from typing import Final

NAME: Final = "notifications"
FOLDER: Final = Path(__file__).parent

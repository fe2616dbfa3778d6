"""Form, accounts, nomination, review, approval: the service that people apply in."""

from pathlib import Path
from typing import Final

NAME: Final = "applications"
FOLDER: Final = Path(__file__).parent

"""The folder that one installation lives in: database, keys, clock, documents, logs. Nothing is kept outside of it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.persistence.file_lock import trying

ROOT: Final = Path(__file__).resolve().parents[2]
VARIABLE: Final = "PUENTE_HOME"
PLAN: Final = ROOT / "plans" / "china-celac-2015-2019"


class NoHome(Exception):
    """An installation's folder cannot be made; the text says why and what to do."""

    safe_text = True


@dataclass(frozen=True, slots=True)
class Home:
    """One installation's folder."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    @property
    def mails(self) -> Path:
        return self.folder / "mails"

    @property
    def broker(self) -> Path:
        return self.folder / "broker"

    @property
    def log(self) -> Path:
        """Says through which log events went last."""
        return self.folder / "events-went-through"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def begun(self) -> Path:
        """Says that the sample people are being made: what is here without `seeded` is theirs, and may go."""
        return self.folder / "sample-begins"

    @property
    def seeded(self) -> Path:
        """Says that the sample people are in: written last, so that a first start that was cut off is done again."""
        return self.folder / "sample-is-in"

    @property
    def elsewhere(self) -> Path:
        """Says on which server of one's own the databases are that belong to this folder; not there where they are in the folder."""
        return self.folder / "databases-are-at"

    def being_filled(self) -> bool:
        """Whether the sample people are being made now, or a start was cut off while they were."""
        return self.begun.exists() and not self.seeded.exists()

    @property
    def running(self) -> Path:
        """Holds the address of the stack that runs here, while it does."""
        return self.folder / "runs-at"

    @property
    def mail_page(self) -> Path:
        """Holds the address of the page with that stack's mails, while it runs."""
        return self.folder / "mails-are-at"

    @property
    def topics(self) -> Path:
        """Says where the topics are of the stack that runs here, while it does: settings by name."""
        return self.folder / "topics-are-at"

    def runs(self) -> bool:
        """Whether a stack runs here now. Its address is left behind by one that was killed, its lock never is."""
        if not self.running.exists():
            return False
        with trying(self.folder / "lock") as lock:
            return lock is None

    def make(self) -> "Home":
        """Make the folders that are missing. The folder may be passed through by the database's own account, but not listed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for private in (self.keys, self.documents, self.logs):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NoHome(
                f"{error.filename} cannot be made ({error.strerror}): name another folder, in {VARIABLE} or, for a simulation, with --keep"
            ) from error
        return self


def default_home() -> Home:
    """The folder that the environment names, else `var/demo` of the checkout."""
    named = os.environ.get(VARIABLE)
    return Home((Path(named) if named else ROOT / "var" / "demo").absolute())

"""One application's form, opened: what it asks this person now, and what was answered. Read in two statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from services.applications.accounts.tables import Account
from services.applications.domain.answers import Answer, Page, asked_pages, counted, from_stored
from services.applications.domain.forms import changed_pages
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Call, Programme
from services.applications.store import answers as store
from services.applications.store.answers import Saved, Typed
from services.applications.store.plans import InForce
from services.applications.tables import Application
from shared.persistence.database import Tx


@dataclass(frozen=True)
class Sheet:
    """The form as somebody fills it in. `saved` and `typed` are by page key; `account` is of whoever applies, where it was asked for;
    `language` is that of the pages, empty for a program.
    """

    application: Application
    account: Account | None
    terms: InForce
    saved: Mapping[str, Saved]
    typed: Mapping[str, Typed]
    language: str = ""

    @property
    def programme(self) -> Programme:
        return self.terms.programme

    @property
    def call(self) -> Call:
        return self.terms.call(self.application.year)

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """Every answer, also those that do not count; what was saved last counts where a question changed its page."""
        merged = {key: value for page in self.saved.values() for key, value in page.answers.items()}
        return from_stored(self.programme.pages, merged)

    @cached_property
    def counting(self) -> dict[str, Answer]:
        """The answers to what is asked."""
        return counted(self.programme.pages, self.answers)

    @cached_property
    def pages(self) -> list[Page]:
        """The pages that are asked."""
        return asked_pages(self.programme.pages, self.counting)

    def page(self, key: str) -> Page | None:
        """The page with that key, where it is asked."""
        return next((page for page in self.pages if page.key == key), None)

    def before(self, page: Page) -> dict[str, Answer]:
        """The answers of other pages that count: what conditions on this page may look at."""
        own = {question.key for question in page.questions}
        return {key: answer for key, answer in self.counting.items() if key not in own}

    def version(self, page: Page) -> int:
        """How many times the page was saved."""
        found = self.saved.get(page.key)
        return found.version if found else 0

    def changed_since(self, page: Page) -> bool:
        """Whether the page asks otherwise now than when it was answered."""
        found = self.saved.get(page.key)
        return found is not None and bool(changed_pages((page,), {page.key: found.form}))


async def sheet(tx: Tx, viewer: Viewer, application_id: UUID, *, lock: bool = False) -> Sheet | None:
    """The form, or none where the viewer may not know that it exists; `lock` holds the application's row."""
    found = await store.whose(tx, viewer, application_id, lock=lock)
    return None if found is None else Sheet(found[0], found[1], *await store.standing(tx, found[0]), viewer.language)

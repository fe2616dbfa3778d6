"""The links at the top of every page, by role: one literal table, because the three services are one site to whoever uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.web.i18n import N_, translate
from shared.web.identity import Identity


@dataclass(frozen=True, slots=True)
class Link:
    """`path` is also the prefix under which the link counts as the current one, where `under` names no other; so do the pages `also`."""

    path: str
    text: str
    under: str = ""
    also: tuple[str, ...] = ()

    def leads_to(self, path: str) -> bool:
        """Whether `path` is the link's own page, or one below it."""
        return path == self.path or path.startswith(f"{self.under or self.path}/") or path in self.also


HOME: Final = Link("/", N_("Programmes"), under="/programmes")
PLACES: Final = Link("/quotas", N_("Places"))
OPERATIONS: Final = Link("/operations", N_("Operations"), also=("/quotas/operations", "/messages/operations"))
MESSAGES: Final = Link("/messages", N_("Messages"))

# Messages are told to applicants, and under the same address officers find the mails; coordinators and reviewers have none.
LINKS: Final[Mapping[str, tuple[Link, ...]]] = {
    "": (HOME, PLACES),
    "applicant": (HOME, Link("/applications", N_("My applications")), PLACES, MESSAGES),
    "coordinator": (Link("/country", N_("My country")), PLACES),
    "reviewer": (Link("/review", N_("To review")), PLACES),
    "officer": (Link("/officer", N_("To decide")), PLACES, MESSAGES),
    "auditor": (Link("/officer", N_("Applications")), PLACES, Link("/audit", N_("Audit"))),
    "operator": (PLACES, OPERATIONS, Link("/messages/outgoing", N_("Emails"))),
}
ROLE_NAMES: Final[Mapping[str, str]] = {
    "applicant": N_("Applicant"),
    "coordinator": N_("Coordinator"),
    "reviewer": N_("Reviewer"),
    "officer": N_("Officer"),
    "auditor": N_("Auditor"),
    "operator": N_("Operator"),
}


@dataclass(frozen=True, slots=True)
class NavigationItem:
    href: str
    text: str
    current: bool


def navigation(identity: Identity | None, path: str) -> list[NavigationItem]:
    """The links for whoever asks, translated, with the one marked that `path` belongs to."""
    links = LINKS[identity.role if identity else ""]
    inside = [link for link in links if link.leads_to(path)]
    here = max(inside, key=lambda link: (path in link.also, len(link.path)), default=None)
    return [NavigationItem(link.path, translate(link.text), link == here) for link in links]


def role_name(role: str) -> str:
    return translate(ROLE_NAMES[role]) if role in ROLE_NAMES else role

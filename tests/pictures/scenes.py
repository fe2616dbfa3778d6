"""Which pages are pictured, and as whom: one literal table over the people of the demonstration."""

from dataclasses import dataclass
from typing import Final

from services.run.stories import DOMAIN

STRANGER: Final = ""
TASKS: Final = "main a[href$='/tasks']"
CHECK: Final = "main a[href$='/check']"
OFFER: Final = "main a[href$='/offer']"
FIRST_ROW: Final = "main a[data-row-link]"
FIRST_CARD: Final = "main .app-card__title a"


@dataclass(frozen=True, slots=True)
class Scene:
    """A page as somebody comes to it: the address, then the first link that fits each of `follow`, one after the other.

    `press` is a button to press in the end: for what a page answers to a form that is sent as it stands.
    """

    name: str
    path: str
    follow: tuple[str, ...] = ()
    who: str = STRANGER
    press: str = ""


def of(who: str, *scenes: Scene) -> tuple[Scene, ...]:
    """The same scenes, seen by the person with this name in the demonstration."""
    return tuple(Scene(one.name, one.path, one.follow, f"{who}@{DOMAIN}", one.press) for one in scenes)


SCENES: Final = (
    Scene("home", "/"),
    Scene("programme", "/programmes/scholarship"),
    Scene("privacy", "/privacy"),
    Scene("help", "/help"),
    Scene("may-i-apply", "/programmes/scholarship/check"),
    Scene("sign-in", "/sign-in"),
    Scene("sign-in-wrong", "/sign-in", press="main form button"),
    Scene("sign-in-link-spent", "/sign-in/link/nothing-of-ours"),
    Scene("board", "/quotas"),
    Scene("not-found", "/nothing-here"),
    *of(
        "ximena.munoz",
        Scene("start", "/programmes/training/start"),
        Scene("tasks", "/applications", (FIRST_CARD,)),
        Scene("question-page", "/applications", (FIRST_CARD, "main .govuk-task-list__link >> nth=2")),
        Scene("question-page-wrong", "/applications", (FIRST_CARD, "main .govuk-task-list__link >> nth=2"), press="main form button"),
        Scene("question-page-long", "/applications", (FIRST_CARD, "main .govuk-task-list__link >> nth=4")),
        Scene("document", "/applications", (FIRST_CARD, "main a[href*='/papers/']")),
        Scene("document-wrong", "/applications", (FIRST_CARD, "main a[href*='/papers/']"), press="main form button"),
        Scene("withdraw", "/applications", (FIRST_CARD, "main a[href$='/withdraw']")),
        Scene("account", "/account"),
        Scene("forbidden", "/officer"),
    ),
    *of("rosa.quispe", Scene("my-applications", "/applications"), Scene("refused", "/applications", (FIRST_CARD,))),
    *of(
        "belen.chavez",
        Scene("returned", "/applications", (FIRST_CARD,)),
        Scene("returned-tasks", "/applications", (FIRST_CARD, TASKS)),
        Scene("check-answers", "/applications", (FIRST_CARD, TASKS, CHECK)),
        Scene("send", "/applications", (FIRST_CARD, TASKS, CHECK, "main a[href$='/send']")),
    ),
    *of(
        "wilmer.choque",
        Scene("waiting", "/applications", (FIRST_CARD,)),
        Scene("referees", "/applications", (FIRST_CARD, "main a[href$='/referees']")),
        Scene("own-data", "/account/data"),
        Scene("delete-account", "/account/delete"),
        Scene("receipt", "/applications", (FIRST_CARD, "main a[href$='/receipt']")),
    ),
    *of(
        "raul.martinez",
        Scene("offered", "/applications", (FIRST_CARD,)),
        Scene("offer", "/applications", (FIRST_CARD, OFFER)),
        Scene("offer-accept", "/applications", (FIRST_CARD, OFFER, "main a[href$='/offer/accept']")),
        Scene("offer-decline", "/applications", (FIRST_CARD, OFFER, "main a[href$='/offer/decline']")),
        Scene("withdraw-offered", "/applications", (FIRST_CARD, "main a[href$='/withdraw']")),
        Scene("inbox", "/messages"),
        Scene("message", "/messages", ("main .app-timeline a",)),
    ),
    *of("lucia.fernandez", Scene("placed", "/applications", (FIRST_CARD,))),
    *of(
        "peru",
        Scene("country", "/country"),
        Scene("country-file", "/country", ("main a[href*='/country/applications/']",)),
        Scene("country-read", "/country", ("main a[href*='/country/applications/']", "main a[href*='/read']")),
        Scene("slate", "/country/slate?programme=scholarship&year=2016"),
        Scene("inbox-empty", "/messages"),
    ),
    *of("reviewer", Scene("review", "/review"), Scene("review-file", "/review", (FIRST_ROW,))),
    *of(
        "officer.two",
        Scene("officer", "/officer"),
        Scene("officer-file", "/officer", (FIRST_ROW,)),
        Scene("bulk", "/officer", press="main button[name=all]"),
        Scene("proposals", "/quotas/proposals"),
        Scene("propose", "/quotas/cells/scholarship:PE:2016/propose"),
        Scene("participation", "/quotas/participation"),
        Scene("follow-up", "/quotas/follow-up/en"),
        Scene("cell", "/quotas/cells/training:PE:2016"),
        Scene("cell-list", "/quotas/cells/scholarship:PE:2016/list"),
        Scene("decisions", "/quotas/cells/training:PE:2016/decisions"),
        Scene("decision", "/quotas/cells/training:PE:2016/decisions/2"),
        Scene("movements", "/quotas/cells/training:PE:2016/movements"),
    ),
    *of("auditor", Scene("audit", "/audit")),
    *of(
        "operator",
        Scene("operations", "/operations"),
        Scene("operations-places", "/quotas/operations"),
        Scene("outgoing", "/messages/outgoing"),
    ),
)
MAILS: Final = (Scene("mails", "/"), Scene("mail", "/", (".mails a",)))

"""Who the demonstration's people are, and how far each came. What they did is played by `services.run.sample`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.run.filling import Person

DOMAIN: Final = "example.org"
STARTS: Final = datetime(2015, 3, 10, 13, 0, tzinfo=UTC)
PRESENT: Final = datetime(2016, 2, 24, 14, 0, tzinfo=UTC)
"""Where the demonstration opens: four days before the scholarship call of 2016 closes; training and masters are open too."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """A member of staff with a sign-in."""

    email: str
    role: str
    country: str | None
    language: str


STAFF: Final = (
    Clerk(f"peru@{DOMAIN}", "coordinator", "PE", "es"),
    Clerk(f"brasil@{DOMAIN}", "coordinator", "BR", "pt"),
    Clerk(f"haiti@{DOMAIN}", "coordinator", "HT", "fr"),
    Clerk(f"suriname@{DOMAIN}", "coordinator", "SR", "nl"),
    Clerk(f"trinidad@{DOMAIN}", "coordinator", "TT", "en"),
    Clerk(f"mexico@{DOMAIN}", "coordinator", "MX", "es"),
    Clerk(f"china@{DOMAIN}", "coordinator", "CN", "zh"),
    Clerk(f"reviewer@{DOMAIN}", "reviewer", None, "en"),
    Clerk(f"reviewer.two@{DOMAIN}", "reviewer", None, "es"),
    Clerk(f"officer@{DOMAIN}", "officer", None, "zh"),
    Clerk(f"officer.two@{DOMAIN}", "officer", None, "en"),
    Clerk(f"auditor@{DOMAIN}", "auditor", None, "es"),
    Clerk(f"operator@{DOMAIN}", "operator", None, "en"),
)


@dataclass(frozen=True, slots=True)
class Story:
    """One person, and how far their application came. `ends` is the state in which it stands at the opening."""

    name: str
    email: str
    country: str
    language: str
    programme: str
    year: int
    ends: str

    @property
    def person(self) -> Person:
        return Person(self.name, f"{self.email}@{DOMAIN}", self.country, self.language)


# fmt: off
STORIES: Final = (
    # The rounds of 2015, which are over.
    Story("Rosa Quispe Mamani",         "rosa.quispe",      "PE", "es", "scholarship", 2015, "placed"),
    Story("José Ñahui Huamán",          "jose.nahui",       "PE", "es", "scholarship", 2015, "declined"),
    Story("Caetano Araújo Falcão",      "caetano.araujo",   "BR", "pt", "scholarship", 2015, "placed"),
    Story("Conceição Guimarães",        "conceicao",        "BR", "pt", "training",    2015, "placed"),
    Story("Mirlande Jean-Baptiste",     "mirlande",         "HT", "fr", "scholarship", 2015, "placed"),
    Story("Évens Toussaint",            "evens.toussaint",  "HT", "fr", "training",    2015, "lapsed"),
    Story("Gaitrie Kartosoewito",       "gaitrie",          "SR", "nl", "bridge",      2015, "placed"),
    Story("Wensley Pinas",              "wensley.pinas",    "SR", "nl", "bridge",      2015, "placed"),
    Story("Marília Tavares Quintão",    "marilia.tavares",  "BR", "pt", "bridge",      2015, "placed"),
    Story("Raimundo Queirós",           "raimundo.queiros", "BR", "pt", "bridge",      2015, "refused"),
    Story("Lívia Ribeiro Sá",           "livia.ribeiro",    "BR", "pt", "bridge",      2015, "refused"),
    Story("欧阳思远",                    "ouyang.siyuan",    "CN", "zh", "bridge",      2015, "placed"),
    Story("李雨桐",                      "li.yutong",        "CN", "zh", "bridge",      2015, "declined"),
    Story("Itzel Domínguez Ek",         "itzel.dominguez",  "MX", "es", "scholarship", 2015, "withdrawn"),
    # The scholarship round of 2016, under way.
    Story("Wilmer Choque Condori",      "wilmer.choque",    "PE", "es", "scholarship", 2016, "waiting"),
    Story("María José Cárdenas Ríos",   "maria.cardenas",   "PE", "es", "scholarship", 2016, "waiting"),
    Story("Óscar Ávila Zúñiga",         "oscar.avila",      "PE", "es", "scholarship", 2016, "scored"),
    Story("Yésica Salazar Vélez",       "yesica.salazar",   "PE", "es", "scholarship", 2016, "nominated"),
    Story("Íñigo Vásquez Toledo",       "inigo.vasquez",    "PE", "es", "scholarship", 2016, "submitted"),
    Story("Belén Chávez Tupac",         "belen.chavez",     "PE", "es", "scholarship", 2016, "returned"),
    Story("Iracema Brandão Muniz",      "iracema.brandao",  "BR", "pt", "scholarship", 2016, "waiting"),
    Story("João Vítor dos Santos",      "joao.santos",      "BR", "pt", "scholarship", 2016, "scored"),
    Story("Thaís Pinheiro Galvão",      "thais.pinheiro",   "BR", "pt", "scholarship", 2016, "rejected"),
    Story("Benício Vasconcelos",        "benicio",          "BR", "pt", "scholarship", 2016, "draft"),
    Story("Widline Pierre-Louis",       "widline.pierre",   "HT", "fr", "scholarship", 2016, "waiting"),
    Story("Jean-Rony Désir",            "jean.desir",       "HT", "fr", "scholarship", 2016, "nominated"),
    Story("Shanice Ramkissoon",         "shanice",          "TT", "en", "scholarship", 2016, "scored"),
    Story("Kwame Clarke-Hinds",         "kwame.clarke",     "TT", "en", "scholarship", 2016, "submitted"),
    Story("Soraya van der Hilst",       "soraya",           "SR", "nl", "scholarship", 2016, "submitted"),
    Story("Emiliano Báez Ortúzar",      "emiliano.baez",    "MX", "es", "scholarship", 2016, "withdrawn"),
    Story("Ximena Muñoz Briceño",       "ximena.munoz",     "MX", "es", "scholarship", 2016, "draft"),
    # Training and masters of 2016: training is rolling, so its offers come at once.
    Story("Raúl Martínez Ibáñez",       "raul.martinez",    "PE", "es", "training",    2016, "offered"),
    Story("Lucía Fernández Güell",      "lucia.fernandez",  "PE", "es", "training",    2016, "placed"),
    Story("Luís Otávio Simões",         "luis.simoes",      "BR", "pt", "training",    2016, "offered"),
    Story("Rose-Andrée Saint-Fleur",    "rose.saintfleur",  "HT", "fr", "training",    2016, "placed"),
    Story("Devon Baptiste",             "devon.baptiste",   "TT", "en", "training",    2016, "declined"),
    Story("Indira Persaud",             "indira.persaud",   "TT", "en", "training",    2016, "offered"),
    Story("Chandra Doekhie",            "chandra.doekhie",  "SR", "nl", "training",    2016, "offered"),
    Story("Rosa Quispe Mamani",         "rosa.quispe",      "PE", "es", "training",    2016, "refused"),
    Story("Nélida Huanca Poma",         "nelida.huanca",    "PE", "es", "training",    2016, "nominated"),
    Story("Keston Mohammed",            "keston.mohammed",  "TT", "en", "training",    2016, "nominated"),
    Story("Fabiola Théodore",           "fabiola",          "HT", "fr", "masters",     2016, "nominated"),
    Story("Winston Alleyne",            "winston.alleyne",  "TT", "en", "masters",     2016, "waiting"),
)
# fmt: on

BEYOND_SUBMITTED: Final = frozenset(
    ("nominated", "scored", "waiting", "offered", "placed", "declined", "lapsed", "refused", "rejected", "approved")
)
BEYOND_NOMINATED: Final = BEYOND_SUBMITTED - {"nominated", "rejected"}
BEYOND_SCORED: Final = BEYOND_NOMINATED - {"scored"}

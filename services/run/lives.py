"""What a made-up person has done so far: born, studied, worked, learnt languages, so that the answers of one form go together.

The same person has the same life in every programme and year; nobody real is meant. Places and posts are written in the person's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final, NamedTuple

from services.run.names import city

Entry = Mapping[str, str | int | bool]


class Calling(NamedTuple):
    """What somebody learnt and does: the subject, an employer in a town, the post, and the keys of options that go with it."""

    subject: str
    employer: str
    post: str
    goes_with: frozenset[str]


_LAND: Final = frozenset(("agriculture", "environment", "renewable_energy", "science", "economy"))
_HEALTH: Final = frozenset(("medicine", "health", "public_health", "society"))
_WORKS: Final = frozenset(("engineering", "infrastructure", "disaster", "environment", "renewable_energy", "economy"))
_STATE: Final = frozenset(("law", "public_management", "public_administration", "digital", "international_relations", "politics"))
_TRADE: Final = frozenset(("economics", "trade", "business", "economy"))
_SCHOOL: Final = frozenset(("education", "language", "culture", "society"))

# fmt: off
CALLINGS: Final[Mapping[str, tuple[Calling, ...]]] = {
    "es": (
        Calling("Agronomía", "Dirección de Agricultura, {city}", "Especialista en riego", _LAND),
        Calling("Enfermería", "Hospital Regional, {city}", "Coordinación de enfermería", _HEALTH),
        Calling("Ingeniería civil", "Dirección de Obras Públicas, {city}", "Supervisión de obras", _WORKS),
        Calling("Administración pública", "Municipalidad de {city}", "Análisis de presupuesto", _STATE),
        Calling("Economía", "Cooperativa de Crédito, {city}", "Análisis de créditos", _TRADE),
        Calling("Pedagogía", "Instituto Pedagógico, {city}", "Docente", _SCHOOL),
    ),
    "pt": (
        Calling("Agronomia", "Secretaria de Agricultura, {city}", "Especialista em irrigação", _LAND),
        Calling("Enfermagem", "Hospital Municipal, {city}", "Coordenação de enfermagem", _HEALTH),
        Calling("Engenharia civil", "Secretaria de Obras, {city}", "Fiscalização de obras", _WORKS),
        Calling("Administração pública", "Prefeitura de {city}", "Analista de orçamento", _STATE),
        Calling("Economia", "Cooperativa de Crédito, {city}", "Analista de crédito", _TRADE),
        Calling("Pedagogia", "Escola Estadual, {city}", "Docente", _SCHOOL),
    ),
    "en": (
        Calling("Agronomy", "Ministry of Agriculture, {city} office", "Irrigation officer", _LAND),
        Calling("Nursing", "General Hospital, {city}", "Ward manager", _HEALTH),
        Calling("Civil engineering", "Ministry of Works, {city} office", "Site engineer", _WORKS),
        Calling("Public administration", "{city} Town Council", "Budget analyst", _STATE),
        Calling("Economics", "{city} Credit Union", "Loans officer", _TRADE),
        Calling("Education", "{city} Secondary School", "Teacher", _SCHOOL),
    ),
    "fr": (
        Calling("Agronomie", "Direction de l’agriculture, {city}", "Spécialiste de l’irrigation", _LAND),
        Calling("Soins infirmiers", "Hôpital de {city}", "Responsable de service", _HEALTH),
        Calling("Génie civil", "Direction des travaux publics, {city}", "Responsable de chantier", _WORKS),
        Calling("Administration publique", "Mairie de {city}", "Analyste budgétaire", _STATE),
        Calling("Sciences économiques", "Caisse populaire, {city}", "Chargé des crédits", _TRADE),
        Calling("Sciences de l’éducation", "Lycée de {city}", "Enseignant", _SCHOOL),
    ),
    "nl": (
        Calling("Agronomie", "Ministerie van Landbouw, kantoor {city}", "Adviseur irrigatie", _LAND),
        Calling("Verpleegkunde", "Ziekenhuis {city}", "Afdelingshoofd", _HEALTH),
        Calling("Civiele techniek", "Ministerie van Openbare Werken, kantoor {city}", "Toezichthouder", _WORKS),
        Calling("Bestuurskunde", "Districtsbestuur, {city}", "Beleidsmedewerker begroting", _STATE),
        Calling("Economie", "Kredietcoöperatie, {city}", "Kredietbeoordelaar", _TRADE),
        Calling("Onderwijskunde", "Lyceum, {city}", "Docent", _SCHOOL),
    ),
    "zh": (
        Calling("农学", "{city}市农业局", "灌溉技术员", _LAND),
        Calling("护理学", "{city}市第一人民医院", "护士长", _HEALTH),
        Calling("土木工程", "{city}市住建局", "工程监理", _WORKS),
        Calling("公共管理", "{city}市人民政府", "预算专员", _STATE),
        Calling("经济学", "{city}市信用合作社", "信贷专员", _TRADE),
        Calling("教育学", "{city}市第一中学", "教师", _SCHOOL),
    ),
}
SCHOOLS: Final[Mapping[str, tuple[str, str, str]]] = {
    "es": ("Colegio Nacional, {city}", "Universidad Nacional, {city}", "Educación secundaria"),
    "pt": ("Escola Estadual, {city}", "Universidade Federal, {city}", "Ensino médio"),
    "en": ("{city} High School", "University College, {city}", "Secondary school subjects"),
    "fr": ("Lycée de {city}", "Université d’État, {city}", "Études secondaires"),
    "nl": ("Lyceum, {city}", "Universiteit, {city}", "Middelbare school"),
    "zh": ("{city}市第二中学", "{city}大学", "高中课程"),
}
"""Of each language the secondary school, the university, and what is learnt in the first."""
FURTHER: Final[Mapping[str, str]] = {
    "es": "Maestría en {subject}", "pt": "Mestrado em {subject}", "en": "Master’s degree, {subject}", "fr": "Master, {subject}",
    "nl": "Master {subject}", "zh": "{subject}硕士",
}
SPOKEN: Final[Mapping[str, tuple[str, ...]]] = {"HT": ("ht", "fr"), "SR": ("nl", "other")}
"""Languages that people of a country grow up with, where it is not one alone."""
CERTIFICATES: Final[Mapping[str, str]] = {
    "zh": "HSK 2", "en": "IELTS 6.5", "es": "DELE B2", "fr": "DELF B2", "pt": "Celpe-Bras", "nl": "NT2 B2",
}
# fmt: on

FIRST_OF: Final = 5
"""Lives are drawn as they stand at the beginning of every fifth year, so that somebody who applies again is a year older."""
HIGHEST: Final = ("secondary", "bachelor", "master")
NEXT: Final[Mapping[str, str]] = {"secondary": "undergraduate", "bachelor": "master", "master": "doctoral"}


@dataclass(frozen=True, slots=True)
class Life:
    """A life as it stands in the year of a call: `entries` by the key of a group, `said` by the key of a question."""

    born: date
    calling: Calling
    entries: Mapping[str, tuple[Entry, ...]]
    said: Mapping[str, str | int]
    tongues: tuple[tuple[str, str], ...]
    """Key of a language and of its level, the mother tongue first."""


def life_of(email: str, country: str, language: str, year: int, attempt: int = 0) -> Life:
    """The life of the person with that address in the year of a call; another one for each attempt."""
    random = Random(f"{email}:{attempt}")  # noqa: S311 - a made-up life needs no secret
    tongue = language if language in CALLINGS else "en"
    calling, town = random.choice(CALLINGS[tongue]), city(random, country)
    highest = random.choices(HIGHEST, (2, 5, 3))[0]
    age = random.randint(*{"secondary": (18, 20), "bachelor": (23, 30), "master": (27, 35)}[highest])
    born = date(year - year % FIRST_OF - age, random.randint(1, 12), random.randint(1, 28))
    studies = _studies(tongue, calling, city(random, country), born.year, highest)
    began = int(studies[-1]["to_year"])
    jobs = _jobs(tongue, calling, (town, city(random, country)), began, year)
    job = jobs[-1]
    said: dict[str, str | int] = {
        "degree": highest,
        "level": NEXT[highest],
        "city": town,
        "employer": str(job["where"]),
        "organisation": str(job["where"]),
        "post": str(job["as_what"]),
        "role": str(job["as_what"]),
        "work_years": year - began,
    }
    return Life(born, calling, {"education": studies, "jobs": jobs}, said, _tongues(random, country, tongue))


def _studies(tongue: str, calling: Calling, town: str, born: int, highest: str) -> tuple[Entry, ...]:
    """The school, then what was studied; each ends before the next begins."""
    school, university, what = (words.format(city=town) for words in SCHOOLS[tongue])
    found: list[Entry] = [_study(school, what, born + 12, born + 17)]
    if highest != "secondary":
        found.append(_study(university, calling.subject, born + 18, born + 22))
    if highest == "master":
        subject = calling.subject if tongue == "zh" else calling.subject[:1].lower() + calling.subject[1:]
        found.append(_study(university, FURTHER[tongue].format(subject=subject), born + 23, born + 25))
    return tuple(found)


def _study(where: str, what: str, since: int, until: int) -> Entry:
    return {"institution": where, "subject": what, "from_year": since, "finished": True, "to_year": until}


def _jobs(tongue: str, calling: Calling, towns: tuple[str, str], began: int, year: int) -> tuple[Entry, ...]:
    """One post since the studies, or two where there was time for them; the last one is held still."""
    now, before = (calling.employer.format(city=town) for town in towns)
    if year - began < 5 or now == before:
        return ({"where": now, "as_what": calling.post, "from_year": began, "still": True},)
    left = began + (year - began) // 2
    first: Entry = {"where": before, "as_what": calling.post, "from_year": began, "still": False, "to_year": left}
    return (first, {"where": now, "as_what": calling.post, "from_year": left, "still": True})


def _tongues(random: Random, country: str, tongue: str) -> tuple[tuple[str, str], ...]:
    """The mother tongue, another one that was learnt, and with some the beginnings of Chinese or, in China, of Spanish."""
    own = SPOKEN.get(country, (tongue,))
    found = [(own[0], "native"), *((one, "c") for one in own[1:])]
    if "en" not in own:
        found.append(("en", random.choice(("b1", "b2"))))
    if random.random() < 0.5:
        found.append(("es" if "zh" in own else "zh", "a"))
    return tuple(found)

"""Made-up people: given and family names as they are common where a language is spoken. Nobody real is meant."""

from random import Random
from typing import Final, NamedTuple


class Stock(NamedTuple):
    """Names of one language: given ones and family ones."""

    given: tuple[str, ...]
    family: tuple[str, ...]


STOCKS: Final[dict[str, Stock]] = {
    "es": Stock(
        (
            *("María José", "Ximena", "Valentina", "Lucía", "Camila", "Daniela", "Fernanda", "Rocío", "Sofía", "Itzel", "Nayeli", "Belén"),
            *("José Luis", "Santiago", "Andrés", "Mateo", "Joaquín", "Emiliano", "Óscar", "Raúl", "Íñigo", "Tomás", "Facundo", "Wilmer"),
        ),
        (
            *("Quispe Mamani", "Rodríguez Peña", "González Núñez", "Martínez Ibáñez", "Ñahui Huamán", "Fernández Güell", "Cárdenas Ríos"),
            *("Ávila Zúñiga", "Castillo Yáñez", "Muñoz Briceño", "Choque Condori", "Báez Ortúzar", "Peralta Solís", "Vásquez Toledo"),
            *("Herrera Águila", "Domínguez Ek", "Salazar Vélez", "Chávez Tupac", "Morales Acuña", "Pérez de la Cruz"),
        ),
    ),
    "pt": Stock(
        (
            *("João Vítor", "Antônio", "Caetano", "Inácio", "Luís Otávio", "Tiago", "Benício", "Raimundo"),
            *("Conceição", "Júlia", "Letícia", "Iracema", "Lívia", "Marília", "Thaís", "Bruna"),
        ),
        (
            *(
                "da Conceição Gonçalves",
                "Araújo Falcão",
                "dos Santos Magalhães",
                "Simões",
                "Vasconcelos Leitão",
                "Guimarães",
                "de Assunção",
            ),
            *("Queirós", "Brandão Muniz", "Pinheiro Galvão", "Ribeiro Sá", "Tavares Quintão"),
        ),
    ),
    "en": Stock(
        (
            *("Shanice", "Keisha", "Renée", "Marva", "Alicia", "Tamika", "Indira", "Joy-Ann"),
            *("Devon", "Winston", "Kwame", "Jermaine", "Ravi", "Leroy", "Orville", "D'Andre"),
        ),
        (
            *("Baptiste", "Ramkissoon", "O'Connor", "Clarke-Hinds", "Alleyne", "Persaud", "St. Rose", "Gittens", "Mohammed", "Bullen"),
            *("Cumberbatch", "Francis-Joseph", "Singh", "Campbell"),
        ),
    ),
    "fr": Stock(
        (
            *("Widline", "Rose-Andrée", "Mirlande", "Fabiola", "Joséphine", "Guerda", "Néhémie"),
            *("Jean-Rony", "Stanley", "Frantz", "Wilkens", "Évens", "Réginald", "Jude-Éric"),
        ),
        ("Jean-Baptiste", "Désir", "Pierre-Louis", "Toussaint", "Étienne", "Saint-Fleur", "Célestin", "Louissaint", "Théodore", "Noël"),
    ),
    "nl": Stock(
        ("Soraya", "Chandra", "Maureen", "Gaitrie", "Wensley", "Anand", "Romeo", "Dewi", "Ruben", "Meriam"),
        ("Kartosoewito", "van der Hilst", "Ramdin", "Pinas", "Doekhie", "Aboikoni", "Lie A Fo", "Soekhoe", "Landveld", "de Miranda"),
    ),
    "zh": Stock(
        ("晓明", "雨桐", "志强", "思远", "若曦", "子涵", "建国", "丽华", "文博", "梓萱"),
        ("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "欧阳"),
    ),
}

CITIES: Final[dict[str, tuple[str, ...]]] = {
    "AR": ("Rosario", "Salta"),
    "BO": ("El Alto", "Potosí"),
    "BR": ("São Luís", "Belém do Pará"),
    "CL": ("Valparaíso", "Concepción"),
    "CN": ("成都", "西安"),
    "CO": ("Popayán", "Ibagué"),
    "CU": ("Camagüey", "Cienfuegos"),
    "EC": ("Cuenca", "Ambato"),
    "GT": ("Quetzaltenango", "Cobán"),
    "HT": ("Cap-Haïtien", "Les Cayes"),
    "JM": ("Mandeville", "Montego Bay"),
    "MX": ("Mérida", "Oaxaca de Juárez"),
    "NI": ("León", "Bluefields"),
    "PE": ("Ayacucho", "Cusco"),
    "PY": ("Encarnación", "Asunción"),
    "SR": ("Paramaribo", "Nieuw Nickerie"),
    "TT": ("San Fernando", "Arima"),
    "UY": ("Paysandú", "Salto"),
}


def full_name(random: Random, language: str) -> str:
    """A person's whole name, written as people of that language write it."""
    stock = STOCKS.get(language, STOCKS["en"])
    given, family = random.choice(stock.given), random.choice(stock.family)
    return f"{family}{given}" if language == "zh" else f"{given} {family}"


def city(random: Random, country: str) -> str:
    return random.choice(CITIES.get(country, ("Centro", "Puerto Nuevo", "Villa Nueva")))

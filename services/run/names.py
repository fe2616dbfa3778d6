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
            *("María José", "Ximena", "Valentina", "Lucía", "Camila", "Daniela", "Fernanda", "Rocío", "Sofía", "Belén", "Gabriela"),
            *("José Luis", "Santiago", "Andrés", "Mateo", "Joaquín", "Emiliano", "Óscar", "Raúl", "Íñigo", "Tomás"),
        ),
        (
            *("Rodríguez Peña", "González Núñez", "Martínez Ibáñez", "Fernández Vega", "Cárdenas Ríos", "Núñez Peñaloza"),
            *("Ávila Zúñiga", "Castillo Yáñez", "Muñoz Briceño", "Báez Ortiz", "Peralta Solís", "Vásquez Toledo"),
            *("Herrera Águila", "Salazar Vélez", "Morales Acuña", "Pérez de la Cruz"),
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
            *("Shanice", "Keisha", "Renée", "Marva", "Alicia", "Tamika", "Joy-Ann"),
            *("Devon", "Winston", "Kwame", "Jermaine", "Leroy", "Orville", "D'Andre"),
        ),
        (
            *("Baptiste", "O'Connor", "Clarke-Hinds", "Alleyne", "St. Rose", "Gittens", "Bullen", "Cumberbatch", "Francis-Joseph"),
            *("Campbell", "Williams"),
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

LOCAL: Final[dict[str, Stock]] = {
    "AR": Stock(("Facundo", "Agustina"), ("Giménez Rossi", "Ferreyra Bianchi")),
    "BO": Stock(("Wilmer", "Nelly"), ("Choque Condori", "Mamani Apaza", "Quispe Huanca")),
    "EC": Stock(("Wilson", "Nathaly"), ("Guamán Yupanqui", "Quishpe Toapanta")),
    "GT": Stock(("Marvin", "Ixchel"), ("Xol Caal", "Tzul Batz")),
    "GY": Stock(("Indira", "Ravi"), ("Persaud", "Ramotar", "Singh")),
    "MX": Stock(("Itzel", "Nayeli"), ("Domínguez Ek", "Canul Pech", "Tzab Uc")),
    "PE": Stock(("Wilmer", "Yésica"), ("Quispe Mamani", "Ñahui Huamán", "Choque Condori", "Chávez Túpac")),
    "PY": Stock(("Araceli", "Derlis"), ("Benítez Ayala", "Villalba Ovelar")),
    "TT": Stock(("Indira", "Ravi"), ("Ramkissoon", "Persaud", "Mohammed", "Singh")),
    "UY": Stock(("Facundo", "Florencia"), ("Pereyra Silva", "Olivera Techera")),
}
"""Names that are common in one country and not wherever its language is spoken; every other person has one of them."""

CITIES: Final[dict[str, tuple[str, ...]]] = {
    "AG": ("All Saints", "Liberta"),
    "AR": ("Rosario", "Salta"),
    "BB": ("Speightstown", "Oistins"),
    "BO": ("El Alto", "Potosí"),
    "BR": ("São Luís", "Belém do Pará"),
    "BS": ("Freeport", "Marsh Harbour"),
    "BZ": ("Belmopan", "San Ignacio"),
    "CL": ("Valparaíso", "Concepción"),
    "CN": ("成都", "西安"),
    "CO": ("Popayán", "Ibagué"),
    "CR": ("Cartago", "Limón"),
    "CU": ("Camagüey", "Cienfuegos"),
    "DM": ("Portsmouth", "Marigot"),
    "DO": ("La Vega", "San Cristóbal"),
    "EC": ("Cuenca", "Ambato"),
    "GD": ("Grenville", "Gouyave"),
    "GT": ("Quetzaltenango", "Cobán"),
    "GY": ("Linden", "New Amsterdam"),
    "HN": ("La Ceiba", "Comayagua"),
    "HT": ("Cap-Haïtien", "Les Cayes"),
    "JM": ("Mandeville", "Montego Bay"),
    "KN": ("Basseterre", "Charlestown"),
    "LC": ("Vieux Fort", "Soufrière"),
    "MX": ("Mérida", "Oaxaca de Juárez"),
    "NI": ("León", "Bluefields"),
    "PA": ("David", "Colón"),
    "PE": ("Ayacucho", "Cusco"),
    "PY": ("Encarnación", "Asunción"),
    "SR": ("Paramaribo", "Nieuw Nickerie"),
    "SV": ("Santa Ana", "San Miguel"),
    "TT": ("San Fernando", "Arima"),
    "UY": ("Paysandú", "Salto"),
    "VC": ("Georgetown", "Port Elizabeth"),
    "VE": ("Mérida", "Barquisimeto"),
}
# fmt: off
DIALS: Final[dict[str, str]] = {
    "AG": "+1 268", "AR": "+54 341", "BB": "+1 246", "BO": "+591 2", "BR": "+55 98", "BS": "+1 242", "BZ": "+501 8", "CL": "+56 32",
    "CN": "+86 28", "CO": "+57 602", "CR": "+506 2", "CU": "+53 32", "DM": "+1 767", "DO": "+1 809", "EC": "+593 7", "GD": "+1 473",
    "GT": "+502 7", "GY": "+592 3", "HN": "+504 2", "HT": "+509 2", "JM": "+1 876", "KN": "+1 869", "LC": "+1 758", "MX": "+52 999",
    "NI": "+505 2", "PA": "+507 7", "PE": "+51 66", "PY": "+595 71", "SR": "+597 4", "SV": "+503 2", "TT": "+1 868", "UY": "+598 4",
    "VC": "+1 784", "VE": "+58 274",
}
# fmt: on
"""How telephone numbers of a country begin."""


def full_name(random: Random, language: str, country: str = "") -> str:
    """A person's whole name, written as people of that language write it, and as they are called in the country where it is named."""
    stock, local = STOCKS.get(language, STOCKS["en"]), LOCAL.get(country, Stock((), ()))
    given = random.choice(local.given if local.given and random.random() < 0.5 else stock.given)
    family = random.choice(local.family if local.family and random.random() < 0.5 else stock.family)
    return f"{family}{given}" if language == "zh" else f"{given} {family}"


def city(random: Random, country: str) -> str:
    return random.choice(CITIES.get(country, ("Centro", "Puerto Nuevo", "Villa Nueva")))

"""Made-up people: given and family names as they are common where a language is spoken. Nobody real is meant."""

from random import Random
from typing import Final, NamedTuple

from services.applications.domain.answers import count_words


class Stock(NamedTuple):
    """Names of one language: given ones, family ones, cities of a country, and what somebody might want to do."""

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

SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "Small farms on our coast lose their soil to the sea and to heavy rain.",
        "I want to learn how terraces and mangroves were restored elsewhere, and which of it fits our islands.",
        "With my colleagues I would set up a field school when I am back, and publish the results for everyone.",
    ),
    "es": (
        "En mi región la sequía se alarga cada año y las familias dejan sus chacras.",
        "Quiero aprender cómo se combinan el riego por goteo, la energía solar y las cooperativas en zonas de montaña.",
        "A mi regreso trabajaré con la universidad y los municipios para que lo aprendido llegue a quienes producen.",
    ),
    "pt": (
        "As comunidades ribeirinhas da minha região dependem de geradores caros e ruidosos.",
        "Quero estudar redes elétricas pequenas e saber o que as torna duráveis longe das cidades.",
        "De volta ao país, levarei a experiência às associações com quem já trabalho e formarei técnicas locais.",
    ),
    "fr": (
        "Dans ma commune, l'eau potable manque après chaque cyclone.",
        "Je souhaite étudier le traitement de l'eau à petite échelle et la gestion des réseaux en situation d'urgence.",
        "À mon retour, je formerai des équipes communales et je publierai les résultats pour tous.",
    ),
    "nl": (
        "Langs onze rivieren groeit de vraag naar betrouwbaar vervoer en schone energie.",
        "Ik wil leren hoe kleine waterkrachtcentrales worden gebouwd en onderhouden zonder de visstand te schaden.",
        "Terug in het binnenland werk ik met de dorpsbesturen aan een eerste proefproject.",
    ),
    "zh": (
        "拉丁美洲与中国相距遥远，年轻人之间的相互了解却可以从一次真诚的对话开始。",
        "我希望参与双方青年的共同项目，学习当地社区组织的经验，并把中国乡村建设的做法介绍给他们。",
        "回国后，我将继续维护这座友谊之桥，为更多同龄人创造交流的机会。",
    ),
}


def full_name(random: Random, language: str) -> str:
    """A person's whole name, written as people of that language write it."""
    stock = STOCKS.get(language, STOCKS["en"])
    given, family = random.choice(stock.given), random.choice(stock.family)
    return f"{family}{given}" if language == "zh" else f"{given} {family}"


def city(random: Random, country: str) -> str:
    return random.choice(CITIES.get(country, ("Centro", "Puerto Nuevo", "Villa Nueva")))


def prose(random: Random, language: str, words: int) -> str:
    """A text of at least `words` words, in paragraphs; each Chinese character counts as one."""
    sentences = SENTENCES.get(language, SENTENCES["en"])
    start = random.randrange(len(sentences))
    paragraph = ("" if language == "zh" else " ").join(sentences[(start + step) % len(sentences)] for step in range(len(sentences)))
    return "\n\n".join([paragraph] * -(-words // count_words(paragraph)))

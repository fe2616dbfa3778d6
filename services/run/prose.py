"""What a made-up applicant writes about their plans: where the problem lies, what is studied stage by stage, and what comes of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from services.applications.domain.answers import count_words


@dataclass(frozen=True, slots=True)
class Material:
    """Sentences of one language. `stage` numbers a part of the plan; `subjects` fit into each of the `ways` at `{subject}`."""

    opening: tuple[str, ...]
    stage: str
    subjects: tuple[str, ...]
    ways: tuple[str, ...]
    results: tuple[str, ...]
    closing: tuple[str, ...]
    joint: str = " "


MATERIALS: Final[dict[str, Material]] = {
    "en": Material(
        opening=(
            "Small farms on our coast lose their soil to the sea and to heavy rain, and each year a few more families leave.",
            "I have worked with them for four seasons and know what we measure well and what we only guess.",
        ),
        stage="Stage {number}.",
        subjects=(
            "the building of terraces on steep slopes",
            "the replanting of mangroves",
            "soil chemistry after salt water",
            "early warning of floods",
            "the upkeep of drainage canals",
            "farm records that fit on one page",
            "insurance for small harvests",
            "the costs of cold storage",
            "seeds that stand salt and drought",
            "mapping by drones and by hand",
        ),
        ways=(
            "I take the courses on {subject} and compare what they teach with the notes from our own fields.",
            "Two visits to practitioners will show me {subject} outside a laboratory, and the price of a bad year.",
            "For {subject} I mean to repeat a published trial on a small plot and write down every difference.",
            "My supervisor and I will read the ten studies on {subject} that are quoted most, and ask which of them hold on an island.",
        ),
        results=(
            "It ends with a short report that a village council can read in an evening.",
            "What I learn goes into a data sheet that colleagues at home can correct.",
            "I will present it to the other students and keep their questions.",
            "A budget for one parish closes this part.",
        ),
        closing=(
            "When I am back, my colleagues and I will set up a field school and publish the results for everyone.",
            "The Ministry has agreed to keep my post, and the first plot has been measured.",
        ),
    ),
    "es": Material(
        opening=(
            "En mi región la sequía se alarga cada año y muchas familias dejan sus chacras para buscar trabajo en la ciudad.",
            "Llevo cinco años acompañando a dos cooperativas de altura y sé qué preguntas siguen sin respuesta.",
        ),
        stage="Etapa {number}.",
        subjects=(
            "el riego por goteo en ladera",
            "las bombas de agua con energía solar",
            "la cosecha de lluvia en cochas y reservorios",
            "la gestión de cooperativas pequeñas",
            "los cultivos andinos resistentes a la helada",
            "la medición de caudales con medios sencillos",
            "el secado y la conservación de granos",
            "los seguros agrarios de bajo costo",
            "la lectura de imágenes de satélite",
            "la formación de promotoras rurales",
        ),
        ways=(
            "Cursaré las materias sobre {subject} y compararé lo aprendido con los cuadernos de campo que traigo.",
            "Visitaré dos experiencias para conocer de cerca {subject} y saber cuánto cuesta un año malo.",
            "Repetiré en pequeño un ensayo publicado sobre {subject} y anotaré cada diferencia.",
            "Con mi tutora revisaré los estudios más citados sobre {subject} y veremos cuáles valen a cuatro mil metros de altura.",
        ),
        results=(
            "Al final habrá un informe breve que cualquier municipio pueda leer en una tarde.",
            "Los datos quedarán en una tabla abierta que mis colegas podrán corregir.",
            "Lo expondré ante el grupo y guardaré sus preguntas.",
            "Esta parte se cierra con un presupuesto para una comunidad.",
        ),
        closing=(
            "A mi regreso trabajaré con la universidad y los municipios para que lo aprendido llegue a quienes producen.",
            "La cooperativa ya ha reservado una parcela y mi institución me guarda el puesto.",
        ),
    ),
    "pt": Material(
        opening=(
            "As comunidades ribeirinhas da minha região dependem de geradores caros, ruidosos e sempre à espera de combustível.",
            "Há três anos visito essas comunidades com a associação local e conheço bem o que falha e quando falha.",
        ),
        stage="Etapa {number}.",
        subjects=(
            "as redes elétricas pequenas",
            "a manutenção de baterias em clima úmido",
            "os painéis solares flutuantes",
            "a formação de técnicas comunitárias",
            "as tarifas justas para poucos consumidores",
            "os motores que aceitam óleos locais",
            "a medição remota por rádio",
            "a refrigeração de vacinas e de pescado",
            "a reciclagem de equipamentos",
            "o planejamento com mapas participativos",
        ),
        ways=(
            "Vou cursar as disciplinas sobre {subject} e confrontar o que ensinam com os registros que já temos.",
            "Duas visitas de campo vão me mostrar de perto {subject} e quanto custa um ano ruim.",
            "Pretendo repetir em escala menor um ensaio publicado sobre {subject} e anotar cada diferença.",
            "Com o orientador lerei os trabalhos mais citados sobre {subject} e discutiremos quais servem à floresta.",
        ),
        results=(
            "O resultado será um relatório curto, escrito para quem decide na comunidade.",
            "Os dados ficarão em uma planilha aberta que os colegas podem corrigir.",
            "Apresentarei o trabalho à turma e guardarei as perguntas.",
            "Um orçamento para uma vila encerra esta parte.",
        ),
        closing=(
            "De volta ao país, levarei a experiência às associações com quem já trabalho e formarei técnicas locais.",
            "A secretaria confirmou que mantém meu cargo, e a primeira comunidade já foi escolhida.",
        ),
    ),
    "fr": Material(
        opening=(
            "Dans ma commune, l'eau potable manque après chaque cyclone, et les réparations durent parfois des mois.",
            "J'ai suivi deux de ces chantiers de bout en bout et je sais ce que nous n'avons pas su prévoir.",
        ),
        stage="Étape {number}.",
        subjects=(
            "le traitement de l'eau à petite échelle",
            "la gestion des réseaux en situation d'urgence",
            "la protection des sources",
            "le dosage du chlore sans laboratoire",
            "le stockage de l'eau de pluie",
            "l'entretien des pompes solaires",
            "la cartographie des fuites",
            "la formation de comités de quartier",
            "le calcul d'un prix juste de l'eau",
            "l'analyse rapide de la qualité",
        ),
        ways=(
            "Je suivrai les cours sur {subject} et je comparerai leur contenu avec les carnets de nos chantiers.",
            "Deux visites me montreront comment {subject} se pratique loin des villes et ce que cela coûte une mauvaise année.",
            "Je referai en petit un essai publié sur {subject} et je noterai chaque écart.",
            "Avec ma directrice d'études, je lirai les travaux les plus cités sur {subject} et nous verrons lesquels valent chez nous.",
        ),
        results=(
            "Cette étape donnera un rapport court, lisible en une soirée par un conseil communal.",
            "Les données iront dans un tableau ouvert que mes collègues pourront corriger.",
            "Je présenterai le résultat au groupe et je garderai ses questions.",
            "Un budget pour une section communale clôt cette partie.",
        ),
        closing=(
            "À mon retour, je formerai des équipes communales et je publierai les résultats pour tous.",
            "La mairie a confirmé mon poste, et le premier captage est déjà choisi.",
        ),
    ),
    "nl": Material(
        opening=(
            "Langs onze rivieren groeit de vraag naar betrouwbaar vervoer en schone energie, maar de dieselprijs bepaalt nog alles.",
            "Ik heb twee dorpen drie jaar lang begeleid en weet welke metingen ontbreken.",
        ),
        stage="Fase {number}.",
        subjects=(
            "de bouw van kleine waterkrachtcentrales",
            "het onderhoud van turbines",
            "de bescherming van de visstand",
            "zonnepanelen op daken en vlotten",
            "het beheer van een dorpsnet",
            "de opleiding van monteurs in het binnenland",
            "het meten van de waterstand",
            "de kosten van vervoer over water",
            "eerlijke tarieven voor kleine gebruikers",
            "de afspraken tussen dorpen en overheid",
        ),
        ways=(
            "Ik volg de vakken over {subject} en leg de stof naast onze eigen aantekeningen.",
            "Tijdens twee werkbezoeken bekijk ik {subject} in de praktijk en wat een slecht jaar kost.",
            "Een gepubliceerde proef over {subject} herhaal ik op kleine schaal, en elk verschil schrijf ik op.",
            "Met mijn begeleider lees ik de meest aangehaalde studies over {subject} en toets ik wat bij ons houdbaar is.",
        ),
        results=(
            "De fase eindigt met een kort verslag dat een dorpsbestuur op een avond kan lezen.",
            "De gegevens komen in een open tabel die collega's kunnen verbeteren.",
            "Ik leg het resultaat aan de groep voor en bewaar de vragen.",
            "Een begroting voor een enkel dorp sluit dit deel af.",
        ),
        closing=(
            "Terug in het binnenland werk ik met de dorpsbesturen aan een eerste proefproject.",
            "Mijn werkgever houdt mijn plaats vrij en de eerste rivier is gekozen.",
        ),
    ),
    "zh": Material(
        opening=(
            "拉丁美洲与中国相距遥远，年轻人之间的相互了解却可以从一次真诚的对话开始。",
            "我在家乡组织过三年的青年志愿活动，清楚哪些做法有效，哪些还只是愿望。",
        ),
        stage="第{number}阶段：",
        subjects=(
            "社区组织的工作方法",
            "乡村建设中的青年参与",
            "西班牙语和葡萄牙语的日常交流",
            "拉美城市的公共空间",
            "小型合作社的管理",
            "志愿服务的评估方法",
            "文化遗产的保护与传播",
            "青年创业的支持政策",
            "环境教育的课程设计",
            "双边交流项目的历史",
        ),
        ways=(
            "我将学习{subject}，并与我们自己的记录逐一比较。",
            "我计划进行两次实地走访，了解{subject}在日常工作中的做法与成本。",
            "围绕{subject}，我会小规模地重复一项已发表的研究，并记下每一处差别。",
            "我将与导师一起阅读关于{subject}的主要文献，讨论其中哪些适合我们的条件。",
        ),
        results=(
            "这一阶段以一份简短的报告结束，让社区的人一个晚上就能读完。",
            "所得的资料会放进一张公开的表格，请同事们补充和改正。",
            "我会向同学们介绍成果，并保留他们的问题。",
            "最后我会为一个村庄做出预算。",
        ),
        closing=(
            "回国后，我将继续维护这座友谊之桥，为更多同龄人创造交流的机会。",
            "所在单位已同意保留我的岗位，第一个合作社区也已选定。",
        ),
        joint="",
    ),
}


def prose(random: Random, language: str, words: int, letters: int) -> str:
    """A text of at least `words` words, in paragraphs; each Chinese character counts as one. One of more than `letters` characters is
    left off before the sentence that goes beyond them.
    """
    material = MATERIALS.get(language, MATERIALS["en"])
    paragraphs, count = [], 0
    stages = _stages(random, material)
    closing = material.joint.join(material.closing)
    opening = material.joint.join(material.opening)
    while count < words:
        paragraphs.append(next(stages))
        count = count_words("\n\n".join([opening, *paragraphs, closing]))
    text = "\n\n".join([opening, *paragraphs, closing])
    return text if len(text) <= letters else _shortened(text, letters)


def _shortened(text: str, letters: int) -> str:
    """The whole sentences at the text's beginning that are `letters` characters long at most."""
    ends = [found.end() for found in re.finditer(r"[.。](?=\s|$)|。", text) if found.end() <= letters]
    return text[: ends[-1]] if ends else text[:letters]


def _stages(random: Random, material: Material) -> Iterator[str]:
    """The parts of the plan, numbered; no sentence comes again before every subject has been treated in every way."""
    pairs = [(subject, way) for subject in material.subjects for way in material.ways]
    number = 0
    while True:
        random.shuffle(pairs)
        for first, second in zip(pairs[::2], pairs[1::2], strict=True):
            number += 1
            told = [way.format(subject=subject) for subject, way in (first, second)]
            yield material.joint.join([material.stage.format(number=number), *told, random.choice(material.results)])

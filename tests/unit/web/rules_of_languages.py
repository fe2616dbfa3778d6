"""What no text of a language may hold, with samples of each, and the ways in which a pattern can be met."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """What no text of a language may hold: a pattern, a text that breaks the rule in each of its ways, and one that keeps it."""

    language: str
    pattern: str
    wrong: str
    right: str

    def finds(self, text: str) -> bool:
        return re.search(self.pattern, text, re.IGNORECASE) is not None


BRAZILIAN: Final = (
    (r"\bficheiros?\b", "Escolha um ficheiro", "Escolha um arquivo"),
    (r"\bregist(?!r)\w+", "A vaga foi registada", "A vaga foi registrada"),
    (
        r"\butilizador|palavra-passe|\becrã|telemóve|\bcontact",
        "O utilizador e a palavra-passe; o contacto, o telemóvel e o ecrã",
        "O usuário e a senha",
    ),
    (
        r"\b(para|por|a|de|sobre) si\b(?! só| mesm)",
        "Uma vaga para si, por si, a si, de si, sobre si",
        "Uma vaga para você, que anda por si só",
    ),
    (r"\bnoutr[oa]s?\b", "Continue noutro dia", "Continue em outro dia"),
    (r"\baté aos?\b", "Corrija até ao fim de maio", "Corrija até o fim de maio"),
    (
        r"convocatória|\bpropina|\bsubsídio|\bcaduca|caraíbas",
        "A convocatória e as propinas; o subsídio caduca nas Caraíbas",
        "A chamada e as mensalidades",
    ),
    (
        r"académic|eletrónic|económic|\bgénero\b|\bprémio\b",
        "Pessoal académico, eletrónico e económico; género e prémio",
        "Pessoal acadêmico",
    ),
    (
        r"\best(á|ão|ava|avam|iver) a \w*[aei]r\b",
        "Está a ser analisada, estão a ser, estava a ser, estavam a ler, se estiver a ver",
        "Está sendo analisada",
    ),
    (r"\w-lhes?\b|\w-l[oa]s?-á|\w-se-á", "É-lhe oferecida uma vaga, dá-la-á, dar-se-á", "Uma vaga é oferecida a você"),
    (r"\w+ámos\b", "Enviámos uma mensagem", "Enviamos uma mensagem"),
    (r"demasiad", "É demasiado grande", "É grande demais"),
    (r"\bporquê\b|\bporque\b[^.!?]*\?", "Porque não prossegue? Porquê", "Por que não prossegue? Porque falta um documento."),
    (r"carácter|píxe[li]", "Cada carácter e cada píxel conta", "Cada caractere conta"),
    (r"\b(prima|carregue)\b", "Prima ou carregue o botão", "Aperte o botão"),
    (r"\bligaç(ão|ões)\b|\bcorreio\b", "Abra a ligação, ou as ligações, no correio", "Abra o link"),
    (r"\binici(e|ar|ou|ada) sessão", "Inicie sessão. Iniciar sessão, iniciou sessão, iniciada sessão", "Entre na sua conta"),
    (
        r"\bparticip(a|am|ar|ou)( \w+)? n(o|a|os|as|este|esta|isto)\b",
        "Não participa agora no programa, participam na, participar nos, participou nas; participa neste, participa nesta, participa nisto",
        "Não participa agora do programa",
    ),
    (
        r"\b(foi|foram|é|são|ou) aceites?\b",
        "O que foi aceite, foram aceites, é aceite, são aceites, ou aceite",
        "O que foi aceito, ou que você aceite",
    ),
    (r"\binvestigação\b|\bparticipo na\b", "Uma proposta de investigação de que participo na fase", "Um projeto de pesquisa"),
    (
        r"\bvocê (seja|será|foi|for) \w+[ai]do\b|nenhum candidato\b",
        "Antes que você seja avisado: você será ouvido, você foi avisado, se você for escolhido; nenhum candidato",
        "Um aviso a você",
    ),
    (
        r"\b(facto|equipa|sítio|receção|definições|contributo)\b",
        "Um contributo, um facto, a equipa, o sítio, a receção, as definições",
        "Uma contribuição",
    ),
)
HAN: Final = r"[\u3400-\u9fff]"
WIDE: Final = r"[\u3400-\u9fff\u3001-\u3011\uff01-\uff5e\u201c\u201d\u2014]"
"""A Han character, or a full-width mark beside one."""
CHINESE: Final = (
    (rf"{HAN}[.,:;!?()\[]|[,:;!?()\]]{HAN}", "请填写姓名,然后继续(选填).", "请写name@example.org，例如27.3（选填）。"),
    (rf"{WIDE} +[A-Za-z0-9{{+(%]|[A-Za-z0-9}}%)] +{WIDE}", "共 {n} 个 PDF 文件", "共{n}个PDF文件，HSK 4级"),
    (r"[\"']", '请按"保存"', "请按“保存”"),
    (
        r"[已可获]推荐|推荐(名单|您|了|之前|被)|推荐人(选|数)",
        "贵国已推荐您，见推荐名单；推荐了，推荐之前，推荐被；推荐人选，推荐人数",
        "贵国已提名您；推荐人写推荐信",
    ),
    (
        r"占有|不参与|停下|词（字）|[^或]参与(本|以下|该)",
        "该国不参与，您占有名额；停下，词（字），可参与本项目，可参与以下，可参与该项目",
        "该国不参加，您持有名额",
    ),
    (r"谢绝|征集|本期|联络点|看板", "您已谢绝本期名额，征集，联络点，看板", "您已放弃本次招生的名额"),
    (r"(?<!学习)(?<!研究)计划", "新版计划", "新版规划，以及您的学习计划"),
    (r"更正", "请更正后重新提交", "请修改后重新提交"),
    (r"^年$", "年", "年份"),
)
SPANISH: Final = (
    (
        r"\blos (evaluadores|autores|candidatos|solicitantes)\b|\bsus autores\b",
        "Los evaluadores, los autores, los candidatos y los solicitantes; sus autores",
        "Quienes evalúan",
    ),
    (r"\byo mism[oa]\b|¿está seguro|\ba lo sumo\b", "Lo escribí yo mismo. ¿Está seguro? Son tres a lo sumo", "Lo escribí yo"),
    (r"\d\.\d{3}\b|\d,\d{1,2}\b", "De 0 a 1.000, como 0,5", "De 0 a 1,000, como 0.5"),
    (
        r"\bpostul|\bpresent(ar|a|ado|ada|arse|arle) (su|la|una|otra|de|a) ?(solicitud|candidatura|nuevo)?",
        "Puede presentar su solicitud, presenta la suya, presentado una, presentada otra, presentarse de nuevo, presentarle a; postule",
        "Solicite",
    ),
    (
        r"\ble ha propuesto|\bpropuso su|propuesta por su país",
        "Su país le ha propuesto, o propuso su nombre; fue propuesta por su país",
        "Su país le ha nominado; un límite está propuesto",
    ),
    (
        r"enhorabuena|\bordenador|\bvisado\b|\bvosotros\b|\bpuls(e|ó)\b|\brellen|[“”]",
        "¡Enhorabuena! Use otro “ordenador”, pulse o pulsó, rellene el visado, vosotros",
        "¡Felicitaciones! Use otra «computadora»",
    ),
)
FRENCH: Final = (
    (
        r"\b(dé)?connecté\b|\(e\)|\bsûr \?|vous seul\b",
        "Vous êtes déconnecté(e). Êtes-vous sûr ? C’est à vous seul",
        "Votre session est fermée",
    ),
    (
        r"\bcandidat(er|ez|é)\b|\bporte candidat|\bpos(er|ez) (sa|votre) candidature",
        "Vous pouvez candidater. Candidatez, il a candidaté, il porte candidat ; poser votre candidature, posez sa candidature",
        "Vous pouvez postuler",
    ),
    (
        r"\bdésigne|\bpays( vous)? (a )?propos(e|é)\b",
        "Votre pays vous propose ou vous désigne ; votre pays vous a proposé",
        "Votre pays vous présente",
    ),
    (
        r"\bvous (en )?(avez|ayez|aurez) été (averti|informé|prévenu)\b",
        "Vous avez été averti, vous en ayez été informé, vous aurez été prévenu",
        "Un courriel vous l’a annoncé",
    ),
    (r"courrier|adresse e-mail", "Un courrier à votre adresse e-mail", "Un courriel à votre adresse électronique"),
)
DUTCH: Final = (
    (
        r"(?<!e-)\bmails?\b|e-e-mail|\bdonor",
        "U krijgt een mail van de donor, of E-e-mails",
        "U krijgt een e-mail van de gever, via de mailserver",
    ),
    (
        r"\bgren(s|zen)\b|ten (hoogste|minste)\b|\bneemt .*\bdeel\b",
        "Een grens van ten hoogste 12, of grenzen van ten minste 3; neemt u deel?",
        "Een limiet van hoogstens 12",
    ),
    (r"[‘‹«]", "Druk op ‘Opslaan’", "Druk op “Opslaan” en kies foto’s"),
    (
        r"\bneemt? .*\bplaats.* aan\b|\bplaats(en)? (aan|af)(nemen|wijzen)|plaats .*afgewezen",
        "Neemt u de plaats aan? Een plaats aannemen, een plaats afwijzen; de plaats is afgewezen",
        "Aanvaardt u de plaats?",
    ),
    (r"\bingediend|\bvergeven\b|\boptioneel", "De aanvraag is ingediend, de plaats vergeven, dit is optioneel", "De aanvraag is verstuurd"),
)
NAMED: Final = r"\{(country|cell)\}"
"""A country, named as a list names it: without the article that a sentence gives some, as the Bahamas, Haïti or os Países Baixos."""
PREPOSITIONS: Final = {
    "en": "of from to in into for by at with the",
    "es": "de del a al en para por",
    "fr": "de du des à au aux en dans par pour vers",
    "nl": "van uit in voor naar aan door",
    "pt": "de do da dos das a à ao em no na para por pelo pela",
}


def _before_a_country(language: str, prepositions: str) -> Rule:
    words = prepositions.split()
    wrong = ", ".join(f"{word} {{country}}, {word} {{cell}}" for word in words)
    return Rule(language, rf"\b({'|'.join(words)}) {NAMED}", wrong, "Places ({country}), places ({cell})")


ENGLISH: Final = ((r"\{(country|cell)\} [a-z]", "{country} takes part, {cell} has 3 places", "{country}: 3 places"),)
"""A sentence that begins with a country would begin with its article."""
RULES: Final = (
    *(Rule("en", *one) for one in ENGLISH),
    *(Rule("es", *one) for one in SPANISH),
    *(Rule("fr", *one) for one in FRENCH),
    *(Rule("nl", *one) for one in DUTCH),
    *(Rule("pt", *one) for one in BRAZILIAN),
    *(Rule("zh", *one) for one in CHINESE),
    *(_before_a_country(*one) for one in PREPOSITIONS.items()),
)


def ways(pattern: str) -> Iterator[str]:
    """The pattern cut down to one of the branches of each of its alternations, whether they stand at its top or in a group."""
    *groups, (_start, end, bars) = _groups(pattern)
    if bars:
        for branch in _branches(pattern, 0, end, bars):
            yield from ways(branch)
        return
    chosen = [(start, end, bars) for start, end, bars in groups if bars and not re.match(r"\?[=!<]", pattern[start:])]
    cut = [pattern[:start] + branch + pattern[end:] for start, end, bars in chosen for branch in _branches(pattern, start, end, bars)]
    yield from cut or [pattern]


def _branches(pattern: str, start: int, end: int, bars: list[int]) -> list[str]:
    return [pattern[after + 1 : before] for after, before in pairwise((start - 1, *bars, end))]


def _groups(pattern: str) -> list[tuple[int, int, list[int]]]:
    """Where the inside of each group begins and ends, and where its bars stand; the whole pattern is the last."""
    opened: list[tuple[int, list[int]]] = [(0, [])]
    found = []
    for at, sign in enumerate(re.sub(r"\\.|\[(?:\\.|[^\]])*\]", lambda one: "." * len(one[0]), pattern)):
        if sign == "(":
            opened.append((at + 1, []))
        elif sign == "|":
            opened[-1][1].append(at)
        elif sign == ")":
            start, bars = opened.pop()
            found.append((start, at, bars))
    return [*found, (0, len(pattern), opened[0][1])]

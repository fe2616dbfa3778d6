"""Keeping the catalogues complete: find the texts that a folder uses, compare them with its `.po` files, add what is new.

The commands are `puente texts check` and `puente texts update`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from shared.kernel.writing import unbroken
from shared.web.i18n import LANGUAGES, SOURCE_LANGUAGE

SHARED: Final = Path(__file__).parent
KEYWORDS: Final = {"_": None, "N_": None, "ngettext": (1, 2), "Nn_": (1, 2)}
PLURALS: Final = {
    "es": "nplurals=2; plural=(n != 1);",
    "pt": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "zh": "nplurals=1; plural=0;",
    "nl": "nplurals=2; plural=(n != 1);",
}
TEMPLATE_SUFFIXES: Final = (".html", ".txt", ".xml", ".svg")
_FIELD = re.compile(r"%\((\w+)\)s|\{(\w+)\}")

Id = str | tuple[str, str]
"""A text's English, or its singular and plural."""


def used_texts(folder: Path) -> dict[Id, list[str]]:
    """Every text that code and templates below `folder` mark, with the files (relative to it) that do."""
    found: dict[Id, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if parts[0] in ("locale", "static", "texts", "assets") or "__pycache__" in parts or not path.is_file():
            continue
        if path.suffix == ".py":
            messages = extract_from_file("python", path, keywords=KEYWORDS)
        elif path.suffix in TEMPLATE_SUFFIXES and "templates" in parts:
            messages = extract_from_file("jinja2.ext:babel_extract", path, keywords=KEYWORDS, options={"silent": "false"})
        else:
            continue
        for _line, message, _comments, _context in messages:
            key: Id = message if isinstance(message, str) else (message[0], message[1])
            places = found.setdefault(key, [])
            name = path.relative_to(folder).as_posix()
            if name not in places:
                places.append(name)
    return found


def check_catalogues(folders: Iterable[Path]) -> list[str]:
    """What is wrong with the catalogues of these folders, in words; empty where every text is in every language.

    A folder is a service's (`services/quotas`) or `shared/web`; its catalogues are in `<folder>/locale`. A service need not repeat
    what the shared catalogues have.
    """
    problems: list[str] = []
    common = {language: _messages(SHARED / "locale" / f"{language}.po") for language in PLURALS}
    for folder in folders:
        used = used_texts(folder)
        shared_too = folder.resolve() != SHARED.resolve()
        for language in PLURALS:
            own = _messages(folder / "locale" / f"{language}.po")
            problems += _for_translators(folder / "locale" / f"{language}.po", own)
            problems += _compare(f"{folder.name}/locale/{language}.po", used, own, common[language] if shared_too else {})
    return problems


def _for_translators(path: Path, own: Mapping[Id, Message]) -> list[str]:
    """What a translation platform would stumble over: a header that is not the language's, a text that does not say where it is used."""
    if not path.is_file():
        return []
    name = f"{path.parent.parent.name}/locale/{path.name}"
    header = _header(path.stem).rstrip("\n")
    right = path.read_text(encoding="utf-8").startswith(header)
    wrong = [] if right else [f"{name}: the header must be as `puente texts update` writes it"]
    return wrong + [f"{name}: {_short(key)} does not say where it is used" for key, message in own.items() if not message.locations]


def _compare(name: str, used: Mapping[Id, list[str]], own: Mapping[Id, Message], common: Mapping[Id, Message]) -> list[str]:
    problems = []
    for key, places in used.items():
        message = own.get(key) or common.get(key)
        if message is None:
            problems.append(f"{name}: {_short(key)} ({places[0]}) is missing")
        elif message.fuzzy:
            problems.append(f"{name}: {_short(key)} is marked fuzzy")
        elif not _strings(message) or not all(_strings(message)):
            problems.append(f"{name}: {_short(key)} ({places[0]}) has no translation")
        elif any(not _fields(text) <= _fields(*_ids(key)) | {"n"} for text in _strings(message)) or (
            isinstance(key, str) and _fields(key) != _fields(*_strings(message))
        ):
            problems.append(f"{name}: {_short(key)} and its translation fill in different fields")
    problems += [f"{name}: {_short(key)} is used nowhere" for key in own if key not in used]
    return problems


def update(folder: Path) -> list[str]:
    """Bring the `.po` files of `folder` up to date: new texts come in empty, those used nowhere go, translations stay, with the spaces
    at which a line must not break.

    Returns the files that it wrote.
    """
    used = used_texts(folder)
    (folder / "locale").mkdir(exist_ok=True)
    written = []
    for language in PLURALS:
        path = folder / "locale" / f"{language}.po"
        own = _messages(path)
        common = _messages(SHARED / "locale" / path.name) if folder.resolve() != SHARED.resolve() else {}
        kept = sorted((key for key in used if key in own or key not in common), key=lambda key: used[key][0])
        text = "\n".join([_header(language), *(_entry(key, used[key], own.get(key), language) for key in kept)])
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(str(path))
    return written


def _messages(path: Path) -> dict[Id, Message]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    return {m.id if isinstance(m.id, str) else (m.id[0], m.id[1]): m for m in catalogue if m.id}


def _header(language: str) -> str:
    fields = (f"Language: {language}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {PLURALS[language]}")
    return "\n".join(['msgid ""', 'msgstr ""', *(f'"{one}\\n"' for one in fields), ""])


def _entry(key: Id, places: Sequence[str], message: Message | None, language: str) -> str:
    lines = [f"#: {place}" for place in places]
    strings = tuple(unbroken(one, language) for one in _strings(message)) if message is not None else ()
    if isinstance(key, str):
        lines += [f"msgid {_quoted(key)}", f"msgstr {_quoted(strings[0] if strings else '')}"]
    else:
        forms = 1 if language == "zh" else 2
        lines += [f"msgid {_quoted(key[0])}", f"msgid_plural {_quoted(key[1])}"]
        lines += [f"msgstr[{n}] {_quoted(strings[n] if n < len(strings) else '')}" for n in range(forms)]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _ids(key: Id) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _fields(*texts: str) -> set[str]:
    return {old or new for text in texts for old, new in _FIELD.findall(text)}


def _short(key: Id) -> str:
    text = _ids(key)[0]
    return repr(text if len(text) <= 70 else f"{text[:67]}...")


assert set(PLURALS) == set(LANGUAGES) - {SOURCE_LANGUAGE}

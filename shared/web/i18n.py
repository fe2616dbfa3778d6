"""Six languages. English is the msgid; the other five come from `.po` files, read at start.

In templates and code `_("Hello {name}", name=...)` speaks the language of the current request; `N_("...")` marks a text that
is translated later. A text is formatted only where parameters are given, so a `%` or a brace in a plain text is harmless.
Templates escape texts like any other value: a text holds words, never markup.
"""

import gettext as standard_gettext
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from shared.kernel.writing import unbroken

LANGUAGES: Final[Mapping[str, str]] = {
    "es": "Español",
    "pt": "Português",
    "en": "English",
    "fr": "Français",
    "zh": "中文",
    "nl": "Nederlands",
}
"""Code -> the language's name in itself, in the order in which the pages offer them."""
DEFAULT_LANGUAGE: Final = "es"
SOURCE_LANGUAGE: Final = "en"
LOCALES: Final[Mapping[str, str]] = {"es": "es_419", "pt": "pt_BR", "en": "en_GB", "fr": "fr", "zh": "zh_Hans", "nl": "nl"}
"""Code -> CLDR locale, for dates and numbers."""
HTML_TAGS: Final[Mapping[str, str]] = {"es": "es", "pt": "pt", "en": "en", "fr": "fr", "zh": "zh-Hans", "nl": "nl"}
"""Code -> BCP 47 tag, for `lang` and `hreflang`."""
SHARED_LOCALE: Final = Path(__file__).parent / "locale"
"""The catalogues of what all services' pages share."""
LANGUAGE_COOKIE: Final = "puente_language"
LANGUAGE_PAIR: Final = "lang"
"""The name in an address that asks for its page in a language."""


def spoken(language: str) -> str:
    """`language` where pages and mails speak it, else the one in which they begin."""
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


_Plural = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class _Catalogue:
    texts: Mapping[str, str]
    plurals: Mapping[str, Sequence[str]]
    form: _Plural


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogues of one service: its own folder and the shared one, one per language other than English."""

    catalogues: Mapping[str, Sequence[_Catalogue]] = field(default_factory=dict)

    @classmethod
    def load(cls, *folders: Path) -> "Texts":
        """Read `<folder>/<language>.po` of every folder; an earlier folder wins. A folder or file that is absent holds no text."""
        others = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
        return cls({language: tuple(_read(folder / f"{language}.po") for folder in folders) for language in others})

    def gettext(self, language: str, msgid: str, **params: object) -> str:
        """`msgid` in `language`, with `{name}` places filled in; English where the catalogue lacks it."""
        text = next((found for one in self.catalogues.get(language, ()) if (found := one.texts.get(msgid))), msgid)
        return fill(text, params)

    def ngettext(self, language: str, one: str, many: str, n: int, **params: object) -> str:
        """`one` or `many` in the plural form that `language` uses for `n`; `{n}` is filled in too."""
        text = one if n == 1 else many
        for catalogue in self.catalogues.get(language, ()):
            forms = catalogue.plurals.get(one)
            if forms:
                text = forms[min(catalogue.form(n), len(forms) - 1)] or text
                break
        return fill(text, {"n": n, **params})


def _read(path: Path) -> _Catalogue:
    if not path.is_file():
        return _Catalogue({}, {}, lambda n: int(n != 1))
    stands = path.stat()
    return _parsed(path, stands.st_mtime_ns, stands.st_size)


@lru_cache(maxsize=64)
def _parsed(path: Path, _changed_ns: int, _size: int) -> _Catalogue:
    """The catalogue of a file as it stands; all services of a process share one reading of the shared ones."""
    with path.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    texts: dict[str, str] = {}
    plurals: dict[str, Sequence[str]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy or not message.string:
            continue
        if isinstance(message.id, str):
            texts[message.id] = unbroken(str(message.string), path.stem)
        elif all(message.string):
            plurals[message.id[0]] = tuple(unbroken(one, path.stem) for one in message.string)
    return _Catalogue(texts, plurals, standard_gettext.c2py(catalogue.plural_expr))


def fill(text: str, params: Mapping[str, Any]) -> str:
    """`text` with its `{name}` places filled in, or its `%(name)s` places where it is written in gettext's older way.

    Where a parameter is markup, everything else is escaped and the whole is markup.
    """
    if not params:
        return text
    safe = escape(text) if any(hasattr(value, "__html__") for value in params.values()) else text
    return safe % params if "%(" in text else safe.format(**params)


@dataclass(frozen=True, slots=True)
class Translation:
    """Texts in one language: what a request, a mail or a job speaks."""

    language: str = SOURCE_LANGUAGE
    texts: Texts = Texts()


_UNTRANSLATED: Final = Translation()
_current: ContextVar[Translation] = ContextVar("translation", default=_UNTRANSLATED)


def current() -> Translation:
    return _current.get()


def current_language() -> str:
    """The language code that the current request speaks."""
    return _current.get().language


def speak(translation: Translation) -> None:
    """Make `translation` the current one for the rest of this task (a request is a task of its own)."""
    _current.set(translation)


@contextmanager
def speaking(texts: Texts, language: str) -> Iterator[None]:
    """Within the block texts are in `language`; for mails, jobs and tests."""
    token = _current.set(Translation(language, texts))
    try:
        yield
    finally:
        _current.reset(token)


def translate(msgid: str, **params: object) -> str:
    """`msgid` in the current language. Imported as `_` by code, and known as `_` in templates."""
    now = _current.get()
    return now.texts.gettext(now.language, msgid, **params)


def ngettext(one: str, many: str, n: int, **params: object) -> str:
    """`one` or `many` in the current language, by `n`, which is filled in as `{n}`."""
    now = _current.get()
    return now.texts.ngettext(now.language, one, many, n, **params)


_ = translate


def N_(msgid: str) -> str:
    """Mark a text for the catalogues and return it as it is; whoever shows it translates it."""
    return msgid


def Nn_(one: str, many: str) -> tuple[str, str]:
    """The same for a text with a plural: whoever shows it gives both to `ngettext`."""
    return one, many


def negotiate(query: str | None, cookie: str | None, identity: str | None, accept: str | None) -> str:
    """The language of a request: asked for in the address, else the cookie's, the account's, the browser's, else Spanish."""
    for choice in (query, cookie, identity):
        if choice in LANGUAGES:
            return str(choice)
    return _accepted(accept or "") or DEFAULT_LANGUAGE


def in_language(query: str, language: str, *, without: str = "") -> str:
    """The query of an address with one pair that asks for the language, in the place of all that did; with none where it is empty.

    The pair called `without` is left out too.
    """
    kept = [one for one in parse_qsl(query, keep_blank_values=True) if one[0] not in (LANGUAGE_PAIR, without)]
    return urlencode([*kept, (LANGUAGE_PAIR, language)] if language else kept)


_QUALITY = re.compile(r";\s*q=([0-9.]+)")


def _accepted(header: str) -> str | None:
    """The best of our languages in an `Accept-Language` header; `pt-BR` counts as `pt`."""
    best: tuple[float, str] | None = None
    for part in header.split(",")[:20]:
        tag = part.split(";")[0].strip().lower().split("-")[0]
        match = _QUALITY.search(part)
        try:
            quality = float(match.group(1)) if match else 1.0
        except ValueError:
            quality = 0.0
        if tag in LANGUAGES and quality > 0 and (best is None or quality > best[0]):
            best = (quality, tag)
    return best[1] if best else None


def markup(text: str) -> Markup:
    """`text` escaped, as markup; for building a parameter such as a link out of parts."""
    return escape(text)

"""A language that nobody speaks, for finding what is in no catalogue and what breaks when words are longer.

Every text is put between ⟦ and ⟧ and made two fifths longer; so are the texts of a plan, and the names of months and places that come from
CLDR. What a page then shows without the marks is hard-coded, or a person's own.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pytest

from services.applications.domain.answers import Texts as PlanTexts
from shared.events.applications import Names
from shared.web import formats, i18n

OPEN, CLOSE = "⟦", "⟧"
LONGER: Final = 0.4
STEP: Final = 7
_PLACES: Final = re.compile(r"\{\w+\}|%\(\w+\)s")


def longer(text: str) -> str:
    """The text between marks and two fifths longer: a word grows, a sentence gets more words. Its places stay as they are."""
    count = max(1, round(len(_PLACES.sub("", text)) * LONGER))
    if " " not in text.strip():
        return f"{OPEN}{text}{'ö' * count}{CLOSE}"
    words = [" " + "ö" * min(STEP - 1, count - at) for at in range(0, count, STEP)]
    return f"{OPEN}{text}{''.join(words)}{CLOSE}"


def longer_plan(value: Any) -> Any:
    """The plan, or the event that publishes it, with every text in every language marked."""
    if isinstance(value, Names):
        return Names(*(longer(getattr(value, name)) for name in value.__struct_fields__))
    if isinstance(value, PlanTexts):
        return PlanTexts(*(longer(getattr(value, name)) for name in PlanTexts.__dataclass_fields__))
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **{name: longer_plan(getattr(value, name)) for name in value.__struct_fields__})
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(**{name: longer_plan(getattr(value, name)) for name in value.__dataclass_fields__})
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(map(longer_plan, value))
    if isinstance(value, list):
        return list(map(longer_plan, value))
    if isinstance(value, Mapping):
        return {key: longer_plan(one) for key, one in value.items()}
    return value


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on everything speaks it, whatever language is asked for."""

    def gettext(_self: i18n.Texts, _language: str, msgid: str, **params: object) -> str:
        return i18n.fill(longer(msgid), params) if msgid else msgid

    def ngettext(_self: i18n.Texts, _language: str, one: str, many: str, n: int, **params: object) -> str:
        return i18n.fill(longer(one if n == 1 else many), {"n": n, **params})

    monkeypatch.setattr(i18n.Texts, "gettext", gettext)
    monkeypatch.setattr(i18n.Texts, "ngettext", ngettext)
    for name in ("babel_date", "city_of", "format_skeleton"):
        monkeypatch.setattr(formats, name, _marked(getattr(formats, name)))


def _marked(function: Any) -> Any:
    def marked(*values: Any, **named: Any) -> str:
        return f"{OPEN}{function(*values, **named)}{CLOSE}"

    return marked


UNMARKED: Final = """(own) => {
  const shown = (node) => node.checkVisibility?.() ?? true
  const found = []
  let depth = 0
  let marks = 0
  const read = (text, where) => {
    let bare = ''
    for (const letter of text) {
      if (letter === '⟦') { depth += 1; marks += 1 } else if (letter === '⟧') depth -= 1
      else if (depth === 0) bare += letter
    }
    bare = bare.replace(/\\S+@\\S+|https?:\\S+|[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{2}|[0-9a-f-]{36}|[0-9a-f]{28,64}/g, ' ')
    for (const word of own) bare = bare.replaceAll(word, ' ')
    if (/[\\p{L}]{2,}/u.test(bare)) found.push(`${where}: ${bare.trim().slice(0, 80)}`)
  }
  const skip = 'script, style, template, code, .app-languages, .app-header__name, span[lang], a[href^="mailto:"]'
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const holder = walk.currentNode.parentElement
    const joints = holder.querySelector(':scope > wbr')  // an address with places to break at is one word
    if (joints && walk.currentNode !== holder.firstChild) continue
    const said = joints ? holder.textContent : walk.currentNode.data
    if (!holder.closest(skip) && (shown(holder) || holder.closest('details'))) read(said, holder.tagName)
  }
  if (depth !== 0) found.push('a mark is not closed')
  if (!marks) found.push('nothing is marked')
  depth = 0
  read(document.title, 'title')
  for (const name of ['aria-label', 'alt', 'title', 'placeholder']) {
    for (const one of document.querySelectorAll(`[${name}]`)) { depth = 0; read(one.getAttribute(name), name) }
  }
  return found
}"""
"""JavaScript: what a page shows that has no marks. `own` are words that are nobody's to translate, and what people typed."""

"""Forms in finished pages: filled in again with what somebody had typed, and languages to choose that carry it along.

Works on the text of our own pages, so that no template and no route has to know of it. Everything that is not part of the form, of the
list of languages or of what folds around the form stays as it was, sign for sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlencode, urlsplit

Fields = Sequence[tuple[str, str]]
"""Names and values of a form, in their order; a name may come again."""

SWITCH: Final = "switch"
"""The parameter of an address that asks for its page in another language, with what was typed filled in, and for nothing else."""
VERSION: Final = "_version"
"""The hidden field of a form that says which version of its page was seen; nothing that is asked has such a name."""
LANGUAGE_LINK: Final = "app-languages__one"
FORM_ID: Final = "typed-form"
TICKED: Final = frozenset({"radio", "checkbox"})
UPLOADS: Final = "data-upload"
"""Marks a form of files, which nothing can fill in again. Its languages stay links: a page may not hold a file back to the browser that
chose it, and nothing is typed beside one (`tests/unit/web/test_filled.py` looks at all of them), so there is nothing else to carry along.
"""
OWN: Final = "data-own"
"""Marks a field that the page has filled in having looked at what was sent: it says something else now, and what was sent does not."""
LEFT_ALONE: Final = frozenset({"file", "submit", "button", "reset", "password", "image"})

Attributes = list[tuple[str, str | None]]


@dataclass(slots=True)
class _Form:
    """One form as it stands in a page: where, and what tells it from others."""

    number: int
    attributes: dict[str, str | None]
    folds: tuple[int, ...]
    hidden: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    button: Attributes | None = None

    @property
    def keeps(self) -> bool:
        """Whether it is sent, and can be filled in again."""
        return (self.attributes.get("method") or "").lower() == "post" and UPLOADS not in self.attributes

    def goes_to(self, path: str) -> bool:
        action = self.attributes.get("action")
        return not action or urlsplit(action).path == path

    def asks_all(self, typed: Fields) -> bool:
        return bool(typed) and all(name in self.names for name, _value in typed)

    def likeness(self, typed: Fields) -> tuple[int, int]:
        """How well it fits what was sent: what it hides, then the names of its fields."""
        return sum(one in typed for one in self.hidden), sum(name in self.names for name, _value in typed)


class _Forms(HTMLParser):
    """Finds the forms of a page, and which `details` each is folded into."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[_Form] = []
        self._inside: _Form | None = None
        self._details: list[int] = []
        self._seen = {"form": 0, "details": 0}

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag == "details":
            self._details.append(self._seen["details"])
        elif tag == "form":
            self._inside = _Form(self._seen["form"], dict(attrs), tuple(self._details))
            self.found.append(self._inside)
        elif self._inside is not None:
            self._part(tag, dict(attrs), attrs, self._inside)
        if tag in self._seen:
            self._seen[tag] += 1

    def _part(self, tag: str, known: dict[str, str | None], attrs: Attributes, form: _Form) -> None:
        name, kind = known.get("name"), (known.get("type") or "").lower()
        if tag in ("input", "textarea", "select") and name and kind not in LEFT_ALONE:
            form.names.add(name)
            if kind == "hidden":
                form.hidden.append((name, known.get("value") or ""))
        if tag == "button" and kind in ("", "submit") and form.button is None:
            form.button = [one for one in attrs if one[0] in ("name", "value", "formaction")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "details" and self._details:
            self._details.pop()


def form_in(page: str, path: str, typed: Fields) -> _Form | None:
    """The form of the page that was sent to `path` with `typed`, or that asks the same and goes elsewhere now; none where there is none."""
    forms = _Forms()
    forms.feed(page)
    forms.close()
    keep = [one for one in forms.found if one.keeps]
    fit = [one for one in keep if one.goes_to(path)] or [one for one in keep if one.asks_all(typed)]
    return max(fit, key=lambda one: one.likeness(typed), default=None)


def with_switch(page: str, path: str, query: str, typed: Fields) -> str:
    """The page with languages that carry along what stands in its form; `path` and `query` are where the form was sent."""
    found = form_in(page, path, typed)
    return page if found is None else _Writer(found, path, query, None, "", _seen(found, typed)).written(page)


def filled(page: str, path: str, query: str, typed: Fields, note: str) -> str | None:
    """The page with its form filled in with `typed`, a note before it, and languages that carry it along; none where it has none."""
    found = form_in(page, path, typed)
    return None if found is None else _Writer(found, path, query, list(typed), note).written(page)


def _seen(form: _Form, typed: Fields) -> str | None:
    """The version that was seen, where the form of the answer says another: it lets one overwrite what is saved by now, which it shows.

    The page in another language does not show that. It has to be one that was seen before, so that saving it shows both again.
    """
    return next((value for name, value in typed if name == VERSION and (name, value) not in form.hidden), None)


class _Writer(HTMLParser):
    """Writes a page again, with one form changed."""

    def __init__(self, form: _Form, path: str, query: str, typed: list[tuple[str, str]] | None, note: str, seen: str | None = None) -> None:
        super().__init__(convert_charrefs=False)
        self._form = form
        self._goes = form.attributes.get("action") or path + (f"?{query}" if query else "")
        self._id = form.attributes.get("id") or FORM_ID
        self._left = typed
        self._all = frozenset(typed or ())
        self._note = note
        # Before the form's own in what is sent, as the languages stand before the form; and the first one counts.
        self._carries = [] if seen is None else [("name", VERSION), ("value", seen)]
        self._out: list[str] = []
        self._seen = {"form": 0, "details": 0}
        self._inside = False
        self._silent = False
        self._choice = ""
        self._link = False
        self._proxied = False

    def written(self, page: str) -> str:
        self.feed(page)
        self.close()
        return "".join(self._out)

    # ------------------------------------------------------------------------------------------------ what stays as it is

    def _say(self, text: str) -> None:
        if not self._silent:
            self._out.append(text)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._say(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._say(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._say(f"<!{decl}>")

    # ------------------------------------------------------------------------------------------------------ what changes

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        text, known = self.get_starttag_text() or "", dict(attrs)
        number = self._seen.get(tag)
        if number is not None:
            self._seen[tag] = number + 1
        if tag == "a" and LANGUAGE_LINK in (known.get("class") or "").split():
            text = self._language(known)
        elif tag == "nav" and not self._proxied and "app-languages" in (known.get("class") or "").split():
            text += self._proxy()
        elif tag == "form" and number == self._form.number:
            self._inside = True
            text = self._begun(attrs)
        elif tag == "details" and number in self._form.folds and self._left is not None and "open" not in known:
            text = _tag(tag, [*attrs, ("open", None)])
        elif self._inside and self._left is not None:
            text = self._part(tag, attrs, known, text)
        self._say(text)
        if self._inside and tag == "textarea" and self._left is not None:
            value = self._next(known.get("name") or "")
            self._silent = value is not None
            if value is not None:
                self._out.append("\n" + escape(value, quote=False))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._silent = False
        elif tag == "form":
            self._inside = False
        elif tag == "a" and self._link:
            self._link, tag = False, "button"
        self._say(f"</{tag}>")

    def _begun(self, attrs: Attributes) -> str:
        """The form's beginning, with a name to be referred to by and an address of its own: the page's is the one that switches."""
        rest = [one for one in attrs if one[0] not in ("id", "action")]
        return self._note + _tag("form", [*rest, ("action", self._goes), ("id", self._id)])

    def _language(self, known: dict[str, str | None]) -> str:
        self._link = True
        code = dict(part.split("=", 1) for part in urlsplit(known.get("href") or "").query.split("&") if "=" in part).get("lang", "")
        split = urlsplit(self._goes)
        to = f"{split.path}?{split.query + '&' if split.query else ''}{urlencode({SWITCH: code})}"
        sends = [("form", self._id), ("formaction", to), ("formenctype", "application/x-www-form-urlencoded"), ("formnovalidate", None)]
        return _tag("button", [("class", LANGUAGE_LINK), ("lang", known.get("lang")), *self._carries, *sends])

    def _proxy(self) -> str:
        """The button that Enter in a field presses is the first one of the form in the page: it stays the form's own, not a language."""
        self._proxied = True
        unseen = [("class", "govuk-visually-hidden"), ("tabindex", "-1"), ("aria-hidden", "true")]
        return _tag("button", [("form", self._id), *(self._form.button or []), *unseen]) + "</button>"

    def _part(self, tag: str, attrs: Attributes, known: dict[str, str | None], text: str) -> str:
        name, kind = known.get("name") or "", (known.get("type") or "text").lower()
        if tag == "select":
            self._choice = name
        elif tag == "option":
            return _tag(tag, _marked(attrs, "selected", (self._choice, known.get("value") or "") in self._all))
        elif tag == "input" and kind in TICKED:
            value = known.get("value")
            return _tag(tag, _marked(attrs, "checked", (name, "on" if value is None else value) in self._all))
        elif tag == "input" and kind not in LEFT_ALONE and OWN not in known:
            value = self._next(name)
            if value is not None:
                return _tag(tag, [*(one for one in attrs if one[0] != "value"), ("value", value)])
        return text

    def _next(self, name: str) -> str | None:
        """The next of the values that were sent under this name."""
        assert self._left is not None, "asked for only where there is something to fill in"
        at = next((at for at, (one, _value) in enumerate(self._left) if one == name), None)
        return None if at is None else self._left.pop(at)[1]


def _marked(attrs: Attributes, mark: str, on: bool) -> Attributes:
    return [*(one for one in attrs if one[0] != mark), *([(mark, None)] if on else [])]


def _tag(tag: str, attrs: Sequence[tuple[str, str | None]]) -> str:
    parts = (name if value is None else f'{name}="{escape(value)}"' for name, value in attrs)
    return f"<{' '.join((tag, *parts))}>"

"""Pages for people: one Jinja environment for each application, texts and formats in the language of the request."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, Final

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    Undefined,
)
from jinja2.bccache import Bucket
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.kernel.clock import Clock, SteeredClock
from shared.web import formats
from shared.web.context import context_of
from shared.web.i18n import HTML_TAGS, LANGUAGES, current_language, in_language, ngettext, translate
from shared.web.navigation import navigation, role_name
from shared.web.static_files import Assets
from shared.web.switching import opened_at

TEMPLATES: Final = Path(__file__).parent / "templates"


class StrictNames(Undefined):
    """A name or attribute that is not there is an error; a missing key of a dict is empty, as component parameters need it."""

    __slots__ = ()

    def _lenient(self) -> bool:
        return isinstance(self._undefined_obj, Mapping) or self._undefined_name in ("caller", "undefined")

    def __str__(self) -> str:
        return "" if self._lenient() else str(self._fail_with_undefined_error())

    def __bool__(self) -> bool:
        return False if self._lenient() else bool(self._fail_with_undefined_error())

    def __iter__(self) -> Any:
        return iter(()) if self._lenient() else self._fail_with_undefined_error()

    def __len__(self) -> int:
        return 0 if self._lenient() else int(self._fail_with_undefined_error())


class CompiledOnce(BytecodeCache):
    """What templates were compiled to, by their file and what stands in it: for every environment made as that of `Pages` is.

    Where three services live in one process, or one is put together again, each template is compiled once; and once for a checkout, as
    `folder` keeps them for the next process. Where nothing can be kept there, each process compiles its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = FileSystemBytecodeCache(str(folder), "%s.bin")
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            with suppress(OSError):
                self._kept.load_bytecode(bucket)
            self._remember(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._remember(bucket)
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._kept.dump_bytecode(bucket)

    def _remember(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = CompiledOnce(Path(__file__).resolve().parents[2] / ".cache" / "templates")
"""In a folder that `make setup` makes; an image has none, nor a place to write to."""


class Pages:
    """Renders the templates of one service."""

    def __init__(self, *, service: str, folders: list[Path], assets: Assets, clock: Clock, extra: Mapping[str, Any] | None = None) -> None:
        self._clock = clock
        self._service = service
        self.environment = Environment(
            loader=ChoiceLoader(
                [
                    FileSystemLoader([*folders, TEMPLATES]),
                    PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
                ]
            ),
            autoescape=True,
            undefined=StrictNames,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self.environment.globals.update(
            {
                "_": translate,
                "ngettext": ngettext,
                "format_datetime": formats.format_datetime,
                "format_date": formats.format_date,
                "format_number": formats.format_number,
                "format_percent": formats.format_percent,
                "listed": formats.listed,
                "comma": formats.comma,
                "gap": formats.gap,
                "sentences": formats.sentences,
                "labelled": formats.labelled,
                "bracketed": formats.bracketed,
                "with_joints": formats.with_joints,
                "time_left": formats.time_left,
                "countdown": formats.countdown,
                "zone_name": formats.zone_name,
                "beijing": formats.BEIJING,
                "asset": assets.url,
                "languages": LANGUAGES,
                "language_tags": HTML_TAGS,
                "role_name": role_name,
                "undefined": self.environment.undefined(name="undefined"),
                **(extra or {}),
            }
        )

    def render(self, request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page made from `template`; `context` holds its own names beside those that every page has."""
        return HTMLResponse(self.text(request, template, comes_back=comes_back(request, status), **context), status)

    def text(self, request: Request, template: str, /, **context: Any) -> str:
        """As `render`, but only the text; for a part of a page that htmx puts in place."""
        known = context_of(request)
        common = {
            "request": request,
            "service": self._service,
            "identity": known.identity,
            "language": current_language(),
            "navigation": navigation(known.identity, request.url.path),
            "clock_note": self.clock_note(),
            "path_with_lang": path_with_language(request),
            "here": here(request),
            "comes_back": False,
        }
        return self.environment.get_template(template).render({**common, **context})

    def clock_note(self) -> str:
        """Today's date where the clock is steered, so that nobody takes a demonstration for the present; else empty."""
        return formats.format_date(self._clock.now()) if isinstance(self._clock, SteeredClock) else ""


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The page made from `template` by the application that serves `request`."""
    pages: Pages = request.app.state.pages
    return pages.render(request, template, status=status, **context)


def here(request: Request) -> str:
    """The path of this page with its query, for `return=`."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def comes_back(request: Request, status: int) -> bool:
    """Whether this refuses a form whose address can be opened: the way back may then open it, and need not send the form again.

    What a form was answered with otherwise, a report or something to look at first, is at no address, and is not to be had again by one.
    """
    refused = request.method == "POST" and 400 <= status < 500
    return refused and opened_at(request.app.router.routes, request.url.path) == request.url.path


def path_with_language(request: Request) -> Callable[[str], str]:
    """This page's address asking for a language, for any one; everything else in its query stays. The answer to a form has that of
    the form's page, which is looked for once for all of them.
    """

    @cache
    def path() -> str:
        return request.url.path if request.method in ("GET", "HEAD") else opened_at(request.app.router.routes, request.url.path)

    return lambda language: f"{path()}?{in_language(request.url.query, language)}"

"""The FastAPI application that every service starts from: layers, refusals, pages, assets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import Lifespan

from shared.kernel.clock import Clock
from shared.settings import CommonSettings
from shared.web import middleware, problems
from shared.web.csrf import CrossOriginGuard
from shared.web.i18n import SHARED_LOCALE, Texts
from shared.web.identity import IdentityVerifier
from shared.web.pages import Pages
from shared.web.routes import add_routes
from shared.web.static_files import STATIC, Assets
from shared.web.switching import SwitchLayer

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the web layer needs to know about where it runs."""

    public_url: str = "http://127.0.0.1:8080"
    keys_folder: Path = Path("var/keys")
    static: Path = field(default=STATIC)

    @classmethod
    def of(cls, settings: CommonSettings) -> "WebSettings":
        return cls(public_url=settings.public_url, keys_folder=settings.keys_folder)

    @property
    def secure(self) -> bool:
        """Whether people reach us by https, so that cookies may be marked secure."""
        return self.public_url.startswith("https://")


def create_web_app(
    *,
    service: str,
    prefix: str,
    templates: Path,
    locale: Path,
    settings: WebSettings,
    clock: Clock,
    verifier: IdentityVerifier | None = None,
    body_limit: int | Callable[[str], int] = MEBIBYTE,
    template_globals: Mapping[str, Any] | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """An application with everything but the routes.

    `prefix` ("" or "/quotas") is where the service lives under the one origin; its routes carry it themselves. `templates` and
    `locale` are the service's own folders, looked in before the shared ones. `verifier` is read from the keys folder where it is
    not given. `body_limit` is in bytes, or a function of the path. Services reach `app.state.texts` (`Texts`), `app.state.pages`
    (`Pages`) and `app.state.settings`.
    """
    app = FastAPI(title=f"Puente {service}", openapi_url=f"{prefix}/openapi.json", docs_url=None, redoc_url=None, lifespan=lifespan)
    texts = Texts.load(locale, SHARED_LOCALE)
    assets = Assets(settings.static)
    app.state.texts = texts
    app.state.settings = settings
    app.state.pages = Pages(service=service, folders=[templates], assets=assets, clock=clock, extra=template_globals)
    problems.install(app)
    limit = body_limit if callable(body_limit) else (lambda _path: body_limit)
    believed = verifier or IdentityVerifier.from_folder(settings.keys_folder)
    # The last one added is the outermost.
    app.add_middleware(SwitchLayer)
    app.add_middleware(CrossOriginGuard)
    app.add_middleware(middleware.BodyLimit, limit=limit)
    app.add_middleware(middleware.ErrorBoundary)
    app.add_middleware(middleware.Surroundings, service=service, texts=texts, clock=clock, verifier=believed, secure=settings.secure)
    add_routes(app, assets.router())
    return app

"""Serves the built assets under names that hold a hash of their content, so that a browser keeps them for ever."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from shared.observability.logging import get_logger
from shared.web.problems import Problem

log = get_logger(__name__)

STATIC: Final = Path(__file__).parent / "static"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".json": "application/json",
}


class Assets:
    """The built files of one folder: `manifest.json` maps `app.css` to `app.<hash>.css`; beside a file may lie its `.gz`."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files: dict[str, tuple[bytes, bytes | None, str]] = {}
        self._names: dict[str, str] = {}
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            log.warning("assets.missing", folder=str(folder), hint="build them: python shared/web/assets/build.py")
            return
        self._names = json.loads(manifest.read_text(encoding="utf-8"))
        for name in self._names.values():
            path = folder / name
            packed = folder / f"{name}.gz"
            kind = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
            self._files[name] = (path.read_bytes(), packed.read_bytes() if packed.is_file() else None, kind)

    def url(self, name: str) -> str:
        """The address of the asset `name`, such as `app.css`."""
        return f"/assets/{self._names.get(name, name)}"

    def answer(self, request: Request, name: str) -> Response:
        """The file, compressed where the browser takes it."""
        if name not in self._files:
            raise Problem(404)
        plain, packed, kind = self._files[name]
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(plain, media_type=kind, headers=headers)

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)

        @router.get("/assets/{name}")
        async def asset(request: Request, name: str) -> Response:
            return self.answer(request, name)

        return router

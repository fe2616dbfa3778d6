"""A small application that shows every component of the web layer; the tests look at it with a real browser."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from shared.kernel.clock import Clock
from shared.web.app import WebSettings, create_web_app
from shared.web.health import health_router
from shared.web.i18n import N_
from shared.web.identity import require
from shared.web.pages import render
from shared.web.problems import Problem
from shared.web.routes import add_routes

HERE = Path(__file__).parent
# Country, column, row, places taken, places.
TILES = (
    "MX 0 0 60 71|CU 4 0 22 30|BS 5 0 3 20|GT 0 1 36 36|BZ 1 1 5 20|JM 4 1 8 25|HT 5 1 40 46|DO 6 1 31 33|"
    "KN 7 1 0 18|AG 8 1 2 18|SV 0 2 33 35|HN 1 2 12 35|DM 8 2 18 18|NI 1 3 30 33|VC 7 3 4 18|LC 8 3 7 18|"
    "CR 1 4 33 33|PA 2 4 28 28|TT 6 4 9 26|GD 7 4 18 18|BB 8 4 1 18|CO 3 5 61 60|VE 4 5 20 52|GY 5 5 14 24|"
    "SR 6 5 6 22|EC 2 6 44 44|PE 3 6 36 48|BR 4 6 80 96|BO 4 7 36 43|PY 5 7 0 0|CL 3 8 40 44|AR 4 8 55 60|"
    "UY 5 8 25 33|CN 8 8 0 50"
)


class Answer(BaseModel):
    """A body that the API accepts."""

    number: int


def build(keys_folder: Path, clock: Clock, static: Path | None = None) -> FastAPI:
    """The demonstration, as a service `quotas` under `/quotas`, with keys in `keys_folder`."""
    settings = WebSettings(keys_folder=keys_folder) if static is None else WebSettings(keys_folder=keys_folder, static=static)
    app = create_web_app(
        service="quotas",
        prefix="/quotas",
        templates=HERE / "templates",
        locale=HERE / "locale",
        settings=settings,
        clock=clock,
        body_limit=10_000,
    )

    async def ready() -> dict[str, str]:
        return {"database": ""}

    async def invariants() -> dict[str, int]:
        return {"oversold": 0}

    add_routes(app, health_router("/quotas", ready=ready, invariants=invariants))
    add_pages(app, clock)
    add_refusals(app)
    return app


def add_pages(app: FastAPI, clock: Clock) -> None:
    """Pages that show the components."""

    @app.get("/quotas/front")
    async def front(request: Request) -> HTMLResponse:
        return render(request, "front.html")

    @app.get("/quotas/parts")
    async def parts(request: Request) -> HTMLResponse:
        now = clock.now()
        return render(
            request, "parts.html", tiles=tiles(), now=now, until=now + timedelta(days=12), opened=datetime(2016, 3, 3, 22, tzinfo=UTC)
        )

    @app.get("/quotas/form")
    async def form(request: Request) -> HTMLResponse:
        return render(request, "form.html", questions=questions(wrong=False))

    @app.post("/quotas/form")
    async def sent(request: Request) -> HTMLResponse:
        return render(request, "form.html", status=422, questions=questions(wrong=True))

    @app.get("/quotas/review")
    async def review(request: Request) -> HTMLResponse:
        return render(request, "review.html", tiles=tiles())


def add_refusals(app: FastAPI) -> None:
    """Routes that refuse, fail, or accept only what is right."""

    @app.get("/quotas/officer")
    async def officer(request: Request) -> HTMLResponse:
        require(request, "officer", hidden="hidden" in request.query_params)
        return render(request, "front.html")

    @app.post("/quotas/officer")
    async def officer_acts(request: Request) -> HTMLResponse:
        require(request, "officer")
        return HTMLResponse((await request.body()).decode())

    @app.get("/quotas/broken")
    async def broken() -> HTMLResponse:
        raise ValueError("maria@example.org typed something secret")

    @app.get("/quotas/away")
    async def away() -> HTMLResponse:
        raise ConnectionRefusedError("connection refused")

    @app.get("/quotas/full")
    async def full() -> HTMLResponse:
        raise Problem(409, N_("The list is full"), N_("All {n} places are given."), code="list_full", params={"n": 36})

    @app.post("/quotas/api/v1/answers")
    async def answers(answer: Answer) -> Answer:
        return answer


def tiles() -> list[dict[str, Any]]:
    found = []
    for entry in TILES.split("|"):
        code, column, row, used, places = entry.split()
        taken, whole = int(used), int(places)
        step: str | int = "out" if not whole else "over" if taken > whole else -(-5 * taken // whole)
        title = f"{code}: {taken} of {whole} places are held"
        label = f"{taken}/{whole}" if whole else "–"
        href = f"/quotas/cells/{code}"
        found.append({"code": code, "column": int(column), "row": int(row), "label": label, "title": title, "href": href, "step": step})
    return found


def questions(*, wrong: bool) -> list[dict[str, Any]]:
    """One question of every kind; `wrong` gives them typed values and errors."""
    listed: list[dict[str, Any]] = [
        {
            "key": "name",
            "kind": "text",
            "label": "Nombre completo, como en el pasaporte",
            "hint": "Con todos sus apellidos.",
            "autocomplete": "name",
        },
        {"key": "born", "kind": "date", "label": "Fecha de nacimiento", "hint": "Por ejemplo, 27 3 1991", "autocomplete": "bday"},
        {"key": "mail", "kind": "email", "label": "Correo electrónico", "autocomplete": "email"},
        {"key": "phone", "kind": "phone", "label": "Teléfono", "optional": True, "hint": "Con el código del país.", "autocomplete": "tel"},
        {
            "key": "country",
            "kind": "country",
            "label": "País",
            "options": [{"key": "PE", "label": "Perú"}, {"key": "HT", "label": "Haití"}],
            "value": "PE",
        },
        {
            "key": "level",
            "kind": "radio",
            "label": "¿Qué desea estudiar?",
            "options": [
                {"key": "b", "label": "Licenciatura", "hint": "Hasta 25 años"},
                {"key": "m", "label": "Maestría"},
                {"key": "d", "label": "Doctorado"},
            ],
            "value": "m",
        },
        {"key": "chinese", "kind": "yes_no", "label": "¿Ha estudiado chino?"},
        {"key": "points", "kind": "number", "label": "Años de experiencia", "value": 3},
        {
            "key": "plan",
            "kind": "long_text",
            "label": "Plan de estudios",
            "hint": "Qué quiere aprender y para qué.",
            "max_words": 800,
            "value": "Energía solar en los Andes",
        },
        {"key": "paper", "kind": "file", "label": "Diploma", "hint": "PDF, JPEG o PNG, hasta 10 MB.", "accept": ".pdf,.jpg,.png"},
        {
            "key": "agree",
            "kind": "checkboxes",
            "label": "Declaración",
            "options": [{"key": "yes", "label": "Lo que he escrito es verdad."}],
        },
    ]
    if wrong:
        listed[0]["error"] = "Escriba su nombre completo"
        listed[1] |= {
            "error": "La fecha de nacimiento debe ser una fecha real",
            "value": {"day": "31", "month": "2", "year": "1991"},
            "boxes": ["day"],
        }
        listed[5] |= {"error": "Elija qué desea estudiar", "value": ""}
        listed[10]["error"] = "Confirme la declaración"
    return listed

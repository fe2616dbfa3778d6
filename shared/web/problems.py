"""Refusals and failures as answers: problem+json (RFC 9457) for programs, a page for people, both in the language of whoever asked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from shared.persistence.database import Unavailable
from shared.web.context import context_of, is_api
from shared.web.i18n import N_, current_language, translate

if TYPE_CHECKING:
    from fastapi import FastAPI

_ = translate

AWAY: Final = (Unavailable, ConnectionError, TimeoutError, OperationalError, InterfaceError)
"""Errors that mean that something we need is away for now: answered 503, to be tried again."""

TITLES: Final[Mapping[int, str]] = {
    400: N_("The request cannot be understood"),
    401: N_("Sign in first"),
    403: N_("You may not do this"),
    404: N_("Page not found"),
    405: N_("This address does not accept that"),
    409: N_("Somebody else was first"),
    413: N_("What you sent is too large"),
    422: N_("Something in what you sent is not right"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong on our side"),
    503: N_("The service is not available for a moment"),
}
DETAILS: Final[Mapping[int, str]] = {
    400: N_("Go back, check what you entered and send it again."),
    401: N_("Sign in, then open the page again."),
    403: N_("Your account has no right to this page or action. If it should, ask whoever manages your account."),
    404: N_("Check the address for typing mistakes, or begin again on the start page."),
    405: N_("Go back and use the buttons and links of the page."),
    409: N_("This changed while you were working on it. Open it again to see what is new; nothing was overwritten."),
    413: N_("Choose smaller files or shorten your text, then send it again."),
    422: N_("Go back, check what you entered and send it again."),
    429: N_("Wait a few minutes, then try again."),
    500: N_("We have noted it. What you saved before is safe. Try again in a few minutes; if it happens again, tell us the number below."),
    503: N_("What you saved before is safe. Try again in a minute."),
}


class Problem(HTTPException):
    """Raise to answer with a refusal. `title` and `detail` are marked texts (`N_`), filled with `params`; `code` is a stable word.

    Where no title or detail is given, the status has one. `errors` go into the JSON answer, each with a `pointer`; `back` is the page
    of this site that the page of the refusal leads back to.
    """

    def __init__(
        self,
        status: int,
        title: str = "",
        detail: str = "",
        *,
        code: str = "",
        params: Mapping[str, object] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        back: str = "",
    ) -> None:
        super().__init__(status, detail=code or None, headers=headers)
        self.status = status
        self.title = title
        self.text = detail
        self.code = code
        self.params = dict(params or {})
        self.errors = tuple(errors)
        self.back = back


class Redirect(Exception):
    """Raise to send the browser elsewhere. `to` is a path on this site."""

    def __init__(self, to: str, status: int = 303) -> None:
        super().__init__(status)
        self.to = to
        self.status = status


def problem_response(request: Request, problem: Problem) -> Response:
    """The answer for `problem`: JSON for programs, otherwise the page `error.html`."""
    title = _(problem.title or TITLES.get(problem.status, TITLES[500 if problem.status >= 500 else 400]), **problem.params)
    detail = _(problem.text or DETAILS.get(problem.status, DETAILS[500 if problem.status >= 500 else 400]), **problem.params)
    context = context_of(request)
    code = problem.code or f"http_{problem.status}"
    if is_api(request.scope):
        body: dict[str, Any] = {
            "type": f"urn:puente:problem:{code}",
            "title": title,
            "status": problem.status,
            "detail": detail,
            "code": code,
            "request_id": context.request_id,
        }
        if problem.errors:
            body["errors"] = list(problem.errors)
        headers = {"Content-Language": current_language(), **(problem.headers or {})}
        return JSONResponse(body, problem.status, headers=headers, media_type="application/problem+json")
    pages = request.app.state.pages
    page: Response = pages.render(
        request,
        "error.html",
        status=problem.status,
        title=title,
        detail=detail,
        code=code,
        request_id=context.request_id,
        problem_status=problem.status,
        back=problem.back,
    )
    page.headers.update(problem.headers or {})
    return page


def install(app: "FastAPI") -> None:
    """Answer every refusal of this application in our way."""
    # Workers know our refusals too, and load no FastAPI for them.
    from fastapi.exceptions import RequestValidationError

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(request, error)

    async def on_redirect(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Redirect)
        return RedirectResponse(error.to, error.status)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem_response(request, Problem(error.status_code, headers=error.headers))

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [{"pointer": _pointer(one["loc"]), "code": one["type"], "detail": one["msg"]} for one in error.errors()]
        return problem_response(request, Problem(422, code="invalid", errors=errors))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(Redirect, on_redirect)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def _pointer(place: Sequence[object]) -> str:
    return "/" + "/".join(str(part) for part in place)

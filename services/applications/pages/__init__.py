"""Pages for people. Applicants' pages are in here one module a place; every figure, question and rule on them comes from a plan's files."""

from fastapi import FastAPI

from services.applications.pages import (
    answering,
    check,
    copies,
    entries,
    form,
    help,
    home,
    letters,
    mine,
    papers,
    privacy,
    questions,
    recommending,
    recommending_file,
    referees,
    sending,
    start,
)
from services.applications.pages.kit import body_limit
from shared.web.routes import add_routes

__all__ = ["body_limit", "install"]


def install(app: FastAPI) -> None:
    """Add the applicants' pages to an application that has accounts (`app.state.desk`) and documents (`app.state.documents`)."""
    add_routes(
        app,
        home.router,
        check.router,
        help.router,
        start.router,
        mine.router,
        form.router,
        questions.router,
        entries.router,
        papers.router,
        referees.router,
        sending.router,
        answering.router,
        copies.router,
        privacy.router,
        letters.router,
        recommending.router,
        recommending_file.router,
    )

"""The routes of all pages of applicants, added to an application."""

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
from shared.web.routes import add_routes


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

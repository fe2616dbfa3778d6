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

__all__ = ["body_limit", "install"]


def install(app: FastAPI) -> None:
    """Add the applicants' pages to an application that has accounts (`app.state.desk`) and documents (`app.state.documents`)."""
    for module in (
        home,
        check,
        help,
        start,
        mine,
        form,
        questions,
        entries,
        papers,
        referees,
        sending,
        answering,
        copies,
        privacy,
        letters,
        recommending,
        recommending_file,
    ):
        app.include_router(module.router)

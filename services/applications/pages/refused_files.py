"""Why a file was not taken, in words: what is wrong with it, and what to do.

No form can be filled in again with a file, so its page in another language is opened anew: what was refused lies in the browser meanwhile,
for that page alone, and is said again in the language that was asked for.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from fastapi import Request
from starlette.responses import Response

from services.applications.accounts.desk import desk_of
from services.applications.documents.receiving import HEIC, OLD_OFFICE, TEXT, ZIP, UploadRefused, claims
from services.applications.pages.words import size_words, type_words
from services.applications.plan.model import Document as Paper
from shared.web.formats import format_number
from shared.web.i18n import LANGUAGE_PAIR, N_, translate

_ = translate

UNKNOWN: Final = ("", "application/octet-stream")
"""Types that tell nobody anything."""
REFUSED_COOKIE: Final = "puente_refused"
SECONDS: Final = 600
BYTES_MAX: Final = 3000
"""Of the cookie: a dozen files with long names. What is more is left out."""
_Kept = list[tuple[str, str, int, str]]
"""What is kept of each: the code, and the file's name, size and type."""

NO_FILE: Final = N_("Choose a file")
# fmt: off
REFUSALS: Final = {
    "no_file": NO_FILE,
    "empty": N_("“{name}” is empty. Choose a file with something in it."),
    "too_large": N_("“{name}” is larger than {most}. Choose a smaller file, or save it in a lower quality."),
    "wrong_type": N_("“{name}” is {found}. Choose a file of one of these types: {types}; or open this one in the program that it was made with, and save or print it as one of them."),  # noqa: E501
    "named_wrong": N_("“{name}” is {found}, whatever its name says. Choose a file of one of these types: {types}; or open this one in the program that it was made with, and save or print it as one of them."),  # noqa: E501
    "unknown_type": N_("“{name}” is not a file of these types: {types}. Open it in the program that it was made with, and save or print it as one of them."),  # noqa: E501
    "named_unknown": N_("“{name}” is not a file of these types, whatever its name says: {types}. Open it in the program that it was made with, and save or print it as one of them."),  # noqa: E501
    "heic": N_("“{name}” is a HEIC photograph, which many computers cannot open. On an iPhone, open Settings, Camera, Formats, choose “Most Compatible”, and take the photograph again; or save it as JPEG and add that."),  # noqa: E501
    "cut_off": N_("“{name}” ({size}) is not complete: its end is missing. Open it to see whether it is whole, then add it again."),
    "broken": N_("“{name}” cannot be read; it may be damaged. Open it, save it anew, then add it again."),
    "too_many_pixels": N_("“{name}” has too many pixels. Save it smaller, or take the photograph again in a lower resolution."),
    "encrypted": N_("“{name}” is protected by a password or against changes. Save it without protection, for instance by printing it to a new PDF, then add that one."),  # noqa: E501
    "no_pages": N_("“{name}” has no pages. Open it to see what is in it, then choose another file."),
    "too_many_pages": N_("“{name}” has more pages or parts than can be checked. Add only the pages that are asked for."),
    "acts": N_("“{name}” has something inside that a computer could run, or other files. Print it to a new PDF, then add that one."),
    "foreign_tail": N_("“{name}” has something after its end that does not belong to a PDF. Print it to a new PDF, then add that one."),
    "too_heavy": N_("“{name}” takes too long to check. Save it in a simpler form, for instance by printing it to a new PDF, then add that one."),  # noqa: E501
    "infected": N_("A virus was found in “{name}”, so it was not kept. Have your device checked, and add the document from another one."),
    "too_many": N_("{count} files are here already, as many as are allowed. Remove one, then add “{name}”."),
}
FOUND: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": N_("a Word document"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": N_("an Excel workbook"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": N_("a PowerPoint presentation"),
    "application/vnd.oasis.opendocument": N_("an OpenDocument file"),
    OLD_OFFICE: N_("a document of an older Word, Excel or PowerPoint"),
    ZIP: N_("a ZIP archive"),
    TEXT: N_("a plain text file"),
}
VIDEO: Final = N_("a video")
ANOTHER: Final = N_("a file of the type {type}")
# fmt: on


def found_words(media_type: str) -> str:
    """What a file is, with its article where the language has one, to stand behind "is"."""
    if media_type in FOUND:
        return _(FOUND[media_type])
    return _(VIDEO) if media_type.startswith("video/") else _(ANOTHER, type=type_words([media_type]))


def code_of(refused: UploadRefused) -> str:
    """Which text says why; of a wrong type also by whether the name promises one that is accepted."""
    if refused.code != "wrong_type" or refused.content_type == HEIC:
        return "heic" if refused.code == "wrong_type" else refused.code
    named = claims(refused.filename, refused.accepted)
    if refused.content_type in UNKNOWN:
        return "named_unknown" if named else "unknown_type"
    return "named_wrong" if named else "wrong_type"


def refusal_words(refused: UploadRefused) -> str:
    """Why a file was not taken, by its name, size and type."""
    return _(
        REFUSALS[code_of(refused)],
        name=refused.filename,
        size=size_words(refused.size_bytes),
        most=size_words(refused.max_bytes),
        found=found_words(refused.content_type),
        types=type_words(refused.accepted),
        count=format_number(refused.max_files),
    )


def keeping_refused(request: Request, response: Response, path: str, refused: Sequence[UploadRefused]) -> Response:
    """The answer of the page at `path`, with which the browser keeps what was refused, or forgets what it kept."""
    kept: _Kept = [(one.code, one.filename, one.size_bytes, one.content_type) for one in refused]
    while len(value := urlsafe_b64encode(msgspec.json.encode(kept)).decode()) > BYTES_MAX:
        kept.pop()
    if refused or REFUSED_COOKIE in request.cookies:
        value, age = (value, SECONDS) if refused else ("", 0)
        response.set_cookie(REFUSED_COOKIE, value, max_age=age, path=path, secure=desk_of(request).secure, httponly=True, samesite="lax")
    return response


def refused_before(request: Request, paper: Paper) -> list[UploadRefused]:
    """What this browser keeps of files that were refused as this paper; nothing where it is no list of ours."""
    try:
        kept = msgspec.json.decode(urlsafe_b64decode(request.cookies.get(REFUSED_COOKIE, "")), type=_Kept)
    except (ValueError, msgspec.MsgspecError):
        return []
    return [
        UploadRefused(code, filename, size, found, paper.accepted, paper.max_bytes, paper.max_files)
        for code, filename, size, found in kept
        if code in REFUSALS
    ]


def still_refused(request: Request, paper: Paper, tried: Collection[str]) -> list[UploadRefused]:
    """What a script that sends file by file was told before, and still stands: of files of other names, where the paper is of several."""
    return [one for one in refused_before(request, paper) if one.filename not in tried] if paper.max_files > 1 else []


def said_again(request: Request, paper: Paper) -> list[UploadRefused]:
    """The same, where the page is asked for in another language; who opens it otherwise has read it."""
    return refused_before(request, paper) if LANGUAGE_PAIR in request.query_params else []

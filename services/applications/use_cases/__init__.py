"""What people and events can do: one function each, `(tx, ..., now) -> outcome`, in the caller's transaction.

An outcome that is not `Done` (or `Submitted`, `Loaded`) has changed nothing. The event of a move is in the outbox when the
transaction commits.
"""

from services.applications.use_cases.answering import remove_entry, save_entry, save_page
from services.applications.use_cases.country import extend, nominate, reorder_slate, return_for_correction
from services.applications.use_cases.drafts import start_draft
from services.applications.use_cases.letters import write_letter
from services.applications.use_cases.offers import accept_offer, decline_offer, withdraw
from services.applications.use_cases.papers import NewFile, attach_document, open_document, remove_document
from services.applications.use_cases.plans import confirm_change, load_plan
from services.applications.use_cases.selection import approve, end, reject, score
from services.applications.use_cases.steps import Done
from services.applications.use_cases.submission import Ready, Submission, Submitted, submit, submit_together
from services.applications.use_cases.unsaved import keep_typed, keep_typed_entry

__all__ = [
    "Done",
    "NewFile",
    "Ready",
    "Submission",
    "Submitted",
    "accept_offer",
    "approve",
    "attach_document",
    "confirm_change",
    "decline_offer",
    "end",
    "extend",
    "keep_typed",
    "keep_typed_entry",
    "load_plan",
    "nominate",
    "open_document",
    "reject",
    "remove_document",
    "remove_entry",
    "reorder_slate",
    "return_for_correction",
    "save_entry",
    "save_page",
    "score",
    "start_draft",
    "submit",
    "submit_together",
    "withdraw",
    "write_letter",
]

"""Cooperation plans as files: read, checked and published. Only the applications service reads them."""

from services.applications.plan.cases import CaseResult, Report, check_folder, run_cases
from services.applications.plan.model import Plan, Programme
from services.applications.plan.publish import programme_published
from services.applications.plan.read import read
from services.applications.plan.tables import PlanError
from services.applications.plan.versions import content_hash, decode, encode, judge_load

__all__ = [
    "CaseResult",
    "Plan",
    "PlanError",
    "Programme",
    "Report",
    "check_folder",
    "content_hash",
    "decode",
    "encode",
    "judge_load",
    "programme_published",
    "read",
    "run_cases",
]

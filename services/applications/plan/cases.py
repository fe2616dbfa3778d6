"""`puente plan check DIR`: a plan's files and its example applicants, in lines of text."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from services.applications.domain.answers import counted
from services.applications.domain.eligibility import check, warned
from services.applications.plan.model import Case, Plan
from services.applications.plan.read import read


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules said of one case: the codes that spoke against it and those that warned, beside those that should have."""

    case: Case
    found: tuple[str, ...]
    warned: tuple[str, ...] = ()

    @property
    def as_expected(self) -> bool:
        return set(self.found) == set(self.case.reasons) and self.case.warnings in (None, self.warned)

    def __str__(self) -> str:
        case = self.case
        said = f"{case.file}:{case.line}: {case.name}: the rules give {_codes(self.found)}; expected {_codes(case.reasons)}"
        if case.warnings in (None, self.warned):
            return said
        return f"{said}; they warn of {', '.join(self.warned) or 'nothing'}; expected {', '.join(case.warnings or ()) or 'nothing'}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a check: `plan` where the files could be read, lines to print, and whether all is well."""

    ok: bool
    plan: Plan | None
    lines: tuple[str, ...]


def run_cases(plan: Plan) -> list[CaseResult]:
    """Each case of the plan, judged by the rules of its programme, in the order of the files."""
    results = []
    for case in plan.cases:
        programme = plan.programme(case.programme)
        call = programme.call(case.year) if programme else None
        assert programme is not None and call is not None, "a case names a programme and a year of the plan"
        answers, context = counted(programme.pages, case.answers), call.context(case.country)
        results.append(
            CaseResult(
                case=case,
                found=tuple(reason.code for reason in check(programme.rules, answers, context)),
                warned=tuple(reason.code for reason in warned(programme.warnings, programme.rules, answers, context)),
            )
        )
    return results


def check_folder(folder: Path) -> Report:
    """Read the folder and run its cases; every error, and every case that came out otherwise, is one line."""
    if not folder.is_dir():
        return Report(ok=False, plan=None, lines=(f"{folder} is no folder; nothing was loaded. Name the folder that holds a plan.toml.",))
    plan = read(folder)
    if isinstance(plan, list):
        count = f"{len(plan)} error{'' if len(plan) == 1 else 's'} in {folder.resolve().name}; nothing was loaded."
        return Report(ok=False, plan=None, lines=(*map(str, plan), count))
    results = run_cases(plan)
    wrong = [result for result in results if not result.as_expected]
    summary = [f"{plan.code} version {plan.version}: {len(plan.countries)} countries, {len(plan.programmes)} programmes."]
    for programme in plan.programmes:
        years = f"{programme.years[0]}-{programme.years[-1]}"
        cases = sum(case.programme == programme.code for case in plan.cases)
        counts = f"{len(programme.pages)} pages, {len(programme.documents)} documents, {len(programme.rules)} rules, {cases} cases"
        summary.append(f"  {programme.code}: {programme.places_total} places, {years}, {counts}.")
    summary.append(f"{len(results) - len(wrong)} of {len(results)} cases came out as expected.")
    return Report(ok=not wrong, plan=plan, lines=(*map(str, wrong), *summary))


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(codes) or "eligible"

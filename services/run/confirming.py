"""`puente plan confirm`: the second pair of eyes. An officer reads what the version would break, and agrees with a code that only they get.

Whoever loads a plan works on this machine; an officer need not. So the code goes to the officer's mail, as for signing in.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from rich.console import Console

from services.applications.accounts.desk import Desk
from services.applications.accounts.mail import sign_in_mail
from services.applications.accounts.use_cases import (
    Asked,
    account_by_email,
    ask_to_sign_in,
    enter_code,
    mail_was_not_sent,
    sign_out,
)
from services.applications.domain.accounts import CodeOutcome
from services.applications.domain.outcomes import NotFound
from services.applications.domain.viewers import Viewer
from services.applications.store import plans
from services.applications.tables import PlanChange
from services.applications.use_cases.plans import ChangeReplaced, Loaded, SamePerson, Stranded, confirm_change
from shared.mail.smtp import Reason
from shared.persistence.database import Tx

ORIGIN = "puente plan confirm"
"""Stands where a network address would, so that this counts against no browser's limit."""
WRONG = {
    CodeOutcome.WRONG: "that is not the code of the mail",
    CodeOutcome.EXPIRED: "the code is too old",
    CodeOutcome.USED: "the code was used already",
    CodeOutcome.TOO_MANY_TRIES: "too many wrong codes were entered",
}


async def confirm(desk: Desk, plan: str, officer: str, ask: Callable[[str], Awaitable[str]], console: Console) -> bool:
    """Show what waits, let the officer prove themselves (`ask` reads the code), and put the version in force; whether it is."""

    def say(text: str) -> bool:
        console.print(text, highlight=False, markup=False, soft_wrap=True)
        return False

    change = await desk.db.run(lambda tx: plans.open_change(tx, plan))
    if change is None:
        return say(f"no version of {plan} waits for a confirmation")
    shown = change.id
    _show(change, say)
    viewer = await _prove(desk, officer, ask, say)
    if viewer is None:
        return False
    outcome = await desk.db.run(lambda tx: confirm_change(tx, viewer, plan, change_id=shown, now=desk.clock.now()))
    match outcome:
        case Loaded(programmes):
            say(f"{plan} version {change.version} is in force: {', '.join(programmes)}")
        case SamePerson():
            say("who proposed a version may not confirm it: a second officer must")
        case ChangeReplaced(breaks=breaks):
            say(f"what waits has changed since it was shown; it would break: {'; '.join(breaks)}. Nothing was confirmed: look again")
        case Stranded(lines):
            say(f"nobody can agree to it any more: {'; '.join(lines)}. Keep the year in the plan until they have ended")
        case NotFound():
            say("what waited was confirmed or withdrawn meanwhile")
        case _:
            say(f"{officer} is not an officer any more")
    return isinstance(outcome, Loaded)


def _show(change: PlanChange, say: Callable[[str], bool]) -> None:
    say(f"{change.plan} version {change.version}, proposed by {change.proposed_by} at {change.proposed_at:%Y-%m-%d %H:%M} UTC, breaks:")
    for promise in change.breaks:
        say(f"  {promise}")


async def _prove(desk: Desk, officer: str, ask: Callable[[str], Awaitable[str]], say: Callable[[str], bool]) -> Viewer | None:
    """The officer, where they have the code that was mailed to them; the sign-in that it opens is closed at once."""
    now = desk.clock.now()
    account = await desk.db.run(lambda tx: account_by_email(tx, officer))
    if account is None or account.role != "officer" or account.disabled_at is not None:
        say(f"{officer} is no officer's account; puente account add {officer} --role officer makes one")
        return None
    asked = await desk.db.run(
        lambda tx: ask_to_sign_in(
            tx,
            email=account.email,
            ip=ORIGIN,
            language=account.language,
            timezone=account.timezone,
            return_to="/",
            rules=desk.rules,
            now=now,
        )
    )
    if not isinstance(asked, Asked):
        say(f"too many codes were asked for: try again after {asked.again_at:%H:%M} UTC")
        return None
    (refusal,) = await desk.mailer.send([sign_in_mail(desk, asked)])
    if refusal is not None and refusal is not Reason.CONNECTION_LOST:
        await desk.db.run(lambda tx: mail_was_not_sent(tx, asked))
        say(f"the mail server did not take the code ({refusal}): set PUENTE_SMTP_HOST and PUENTE_SMTP_PORT as for the services")
        return None
    code = (await ask(f"The code that was sent to {account.email}: ")).strip()

    async def enter(tx: Tx) -> tuple[CodeOutcome, UUID | None]:
        entered = await enter_code(tx, attempt=asked.attempt, code=code, ip=ORIGIN, rules=desk.rules, now=desk.clock.now())
        if entered.token:
            await sign_out(tx, token=entered.token, now=desk.clock.now())
        return entered.outcome, entered.account

    outcome, proved = await desk.db.run(enter)
    if outcome is not CodeOutcome.ACCEPTED or proved is None:
        say(f"{WRONG[outcome]}; nothing was confirmed")
        return None
    return Viewer(proved, account.role)

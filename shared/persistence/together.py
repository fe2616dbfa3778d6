"""Requests that arrive while a transaction is under way share the next one, and its commit (group commit).

Nobody waits for company: where nothing is under way, a request goes at once and alone. Under load each transaction takes whoever came
during the one before, so the price of a transaction is paid once for all of them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from shared.observability.logging import get_logger
from shared.persistence.database import Database, Tx, Unavailable, said

log = get_logger(__name__)

MOST: Final = 50
"""Requests in one transaction: the one whose work takes longest holds up no more than these."""
SLOW_S: Final = 5.0
"""A transaction that is under way for longer waits for what may never come, as over a dead line: nobody else waits for it."""

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Alone:
    """No answer yet: somebody holds what this request needs, so it gets a transaction of its own and waits there."""


@dataclass(slots=True)
class _Waiting(Generic[A, R]):
    asked: A
    apart: Hashable
    answer: "asyncio.Future[R]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Together(Generic[A, R]):
    """Does `work` for several requests in one transaction, and `alone` for one that could not be served so.

    `work` answers each request, in their order; it must not wait for the lock of any one of them, as all the others would wait too:
    it answers `Alone()` instead. Requests that `apart` gives the same value are never in company. What `work` raises is nobody's
    answer: each request is then done by itself, and a wrong one meets its own error and no other's.
    """

    def __init__(
        self,
        db: Database,
        work: Callable[[Tx, Sequence[A]], Awaitable[Sequence[R | Alone]]],
        alone: Callable[[Tx, A], Awaitable[R]],
        *,
        apart: Callable[[A], Hashable],
    ) -> None:
        self._db, self._work, self._alone, self._apart = db, work, alone, apart
        self._queue: deque[_Waiting[A, R]] = deque()
        self._busy: set[Hashable] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        """The company's transaction, if there is one. More than one at a time were tried: smaller companies, and nothing gained."""
        self._apart_from_all: set[asyncio.Task[None]] = set()
        """Requests that are served alone, and companies that were overtaken."""

    async def do(self, asked: A) -> R:
        """The answer to this request, after its commit. It is done to its end where the caller goes away; raises as `Database.run`."""
        waiting: _Waiting[A, R] = _Waiting(asked, self._apart(asked))
        self._queue.append(waiting)
        self._go()
        try:
            return await asyncio.shield(waiting.answer)
        except asyncio.CancelledError:
            await asyncio.wait([waiting.answer])
            if not waiting.answer.cancelled() and (error := waiting.answer.exception()) is not None:
                log.info("work_failed_after_cancel", error=said(error))
            raise

    def _go(self) -> None:
        if not self._under_way and (company := self._next()):
            task = self._start(self._under_way, self._company(company))
            asyncio.get_running_loop().call_later(SLOW_S, self._overtake, task)

    def _overtake(self, task: asyncio.Task[None]) -> None:
        """Let others go before this one has ended, if it has not."""
        if task in self._under_way:
            self._under_way.discard(task)
            self._apart_from_all.add(task)
            self._go()

    def _next(self) -> list[_Waiting[A, R]]:
        """Who goes now, in the order in which they came; whoever must not go with them, or with those who are under way, stays."""
        company: list[_Waiting[A, R]] = []
        staying: list[_Waiting[A, R]] = []
        while self._queue and len(company) < MOST:
            one = self._queue.popleft()
            (staying if one.apart in self._busy else company).append(one)
            self._busy.add(one.apart)
        self._queue.extendleft(reversed(staying))
        return company

    async def _company(self, company: Sequence[_Waiting[A, R]]) -> None:
        try:
            answers = await self._together(company)
        except asyncio.CancelledError:
            for one in company:
                self._let_go(one)
            raise
        for one, answer in zip(company, answers, strict=True):
            if isinstance(answer, Alone):
                _ = self._start(self._apart_from_all, self._by_itself(one))
            else:
                self._end(one, answer)

    async def _together(self, company: Sequence[_Waiting[A, R]]) -> Sequence[R | Alone | Exception]:
        try:
            return await self._db.run(lambda tx: self._work(tx, [one.asked for one in company]))
        except Unavailable as error:
            return [Unavailable(str(error)) for _ in company]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one request's, and that one meets it when it is alone
            log.warning("together_failed", requests=len(company), error=said(error))
            return [Alone()] * len(company)

    async def _by_itself(self, one: _Waiting[A, R]) -> None:
        try:
            self._end(one, await self._db.run(lambda tx: self._alone(tx, one.asked)))
        except Exception as error:  # noqa: BLE001 - raised where the request waits
            self._end(one, error)
        except asyncio.CancelledError:
            self._let_go(one)
            raise

    def _end(self, one: _Waiting[A, R], answer: R | Exception) -> None:
        self._busy.discard(one.apart)
        if isinstance(answer, Exception):
            one.answer.set_exception(answer)
        else:
            one.answer.set_result(answer)

    def _let_go(self, one: _Waiting[A, R]) -> None:
        """It was cut off: whoever asks the same again goes on."""
        self._busy.discard(one.apart)
        one.answer.cancel()

    def _start(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin it in nobody's context, since it is for several, and hold on to it until it is done; then others may go."""

        def ended(task: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            self._apart_from_all.discard(task)
            self._go()

        task = asyncio.get_running_loop().create_task(work, context=Context())
        tasks.add(task)
        task.add_done_callback(ended)
        return task

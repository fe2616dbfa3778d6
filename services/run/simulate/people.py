"""The people of a simulation as they sit at their browsers: everybody on the same few connections, each with cookies of their own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from services.applications.accounts.people import add_staff
from services.run.acting import Applicant, Staff, Wanted
from services.run.referees import Writer
from services.run.simulate.roster import Member
from services.run.stack import Stack

THOROUGH: Final = 20
"""Every so many-th applicant looks at each page before and after; the others only send."""
DOMAIN: Final = "example.net"


@dataclass
class Crowd:
    """Applicants and staff of one call, on one stack. A context manager: it holds the connections."""

    stack: Stack
    programme: str
    year: int
    members: Sequence[Member]
    most: int
    applications: dict[str, Member] = field(default_factory=dict)
    """Application id -> whose it is, for those that were sent."""
    _staff: dict[str, Staff] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _transport: httpx2.AsyncHTTPTransport | None = None

    async def __aenter__(self) -> Self:
        limits = httpx2.Limits(max_connections=self.most + 4, max_keepalive_connections=self.most + 4)
        self._transport = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._transport is not None
        await self._transport.aclose()

    @property
    def countries(self) -> list[str]:
        return sorted({member.person.country for member in self.members})

    async def hire(self) -> None:
        """Accounts for the staff; nobody can give these to themselves on a page."""
        everybody: list[tuple[str, str | None, str]] = [
            *((role, None, f"{role}{number}") for role in ("officer", "reviewer") for number in (1, 2)),
            *(("coordinator", country, f"coordinator.{country.lower()}") for country in self.countries),
        ]
        for role, country, name in everybody:
            await self.stack.services["applications"].db.run(
                lambda tx, r=role, c=country, n=name: add_staff(  # type: ignore[misc]
                    tx, email=f"{n}@{DOMAIN}", role=r, country=c, actor="puente simulate", now=self.stack.clock.now()
                )
            )

    async def applicant(self, member: Member) -> Applicant:
        """The person's browser, signed in."""
        made = Applicant(
            member.person.email,
            self.stack.url,
            self.stack.mail,
            language=member.person.language,
            transport=self._transport,
            brisk=member.number % THOROUGH != 0,
        )
        await made.sign_in()
        return made

    def writer(self, email: str, member: Member) -> Writer:
        """A referee of this person, who has no account."""
        brisk = member.number % THOROUGH != 0
        return Writer(email, self.stack.url, self.stack.mail, transport=self._transport, brisk=brisk)

    async def staff(self, name: str) -> Staff:
        """A member of staff, signed in once for each moment that the clock is moved to."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._staff:
                made = Staff(f"{name}@{DOMAIN}", self.stack.url, self.stack.mail, transport=self._transport, brisk=True)
                await made.sign_in()
                self._staff[name] = made
            return self._staff[name]

    async def officer(self) -> Staff:
        return await self.staff("officer1")

    def go_home(self) -> None:
        """After the clock was moved, sessions are over: everybody signs in anew."""
        self._staff.clear()

    async def standing(self, *states: str) -> list[dict[str, Any]]:
        """The applications that stand in one of these states (all that were sent, where none is named)."""
        return await (await self.officer()).listed(Wanted(self.programme, self.year, states=states))

    async def some_stand(self, *states: str) -> str:
        """Words about an application in one of these states, or nothing where there is none."""
        found = await (await self.officer()).few(Wanted(self.programme, self.year, states=states))
        return f"some are still {' or '.join(states)}" if found else ""

    def in_lanes(self, found: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        """Applications by country, those of one country by their person's number, so that their order is that of the seed."""
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for one in sorted(found, key=lambda one: self.applications[one["id"]].number):
            groups.setdefault(one["country"], []).append(one)
        return list(groups.values())

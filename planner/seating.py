"""Who may visit which team, who has to sit in a step, and which colleagues are asked."""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from enum import StrEnum
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from domain.people import Seat
from domain.planning import Attendee, Candidate, Host, PlanningProblem


class Barrier(StrEnum):
    """Why a team is closed to a participant, as what is said of such teams."""

    OWN = "their own"
    SHARED = "with them or their manager in it"
    REPORTS = "led by one of their reports"
    REFUSED = "refused or ruled out"
    SITE = "at a site they can't get to"
    ACCESS = "needing access they don't have"
    LACKING = "without what every rotation has to meet"
    UNPINNED = "not among those they must visit"


class Eligibility:
    """Who may visit which team at all: looked up once for everybody."""

    def __init__(self, problem: PlanningProblem) -> None:
        self.hosts = tuple(sorted(problem.hosts, key=lambda host: host.team))
        self._number = {host.team: number for number, host in enumerate(self.hosts)}
        self._program = problem.program
        self._sits: dict[str | None, set[str]] = {}
        self._leads: dict[str, set[str]] = {}
        self._refused: dict[str, set[str]] = {}
        for host in self.hosts:
            self._leads.setdefault(host.lead, set()).add(host.team)
            for person in (host.lead, *host.frontline):
                self._sits.setdefault(person, set()).add(host.team)
        for rotation, team in problem.forbidden:
            self._refused.setdefault(rotation, set()).add(team)
        self._lacking = {host.team for host in self.hosts if self._lacks(host)}
        self._out_of_reach = cache(self._out_of_reach_of)
        self._locked = cache(self._locked_to)

    def of(self, candidate: Candidate) -> tuple[Host, ...]:
        """Return the teams that a participant may visit, ordered by team."""
        return tuple(self.hosts[number] for number in self.numbers(candidate))

    def numbers(self, candidate: Candidate) -> NDArray[np.int64]:
        """Return the same teams by their numbers in ``hosts``."""
        opens = np.ones(len(self.hosts), dtype=bool)
        for _, teams in self._shut(candidate):
            opens[[self._number[team] for team in teams if team in self._number]] = False
        return np.flatnonzero(opens)

    def barriers(self, candidate: Candidate) -> Counter[Barrier]:
        """Return how many teams are closed to a participant, each for its first reason."""
        reasons: dict[str, Barrier] = {}
        known = {host.team for host in self.hosts}
        for barrier, teams in self._shut(candidate):
            for team in teams & known:
                reasons.setdefault(team, barrier)
        return Counter(reasons.values())

    def _shut(self, candidate: Candidate) -> Iterator[tuple[Barrier, Set[str]]]:
        yield Barrier.OWN, {candidate.own_team or ""}
        people = (candidate.participant, candidate.manager)
        yield Barrier.SHARED, set().union(*(self._sits.get(one, ()) for one in people))
        reports = (self._leads.get(one, ()) for one in candidate.reports)
        yield Barrier.REPORTS, set().union(*reports)
        yield Barrier.REFUSED, self._refused.get(candidate.rotation, set())
        yield Barrier.SITE, self._out_of_reach(candidate.sites)
        yield Barrier.ACCESS, self._locked(candidate.access)
        if self._program.stops == 1:
            yield Barrier.LACKING, self._lacking
        if len(candidate.must_visit) >= self._program.stops:
            yield Barrier.UNPINNED, {h.team for h in self.hosts} - {*candidate.must_visit}

    def _lacks(self, host: Host) -> bool:
        """Whether a rotation that visits nobody else would miss what it has to meet."""
        customers = host.customer_facing or not self._program.meets_customers
        return not customers or not set(self._program.required_lenses) <= set(host.lenses)

    def _out_of_reach_of(self, sites: tuple[str, ...]) -> frozenset[str]:
        return frozenset(h.team for h in self.hosts if sites and h.site and h.site not in sites)

    def _locked_to(self, access: tuple[str, ...]) -> frozenset[str]:
        return frozenset(h.team for h in self.hosts if not set(h.needs_access) <= set(access))


def attendees(
    seats: Iterable[tuple[Seat, str | None]], colleagues: Iterable[str]
) -> list[Attendee]:
    """Return the people of a step: those who have to come, then the colleagues who make the quorum.

    Whoever holds two seats sits once, in the first of them, and gets one invite.
    """
    seated: dict[str, Attendee] = {}
    for seat, person in seats:
        if person:
            seated.setdefault(person, _attendee(person, seat))
    return [*seated.values(), *(_attendee(p, Seat.FRONTLINE, required=False) for p in colleagues)]


@lru_cache(maxsize=2**16)
def _attendee(person: str, seat: Seat, *, required: bool = True) -> Attendee:
    """The same value for the same seat: a plan of thousands holds each only once."""
    return Attendee(person=person, seat=seat, required=required)

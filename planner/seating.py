"""Who may visit which team, who has to sit in a step, and which colleagues are asked."""

from collections.abc import Iterable

from domain.people import Seat
from domain.planning import Attendee, Candidate, Host, PlanningProblem


class Eligibility:
    """Who may visit which team at all: looked up once for everybody."""

    def __init__(self, problem: PlanningProblem) -> None:
        self.hosts = tuple(sorted(problem.hosts, key=lambda host: host.team))
        self._sits: dict[str | None, set[str]] = {}
        self._leads: dict[str, set[str]] = {}
        self._refused: dict[str, set[str]] = {}
        for host in self.hosts:
            self._leads.setdefault(host.lead, set()).add(host.team)
            for person in (host.lead, *host.frontline):
                self._sits.setdefault(person, set()).add(host.team)
        for rotation, team in problem.forbidden:
            self._refused.setdefault(rotation, set()).add(team)

    def of(self, candidate: Candidate) -> tuple[Host, ...]:
        """Return the teams that a participant may visit, ordered by team."""
        shut = {
            candidate.own_team,
            *self._refused.get(candidate.rotation, ()),
            *self._sits.get(candidate.participant, ()),
            *self._sits.get(candidate.manager, ()),
            *(team for person in candidate.reports for team in self._leads.get(person, ())),
        }
        return tuple(host for host in self.hosts if host.team not in shut)


def attendees(
    seats: Iterable[tuple[Seat, str | None]], colleagues: Iterable[str]
) -> list[Attendee]:
    """Return the people of a step: those who have to come, then the colleagues who make the quorum.

    Whoever holds two seats sits once, in the first of them, and gets one invite.
    """
    seated: dict[str, Attendee] = {}
    for seat, person in seats:
        if person:
            seated.setdefault(person, Attendee(person=person, seat=seat))
    return [
        *seated.values(),
        *(Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in colleagues),
    ]

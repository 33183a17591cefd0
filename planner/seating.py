"""Who may visit which team, who has to sit in a step, and which colleagues are asked."""

from collections.abc import Iterable

from domain.people import Seat
from domain.planning import Attendee, Candidate, Host, PlanningProblem


def eligible(problem: PlanningProblem, candidate: Candidate) -> tuple[Host, ...]:
    """Return the teams that a participant may visit at all, ordered by team."""
    refused = {team for rotation, team in problem.forbidden if rotation == candidate.rotation}
    close = {candidate.participant, candidate.manager}
    return tuple(
        host
        for host in sorted(problem.hosts, key=lambda h: h.team)
        if host.team not in refused
        and host.team != candidate.own_team
        and host.lead not in candidate.reports
        and not close & {host.lead, *host.frontline}
    )


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

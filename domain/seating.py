"""Who has to sit in a step of somebody's visit to a team."""

from domain.people import Seat
from domain.planning import Candidate, Host, PlanningProblem
from domain.program import StepTemplate


def required(
    problem: PlanningProblem, template: StepTemplate, candidate: Candidate, host: Host | None
) -> tuple[tuple[Seat, str | None], ...]:
    """Return who has to come, seat by seat; None where the seat has nobody, or no host is known yet."""
    people = {
        Seat.PARTICIPANT: candidate.participant,
        Seat.HOME_MANAGER: candidate.manager,
        Seat.HOST_LEAD: host.lead if host else None,
        Seat.FACILITATOR: problem.facilitator,
    }
    return tuple((seat, people.get(seat)) for seat in template.attendance.required)

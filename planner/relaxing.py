"""Single changes to a problem that might give somebody a place: to a team, a step, a rule or a wish."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from domain.planning import Candidate, Host, PlanningProblem
from domain.program import StepKind, StepTemplate

LATER = timedelta(weeks=1)
LONGER = 2
"""Weeks that a program might last longer."""

TEAMS = 12
"""Teams of which one more visit a week is tried, those that are open to most first."""


@dataclass(frozen=True)
class Relaxation:
    """A problem with one thing eased, and what that is, to follow "What would help most:"."""

    sentence: str
    problem: PlanningProblem


def relaxations(problem: PlanningProblem) -> Iterator[Relaxation]:
    """Yield the problem with each thing eased in turn, the easiest to do first."""
    yield from _of_wishes(problem)
    yield from _of_teams(problem)
    yield from _of_steps(problem)
    yield from _of_the_program(problem)


def _of_wishes(problem: PlanningProblem) -> Iterator[Relaxation]:
    eased: list[tuple[str, dict[str, object]]] = [
        ("nobody has to visit a certain team", {"must_visit": ()}),
        ("first visits may be in any week", {"visits_in": ()}),
        ("everybody can get to every site", {"sites": ()}),
        ("everybody has access everywhere", {"access": tuple(_locks(problem))}),
    ]
    for sentence, update in eased:
        candidates = tuple(c.model_copy(update=update) for c in problem.candidates)
        if candidates != problem.candidates:
            yield Relaxation(sentence, problem.model_copy(update={"candidates": candidates}))


def _locks(problem: PlanningProblem) -> list[str]:
    return sorted({lock for host in problem.hosts for lock in host.needs_access})


def _of_teams(problem: PlanningProblem) -> Iterator[Relaxation]:
    wished = sorted(problem.hosts, key=lambda host: (-_wanted(problem.candidates, host), host.team))
    for host in wished[:TEAMS]:
        more = {"visits_per_week": host.visits_per_week + 1}
        sentence = f"{host.team} takes one more visit a week"
        yield Relaxation(sentence, _with_host(problem, host, more))
    for host in problem.hosts:
        if host.closed:
            yield Relaxation(
                f"{host.team} is never closed", _with_host(problem, host, {"closed": ()})
            )


def _wanted(candidates: tuple[Candidate, ...], host: Host) -> int:
    """How many goals a team would cover, pins counted most."""
    return sum(
        (goal.lens in host.lenses) + (goal.wished_team == host.team)
        for one in candidates
        for goal in one.goals
    ) + sum(10 * (host.team in one.must_visit) for one in candidates)


def _with_host(
    problem: PlanningProblem, host: Host, update: Mapping[str, object]
) -> PlanningProblem:
    eased = host.model_copy(update=update)
    hosts = tuple(eased if one.team == host.team else one for one in problem.hosts)
    return problem.model_copy(update={"hosts": hosts})


def _of_steps(problem: PlanningProblem) -> Iterator[Relaxation]:
    for step in problem.program.steps:
        window = step.window.model_copy(update={"closes": step.window.closes + LATER})
        yield Relaxation(
            f"{step.key} may be a week later", _with_step(problem, step, {"window": window})
        )
        if not step.over_meetings:
            sentence = f"{step.key} may lie over ordinary meetings of participant and host lead"
            yield Relaxation(sentence, _with_step(problem, step, {"over_meetings": True}))
        fewest = 2 if step.kind is StepKind.CO_CREATION else 1
        quorum = step.attendance.frontline_quorum
        if quorum > fewest:
            fewer = step.attendance.model_copy(update={"frontline_quorum": quorum - 1})
            sentence = f"{step.key} needs one frontline colleague less"
            yield Relaxation(sentence, _with_step(problem, step, {"attendance": fewer}))


def _with_step(
    problem: PlanningProblem, step: StepTemplate, update: Mapping[str, object]
) -> PlanningProblem:
    eased = step.model_copy(update=update)
    steps = tuple(eased if one.key == step.key else one for one in problem.program.steps)
    return _with_program(problem, {"steps": steps})


def _of_the_program(problem: PlanningProblem) -> Iterator[Relaxation]:
    program = problem.program
    if program.meets_customers:
        yield Relaxation(
            "meeting customers is a wish", _with_program(problem, {"meets_customers": False})
        )
    for lens in program.required_lenses:
        left = tuple(one for one in program.required_lenses if one != lens)
        sentence = f"the lens {lens} is not required"
        yield Relaxation(sentence, _with_program(problem, {"required_lenses": left}))
    longer = {"weeks": program.weeks + LONGER}
    yield Relaxation(f"the program lasts {LONGER} weeks longer", _with_program(problem, longer))


def _with_program(problem: PlanningProblem, update: Mapping[str, object]) -> PlanningProblem:
    return problem.model_copy(update={"program": problem.program.model_copy(update=update)})

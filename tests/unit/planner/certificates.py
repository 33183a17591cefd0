"""Adds up a certificate again, from the problem alone: what each participant and each team could gain at its prices."""

from itertools import combinations_with_replacement

from domain.planning import Candidate, Host, PlanningProblem
from planner.bounding import Certificate


def added_up(problem: PlanningProblem, proof: Certificate) -> int:
    """Return the bound that the prices prove, in thousandths."""
    price = dict(proof.prices)
    teams = sum(max(0, price[team] + gain) for team, gains in proof.gains for gain in gains)
    able = (_best(problem, one, price) for one in problem.candidates)
    ranked = sorted(worth for worth in able if worth is not None)
    may_stay, have_to = ranked[: proof.left_out], ranked[proof.left_out :]
    return teams + sum(max(worth, 0) for worth in may_stay) + sum(have_to)


def _best(problem: PlanningProblem, one: Candidate, price: dict[str, int]) -> int | None:
    """None for who can't go anywhere; a team may come twice here, which only makes the bound weaker."""
    open_to = [host for host in problem.hosts if _may_visit(problem, one, host)]
    routes = combinations_with_replacement(open_to, problem.program.stops)
    return max((_worth(problem, one, route, price) for route in routes), default=None)


def _may_visit(problem: PlanningProblem, one: Candidate, host: Host) -> bool:
    program, theirs = problem.program, {host.lead, *host.frontline}
    no = {(one.rotation, host.team)} & set(problem.forbidden) or host.team == one.own_team
    shut = {one.participant, one.manager} & theirs or host.lead in one.reports
    away = one.sites and host.site and host.site not in one.sites
    lacks = set(program.required_lenses) - set(host.lenses)
    lacks |= {"customers"} if program.meets_customers and not host.customer_facing else set()
    pins = one.must_visit if len(one.must_visit) >= program.stops else ()
    fits = not set(host.needs_access) - set(one.access) and not (program.stops == 1 and lacks)
    return not (no or shut or away) and fits and (not pins or host.team in pins)


def _worth(
    problem: PlanningProblem,
    one: Candidate,
    route: tuple[Host, ...],
    price: dict[str, int],
) -> int:
    w, met = problem.program.weights, {lens for host in route for lens in host.lenses}
    worth = sum(w.goal_lens * goal.weight for goal in one.goals if goal.lens in met)
    worth += w.wished_team * any(g.wished_team in {h.team for h in route} for g in one.goals)
    customers = w.customer_facing + w.exposure * one.unexposed
    worth += customers * any(host.customer_facing for host in route)
    return 1000 * worth - sum(price[host.team] for host in route)

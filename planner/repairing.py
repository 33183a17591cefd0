"""The smallest repair: what asks least of the people who were told, as decision 21 defines it."""

from collections.abc import Iterable

from domain.planning import (
    HOST_GONE,
    Cause,
    Disruption,
    Mended,
    Plan,
    PlanningProblem,
    Repair,
)
from planner.elsewhere import with_one_other
from planner.outcomes import joined, mended, refused, why_no_place, why_not, withdrawn
from planner.standing import Standing
from planner.together import together
from planner.ways import Broken, Newcomer, Way


def repair(problem: PlanningProblem, plan: Plan, disruption: Disruption) -> Repair:
    """Return the plan with the smallest change that mends the disruption, or the reason why not.

    Tried in order: what broke alone, with it those other steps of its rotation that ask least of
    people; later ends of windows for what is overdue; another host; one other rotation's steps of
    which nobody has been told. Whatever is settled, kept or begun stays as it is, byte for byte.
    """
    standing = Standing(problem, plan)
    done = mend(standing, disruption)
    facts = done.model_dump(exclude={"mended"})
    return Repair(plan=standing.plan() if done.mended else None, **facts)


def mend(standing: Standing, disruption: Disruption) -> Mended:
    """Mend one disruption of a plan that stands; where that can't be, the plan stays as it is."""
    _learn(standing, disruption)
    if disruption.cause is Cause.NEW_PARTICIPANT:
        return _join(standing, disruption)
    broken = _bench(standing, disruption)
    if broken is None:
        return refused("This rotation has no place in the current plan.")
    if disruption.cause is Cause.WITHDRAWN:
        return _free(standing, broken)
    if not broken.rotation.broken:
        return _nothing_to_move(broken, disruption)
    way = broken.least() or _making_room(standing, broken)
    if way is None:
        return refused(why_not(standing, broken))
    way.settle(standing, broken.candidate)
    return mended(broken, way)


def mend_all(standing: Standing, disruptions: Iterable[Disruption]) -> tuple[Mended, ...]:
    """Mend several disruptions of a plan that stands; the answers are in the same order.

    Rotations that lost a host team are placed together, so that none takes the only place of another.
    """
    every = tuple(disruptions)
    orphans = {d.rotation: _bench(standing, d) for d in every if d.cause in HOST_GONE}
    found = together(standing, [b for b in orphans.values() if b and b.rotation.broken])

    def answer(disruption: Disruption) -> Mended:
        broken, way = orphans.get(disruption.rotation), found.get(disruption.rotation)
        return mended(broken, way) if broken and way else mend(standing, disruption)

    return tuple(answer(disruption) for disruption in every)


def _bench(standing: Standing, disruption: Disruption) -> Broken | None:
    candidate = standing.candidate(disruption.rotation)
    route = standing.route(disruption.rotation)
    return Broken(standing, candidate, route, disruption) if candidate and route else None


def _learn(standing: Standing, disruption: Disruption) -> None:
    """Somebody can't come: as told, or at the time of the step that they declined."""
    away = disruption.unavailable
    if away is None and disruption.cause is Cause.DECLINED:
        steps = standing.steps(disruption.rotation)
        away = next((s.interval for s in steps if s.key == disruption.step), None)
    if away and disruption.person:
        standing.excuse(disruption.person, away)


def _making_room(standing: Standing, broken: Broken) -> Way | None:
    """A wish moves nobody else."""
    if broken.disruption.wished_start is not None:
        return None
    return with_one_other(standing, broken, () if broken.host_gone else broken.route)


def _nothing_to_move(broken: Broken, disruption: Disruption) -> Mended:
    step = disruption.step
    if step in broken.rotation.settled:
        return refused(f"{step} is over; it stays as it is.")
    if step and step not in broken.rotation.steps:
        return refused(f"This rotation has no step {step}.")
    return Mended(mended=True, reason="No open step of this rotation has to change.")


def _free(standing: Standing, broken: Broken) -> Mended:
    """Free the time of somebody who left; nobody else changes."""
    stays = tuple(s for s in broken.rotation.steps.values() if s.key in broken.disruption.settled)
    standing.put(broken.candidate, broken.route, stays)
    return withdrawn(len(broken.rotation.steps) - len(stays))


def _join(standing: Standing, disruption: Disruption) -> Mended:
    candidate = standing.candidate(disruption.rotation)
    if candidate is None:
        return refused("Nobody of that name is to be placed.")
    if standing.steps(candidate.rotation):
        return Mended(mended=True, reason=f"{candidate.participant} has a place already.")
    newcomer = Newcomer(standing, candidate)
    way = newcomer.least() or with_one_other(standing, newcomer, ())
    if way is None:
        reason = why_no_place(standing, newcomer)
        standing.leave_out(candidate, reason)
        return refused(reason)
    way.settle(standing, candidate)
    standing.revalue()
    return joined(candidate, way)

"""What became of a disruption, in one plain sentence: what moved, what stayed and why, or why not."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from domain.planning import Candidate, Cause, Mended, Staying
from domain.value import Key
from planner.fitting import Fit
from planner.neighbourhoods import changes
from planner.reasons import none_open, obstacle, why_not_then, why_unplaced
from planner.standing import Standing
from planner.ways import Broken, Elsewhere, Newcomer, Way

_WEEK = timedelta(weeks=1)
_SAID = {
    Staying.SETTLED: "over",
    Staying.KEPT: "kept",
    Staying.BEGUN: "begun",
    Staying.ACCEPTED: "accepted",
    Staying.FITS: "still right",
}


def mended(broken: Broken, way: Way) -> Mended:
    """Return what a way moves, and what it leaves."""
    before = broken.rotation.steps
    changed = changes(before, way.steps)
    stayed = tuple((k, broken.rotation.why_stayed(k)) for k in before if k not in changed)
    also = _also(way.elsewhere) if way.elsewhere else ()
    own = tuple((broken.candidate.rotation, key) for key in changed)
    return Mended(
        mended=True,
        moved=(*own, *also),
        stayed=stayed,
        reason=_because(broken, way, changed, stayed),
    )


def joined(candidate: Candidate, way: Way) -> Mended:
    """Return that somebody has a place now."""
    teams = " and ".join(host.team for host in way.route)
    moved = _also(way.elsewhere) if way.elsewhere else ()
    others = _elsewhere(way.elsewhere) if way.elsewhere else "; nobody else's steps move"
    return Mended(
        mended=True, moved=moved, reason=f"{candidate.participant} visits {teams}{others}."
    )


def withdrawn(freed: int) -> Mended:
    """Return that somebody left."""
    reason = f"Withdrawn: {freed} step{' is' if freed == 1 else 's are'} free again."
    return Mended(mended=True, reason=reason)


def refused(reason: str) -> Mended:
    """Return why a plan stays as it is although something broke."""
    return Mended(mended=False, reason=reason)


def why_not(standing: Standing, broken: Broken) -> str:
    """Return what stood in the way of mending a rotation."""
    host = broken.route[broken.rotation.stop - 1]
    if broken.host_gone and broken.rotation.visited:
        return f"{host.team} was visited already; no other team can take over."
    if broken.host_gone and broken.rotation.pinned:
        return f"{broken.rotation.pinned} with {host.team} is kept; no other team can take over."
    disruption = broken.disruption
    terms = broken.terms(broken.rotation.broken, everywhere=False)
    with standing.without(disruption.rotation, terms.before.values()):
        if disruption.wished_start:
            template = standing.problem.program.step(disruption.step or "")
            fit = Fit(standing.diary, broken.candidate, broken.route, terms)
            return why_not_then(fit, template, disruption.wished_start)
        tried = [*([] if broken.host_gone else [broken.route]), *broken.routes()]
        if not tried:
            why = "is dissolved" if disruption.cause is Cause.TEAM_DISSOLVED else "said no"
            return f"{host.team} {why}, and no other team is open to this participant."
        fits = (Fit(standing.diary, broken.candidate, route, terms) for route in tried)
        return why_unplaced([obstacle(fit) for fit in fits])


def why_no_place(standing: Standing, newcomer: Newcomer) -> str:
    """Return what stood in the way of somebody who joins."""
    candidate = newcomer.candidate
    if not standing.diary.calendars.knows(candidate.participant):
        return f"Nothing is known of when {candidate.participant} can come."
    routes = newcomer.routes()
    if not routes:
        return none_open(standing.problem, candidate)
    return why_unplaced([obstacle(newcomer.fit(route)) for route in routes])


def _because(
    broken: Broken, way: Way, changed: list[Key], stayed: tuple[tuple[Key, Staying], ...]
) -> str:
    disruption = broken.disruption
    keys = ", ".join(changed) or "nothing"
    cause = disruption.cause.value.replace("-", " ").capitalize()
    preposition = "of" if disruption.cause is Cause.CALENDAR else "by"
    who = f" {preposition} {disruption.person}" if disruption.person else ""
    new = [h.team for h, was in zip(way.route, broken.route, strict=True) if h != was]
    where = f" to {new[0]}" if new else ""
    weeks = way.longer // _WEEK
    late = f"; windows close {weeks} week{'s' if weeks > 1 else ''} later" if weeks else ""
    yes = [key for key in changed if key in disruption.accepted and key != disruption.step]
    asked = f"; {_listed(yes)} had been accepted, and nothing less would do" if yes else ""
    others = _elsewhere(way.elsewhere) if way.elsewhere else ""
    return f"{cause}{who}: changed {keys}{where}{late}{asked}{others}; {_staying(stayed)}."


def _staying(stayed: tuple[tuple[Key, Staying], ...]) -> str:
    if not stayed:
        return "no other step of this rotation was left to stay"
    why = Counter(_SAID[reason] for _, reason in stayed)
    reasons = ", ".join(f"{count} {said}" for said, count in sorted(why.items()))
    return f"{len(stayed)} step{'' if len(stayed) == 1 else 's'} stayed ({reasons})"


def _elsewhere(other: Elsewhere) -> str:
    who = other.candidate.participant
    return f"; nothing less would do, so {_listed(other.moved)} of {who} moves too, of which nobody was told yet"


def _also(other: Elsewhere) -> tuple[tuple[str, Key], ...]:
    return tuple((other.candidate.rotation, key) for key in other.moved)


def _listed(keys: Iterable[Key]) -> str:
    return ", ".join(keys)

"""What stood in the way, in plain sentences and pseudonyms."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.people import Seat
from domain.planning import Candidate, PlanningProblem
from domain.program import AT_HOST, StepTemplate
from planner.diary import Diary
from planner.fitting import Fit
from planner.routes import Choices
from planner.seating import Eligibility
from planner.slots import runs, stretch
from planner.windows import is_visit

TOLD = 100
"""Routes of several stops, the best first, whose obstacles are looked at."""

_OF_TEAMS = frozenset({"full", "closed"})


@dataclass(frozen=True)
class Obstacle:
    """Why one rotation found no place at one host: the step, what kind of thing, and the sentence."""

    team: str
    key: str
    rule: str
    sentence: str
    when: str = ""


def obstacle(fit: Fit) -> Obstacle:
    """Return what stands in the way of the first step that can't be placed."""
    for template, window, fits in fit.reachable():
        if not fits:
            return _explained(fit, template, window)
    last = fit.templates[-1]
    why = "its steps can't follow one another in time"
    return Obstacle(fit.host(last).team, last.key, "order", why)


def why_unplaced(obstacles: list[Obstacle]) -> str:
    """Return one sentence for what stood in the way at most teams; the first are the most valued."""
    most = Counter((o.key, o.rule) for o in obstacles).most_common(1)[0][0]
    same = [o for o in obstacles if (o.key, o.rule) == most]
    first = same[0]
    if len(same) > 1 and first.rule in _OF_TEAMS:
        count = f"all {len(same)}" if len(same) == len(obstacles) else f"{len(same)}"
        teams = ", ".join(sorted(o.team for o in same))
        return f"{first.key}: {count} possible host teams ({teams}) are {first.rule}{first.when}."
    tried = f"; {len(obstacles)} host teams tried" if len(obstacles) > 1 else ""
    return f"{first.key}: {first.sentence}{first.when}{tried}."


def why_alone(diary: Diary, choices: Choices, candidate: Candidate) -> str:
    """Return why somebody finds no place beside what is booked in a diary."""
    if not diary.calendars.knows(candidate.participant):
        return f"Nothing is known of when {candidate.participant} can come."
    routes = choices.ranked(candidate)
    if not routes:
        return none_open(diary.problem, candidate)
    terms = diary.as_kept(candidate.rotation)
    tried = routes if diary.problem.program.stops == 1 else routes[:TOLD]
    return why_unplaced([obstacle(Fit(diary, candidate, route, terms)) for route in tried])


def none_open(problem: PlanningProblem, candidate: Candidate) -> str:
    """Return why somebody has no route at all."""
    if not problem.hosts:
        return "There is no host team at all."
    barriers = Eligibility(problem).barriers(candidate)
    shut = ", ".join(f"{number} {barrier}" for barrier, number in barriers.most_common())
    left = len(problem.hosts) - barriers.total()
    stops = problem.program.stops
    if not left:
        return f"No host team is open to this participant: {shut}."
    others = f" (others: {shut})" if shut else ""
    if left < stops:
        return (
            f"A rotation visits {stops} host teams, and {left} is open to this participant{others}."
        )
    asked = " and meet together what they have to" if _asks_more(problem, candidate) else ""
    return (
        f"No {stops} of the {left} host teams open to this participant{others} share nobody{asked}."
    )


def _asks_more(problem: PlanningProblem, candidate: Candidate) -> bool:
    program = problem.program
    return bool(candidate.must_visit or program.required_lenses or program.meets_customers)


def why_not_then(fit: Fit, template: StepTemplate, starts: datetime) -> str:
    """Return why a step can't have exactly this start (UTC), while all other steps stay."""
    wished = f"{starts:%-d %b %Y %H:%M} UTC"
    return f"{template.key} can't start on {wished}: {_conflict(fit, template, starts)}."


def _conflict(fit: Fit, template: StepTemplate, starts: datetime) -> str:
    slot = fit.horizon.before(starts)
    at, whole = stretch(slot, slot + 1), stretch(slot, slot + fit.horizon.length(template.duration))
    host = fit.host(template)
    if slot < fit.order.now:
        return "that is in the past"
    if not 0 <= slot <= fit.horizon.slots - fit.horizon.length(template.duration):
        return "that is outside the program's weeks"
    if not at & fit.clock(template) or fit.horizon.moment(slot) != starts:
        wall = template.starts_at
        return f"it always starts at {wall} in {host.zone}" if wall else "not a quarter hour"
    if not at & fit.diary.asked(fit.candidate, template):
        return "that is on none of the days asked for"
    if template.kind in AT_HOST and not at & fit.welcome(template):
        return f"{host.team} is closed then"
    if is_visit(template) and not at & fit.diary.room(host):
        return f"{host.team} takes no more visits on that day or in that week"
    return _hindered(fit, template, whole) or _out_of_order(fit, template, at)


def _hindered(fit: Fit, template: StepTemplate, whole: int) -> str | None:
    for seat, person in fit.seats(template):
        if person is None or not fit.diary.calendars.knows(person):
            return f"the seat of the {seat.value} has nobody"
        if whole & ~fit.diary.free(person, seat, template):
            return f"{person} ({seat.value}) {_doing(fit, person, whole)} then"
    at = whole & -whole
    if not at & fit.quorum(template):
        quorum, team = template.attendance.frontline_quorum, fit.host(template).team
        return f"fewer than {quorum} colleagues of {team} are free then"
    return None


def _doing(fit: Fit, person: str, whole: int) -> str:
    calendars = fit.diary.calendars
    if whole & fit.diary.away(person):
        return "is away"
    if whole & fit.diary.taken(person):
        return "sits in another step"
    return "is in a meeting" if whole & calendars.meetings(person) else "is not at work"


def _out_of_order(fit: Fit, template: StepTemplate, at: int) -> str:
    number = fit.templates.index(template)
    if not at & fit.beside_fixed(number):
        after = template.window.after
        return f"that is outside its window after {after}" if after else "its window is over then"
    return "the steps after it could not follow in time"


def _explained(fit: Fit, template: StepTemplate, window: int) -> Obstacle:
    rule, sentence, when = _cause(fit, template, window)
    return Obstacle(fit.host(template).team, template.key, rule, sentence, when)


def _cause(fit: Fit, template: StepTemplate, window: int) -> tuple[str, str, str]:
    team = fit.host(template).team
    nobody = _nobody(fit, template)
    if nobody:
        return "seat", nobody, ""
    clock = window & fit.clock(template)
    if not clock:
        return "window", "its window is over before it could start", ""
    asked = clock & fit.diary.asked(fit.candidate, template)
    if not asked:
        return "asked", "it is to be on days on which it can't be", ""
    when = _between(fit, asked)
    if not asked & fit.allowed(template):
        shut = not asked & fit.welcome(template)
        return ("closed", f"{team} is closed", when) if shut else ("full", f"{team} is full", when)
    rule, sentence = _of_people(fit, template, asked & fit.allowed(template))
    return rule, sentence, when


def _of_people(fit: Fit, template: StepTemplate, possible: int) -> tuple[str, str]:
    length = fit.horizon.length(template.duration)
    seats = [(seat, person) for seat, person in fit.seats(template) if person]
    for seat, person in seats:
        if not possible & runs(fit.diary.free(person, seat, template), length):
            present = runs(fit.horizon.all & ~fit.diary.away(person), length)
            what = "has no free time" if possible & present else "is away on every possible day"
            return f"alone {person}", f"{person} ({seat.value}) {what}"
    quorum, team = template.attendance.frontline_quorum, fit.host(template).team
    if not possible & fit.quorum(template):
        return "quorum", f"never {quorum} colleagues of {team} are free together"
    people = " and ".join(f"{person} ({seat.value})" for seat, person in seats)
    also = f" with {quorum} colleagues of {team}" if quorum else ""
    return "common", f"no common free time for {people}{also}"


def _nobody(fit: Fit, template: StepTemplate) -> str | None:
    own = fit.candidate.participant
    for seat, person in fit.seats(template):
        if person is None:
            whose = own if seat is Seat.HOME_MANAGER else "the program"
            return f"it needs a {seat.value}, and {whose} has none"
        if not fit.diary.calendars.knows(person):
            return f"nothing is known of when {person} ({seat.value}) can come"
    return None


def _between(fit: Fit, bits: int) -> str:
    zone = fit.diary.problem.program.zone
    first = fit.diary.calendars.local_day((bits & -bits).bit_length() - 1, zone)
    last = fit.diary.calendars.local_day(bits.bit_length() - 1, zone)
    if last - first < timedelta(days=1):
        return f" on {first:%-d %b %Y}"
    return f" from {first:%-d %b} to {last:%-d %b %Y}"

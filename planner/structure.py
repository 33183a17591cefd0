"""What no plan can do, said before one is made: who can't have a place, and what would help most.

Two things are looked at: whether everybody could be placed were nobody else there, and whether teams take
as many first visits, week by week, as there are people who could come then. Both only ever say what is
certain; a plan may still find less.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from domain.moments import first_day, week_number, whole_day
from domain.planning import Candidate, PlanningProblem
from domain.program import StepTemplate
from domain.value import PersonRef, Value
from planner.calendars import Calendars
from planner.diary import Diary
from planner.earliest import first_days
from planner.fitting import Fit, own_starts
from planner.matching import Crowd, Matching
from planner.placing import place
from planner.ranking import Ranking
from planner.reasons import why_alone
from planner.relaxing import Relaxation, relaxations
from planner.routes import Choices
from planner.watch import Watch

TRIED = 100
"""Routes of several stops, the best first, after which nothing is claimed of a participant."""

NAMED = 5
"""People or teams that one sentence names."""

SAMPLE = 40
"""Participants, of those who can't be placed even alone, for whom relaxations are tried."""

Days = NDArray[np.bool_]


class Shortfall(Value):
    """Participants who can't all have a place in any plan, and why in one sentence (pseudonyms)."""

    participants: tuple[PersonRef, ...]
    short: int
    """Stops, one for each of those who can't be placed even alone, that nobody can take them at."""
    sentence: str


class Structure(Value):
    """Everything that is certain before planning; empty where nothing stands in the way."""

    shortfalls: tuple[Shortfall, ...] = ()
    short: int = 0
    """How many people at least have no place."""
    remedy: str = ""
    """The one change of those tried that gives most of them a place, as a sentence; empty for none."""


def structure(problem: PlanningProblem, watch: Watch | None = None) -> Structure:
    """Return who can't have a place in any plan of the problem, and what would help most.

    A ``watch`` may end the look early: then less is said, and nothing wrong.
    """
    looking = watch or Watch()
    look = _Look(problem, looking)
    alone = list(look.alone(problem.candidates))
    lost = _people(alone)
    crowds = list(look.crowds([c for c in problem.candidates if c.participant not in lost]))
    if not alone and not crowds:
        return Structure()
    return Structure(
        shortfalls=(*_together(alone), *crowds),
        short=_people_short(problem, alone, crowds),
        remedy=_remedy(problem, lost, _people(crowds), looking),
    )


def _people_short(
    problem: PlanningProblem, alone: Sequence[Shortfall], crowds: Iterable[Shortfall]
) -> int:
    """Whoever gives up their place leaves at most one stop free for each that they have."""
    stops = sum(crowd.short for crowd in crowds)
    return len(alone) + -(-stops // problem.program.stops)


def _people(shortfalls: Iterable[Shortfall]) -> set[str]:
    return {person for shortfall in shortfalls for person in shortfall.participants}


class _Look:
    """One problem looked at with nobody placed."""

    def __init__(self, problem: PlanningProblem, watch: Watch) -> None:
        self._problem = problem
        self._watch = watch
        self._diary = Diary(Calendars(problem))
        self._choices = Choices(problem)
        self._ranking = Ranking(self._diary, self._choices)

    def alone(self, candidates: Iterable[Candidate]) -> Iterator[Shortfall]:
        """Yield each of them for whom there is no place were nobody else there."""
        for candidate in self._watch.each(candidates, 1.0):
            if not self._could_be_placed(candidate):
                reason = why_alone(self._diary, self._choices, candidate)
                yield Shortfall(participants=(candidate.participant,), short=1, sentence=reason)

    def _could_be_placed(self, candidate: Candidate) -> bool:
        if not self._diary.calendars.knows(candidate.participant):
            return False
        terms = self._diary.as_kept(candidate.rotation)
        routes = self._ranking.routes(candidate)
        if self._problem.program.stops > 1:
            routes = islice(routes, TRIED)
        tried = 0
        for route, _ in routes:
            tried += 1
            if self._watch.over or place(Fit(self._diary, candidate, route, terms)):
                return True
        return self._problem.program.stops > 1 and tried == TRIED

    def crowds(self, candidates: list[Candidate]) -> Iterator[Shortfall]:
        """Yield groups of people who can only go where others of the group go as well."""
        if self._watch.over or not self._problem.hosts:
            return
        weeks = _Weeks(self._diary, self._choices)
        wanted = [
            (candidate, template)
            for candidate in candidates
            for template in weeks.templates
            if template.key not in self._diary.as_kept(candidate.rotation).fixed
        ]

        def cells(node: int) -> NDArray[np.int64]:
            return weeks.cells(*wanted[node])

        for crowd in Matching(weeks.room, cells).add(range(len(wanted))):
            yield self._shortfall(crowd, [wanted[n][0] for n in sorted(crowd.nodes)], weeks)

    def _shortfall(self, crowd: Crowd, candidates: list[Candidate], weeks: "_Weeks") -> Shortfall:
        people = list(dict.fromkeys(candidate.participant for candidate in candidates))
        teams = list(dict.fromkeys(weeks.team(cell) for cell in sorted(crowd.cells)))
        takes = int(weeks.room[list(crowd.cells)].sum())
        everybody = len(people) == len(self._problem.candidates)
        who = f"All {len(people)} participants" if everybody else _listed(people)
        visits = f", {len(candidates)} visits in all," if len(candidates) > len(people) else ""
        sentence = (
            f"{who}{visits} can begin with nobody but {_listed(teams)}, which {_takes(teams)} "
            f"{takes} of them in the weeks in which they could come: {crowd.short} too many."
        )
        if not teams:
            sentence = f"{who} can't begin in any week."
        return Shortfall(participants=tuple(people), short=crowd.short, sentence=sentence)


class _Weeks:
    """The cells of a problem, one for each team and week of that team's own calendar."""

    def __init__(self, diary: Diary, choices: Choices) -> None:
        problem = diary.problem
        self._diary = diary
        self._choices = choices
        self.templates = [problem.program.step(key) for key in first_days(problem).values()]
        self._first = week_number(problem.first_day) - 1
        self._width = problem.program.weeks + 3
        zones: dict[str, list[int]] = {}
        for number, host in enumerate(choices.hosts):
            zones.setdefault(host.zone, []).append(number)
        self._zones = [
            _Zone(diary, zone, np.array(numbers), self._open_to(zone, numbers))
            for zone, numbers in zones.items()
        ]
        self.room = self._rooms()

    def team(self, cell: int) -> str:
        return self._choices.hosts[cell // self._width].team

    def cells(self, candidate: Candidate, template: StepTemplate) -> NDArray[np.int64]:
        """Return the weeks, team by team, in which a participant could begin a stop."""
        own = own_starts(self._diary, candidate, self._diary.as_kept(candidate.rotation))
        bits = own.get(template.key, 0)
        open_to = np.zeros(len(self._choices.hosts), dtype=bool)
        open_to[np.unique(self._choices.of(candidate).teams)] = True
        cells = [
            zone.teams[rows] * self._width + weeks - self._first
            for zone in self._zones
            for rows, weeks in [zone.weeks_in(bits, template.key, open_to)]
        ]
        every = np.concatenate([np.zeros(0, dtype=np.int64), *cells])
        with_room: NDArray[np.int64] = every[self.room[every] > 0]
        return with_room

    def _open_to(self, zone: str, numbers: list[int]) -> dict[str, Days]:
        """On which local days each team of a zone takes the first visit of each stop."""
        local = _LocalDays(self._diary, zone)
        return {
            template.key: np.array(
                [
                    local.days(self._diary.welcoming(self._choices.hosts[number], template))
                    for number in numbers
                ]
            )
            for template in self.templates
        }

    def _rooms(self) -> NDArray[np.int64]:
        """First days that every team can take in each week, were it visited for nothing else."""
        rooms = np.zeros((len(self._choices.hosts), self._width), dtype=np.int64)
        for zone in self._zones:
            for row, number in enumerate(zone.teams):
                host = self._choices.hosts[number]
                weeks, days = np.unique(zone.weeks_open(row) - self._first, return_counts=True)
                takes = [host.takes(first_day(week + self._first)) for week in weeks.tolist()]
                rooms[number, weeks] = np.minimum(days * host.visits_per_day, takes)
        return rooms.ravel()


class _Zone:
    """The teams of one zone: their numbers, and on which local days they are open, by step."""

    def __init__(
        self, diary: Diary, zone: str, teams: NDArray[np.int64], opens: Mapping[str, Days]
    ) -> None:
        self.teams = teams
        self._opens = opens
        self._local = _LocalDays(diary, zone)
        self._mondays = np.flatnonzero(np.diff(self._local.weeks, prepend=-1))

    def weeks_in(
        self, bits: int, key: str, open_to: Days
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows of teams and numbers of weeks on one of whose days a slot is set and the team open."""
        common = self._opens[key] & self._local.days(bits)
        common[~open_to[self.teams]] = False
        rows, weeks = np.nonzero(np.logical_or.reduceat(common, self._mondays, axis=1))
        return rows, self._local.weeks[self._mondays][weeks]

    def weeks_open(self, row: int) -> NDArray[np.int64]:
        """Return the week of every day on which a team takes a first visit of any stop."""
        days = np.any([opens[row] for opens in self._opens.values()], axis=0)
        weeks: NDArray[np.int64] = self._local.weeks[days]
        return weeks


class _LocalDays:
    """The program's slots, cut at the midnights of a zone."""

    def __init__(self, diary: Diary, zone: str) -> None:
        horizon = diary.horizon
        inside = [
            (slot, day)
            for day in diary.calendars.days(zone)
            for slot in [horizon.since(whole_day(day, zone).starts)]
            if slot < horizon.slots
        ]
        before = [day for slot, day in inside if slot < 0][-1:]
        later = [(slot, day) for slot, day in inside if slot >= 0]
        starts = [*((0, day) for day in before if not later or later[0][0] > 0), *later]
        self._slots = horizon.slots
        self._starts = np.array([slot for slot, _ in starts], dtype=np.int64)
        self.weeks = np.array([week_number(day) for _, day in starts], dtype=np.int64)

    def days(self, bits: int) -> Days:
        """Return on which of the days a slot is set."""
        raw = np.frombuffer(bits.to_bytes(-(-self._slots // 8), "little"), dtype=np.uint8)
        slots = np.unpackbits(raw, bitorder="little")[: self._slots]
        found: Days = np.logical_or.reduceat(slots, self._starts)
        return found


def _together(alone: Iterable[Shortfall]) -> Iterator[Shortfall]:
    """One shortfall for all who lack the same thing."""
    same: dict[str, list[Shortfall]] = {}
    for one in alone:
        (person,) = one.participants
        same.setdefault(one.sentence.replace(person, "?"), []).append(one)
    for some in same.values():
        people = [person for one in some for person in one.participants]
        yield Shortfall(
            participants=tuple(people),
            short=len(people),
            sentence=f"{_listed(people)} can't be placed, even alone. {_begun(some[0].sentence)}",
        )


def _remedy(problem: PlanningProblem, lost: set[str], crowded: set[str], watch: Watch) -> str:
    """The relaxation that leaves the fewest short among those who are, as if nobody else were there."""
    some = [c for c in problem.candidates if c.participant in lost][:SAMPLE]
    together = [c for c in problem.candidates if c.participant in crowded]
    part = problem.model_copy(update={"candidates": (*some, *together)})
    before = _short(part, lost)
    best: tuple[int, Relaxation] | None = None
    for relaxation in relaxations(part):
        if watch.over:
            break
        helped = before - _short(relaxation.problem, lost)
        if helped > 0 and (best is None or helped > best[0]):
            best = helped, relaxation
    if best is None:
        return ""
    helped, relaxation = best
    return f"What would help most: {relaxation.sentence} ({helped} of them could then be placed)."


def _short(problem: PlanningProblem, lost: set[str]) -> int:
    """How many have no place; only those who were lost alone are looked at alone."""
    look = _Look(problem, Watch())
    alone = list(look.alone([c for c in problem.candidates if c.participant in lost]))
    still = _people(alone)
    crowds = look.crowds([c for c in problem.candidates if c.participant not in still])
    return _people_short(problem, alone, crowds)


def _listed(names: list[str]) -> str:
    if len(names) > NAMED + 1:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} others"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nobody"


def _takes(teams: list[str]) -> str:
    return "takes" if len(teams) == 1 else "together take"


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

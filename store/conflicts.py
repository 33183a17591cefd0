"""What has come between a plan and today: calendars, teams and people that changed since it was made."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.moments import short_time
from domain.planning import Plan, PlannedStep, PlanningProblem, Violation
from domain.problems import Holidays
from domain.program import Program
from store.database import reading
from store.people import People, people, program_planned, rotations_of, teams
from store.planpages import ConflictRow
from store.plans import Plans
from store.problems import Problems
from store.sentences import named
from store.tables.planning import DissolvedTable

Judge = Callable[[PlanningProblem, Plan], tuple[Violation, ...]]

_FREE_THE_TIME = "Plan again, or ask them to keep that time free."
_PLAN_AGAIN = "Plan again."
_CALENDAR_RULES = frozenset({"absence", "busy", "hours"})

_WHOLE_SENTENCES = {
    "answered": "{who} is not part of this plan.",
    "known": "{who} takes part no more, or their host team is gone.",
}


class Conflicts:
    """Judges plans by what is known today."""

    def __init__(self, engine: Engine, judge: Judge, holidays: Holidays) -> None:
        self._engine = engine
        self._judge = judge
        self._holidays = holidays

    def of(self, cohort: str, number: int, now: datetime) -> tuple[ConflictRow, ...]:
        """Return every rule that a plan version breaks today, as sentences with names."""
        with reading(self._engine) as session:
            plan = Plans().version(session, cohort, number)
            problem = Problems(session, cohort, now, self._holidays).whole()
            broken = self._judge(problem, plan)
            words = _Words(session, cohort, plan)
            return tuple(words.row(one) for one in broken)


class _Words:
    """Says what is broken with names, titles and times."""

    def __init__(self, session: Session, cohort: str, plan: Plan) -> None:
        self._program: Program = program_planned(session, cohort)
        self._people: People = people(session)
        self._teams = teams(session)
        self._participants = {
            row.id: self._people[row.participant].name
            for row in session.scalars(rotations_of(cohort))
        }
        self._steps = {(step.rotation, step.key): step for step in plan.steps}
        query = select(DissolvedTable.team).where(DissolvedTable.cohort == cohort)
        self._dissolved = set(session.scalars(query))

    def row(self, one: Violation) -> ConflictRow:
        return ConflictRow(
            rotation=one.rotation,
            step=one.step,
            sentence=named(self._sentence(one), self._people, self._teams),
            what_to_do=_FREE_THE_TIME if one.rule in _CALENDAR_RULES else _PLAN_AGAIN,
        )

    def _sentence(self, one: Violation) -> str:
        if one.rotation is None:
            return one.sentence
        who = self._participants.get(one.rotation, "Somebody")
        if one.step is None and one.rule in _WHOLE_SENTENCES:
            return _WHOLE_SENTENCES[one.rule].format(who=who)
        gone = [team for team in self._dissolved if team in one.sentence]
        if one.rule == "eligible" and gone:
            return f"{who} can't visit {gone[0]}, which is dissolved."
        return f"{self._subject(who, one)} {self._what(one)}"

    def _subject(self, who: str, one: Violation) -> str:
        step = self._steps.get((one.rotation or "", one.step or ""))
        return self._meeting(step, who) if step else who

    def _meeting(self, step: PlannedStep, who: str) -> str:
        title = self._program.step(step.key).title
        return f"{title} of {who} ({short_time(step.starts, step.zone)})"

    @staticmethod
    def _what(one: Violation) -> str:
        """The sentence without the ids that it begins with."""
        return one.sentence.removeprefix(f"{one.rotation} ").removeprefix(f"{one.step} ")

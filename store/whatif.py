"""What if somebody visited another team: the whole plan with that pin, compared, and nothing stored."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.comparing import RotationChange, StepChange, changes
from domain.language import Language, listed
from domain.planning import Plan, PlannedStep, PlanningProblem
from domain.problems import Holidays
from domain.program import Program, StepKind
from store.database import reading
from store.people import People, people, program_planned, rotation_row, teams
from store.pins import every_pin, may_be_pinned, pinned
from store.planning import Planner
from store.planpages import EffectRow, LoadChange, MoveRow, TeamChoice, TimeRow, WhatIfPage
from store.plans import Plans
from store.problems import Problems
from store.sentences import named


class WhatIf:
    """Answers before anything is stored or sent; the same question to an unchanged store gives the same answer."""

    def __init__(self, engine: Engine, plan: Planner, holidays: Holidays) -> None:
        self._engine = engine
        self._plan = plan
        self._holidays = holidays

    def page(
        self, cohort: str, rotation: str, team: str | None, instead: str | None, now: datetime
    ) -> WhatIfPage:
        """Return what would become of the newest plan if a rotation visited ``team``.

        ``instead`` is the team in whose place it comes. Raises Refused where the visit can't be or
        the plan is approved already, NotFound for what is unknown.
        """
        with reading(self._engine) as session:
            number, before = Plans().latest(session, cohort)
            choices = may_be_pinned(session, cohort, rotation)
            problem = self._asked(session, cohort, rotation, team, instead, now)
        after = self._plan(problem) if problem else None
        with reading(self._engine) as session:
            names = _Names(session, cohort)
            standing = before.hosts_of(rotation)
            place = instead if instead in standing else None
            return WhatIfPage(
                cohort=cohort,
                plan=number,
                rotation=rotation,
                participant_name=names.participant(rotation),
                now_at=names.of_teams(standing),
                instead=place,
                instead_name=names.of_teams((place,)),
                team=team,
                team_name=names.of_teams((team,)),
                choices=tuple(
                    TeamChoice(ref=host.ref, name=host.name)
                    for host in choices
                    if host.ref not in standing
                ),
                effect=names.effect(problem, before, after, rotation)
                if problem and after
                else None,
            )

    def _asked(
        self,
        session: Session,
        cohort: str,
        rotation: str,
        team: str | None,
        instead: str | None,
        now: datetime,
    ) -> PlanningProblem | None:
        """What a planner would be asked; None while no team is chosen."""
        if team is None:
            return None
        wanted = pinned(session, cohort, rotation, team, instead)
        pins = {**every_pin(session), rotation: tuple(sorted(wanted))}
        return Problems(session, cohort, now, self._holidays).whole(pins)


class _Names:
    """Says what differs with names and titles."""

    def __init__(self, session: Session, cohort: str) -> None:
        self._session = session
        self._program: Program = program_planned(session, cohort)
        self._people: People = people(session)
        self._teams = teams(session)

    def participant(self, rotation: str) -> str:
        return self._people[rotation_row(self._session, rotation).participant].name

    def of_teams(self, refs: Iterable[str | None]) -> str:
        return listed([self._teams[ref].name for ref in refs if ref], Language.ENGLISH)

    def effect(
        self, problem: PlanningProblem, before: Plan, after: Plan, rotation: str
    ) -> EffectRow:
        rows = {one.rotation: self._move(one, after) for one in changes(before, after)}
        own = rows.pop(rotation, None)
        return EffectRow(
            worth_before=before.objective,
            worth_after=after.objective,
            placed_before=len(before.hosts()),
            placed_after=len(after.hosts()),
            participants=len(problem.candidates),
            own=own,
            others=tuple(sorted(rows.values(), key=lambda row: row.participant_name)),
            loads=tuple(self._loads(problem, before, after)),
        )

    def _move(self, move: RotationChange, after: Plan) -> MoveRow:
        reasons = {one.rotation: one.reason for one in after.unplaced}
        return MoveRow(
            rotation=move.rotation,
            participant_name=self.participant(move.rotation),
            before=self.of_teams(move.before),
            after=self.of_teams(move.after),
            first=self._time(
                "First day",
                _first_day(step.before for step in move.steps),
                _first_day(step.after for step in move.steps),
            ),
            changed=tuple(
                self._time(self._title(step), step.before, step.after)
                for step in move.steps
                if not step.keeps_its_time
            ),
            kept=tuple(self._title(step) for step in move.steps if step.keeps_its_time),
            reason=named(reasons.get(move.rotation, ""), self._people, self._teams),
        )

    def _title(self, step: StepChange) -> str:
        return self._program.step(step.step).title

    def _time(self, title: str, before: PlannedStep | None, after: PlannedStep | None) -> TimeRow:
        usual = self._program.zone
        return TimeRow(
            title=title,
            before=before.starts if before else None,
            after=after.starts if after else None,
            zone_before=before.zone if before else usual,
            zone_after=after.zone if after else usual,
        )

    def _loads(self, problem: PlanningProblem, before: Plan, after: Plan) -> Iterator[LoadChange]:
        was, becomes = (Counter(a.host for a in plan.assignments) for plan in (before, after))
        for host in problem.hosts:
            if was[host.team] != becomes[host.team]:
                yield LoadChange(
                    name=self._teams[host.team].name,
                    before=was[host.team],
                    after=becomes[host.team],
                    share=host.share,
                )


def _first_day(steps: Iterable[PlannedStep | None]) -> PlannedStep | None:
    days = (step for step in steps if step and step.kind is StepKind.SHADOWING_DAY)
    return min(days, key=lambda day: day.starts, default=None)

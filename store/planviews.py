"""A plan version as its page shows it, with names in place of pseudonyms."""

from datetime import UTC

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.people import HostTeam
from domain.planning import Assignment, Plan, PlannedStep, Unplaced
from domain.program import Program
from domain.review import Alternative, Review
from domain.rotation import Phase
from store.pages import AttendeeRow, StepRow
from store.people import people, program_planned, teams
from store.pins import every_pin
from store.planpages import AlternativeRow, AssignmentRow, LoadRow, PlanPage, ReviewRow, UnplacedRow
from store.plans import Plans
from store.sentences import named
from store.tables.planning import PlanTable


def plan_page(session: Session, cohort: str, number: int | None) -> PlanPage:
    """Return one plan version, the newest when None; raises NotFound when there is none."""
    row = _version(session, cohort, number)
    rows = _Rows(session, row)
    return PlanPage(
        cohort=cohort,
        plan=row.number,
        made_at=row.made_at,
        approved_at=row.approved_at,
        cause=rows.said(row.cause),
        assignments=tuple(sorted(map(rows.assignment, rows.plan.assignments), key=_by_name)),
        unplaced=tuple(map(rows.unplaced, rows.plan.unplaced)),
        stops=rows.program.stops,
        review=rows.review_row(),
    )


def _version(session: Session, cohort: str, number: int | None) -> PlanTable:
    query = select(PlanTable).where(PlanTable.cohort == cohort)
    if number is not None:
        query = query.where(PlanTable.number == number)
    row = session.scalars(query.order_by(PlanTable.number.desc()).limit(1)).first()
    if row is None:
        raise NotFound(
            f"Cohort '{cohort}' has no plan {number}."
            if number
            else f"Cohort '{cohort}' has no plan yet."
        )
    return row


def _by_name(row: AssignmentRow) -> tuple[str, str, int]:
    return row.participant_name, row.rotation, row.stop


class _Rows:
    """The rows of one version, everything they need read once."""

    def __init__(self, session: Session, row: PlanTable) -> None:
        self.program: Program = program_planned(session, row.cohort)
        self.plan: Plan = Plans().version(session, row.cohort, row.number)
        self._people = dict(people(session))
        self._teams = dict(teams(session))
        self._review = Review.model_validate(row.review) if row.review else None
        self._pins = every_pin(session)
        self._steps = self.plan.steps_by_rotation()
        self._others: dict[tuple[str, int], list[AlternativeRow]] = {}
        for one in self._review.alternatives if self._review else ():
            self._others.setdefault((one.rotation, one.stop), []).append(self._alternative(one))

    def said(self, sentence: str) -> str:
        return named(sentence, self._people, self._teams)

    def assignment(self, one: Assignment) -> AssignmentRow:
        team = self._teams[one.host]
        return AssignmentRow(
            rotation=one.rotation,
            participant_name=self._people[one.participant].name,
            host=one.host,
            host_name=team.name,
            stop=one.stop,
            reason=self.said(one.reason),
            steps=tuple(
                self._step(step, team)
                for step in self._steps.get(one.rotation, ())
                if step.stop == one.stop
            ),
            alternatives=tuple(self._others.get((one.rotation, one.stop), ())),
            pinned_by=self._pinned_by(one, team),
        )

    def unplaced(self, one: Unplaced) -> UnplacedRow:
        return UnplacedRow(
            rotation=one.rotation,
            participant_name=self._people[one.participant].name,
            reason=self.said(one.reason),
        )

    def review_row(self) -> ReviewRow | None:
        found = self._review
        if found is None:
            return None
        worth = self.plan.objective
        return ReviewRow(
            worth=worth,
            bound=found.bound,
            gap=(found.bound - worth) / max(1, abs(found.bound)),
            parts=found.parts,
            coverage_mean=found.coverage_mean,
            coverage_min=found.coverage_min,
            remarks=tuple(map(self.said, found.remarks)),
            remedy=self.said(found.remedy),
            loads=tuple(
                LoadRow(name=self._teams[load.team].name, **load.model_dump())
                for load in found.loads
            ),
        )

    def _pinned_by(self, one: Assignment, team: HostTeam) -> str:
        if team.key in self._people[one.participant].must_visit:
            return "the folder"
        return "you" if one.host in self._pins.get(one.rotation, ()) else ""

    def _alternative(self, one: Alternative) -> AlternativeRow:
        return AlternativeRow(
            team=one.host,
            name=self._teams[one.host].name,
            less=one.less,
            reason=self.said(one.reason),
        )

    def _step(self, step: PlannedStep, team: HostTeam) -> StepRow:
        template = self.program.step(step.key)
        return StepRow(
            rotation=step.rotation,
            key=step.key,
            kind=step.kind,
            title=template.title,
            phase=Phase.PLANNED,
            starts=step.starts.astimezone(UTC),
            ends=step.ends.astimezone(UTC),
            zone=step.zone,
            where=template.where.replace("{team}", team.name),
            attendees=tuple(
                AttendeeRow(
                    person=a.person,
                    name=self._people[a.person].name,
                    seat=a.seat.value,
                    required=a.required,
                    has_mail=self._people[a.person].email is not None,
                )
                for a in step.attendees
            ),
        )

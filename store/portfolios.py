"""What each participant of a cohort practised, and who has not met customers for long: for program managers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from domain.invites import LetterKind
from domain.moments import zone_of
from domain.people import Person
from domain.portfolio import Practised, next_practice, weeks_since
from domain.ports import Composer
from domain.program import VISITS, Practice, Program, StepKind
from domain.quarters import Quarter, quarter_of
from domain.rotation import Answer, Ending
from domain.value import Value
from store.attention import A_PAGE
from store.coordinating import tell_coordinator
from store.counting import expected, said
from store.database import quietly, reading
from store.pages import EVERYBODY, Wanted
from store.people import program_of, programs, rotations_of, teams
from store.tables.mail import InviteTable
from store.tables.people import PersonTable
from store.tables.rotations import CountedStepTable, ExposureToldTable, RotationTable
from store.tables.words import ExerciseEntryTable

MOST_NAMED = 40
"""Participants that one letter names."""

_LEFT = (Ending.WITHDRAWN.value, Ending.CANCELLED.value)
"""Stages of rotations whose participants don't take part any more."""

_REFLECTIONS = CountedStepTable.kind == StepKind.REFLECTION.value


class PracticeRow(Value):
    """One kind of practice of a participant."""

    practised: Practised
    missing: bool
    """Not yet in this quarter."""
    due: bool
    """As long ago as its cadence."""


class PortfolioRow(Value):
    """One participant: their three kinds of practice, what comes next, and when they last met customers."""

    rotation: str
    name: str
    practices: tuple[PracticeRow, ...]
    next: Practice | None
    met_customers_on: date | None
    """None where nobody knows."""
    weeks: int | None
    """Whole weeks since then."""
    too_long: bool


class PortfolioPage(Value):
    """Some of a cohort's participants by name, in the quarter that goes on."""

    cohort: str
    switched_on: bool
    begins_on: date | None
    """The first day of a program that is still to come."""
    quarter: str
    weeks_allowed: int
    rows: tuple[PortfolioRow, ...]
    found: int
    """Participants who are called so, on all pages."""
    facing: tuple[str, ...]
    """Names of the host teams that meet customers."""


class _Seen(NamedTuple):
    """When somebody did something last, and when they will next or may have, as nobody has said yet."""

    last: datetime | None
    planned: datetime | None


class Portfolios:
    """Reads portfolios and tells of long absences; ``now`` is UTC."""

    def __init__(self, engine: Engine, composer: Composer, base_url: str) -> None:
        self._engine = engine
        self._composer = composer
        self._page = f"{base_url.rstrip('/')}/portfolio"

    def page(self, cohort: str, now: datetime, wanted: Wanted = EVERYBODY) -> PortfolioPage:
        """Return a page of portfolios; none where the program has no such card. Raises NotFound."""
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            called_so = PersonTable.name.icontains(wanted.name, autoescape=True)
            taking_part = _taking_part(cohort).where(called_so if wanted.name else true())
            shown = _by_name(cohort, taking_part).limit(A_PAGE).offset((wanted.page - 1) * A_PAGE)
            rows = session.execute(shown).all()
            look = _Look(session, program, now, rows, [whose for whose, *_ in rows])
            found = session.scalar(taking_part.with_only_columns(func.count()))
            return PortfolioPage(
                cohort=cohort,
                switched_on=program.shows_portfolio,
                begins_on=program.starts_on if look.today < program.starts_on else None,
                quarter=str(look.quarter),
                weeks_allowed=program.exposure_limit.days // 7,
                rows=tuple(look.rows()) if program.shows_portfolio else (),
                found=found or 0,
                facing=tuple(sorted(t.name for t in teams(session).values() if t.customer_facing)),
            )

    def tell_of_long_absences(self, now: datetime) -> int:
        """Write to coordinators who has gone without customers for too long, while the program runs; of each once.

        Nobody is named who has a date for a visit already, nor anybody of whom nobody knows when it
        was. Returns how many letters were written: at most one for each cohort and day.
        """
        with reading(self._engine) as session:
            every = [program for program in programs(session) if program.shows_portfolio]
        return sum(self._tell(program, now) for program in every)

    def _tell(self, program: Program, now: datetime) -> int:
        with quietly(self._engine) as session:
            mine = _taking_part(program.cohort)
            everybody = session.execute(_by_name(program.cohort, mine))
            look = _Look(session, program, now, everybody, mine)
            if not program.runs_on(look.today):
                return 0
            found = list(_untold(session, program.cohort, look.too_long()))[:MOST_NAMED]
            if not found:
                return 0
            told = tell_coordinator(
                session,
                self._composer,
                program,
                LetterKind.CUSTOMERS_LONG_AGO,
                f"{look.today}",
                {"program": program.name, "weeks": f"{program.exposure_limit.days // 7}"},
                f"{self._page}/{program.cohort}",
                now,
                [f"{person.name}: {weeks_since(last, look.today)}" for person, last in found],
            )
            for person, last in found if told else ():
                session.add(ExposureToldTable(cohort=program.cohort, person=person.ref, last=last))
            return int(told)


class _Look:
    """One look at some participants of a cohort, in a fixed number of queries."""

    def __init__(
        self,
        session: Session,
        program: Program,
        now: datetime,
        participants: Iterable[Any],
        mine: Select[Any] | Sequence[str],
    ) -> None:
        self._session = session
        self._program = program
        self._now = now
        self._zone = zone_of(program.zone)
        self.today: date = now.astimezone(self._zone).date()
        self.quarter: Quarter = quarter_of(self.today)
        self._mine = mine
        self._participants = tuple(
            (rotation, Person.model_validate(facts)) for _, rotation, facts in participants
        )
        self._visits = self._steps(self._at_customers())

    def rows(self) -> Iterator[PortfolioRow]:
        """Yield everybody who takes part, by name."""
        practised = {
            Practice.PERSPECTIVE: [self._sessions(), self._written(Practice.PERSPECTIVE)],
            Practice.CUSTOMERS: [self._visits],
            Practice.REFLECTION: [self._steps(_REFLECTIONS), self._written(Practice.REFLECTION)],
        }
        for rotation, person in self._participants:
            every = [
                self._practised(practice, [source.get(person.ref) for source in sources])
                for practice, sources in practised.items()
            ]
            yield self._row(rotation, person, every)

    def too_long(self) -> Iterator[tuple[Person, date]]:
        """Yield who has gone without customers for too long and has no date for a visit, by name."""
        for _, person in self._participants:
            visits = self._visits.get(person.ref)
            last = self._met(person)
            if last and self._is_too_long(last) and not (visits and visits.planned):
                yield person, last

    def _row(self, rotation: str, person: Person, practices: list[Practised]) -> PortfolioRow:
        program, today, last = self._program, self.today, self._met(person)
        since, cadence = program.starts_on, program.cadence
        return PortfolioRow(
            rotation=rotation,
            name=person.name,
            practices=tuple(
                PracticeRow(
                    practised=one,
                    missing=one.is_missing_in(self.quarter),
                    due=one.is_due(cadence, since, today),
                )
                for one in practices
            ),
            next=next_practice(practices, cadence, since, today, self.quarter),
            met_customers_on=last,
            weeks=weeks_since(last, today) if last else None,
            too_long=last is not None and self._is_too_long(last),
        )

    def _met(self, person: Person) -> date | None:
        """When somebody last met customers, by the folder or by a visit."""
        visits = self._visits.get(person.ref)
        known = [person.met_customers_on, self._day(visits.last) if visits else None]
        return max((day for day in known if day), default=None)

    def _is_too_long(self, last: date) -> bool:
        return self.today - last > self._program.exposure_limit

    def _practised(self, practice: Practice, sources: Iterable[_Seen | None]) -> Practised:
        found = [one for one in sources if one]
        coming = min((one.planned for one in found if one.planned), default=None)
        return Practised(
            practice=practice,
            last=max((day for one in found if (day := self._day(one.last))), default=None),
            planned=self._day(coming),
            unconfirmed=coming is not None and coming <= self._now,
        )

    def _day(self, moment: datetime | None) -> date | None:
        return moment.astimezone(self._zone).date() if moment else None

    def _at_customers(self) -> ColumnElement[bool]:
        facing = [team.ref for team in teams(self._session).values() if team.customer_facing]
        kinds = [kind.value for kind in VISITS]
        return and_(CountedStepTable.kind.in_(kinds), CountedStepTable.team.in_(facing))

    def _steps(self, which: ColumnElement[bool]) -> Mapping[str, _Seen]:
        """Steps of everybody's own, in whichever cohort, to which they came themselves or will."""
        whose = CountedStepTable.participant
        conditions = which, CountedStepTable.in_person, whose.in_(self._mine)
        return self._seen(self._dated(whose).where(*conditions).group_by(whose))

    def _sessions(self) -> Mapping[str, _Seen]:
        """Sessions of rituals to which they said yes."""
        whose = InviteTable.person
        conditions = (
            CountedStepTable.cohort == self._program.cohort,
            CountedStepTable.kind == StepKind.RITUAL_SESSION.value,
            whose.in_(self._mine),
        )
        query = (
            self._dated(whose)
            .select_from(CountedStepTable)
            .join(InviteTable, said(Answer.ACCEPTED))
        )
        return self._seen(query.where(*conditions).group_by(whose))

    def _dated(self, whose: Any) -> Select[Any]:
        """When each was there last, and will be next or may have been in the last week."""
        starts, held = CountedStepTable.starts, CountedStepTable.held
        return select(
            whose,
            func.max(case((held, starts))),
            func.min(case((expected(self._now), starts))),
        )

    def _seen(self, query: Select[Any]) -> Mapping[str, _Seen]:
        return {
            person: _Seen(last, planned) for person, last, planned in self._session.execute(query)
        }

    def _written(self, practice: Practice) -> Mapping[str, _Seen]:
        """Exercises of that kind that they finished; what they wrote is nobody's business here."""
        kinds = [e.key for e in self._program.exercises if e.practice is practice]
        if not kinds:
            return {}
        query = (
            select(ExerciseEntryTable.person, func.max(ExerciseEntryTable.written_at))
            .join(RotationTable, RotationTable.id == ExerciseEntryTable.rotation)
            .where(
                RotationTable.cohort == self._program.cohort,
                RotationTable.participant == ExerciseEntryTable.person,
                ExerciseEntryTable.person.in_(self._mine),
                ExerciseEntryTable.exercise.in_(kinds),
                ExerciseEntryTable.complete,
            )
            .group_by(ExerciseEntryTable.person)
        )
        return {person: _Seen(last, None) for person, last in self._session.execute(query)}


def _taking_part(cohort: str) -> Select[str]:
    """Whose rotation runs, is done or will begin: nobody who left it, or never came to it."""
    comes = or_(RotationTable.version >= 0, PersonTable.facts["participates"].as_boolean())
    return (
        rotations_of(cohort)
        .with_only_columns(RotationTable.participant)
        .where(RotationTable.participant == PersonTable.ref, PersonTable.erased_at.is_(None))
        .where(RotationTable.stage.not_in(_LEFT), comes)
    )


def _by_name(cohort: str, some: Select[str]) -> Select[str, str, dict[str, Any]]:
    """Those participants with their rotations, by name.

    They are asked for one by one in the order of names, so that a page reads no more than it shows.
    """
    mine = rotations_of(cohort).where(RotationTable.participant == PersonTable.ref)
    rotation = mine.with_only_columns(RotationTable.id).correlate(PersonTable)
    return (
        select(PersonTable.ref, rotation.scalar_subquery(), PersonTable.facts)
        .where(some.correlate(PersonTable).exists())
        .order_by(PersonTable.name, PersonTable.ref)
    )


def _untold(
    session: Session, cohort: str, some: Iterable[tuple[Person, date]]
) -> Iterator[tuple[Person, date]]:
    query = select(ExposureToldTable.person, ExposureToldTable.last)
    told = {
        (person, last)
        for person, last in session.execute(query.where(ExposureToldTable.cohort == cohort))
    }
    yield from ((person, last) for person, last in some if (person.ref, last) not in told)

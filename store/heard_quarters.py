"""Who was heard in a quarter of a cohort: counted while it goes on, written down when it is over, never counted anew.

Of each quarter it is shown by one fact of people's work alone. The same people stand behind every
fact, so that figures by two of them could be taken from one another.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from domain.coverage import NOT_SAID, Voices, grouped, least_heard, with_heard
from domain.moments import Interval, whole_days, zone_of
from domain.people import Fact, Person, voices_of
from domain.planning import PlannedStep, heard_at
from domain.program import HEARD_IN, Program
from domain.quarters import Quarter, quarter_of, quarters
from domain.rotation import Answer
from domain.value import Value
from store.counting import TIME_TO_CONFIRM, said, to_come, unconfirmed
from store.tables.mail import InviteTable
from store.tables.people import PersonTable, TeamMemberTable
from store.tables.planning import DissolvedTable
from store.tables.rotations import CountedStepTable, HeardQuarterTable

_FACTS = tuple(getattr(PersonTable, fact) for fact in Fact)
_KINDS = [kind.value for kind in HEARD_IN]

Facts = Mapping[Fact, str]
"""What is known of somebody's work; ``NOT_SAID`` where nothing is."""


class FactVoices(Value):
    """What may be shown of one fact in a quarter; without ``groups`` nothing may."""

    fact: Fact
    groups: tuple[Voices, ...]
    counted: bool
    """Whether this is the fact by which the quarter's heard are shown, as far as they may be."""
    least: Voices | None = None

    @property
    def shows_heard(self) -> bool:
        return any(group.heard is not None for group in self.groups)


class Stage(StrEnum):
    """Where the figures of a quarter stand."""

    RUNNING = "running"
    """They follow what is said."""
    AWAITED = "awaited"
    """It is over, and the next hourly look writes them down."""
    KEPT = "kept"
    """They are written down."""


class QuarterVoices(Value):
    """Who was heard in a quarter; no facts while that is awaited and where none is known."""

    stage: Stage
    settles_on: date
    """The day from which nothing changes any more, in the program's zone."""
    facts: tuple[FactVoices, ...] = ()


_SHOWN = TypeAdapter(tuple[FactVoices, ...])


def quarters_so_far(program: Program, now: datetime) -> tuple[Quarter, ...]:
    """Return the quarters in which the program, or its days of grace, ran so far, the newest first."""
    so_far = list(quarters(program.starts_on, _today(program, now)))
    return tuple(one for one in reversed(so_far) if program.goes_on(one.first_day))


def days_of(program: Program, quarter: Quarter) -> Interval:
    """Return a quarter from midnight to midnight in the program's zone."""
    return whole_days((quarter.first_day, quarter.last_day), program.zone)


def within(span: Interval) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for steps that begin in it."""
    return CountedStepTable.starts >= span.starts, CountedStepTable.starts < span.ends


def voices_in(session: Session, program: Program, quarter: Quarter, now: datetime) -> QuarterVoices:
    """Return what may be shown of who was heard in a quarter."""
    row = session.get(HeardQuarterTable, (program.cohort, str(quarter)))
    settles_on = _settles_on(quarter)
    if row and row.shown is not None:
        kept = _SHOWN.validate_python(row.shown)
        return QuarterVoices(stage=Stage.KEPT, settles_on=settles_on, facts=kept)
    if _today(program, now) >= settles_on:
        return QuarterVoices(stage=Stage.AWAITED, settles_on=settles_on)
    of_all = _of_all(session, program, quarter)
    fact = row.fact if row else _fact_of(program, of_all)
    found = tuple(_counted(session, program, quarter, of_all, fact))
    return QuarterVoices(stage=Stage.RUNNING, settles_on=settles_on, facts=found)


def keep_quarters(session: Session, program: Program, now: datetime) -> int:
    """Note by which fact each quarter is counted, and write down those that are over, each once.

    Returns how many were written down.
    """
    rows = select(HeardQuarterTable).where(HeardQuarterTable.cohort == program.cohort)
    known = {row.quarter: row for row in session.scalars(rows)}
    found = (
        _kept(session, program, q, known.get(str(q)), now) for q in quarters_so_far(program, now)
    )
    return sum(found)


def forget_facts(session: Session, person: Person) -> None:
    """Take out of what was written down those values that nobody else's work has."""
    alone = {
        fact: value
        for fact, value in person.facts_of_work.items()
        if value and not _is_shared(session, person.ref, fact, value)
    }
    for row in session.scalars(select(HeardQuarterTable)) if alone else ():
        if row.shown is not None:
            told = (_without(one, alone.get(one.fact)) for one in _SHOWN.validate_python(row.shown))
            row.shown = [one.model_dump(mode="json") for one in told]


def heard_now(session: Session, program: Program, now: datetime) -> set[str]:
    """Return the voices for which somebody was heard in the quarter of ``now``, for whoever plans on.

    Steps of the last week that are not confirmed yet count.
    """
    span = days_of(program, quarter_of(_today(program, now)))
    over = or_(CountedStepTable.held, unconfirmed(now))
    heard = _heard(session, (CountedStepTable.cohort == program.cohort, over, *within(span)))
    return {voice for facts in heard.values() for voice in voices_of(facts)}


def declined(session: Session, cohort: str, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """Return who said no to a day or session to come, with the moment at which that begins."""
    query = (
        select(InviteTable.person, CountedStepTable.starts)
        .join(CountedStepTable, said(Answer.DECLINED))
        .where(CountedStepTable.cohort == cohort, CountedStepTable.kind.in_(_KINDS), to_come(now))
    )
    return tuple(sorted((person, starts) for person, starts in session.execute(query)))


def awaited(
    session: Session,
    steps: Iterable[PlannedStep],
    but: Collection[str],
    said_no: Collection[tuple[str, datetime]],
    now: datetime,
) -> set[str]:
    """Return the voices of who is expected at days and sessions to come, beside those people.

    ``said_no`` has who said no to the one that begins then.
    """
    seated = {
        attendee.person
        for step in steps
        if step.starts > now
        for attendee in heard_at(step)
        if (attendee.person, step.starts) not in said_no
    } - set(but)
    query = select(*_FACTS).where(PersonTable.ref.in_(seated)).distinct()
    return {voice for row in session.execute(query) for voice in voices_of(_named(row))}


def _today(program: Program, now: datetime) -> date:
    return now.astimezone(zone_of(program.zone)).date()


def _settles_on(quarter: Quarter) -> date:
    """Not before its last steps are confirmed."""
    return quarter.next.first_day + TIME_TO_CONFIRM


def _kept(
    session: Session,
    program: Program,
    quarter: Quarter,
    row: HeardQuarterTable | None,
    now: datetime,
) -> bool:
    over = _today(program, now) >= _settles_on(quarter)
    if row and (row.shown is not None or not over):
        return False
    of_all = _of_all(session, program, quarter)
    fact = row.fact if row else _fact_of(program, of_all)
    if row is None and (fact or over):
        row = HeardQuarterTable(cohort=program.cohort, quarter=str(quarter), fact=fact)
        session.add(row)
    if row and over:
        shown = _counted(session, program, quarter, of_all, fact)
        row.shown = [one.model_dump(mode="json") for one in shown]
    return over


def _of_all(session: Session, program: Program, quarter: Quarter) -> dict[Fact, Counter[str]]:
    """How many of those who work in host teams in a quarter each value of a fact stands for."""
    works = select(TeamMemberTable.person).where(_team_counts(program, quarter))
    whose = PersonTable.ref.in_(works), PersonTable.erased_at.is_(None)
    query = select(*_FACTS, func.count()).where(*whose)
    found = {fact: Counter[str]() for fact in Fact}
    for *values, people in session.execute(query.group_by(*_FACTS)):
        for fact, value in zip(Fact, values, strict=True):
            found[fact][value] += people
    return found


def _team_counts(program: Program, quarter: Quarter) -> ColumnElement[bool]:
    """The condition for members of the host teams, but those dissolved and not met in the quarter."""
    met = select(CountedStepTable.team).where(
        CountedStepTable.cohort == program.cohort,
        CountedStepTable.kind.in_(_KINDS),
        CountedStepTable.team.is_not(None),
        *within(days_of(program, quarter)),
    )
    left = select(DissolvedTable.team).where(
        DissolvedTable.cohort == program.cohort, DissolvedTable.team.not_in(met)
    )
    return TeamMemberTable.team.not_in(left)


def _fact_of(program: Program, of_all: Mapping[Fact, Counter[str]]) -> str:
    """The one that the program names, else the first that is known of anybody; whoever was heard."""
    wanted = (*filter(None, [program.voice_fact]), *Fact)
    return next((fact.value for fact in wanted if _is_known(of_all[fact])), "")


def _is_known(values: Counter[str]) -> bool:
    return any(value != NOT_SAID for value in values)


def _counted(
    session: Session,
    program: Program,
    quarter: Quarter,
    of_all: Mapping[Fact, Counter[str]],
    by: str,
) -> Iterator[FactVoices]:
    span = days_of(program, quarter)
    held = (CountedStepTable.cohort == program.cohort, CountedStepTable.held, *within(span))
    for fact, values in of_all.items():
        groups = grouped(values)
        if fact == by:
            heard = Counter(one[fact] for one in _heard(session, held).values())
            groups = with_heard(groups, heard)
        if _is_known(values):
            least = least_heard(groups)
            yield FactVoices(fact=fact, groups=groups, counted=fact == by, least=least)


def _heard(session: Session, which: Iterable[SQLColumnExpression[bool]]) -> dict[str, Facts]:
    """Everybody of the visited teams who said yes to one of these days and sessions."""
    works = and_(
        TeamMemberTable.team == CountedStepTable.team,
        TeamMemberTable.person == InviteTable.person,
    )
    query = (
        select(PersonTable.ref, *_FACTS)
        .select_from(CountedStepTable)
        .join(InviteTable, said(Answer.ACCEPTED))
        .join(TeamMemberTable, works)
        .join(PersonTable, PersonTable.ref == InviteTable.person)
        .where(
            *which,
            CountedStepTable.kind.in_(_KINDS),
            InviteTable.person != CountedStepTable.participant,
            PersonTable.erased_at.is_(None),
        )
        .distinct()
    )
    return {person: _named(facts) for person, *facts in session.execute(query)}


def _named(facts: Iterable[str | None]) -> Facts:
    return {fact: value or NOT_SAID for fact, value in zip(Fact, facts, strict=True)}


def _is_shared(session: Session, person: str, fact: Fact, value: str) -> bool:
    others = select(PersonTable.ref).where(
        getattr(PersonTable, fact) == value, PersonTable.ref != person
    )
    return session.scalar(others.limit(1)) is not None


def _without(shown: FactVoices, value: str | None) -> FactVoices:
    groups = tuple(_anonymous(group, value) for group in shown.groups)
    least = _anonymous(shown.least, value) if shown.least else None
    return shown.model_copy(update={"groups": groups, "least": least})


def _anonymous(group: Voices, value: str | None) -> Voices:
    values = {NOT_SAID if one == value else one for one in group.values}
    return group.model_copy(update={"values": tuple(sorted(values))})

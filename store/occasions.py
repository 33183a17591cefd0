"""Occasions: opened once for what they are about, at the first time when everybody is free, and started once.

Opening is a row; whoever forwards news starts its process, whatever was down meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.events import Event, RepairFailed, Reschedule
from domain.moments import Interval
from domain.occasions import another_day, first_common_time, id_of, opened
from domain.planning import Availability
from domain.problems import Holidays
from domain.program import PEER_DEBRIEF, UNMET, Occasion, Program
from domain.rotation import RotationState, StepState
from domain.sessionmoves import FEWEST
from domain.telling import dispatch
from domain.value import PersonRef, RotationId
from store.audit import note
from store.database import insert_once, quietly, reading, writing
from store.entries import enter
from store.news import show, tell_rotation
from store.people import people, program_followed, program_of
from store.problems import Problems
from store.tables.installation import FeedEntryTable
from store.tables.people import CohortTable
from store.tables.planning import UnavailableTable
from store.tables.rotations import ASKING, BEGUN, OPENED, OccasionTable, RotationTable

_PAUSE = timedelta(seconds=2)


class Occasions:
    """Opens occasions; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, holidays: Holidays) -> None:
        self._engine = engine
        self._holidays = holidays

    def open(
        self,
        session: Session,
        cohort: str,
        kind: str,
        attendees: Sequence[PersonRef],
        about: str,
        within: timedelta | None,
        now: datetime,
    ) -> RotationId:
        """Open an occasion in the caller's transaction and return its id, the same for the same ``about``.

        ``kind`` is a key of ``OCCASIONS``, ``about`` says what makes this one and no other (a test, a
        quarter), ``within`` by when it should be over, None for what its card says. The first of
        ``attendees`` leads it. Raises NotFound for an unknown cohort, Refused for a reflection about
        nothing and for an occasion of nobody.
        """
        identity = id_of(cohort, kind, about)
        if session.get(OccasionTable, identity) is None:
            row = self.asked(session, identity, cohort, kind, attendees, now)
            self.begin(session, row, now, within)
        return identity

    def asked(
        self,
        session: Session,
        identity: RotationId,
        cohort: str,
        kind: str,
        attendees: Sequence[PersonRef],
        now: datetime,
    ) -> OccasionTable:
        """Note in the caller's transaction that an occasion is asked for; nobody is invited yet.

        Raises Refused where nobody would come.
        """
        keyed = map(people(session).of_key, program_of(session, cohort).occasion(kind).people)
        coming = (*attendees, *(person.ref for person in keyed if person))
        if not coming:
            raise Refused("Say who comes: an occasion is for somebody.")
        row = OccasionTable(
            id=identity,
            cohort=cohort,
            kind=kind,
            people=list(dict.fromkeys(coming)),
            asked_at=now,
            phase=ASKING,
            next_try_at=now,
        )
        session.add(row)
        session.flush()
        return row

    def begin(
        self, session: Session, row: OccasionTable, now: datetime, within: timedelta | None = None
    ) -> None:
        """Open in the caller's transaction what was asked for, with a time or in need of one."""
        program = program_of(session, row.cohort)
        occasion = program.occasion(row.kind)
        by = now + (occasion.within if within is None else within)
        since = now + occasion.notice
        held = self._time(session, program, occasion, row.people, since, by)
        plan = session.get_one(CohortTable, row.cohort).approved_plan or 0
        state = opened(program, occasion, row.id, row.people, held, by, plan, now)
        shown = RotationTable(
            id=row.id,
            cohort=row.cohort,
            participant=row.people[0],
            workflow_id=f"occasion-{row.cohort}-{row.id}",
            ritual=row.kind,
        )
        session.add(shown)
        show(session, shown, dispatch(state, (), now))
        session.flush()
        enter(session, state, now)
        row.phase, row.next_try_at, row.over_by = OPENED, now, by
        note(session, now, row.id, f"{row.kind} was opened for {' '.join(row.people)}")

    def _time(
        self,
        session: Session,
        program: Program,
        occasion: Occasion,
        refs: Sequence[str],
        since: datetime,
        by: datetime,
    ) -> Interval | None:
        if occasion.key == PEER_DEBRIEF and len(refs) < FEWEST:
            return None
        length = occasion.duration
        return free_time(session, program.cohort, length, refs, since, by, self._holidays)

    def pending(self, now: datetime, limit: int) -> tuple[RotationState, ...]:
        """Return occasions whose process has not been started, the longest waiting first."""
        query = (
            select(RotationTable.state)
            .join(OccasionTable, OccasionTable.id == RotationTable.id)
            .where(OccasionTable.phase == OPENED, OccasionTable.next_try_at <= now)
            .order_by(OccasionTable.next_try_at, OccasionTable.id)
            .limit(limit)
        )
        with reading(self._engine) as session:
            return tuple(map(RotationState.model_validate, session.scalars(query)))

    def begun(self, occasion: RotationId) -> None:
        """Its process has been started."""
        with writing(self._engine) as session:
            session.get_one(OccasionTable, occasion).phase = BEGUN

    def waiting(self, occasion: RotationId, now: datetime) -> None:
        """Its process could not be started: try again in a moment."""
        with quietly(self._engine) as session:
            session.get_one(OccasionTable, occasion).next_try_at = now + _PAUSE


def find_time(
    session: Session, state: RotationState, step: StepState, holidays: Holidays, now: datetime
) -> None:
    """Tell an occasion the next time at which everybody is free, or that there is none; a repeat tells nothing.

    It stays as long as it is, whatever a new version of its program says of others.
    Whoever declined the time that it had is away then for every later plan as well, and nobody is asked for
    another hour of the same day.
    """
    for person in step.declined:
        insert_once(
            session,
            UnavailableTable,
            cohort=state.cohort,
            person=person,
            starts=step.starts,
            ends=step.ends,
        )
    program = program_followed(session, state.cohort, state.rotation)
    occasion = program.occasion(step.key)
    length = step.ends - step.starts
    refs = [a.person for a in step.attendees]
    since = max(now + occasion.notice, another_day(step) if step.declined else now)
    by = session.get_one(OccasionTable, state.rotation).over_by or now + occasion.within
    held = free_time(session, state.cohort, length, refs, since, by, holidays, state.rotation)
    event: Event = (
        Reschedule(step=step.key, starts=held.starts) if held else RepairFailed(step=step.key)
    )
    name = f"found-time:{state.rotation}:{step.key}:{step.revision}:{step.sought}"
    if tell_rotation(session, state.rotation, name, event, now):
        note(session, now, state.rotation, f"another time looked for, {step.sought} of {step.key}")


def free_time(
    session: Session,
    cohort: str,
    length: timedelta,
    refs: Sequence[str],
    since: datetime,
    by: datetime,
    holidays: Holidays,
    own: str = "",
) -> Interval | None:
    """Return the first time from ``since`` to ``by`` at which these people are free for so long.

    Steps of ``own`` don't count.
    """
    known = Problems(session, cohort, since, holidays).availabilities(refs, by)
    taken = _steps(session, refs, since, by, own)
    return first_common_time(
        [_with(person, taken.get(person.person, ())) for person in known],
        length,
        since,
        by,
    )


def _with(person: Availability, steps: Iterable[Interval]) -> Availability:
    return person.model_copy(update={"busy": (*person.busy, *steps)})


def _steps(
    session: Session, refs: Sequence[str], since: datetime, by: datetime, own: str
) -> dict[str, list[Interval]]:
    """When people are in a step of any cohort, invited or still pencilled."""
    query = (
        select(FeedEntryTable, RotationTable.cohort)
        .join(RotationTable, RotationTable.id == FeedEntryTable.rotation)
        .where(
            FeedEntryTable.whose.in_(refs),
            FeedEntryTable.ends > since,
            FeedEntryTable.starts < by,
            FeedEntryTable.gone_at.is_(None),
            FeedEntryTable.rotation != own,
        )
    )
    found: dict[str, list[Interval]] = {}
    for row, cohort in session.execute(query):
        if program_followed(session, cohort, row.rotation).step(row.step).kind not in UNMET:
            hours = Interval(starts=row.starts, ends=row.ends)
            found.setdefault(row.whose, []).append(hours)
    return found

"""Occasions: processes of one step that no plan has, opened when there is a reason for them.

Each is opened once for what it is about. It has the first time at which everybody is free; where there
is none, a person is needed from its beginning.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from domain.errors import Refused
from domain.moments import Interval, merged, whole_day, without, working_time, zone_of
from domain.people import Seat
from domain.planning import Attendee, Availability
from domain.program import AFTER, REVIEWS, Occasion, Program, StepKind
from domain.rotation import Attention, Concern, Phase, RotationState, StepState
from domain.sessionmoves import FEWEST
from domain.value import PersonRef, RotationId

ALL_COME = 3
"""Where more people meet than these, the first of them and one more are enough."""

_QUARTER = timedelta(minutes=15)


def id_of(cohort: str, kind: str, about: str) -> RotationId:
    """Return the same eight letters for the same occasion, so that opening it twice opens it once.

    Raises Refused for a reflection that is about nothing: it looks back on something that happened.
    """
    if kind in AFTER.values() and not about:
        raise Refused(
            "A reflection looks back on something that happened: give the id of the event."
        )
    digest = hashlib.sha256("\0".join((cohort, kind, about)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:8]


def first_common_time(
    people: Sequence[Availability], duration: timedelta, since: datetime, until: datetime
) -> Interval | None:
    """Return the first time within working hours at which everybody is free, on a quarter of an hour.

    It starts at ``since`` or later and ends at ``until`` or before (UTC); None when there is none, or nobody.
    """
    if not people or until <= since:
        return None
    open_time: tuple[Interval, ...] = (Interval(starts=since, ends=until),)
    for person in people:
        open_time = _common(open_time, _free(person, since, until))
    for stretch in open_time:
        starts = _on_the_quarter(stretch.starts)
        if starts + duration <= stretch.ends:
            return Interval(starts=starts, ends=starts + duration)
    return None


def _free(person: Availability, since: datetime, until: datetime) -> tuple[Interval, ...]:
    """Somebody's working hours without what their calendar has; a night shift begins the day before."""
    zone = zone_of(person.zone)
    day, last = since.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date()
    taken = merged((*person.busy, *person.absences))
    found: list[Interval] = []
    while day <= last:
        for stretch in working_time(day, person.hours, person.zone):
            found += without(stretch, (t for t in taken if t.overlaps(stretch)))
        day += timedelta(days=1)
    return merged(found)


def _common(one: Iterable[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    return tuple(
        Interval(starts=max(a.starts, b.starts), ends=min(a.ends, b.ends))
        for a in one
        for b in other
        if a.overlaps(b)
    )


def _on_the_quarter(moment: datetime) -> datetime:
    past = timedelta(seconds=moment.timestamp()) % _QUARTER
    return moment + (-past % _QUARTER)


def seats(kind: StepKind, people: Sequence[PersonRef]) -> tuple[Attendee, ...]:
    """Return who takes part: in twos and threes everybody has to come; a review is led by the first."""
    few = len(people) <= ALL_COME
    lead = Seat.FACILITATOR if kind in REVIEWS else Seat.PARTICIPANT
    return tuple(
        Attendee(
            person=person,
            seat=Seat.PARTICIPANT if number else lead,
            required=few or number == 0,
        )
        for number, person in enumerate(people)
    )


def opened(
    program: Program,
    occasion: Occasion,
    identity: RotationId,
    people: Sequence[PersonRef],
    held: Interval | None,
    by: datetime,
    plan: int,
    now: datetime,
) -> RotationState:
    """Return an occasion as it begins: invited to like any other step, or in need of a time.

    ``by`` is when it should be over; without a time it stands there until a person gives it another.
    """
    starts, ends = (held.starts, held.ends) if held else (by - occasion.duration, by)
    step = StepState(
        key=occasion.key,
        kind=occasion.kind,
        starts=starts.astimezone(UTC),
        ends=ends.astimezone(UTC),
        zone=program.zone,
        attendees=seats(occasion.kind, people),
        quorum=0 if len(people) <= ALL_COME else 1,
        phase=Phase.PLANNED if held else Phase.REPAIRING,
        escalated=not held,
    )
    state = RotationState(
        rotation=identity,
        cohort=program.cohort,
        participant=people[0],
        host=None,
        occasion=occasion.key,
        plan=plan,
        gates=(),
        steps=(step,),
        patience=program.patience,
        sparing=True,
    )
    return state if held else state.raising(_missing(step, now))


def another_day(step: StepState) -> datetime:
    """Return when the day after a step begins where it takes place (UTC)."""
    return whole_day(step.starts.astimezone(zone_of(step.zone)).date(), step.zone).ends


def _missing(step: StepState, now: datetime) -> Attention:
    """Nobody has a debrief alone, whatever the time."""
    lonely = step.kind is StepKind.PEER_DEBRIEF and len(step.attendees) < FEWEST
    concern = Concern.NO_PARTNER if lonely else Concern.NOT_REPAIRED
    return Attention(concern=concern, since=now, step=step.key)


def is_late(occasion: Occasion, step: StepState, now: datetime) -> bool:
    """Return whether words written now are more memory than account."""
    return now > step.ends + occasion.closes

"""A year of a ritual over a real store, with the public holidays of a real place."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine, select

from domain.due import catch_up
from domain.moments import Days, days_of, zone_of
from domain.people import Lens
from domain.program import Ritual, Weekday
from domain.rituals import next_due
from domain.rotation import Phase, RotationState, StepState
from intake.holidays import holiday_absences
from store.database import reading, writing
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.rituals import RitualDesk
from store.tables.people import CohortTable
from store.tables.rotations import RotationTable
from tests.builders import a_rotation
from tests.integration.store.world import NOW, PEOPLE, a_folder, a_person, carry_out

ZONE = "Europe/Berlin"
ALL = ("mara", "ana", "ben", "cem")
YEAR = timedelta(days=365)
WEEK = timedelta(days=7)
GRACE = timedelta(days=6)
SHUT: tuple[Days, ...] = (
    (date(2027, 8, 2), date(2027, 8, 15)),
    (date(2027, 10, 14), date(2027, 10, 14)),
)
CLOSED_WEEKS = {(2027, 31), (2027, 32)}
MONTHLY = [(2, 11), (3, 11), (4, 8), (5, 13), (6, 10), (7, 8), (8, 16)]
"""Second Thursdays; the last one is in a closed week."""


def a_ritual(weekday: Weekday, week: int | None = None) -> Ritual:
    return Ritual(
        key="lenses",
        title="Lenses",
        duration=timedelta(hours=1),
        weekday=weekday,
        week=week,
        starts_at="15:00",
        lenses=tuple(Lens),
        observer=True,
    )


def a_desk(engine: Engine, ritual: Ritual, **changes: object) -> RitualDesk:
    """A cohort of four who have all agreed."""
    lenses = {"ana": "customer", "ben": "engineering"}
    folder = a_folder(
        *(a_person(key, participates=key in ALL, lens=lenses.get(key)) for key in PEOPLE)
    )
    facts = {"rituals": (ritual,), "zone": ZONE, "continuous": True, "blackouts": SHUT}
    program = folder.program.model_copy(update=facts | changes)
    load_folder(engine, folder.model_copy(update={"program": program}), dry_run=False, now=NOW)
    with writing(engine) as session:
        session.get_one(CohortTable, "winter").approved_plan = 1
    with reading(engine) as session:
        rows = session.execute(select(RotationTable.participant, RotationTable.id)).all()
    for person, rotation in rows:
        carry_out(engine, a_rotation(participant=person, rotation=rotation))
    return RitualDesk(engine, holiday_absences)


def firings(
    desk: RitualDesk, span: timedelta = YEAR, since: datetime | None = None
) -> Iterator[tuple[datetime, StepState]]:
    """What the schedule would start: each time its rule comes round the next session is opened.

    A schedule that is made anew, ``since`` a moment, opens one at once.
    """
    (series,) = desk.series("winter")
    due = since or next_due(series, NOW)
    while due and due < (since or NOW) + span:
        state = desk.next_session(series, due)
        if state:
            opened, errands = catch_up(state, due)
            carry_out(desk._engine, opened, *errands, now=due)
            yield due, opened.steps[0]
        due = next_due(series, due)


def local(step: StepState) -> date:
    return step.starts.astimezone(zone_of(ZONE)).date()


def closed_days() -> set[date]:
    first = NOW.date()
    holidays = holiday_absences("DE", None, ZONE, first, first + 2 * YEAR)
    days = {one.starts.astimezone(zone_of(ZONE)).date() for one in holidays}
    return days | {day for days in SHUT for day in days_of(days)}


@pytest.mark.parametrize("weekday", [Weekday.MONDAY, Weekday.FRIDAY])
def test_practice_s49_a_year_of_weekly_sessions_skips_holidays_and_has_no_gap(
    engine: Engine, weekday: Weekday
) -> None:
    desk = a_desk(engine, a_ritual(weekday))

    opened = list(firings(desk))

    days = [local(step) for _, step in opened]
    assert days == sorted(set(days))
    assert not set(days) & closed_days()
    weeks = [day.isocalendar()[:2] for day in days]
    every = {(days[0] + n * WEEK).isocalendar()[:2] for n in range(len(days) + 2)}
    assert set(weeks) == {week for week in every if week <= weeks[-1]} - CLOSED_WEEKS
    moved = [day for day in days if day.weekday() != weekday.number]
    assert moved, "some of these weekdays are holidays"
    for before, after in pairwise(days):
        shut = 2 if before < SHUT[0][0] < after else 0
        assert after - before <= WEEK + GRACE + shut * WEEK
    for due, step in opened:
        assert step.phase is Phase.INVITED
        assert step.starts > due


@pytest.mark.parametrize("weekday", [Weekday.MONDAY, Weekday.FRIDAY])
def test_practice_s49_a_year_of_monthly_sessions_has_one_in_every_month(
    engine: Engine, weekday: Weekday
) -> None:
    desk = a_desk(engine, a_ritual(weekday, week=1))

    opened = list(firings(desk, YEAR + 2 * WEEK))
    days = [local(step) for _, step in opened]

    assert [due.month for due, _ in opened] == [12, *range(1, 13)]
    assert not set(days) & closed_days()
    for before, after in pairwise(days):
        shut = 2 if before < SHUT[0][1] <= after else 0
        assert after - before <= 5 * WEEK + GRACE + shut * WEEK


def test_a_ritual_that_becomes_monthly_and_weekly_again_leaves_no_session_out(
    engine: Engine,
) -> None:
    weekly, monthly = a_ritual(Weekday.THURSDAY), a_ritual(Weekday.THURSDAY, week=2)
    desk = a_desk(engine, weekly)
    each_week = sessions(desk, NOW, 9 * WEEK)

    hold(engine, monthly)
    each_month = sessions(desk, NOW + 9 * WEEK, 26 * WEEK)
    hold(engine, weekly)
    again = sessions(desk, NOW + 35 * WEEK, 9 * WEEK)

    assert each_month == [date(2027, month, day) for month, day in MONTHLY]
    days = [*each_week, *each_month, *again]
    weeks = {day.isocalendar()[:2] for day in days}
    assert len(weeks) == len(days), "no week has two"
    first, last = again[0], again[-1]
    every = {(first + n * WEEK).isocalendar()[:2] for n in range((last - first) // WEEK + 1)}
    assert every - weeks == CLOSED_WEEKS


def test_a_month_keeps_the_session_that_is_open_when_the_ritual_moves_to_another_week(
    engine: Engine,
) -> None:
    desk = a_desk(engine, a_ritual(Weekday.THURSDAY, week=2))
    assert sessions(desk, NOW, 4 * WEEK)[-1] == date(2027, 1, 14)

    hold(engine, a_ritual(Weekday.THURSDAY, week=3))

    assert sessions(desk, NOW + 4 * WEEK, 8 * WEEK)[0] == date(2027, 2, 18)


def sessions(desk: RitualDesk, since: datetime, span: timedelta) -> list[date]:
    """The days of what is opened then."""
    return [local(step) for _, step in firings(desk, span, since)]


def hold(engine: Engine, ritual: Ritual) -> None:
    """From now on the cohort follows a version of its program with this ritual."""
    with writing(engine) as session:
        row = session.get_one(CohortTable, "winter")
        row.program = {**row.program, "rituals": [ritual.model_dump(mode="json")]}


def test_a_program_that_keeps_no_holidays_leaves_out_its_blackouts_alone(engine: Engine) -> None:
    desk = a_desk(engine, a_ritual(Weekday.FRIDAY), holidays=False)

    days = [local(step) for _, step in firings(desk)]

    assert date(2026, 12, 25) in days
    assert not set(days) & {day for days in SHUT for day in days_of(days)}


def test_a_session_that_falls_on_a_holiday_is_opened_once_and_the_next_one_follows(
    engine: Engine,
) -> None:
    desk = a_desk(engine, a_ritual(Weekday.FRIDAY))
    (series,) = desk.series("winter")
    week_before = datetime(2026, 12, 18, 14, tzinfo=UTC)

    christmas = desk.next_session(series, week_before)
    assert christmas is not None
    assert local(christmas.steps[0]) == date(2026, 12, 24)
    again = desk.next_session(series, week_before)
    assert again is not None
    assert again.rotation == christmas.rotation

    on_the_day_itself = desk.next_session(series, christmas.steps[0].starts)
    assert on_the_day_itself is not None
    assert local(on_the_day_itself.steps[0]) == date(2026, 12, 31)


def test_first_f10_the_store_knows_who_had_which_lens_and_who_declined(engine: Engine) -> None:
    desk = a_desk(engine, a_ritual(Weekday.THURSDAY))
    (series,) = desk.series("winter")
    due, looked = NOW, dict[str, list[str]]()
    declines = "P-0001"
    for _ in range(9):
        state = desk.next_session(series, due)
        assert state is not None
        (step,) = state.steps
        assert [a.observes for a in step.attendees].count(True) == 1
        for seat in step.attendees:
            if seat.person != declines or len(looked.get(declines, ())) < 4:
                looked.setdefault(seat.person, []).append(seat.lens)
        absent = {"declined": (declines,) if len(looked[declines]) >= 4 else ()}
        carry_out(engine, _with(state, absent))
        due = step.starts

    assert "customer" not in looked["P-0004"]
    assert set(looked["P-0004"][:3]) == set(Lens) - {"customer"}
    assert "engineering" not in looked["P-0005"]
    assert set(looked["P-0007"][:4]) == set(looked["P-0007"][4:8]) == set(Lens)
    missed = desk.next_session(series, due)
    assert missed is not None
    (seat,) = (a for a in missed.steps[0].attendees if a.person == declines)
    assert seat.lens == looked[declines][3], "the lens of the session that they declined"


def test_sessions_from_before_the_rota_remembered_them_are_remembered(engine: Engine) -> None:
    desk = a_desk(engine, a_ritual(Weekday.THURSDAY))
    (series,) = desk.series("winter")
    first = desk.next_session(series, NOW)
    assert first is not None
    carry_out(engine, _with(first, {}))
    unmigrate(engine, "0025")

    migrate(engine)

    with reading(engine) as session:
        kept = session.get_one(RotationTable, first.rotation).session_at
    assert kept == first.steps[0].starts
    second = desk.next_session(series, first.steps[0].starts)
    assert second is not None
    lenses = [{a.person: a.lens for a in one.steps[0].attendees} for one in (first, second)]
    assert all(lenses[0][person] != lens for person, lens in lenses[1].items())


def _with(state: RotationState, changes: Mapping[str, object]) -> RotationState:
    step = state.steps[0].model_copy(update=changes)
    return state.with_step(step).model_copy(update={"version": 1})

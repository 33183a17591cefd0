"""People's own calendars in the store: what is kept, how failing ones age, and which steps they break."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, text

from domain.calendars import BusyTimes, CalendarAddress, CalendarReading, CalendarSource, Seen
from domain.errors import NotFound, Refused
from domain.events import Unavailable
from domain.folder import FolderCalendar
from domain.moments import Interval
from domain.rotation import Phase, RotationState
from store.busy import A_FEW
from store.calendars import CalendarDesk
from store.database import reading
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.news import NewsDesk
from store.pages import CalendarRow
from store.tables.mail import NewsTable
from store.tables.planning import CalendarSourceTable, CalendarTable
from store.vault import Vault
from store.views import Views
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    a_folder,
    carry_out,
    invited,
    inviting,
    loaded,
    the_step,
)

EVERY = timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://cal.example/private-token/basic.ics"
ADDRESS = CalendarAddress(url=SecretStr(URL))
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def desk(engine: Engine, vault: Vault = VAULT) -> CalendarDesk:
    return CalendarDesk(engine, vault, EVERY)


def hours(starts: datetime, length: float = 1) -> Interval:
    return Interval(starts=starts, ends=starts + length * HOUR)


def of(step: str, state: RotationState) -> Interval:
    found = the_step(state, step)
    return Interval(starts=found.starts, ends=found.ends)


def reading_of(**times: tuple[Interval, ...]) -> CalendarReading:
    seen = Seen(etag='"v1"', digest="d" * 64)
    return CalendarReading(seen=seen, times=(("winter", BusyTimes(**times)),))


def added(
    engine: Engine,
    person: str = "P-0001",
    address: CalendarAddress = ADDRESS,
    **times: tuple[Interval, ...],
) -> CalendarSource:
    source = desk(engine).proposed(person, address, NOW)
    desk(engine).add(source, reading_of(**times), NOW)
    return source


def stored(engine: Engine, person: str = "P-0001") -> BusyTimes | None:
    with reading(engine) as session:
        row = session.get(CalendarTable, ("winter", person))
        return BusyTimes.model_validate(row.intervals) if row else None


def news(engine: Engine) -> list[Unavailable]:
    return [n.event for n in NewsDesk(engine).pending(NOW, 20) if isinstance(n.event, Unavailable)]


def everything_told(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(NewsTable.update_id).order_by(NewsTable.number)))


def test_only_intervals_and_a_sealed_address_are_kept(engine: Engine) -> None:
    loaded(engine)
    address = ADDRESS.model_copy(update={"user": "mara", "password": SecretStr("correct horse")})

    added(engine, address=address, busy=(hours(NOON),))

    assert stored(engine) == BusyTimes(busy=(hours(NOON),))
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM calendar_source")).one()
    for secret in ("private-token", "correct horse"):
        assert secret not in str(row)
    again = desk(engine).source("P-0001", NOW)
    assert again.address == address
    assert again.seen == Seen(etag='"v1"', digest="d" * 64)


def test_another_installations_key_opens_no_address(engine: Engine) -> None:
    loaded(engine)
    added(engine)

    with pytest.raises(Exception, match="can't be opened with the key"):
        desk(engine, Vault(b"o" * 32)).source("P-0001", NOW)


def test_a_calendar_is_due_after_a_while_and_sooner_after_an_import(engine: Engine) -> None:
    loaded(engine)
    source = added(engine)
    assert desk(engine).due(NOW + EVERY - HOUR / 60, 5) == ()
    assert desk(engine).due(NOW + EVERY, 5) == ("P-0001",)

    desk(engine).unchanged(source, NOW + EVERY)
    assert desk(engine).due(NOW + EVERY, 5) == ()

    load_folder(engine, a_folder(), dry_run=False, now=NOW + EVERY)
    assert desk(engine).due(NOW + EVERY, 5) == ("P-0001",)


def test_nothing_is_fetched_once_every_cohort_is_over(engine: Engine) -> None:
    loaded(engine)
    added(engine)
    later = NOW + 60 * DAY

    assert desk(engine).due(later, 5) == ()
    with pytest.raises(Refused, match="Every cohort is over"):
        desk(engine).source("P-0001", later)


def test_other_weeks_ask_for_the_whole_text_again(engine: Engine) -> None:
    loaded(engine)
    added(engine)
    spring = a_folder().program.model_copy(
        update={"cohort": "spring", "starts_on": date(2027, 1, 25)}
    )
    load_folder(engine, a_folder().model_copy(update={"program": spring}), dry_run=False, now=NOW)

    source = desk(engine).source("P-0001", NOW)

    assert source.seen is None
    assert [one.cohort for one in source.weeks] == ["spring", "winter"]
    assert source.span == (date(2026, 11, 29), date(2027, 3, 9))


def test_a_calendar_that_fails_keeps_its_last_good_state_and_pauses_grow(engine: Engine) -> None:
    loaded(engine)
    source = added(engine, busy=(hours(NOON),))
    pauses = []

    for _ in range(9):
        desk(engine).failed("P-0001", "its server can't be reached", NOW)
        with reading(engine) as session:
            row = session.get_one(CalendarSourceTable, "P-0001")
            assert row.next_at is not None
            pauses.append((row.next_at - NOW) / timedelta(minutes=1))

    assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]
    assert stored(engine) == BusyTimes(busy=(hours(NOON),))
    (shown,) = desk(engine).all()
    assert shown == CalendarRow(
        person="P-0001",
        name=shown.name,
        kind="feed",
        server="cal.example",
        read_at=NOW,
        reason="its server can't be reached",
    )

    desk(engine).unchanged(source, NOW + HOUR)

    (shown,) = desk(engine).all()
    assert (shown.reason, shown.read_at) == ("", NOW + HOUR)


def test_a_calendar_that_fails_for_two_days_needs_a_person_until_it_is_there(
    engine: Engine,
) -> None:
    loaded(engine)
    source = added(engine)
    views = Views(engine)

    desk(engine).failed("P-0001", "it is gone (404)", NOW + 2 * DAY - HOUR)
    assert views.overview().attention == ()

    before = views.change()
    desk(engine).failed("P-0001", "it is gone (404)", NOW + 2 * DAY)
    (line,) = views.overview().attention
    assert line.sentence.endswith("can't be read: it is gone (404).")
    assert line.since == NOW
    assert views.change() > before

    desk(engine).keep(source, reading_of(busy=(hours(NOON),)), NOW + 3 * DAY)
    assert views.overview().attention == ()


def test_what_was_fetched_for_a_calendar_that_was_replaced_is_not_kept(engine: Engine) -> None:
    loaded(engine)
    old = added(engine)
    new = desk(engine).proposed("P-0001", ADDRESS, NOW + HOUR)
    desk(engine).add(new, reading_of(busy=(hours(NOON),)), NOW + HOUR)

    desk(engine).keep(old, reading_of(), NOW + HOUR)
    assert stored(engine) == BusyTimes(busy=(hours(NOON),))

    desk(engine).remove("P-0001", NOW)
    desk(engine).keep(new, reading_of(busy=(hours(NOON),)), NOW + HOUR)
    desk(engine).failed("P-0001", "it is gone", NOW + HOUR)
    assert (stored(engine), desk(engine).all()) == (None, ())
    with pytest.raises(NotFound):
        desk(engine).remove("P-0001", NOW)


def with_calendar(*busy: Interval) -> FolderCalendar:
    return FolderCalendar(person="mara", busy=busy, absences=(), digest="f" * 64)


def test_the_folders_calendar_gives_way_to_one_that_the_person_gave(engine: Engine) -> None:
    folder = a_folder().model_copy(update={"calendars": (with_calendar(hours(NOON)),)})
    load_folder(engine, folder, dry_run=False, now=NOW)
    mara = Views(engine).person("mara")
    assert stored(engine, mara) == BusyTimes(busy=(hours(NOON),))
    assert [row.kind for row in desk(engine).all()] == ["folder"]

    desk(engine).upload(mara, reading_of(busy=(hours(NOON + DAY),)), NOW)
    report = load_folder(engine, folder, dry_run=False, now=NOW)

    assert stored(engine, mara) == BusyTimes(busy=(hours(NOON + DAY),))
    assert report.changed == ()
    assert [row.kind for row in desk(engine).all()] == ["file"]

    desk(engine).remove(mara, NOW)
    load_folder(engine, folder, dry_run=False, now=NOW)
    assert stored(engine, mara) == BusyTimes(busy=(hours(NOON),))


def test_a_meeting_over_a_step_to_come_is_told_once(engine: Engine) -> None:
    state = inviting(engine, "goal-talk")
    leader = state.participant
    talk = the_step(state, "goal-talk")
    source = added(engine, leader, busy=(hours(talk.starts - HOUR / 2),))

    assert news(engine) == [Unavailable(step="goal-talk", person=leader, revision=talk.revision)]

    desk(engine).keep(source, reading_of(busy=(hours(talk.starts - HOUR / 2),)), NOW)
    desk(engine).keep(source, reading_of(busy=(hours(talk.starts),)), NOW)
    assert len(everything_told(engine)) == 1


def test_a_meeting_beside_a_step_is_nobodys_business(engine: Engine) -> None:
    state = inviting(engine, "goal-talk")
    talk = the_step(state, "goal-talk")
    around = (Interval(starts=talk.starts - HOUR, ends=talk.starts), hours(talk.ends))

    added(engine, state.participant, busy=around)

    assert everything_told(engine) == []


@pytest.mark.parametrize(
    "change",
    [
        {"phase": Phase.HELD},
        {"phase": Phase.CANCELLED},
        {"phase": Phase.REPAIRING},
        {"away": ("P-0001",)},
        {"declined": ("P-0001",)},
    ],
    ids=lambda change: "-".join(change) + str(*change.values()),
)
def test_steps_that_are_over_or_mended_already_are_left_alone(
    engine: Engine, change: dict[str, object]
) -> None:
    state = inviting(engine, "goal-talk")
    who = {"P-0001": state.participant}
    known = {
        name: tuple(who.get(p, p) for p in value) if isinstance(value, tuple) else value
        for name, value in change.items()
    }
    talk = the_step(state, "goal-talk")
    changed = state.with_step(talk.model_copy(update=known))
    carry_out(engine, changed.model_copy(update={"version": state.version + 1}))

    added(engine, state.participant, busy=(of("goal-talk", state),))

    assert everything_told(engine) == []


def test_a_step_that_may_lie_over_meetings_gives_way_to_absences_alone(engine: Engine) -> None:
    folder = a_folder()
    over = tuple(
        t.model_copy(update={"over_meetings": t.key == "shadowing-day"})
        for t in folder.program.steps
    )
    program = folder.program.model_copy(update={"steps": over})
    state = inviting(engine, "shadowing-day")
    load_folder(engine, folder.model_copy(update={"program": program}), dry_run=False, now=NOW)
    day = of("shadowing-day", state)

    source = added(engine, state.participant, busy=(day,))
    assert everything_told(engine) == []

    desk(engine).keep(source, reading_of(absences=(day,)), NOW)
    assert [event.step for event in news(engine)] == ["shadowing-day"]


def test_a_free_busy_list_shows_a_persons_own_seats_and_they_break_nothing(
    engine: Engine,
) -> None:
    state = inviting(engine, "goal-talk")
    talk = of("goal-talk", state)
    around = Interval(starts=talk.starts - HOUR, ends=talk.ends + HOUR)

    source = added(engine, state.participant, unnamed=(around,))

    assert everything_told(engine) == []
    before = Interval(starts=around.starts, ends=talk.starts)
    after = Interval(starts=talk.ends, ends=around.ends)
    assert stored(engine, state.participant) == BusyTimes(busy=(before, after))

    desk(engine).keep(source, reading_of(absences=(around,)), NOW)
    assert [event.step for event in news(engine)] == ["goal-talk"]


def test_a_rotation_that_begins_hears_what_calendars_showed_since_it_was_planned(
    engine: Engine,
) -> None:
    state = loaded(engine)
    added(engine, state.participant, absences=(of("goal-talk", state),))
    assert everything_told(engine) == []

    carry_out(engine, invited(state, "goal-talk"))

    assert [event.step for event in news(engine)] == ["goal-talk"]


def test_an_import_of_a_folder_whose_calendars_changed_tells_rotations_too(engine: Engine) -> None:
    state = inviting(engine, "goal-talk")
    changed = a_folder().model_copy(update={"calendars": (with_calendar(of("goal-talk", state)),)})

    load_folder(engine, changed, dry_run=True, now=NOW)
    assert everything_told(engine) == []

    load_folder(engine, changed, dry_run=False, now=NOW)
    load_folder(engine, changed, dry_run=False, now=NOW)
    assert [event.person for event in news(engine)] == [state.participant]


@pytest.mark.parametrize("people", [A_FEW, A_FEW + 1])
def test_many_calendars_at_once_tell_the_same_as_one(engine: Engine, people: int) -> None:
    state = inviting(engine, "goal-talk")
    away = {"absences": (of("goal-talk", state),)}
    keys = ["mara", *(key for key in PEOPLE if key != "mara")][:people]
    calendars = tuple(with_calendar().model_copy(update={"person": key, **away}) for key in keys)
    expected = {Views(engine).person(key) for key in keys} & {
        attendee.person for attendee in the_step(state, "goal-talk").attendees
    }

    folder = a_folder().model_copy(update={"calendars": calendars})
    load_folder(engine, folder, dry_run=False, now=NOW)

    assert len(expected) == 2
    assert {told.split(":")[3] for told in everything_told(engine)} == expected


def test_a_calendar_of_somebody_else_breaks_nothing(engine: Engine) -> None:
    state = inviting(engine, "goal-talk")

    added(engine, Views(engine).person("cem"), absences=(of("goal-talk", state),))

    assert everything_told(engine) == []


def test_the_schema_goes_back_and_forth(engine: Engine) -> None:
    loaded(engine)
    added(engine)

    unmigrate(engine, "0010")
    migrate(engine)

    assert desk(engine).all()[0].kind == "folder"

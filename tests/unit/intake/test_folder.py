import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.folder import Folder
from domain.moments import zone_of
from intake.folder import read_folder
from tests.light import light_example

EXAMPLE = Path(__file__).parents[3] / "examples" / "service-desk"
TODAY = date(2026, 11, 23)
FILES = ("program.toml", "people.csv", "hosts.csv", "goals.csv", "calendars/mara.ics")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "program"
    light_example(copy)
    return copy


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def whole(path: Path, today: date = TODAY) -> Folder:
    found = read_folder(path, today=today)
    assert isinstance(found, Folder), found
    return found


def test_the_example_is_right_and_starts_next_monday() -> None:
    found = whole(EXAMPLE)

    assert found.program.starts_on == date(2026, 11, 30)
    assert sum(person.participates for person in found.people) == 8
    assert len(found.teams) == 5
    assert [person.key for person in found.people if person.email is None] == ["emil"]
    assert len({person.zone for person in found.people}) == 4


def test_a_meeting_keeps_its_wall_time_over_a_clock_change() -> None:
    for today in (date(2026, 3, 10), date(2026, 10, 10)):
        jonas = next(c for c in whole(EXAMPLE, today).calendars if c.person == "jonas")
        berlin = zone_of("Europe/Berlin")
        starts = {f"{i.starts.astimezone(berlin):%H:%M}" for i in jonas.busy if i.ends - i.starts}
        assert "09:30" in starts
        assert starts <= {"09:30", "15:00", "16:00", "14:00"}


def test_cancelled_and_transparent_events_take_nobodys_time() -> None:
    mara = next(c for c in whole(EXAMPLE).calendars if c.person == "mara")
    days = {f"{i.starts:%m-%d}" for i in mara.busy}

    assert "12-07" not in days
    assert len(mara.absences) == 1


MISTAKES: list[tuple[str, Callable[[Path], object], tuple[str, int | None, str | None]]] = [
    (
        "an unknown manager",
        lambda f: change(f / "people.csv", ",product,ulrike,", ",product,ulrika,"),
        ("people.csv", 7, "manager"),
    ),
    (
        "an unknown zone",
        lambda f: change(f / "people.csv", "Asia/Kolkata", "Asia/Calcuta"),
        ("people.csv", 9, "zone"),
    ),
    (
        "a doubled id",
        lambda f: change(f / "people.csv", "\njonas,", "\nmara,"),
        ("people.csv", 8, "id"),
    ),
    (
        "a header injection",
        lambda f: change(f / "people.csv", "Mara Stein", '"Mara\rBcc: x"'),
        ("people.csv", None, "name"),
    ),
    (
        "a participant without goals",
        lambda f: change(f / "goals.csv", "aisha,", "tom,"),
        ("goals.csv", None, "participant"),
    ),
    (
        "a host lead nobody knows",
        lambda f: change(f / "hosts.csv", ",yes,nadia,", ",yes,nadja,"),
        ("hosts.csv", 2, "lead"),
    ),
    (
        "a date that is none",
        lambda f: change(f / "hosts.csv", "2025-12-09", "2025-13-09"),
        ("hosts.csv", 3, "agreed_on"),
    ),
    (
        "a missing column",
        lambda f: change(f / "goals.csv", ",weight,", ",weights,"),
        ("goals.csv", 1, "weight"),
    ),
    *(
        (
            f"the address {address}",
            lambda f, a=address: change(f / "people.csv", "mara.stein@sojourn.example", a),
            ("people.csv", None, "email"),
        )
        for address in ("a..b@x.org", "j\u00fcrgen@x.org", ".m@x.org", "a[b]@x.org", "a(b)@x.org")
    ),
    (
        "a date at the end of time",
        lambda f: change(f / "hosts.csv", "2025-12-09", "9999-12-31"),
        ("hosts.csv", 3, "agreed_on"),
    ),
    (
        "a program at the beginning of time",
        lambda f: change(f / "program.toml", "anchor = 2026-01-05", "anchor = 0001-01-01"),
        ("program.toml", None, "program.anchor"),
    ),
    (
        "an event every second",
        lambda f: change(f / "calendars" / "mara.ics", "RRULE:", "RRULE:FREQ=SECONDLY\nX-WAS:"),
        ("calendars/mara.ics", None, None),
    ),
    (
        "a lens of no team",
        lambda f: change(f / "goals.csv", ",customer,", ",custmer,"),
        ("goals.csv", None, "lens"),
    ),
    (
        "a misspelt key",
        lambda f: change(f / "program.toml", "weeks = 6", "week = 6"),
        ("program.toml", 9, "program.week"),
    ),
    (
        "broken TOML",
        lambda f: change(f / "program.toml", "weeks = 6", "weeks = "),
        ("program.toml", 9, None),
    ),
    (
        "a window that closes too early",
        lambda f: change(f / "program.toml", 'closes = "8d"', 'closes = "30m"'),
        ("program.toml", 52, "steps.3.window.closes"),
    ),
    (
        "a step after one that does not exist",
        lambda f: change(f / "program.toml", 'after = "goal-talk"', 'after = "goals-talk"'),
        ("program.toml", 34, "steps.2.window.after"),
    ),
    (
        "a shadowing day without listening",
        lambda f: change(f / "program.toml", '"listening-session"\ntitle', '"reflection"\ntitle'),
        ("program.toml", 31, "steps.2.kind"),
    ),
    (
        "a listening session with another team",
        lambda f: change(
            f / "program.toml", 'key = "listening-session"', 'key = "listening-session"\nstop = 2'
        ),
        ("program.toml", 31, "steps.2.kind"),
    ),
    (
        "a stop before the one before it",
        lambda f: change(f / "program.toml", 'key = "workshop"', 'key = "workshop"\nstop = 3'),
        ("program.toml", 77, "steps.6.stop"),
    ),
    (
        "a stop at which nobody is met",
        lambda f: change(f / "program.toml", 'key = "thanks"', 'key = "thanks"\nstop = 2'),
        ("program.toml", 96, "steps.8.stop"),
    ),
    (
        "a calendar of nobody",
        lambda f: (f / "calendars" / "nobody.ics").write_text("BEGIN:VCALENDAR"),
        ("calendars/nobody.ics", None, None),
    ),
    (
        "a calendar that is none",
        lambda f: (f / "calendars" / "tom.ics").write_text("hello"),
        ("calendars/tom.ics", None, None),
    ),
    ("a missing list", lambda f: (f / "hosts.csv").unlink(), ("hosts.csv", None, None)),
    (
        "a list in another encoding",
        lambda f: (f / "people.csv").write_bytes(b"id,name\n\xff\xfe"),
        ("people.csv", None, None),
    ),
]


def test_an_address_with_an_international_domain_is_shown_as_mail_servers_write_it(
    folder: Path,
) -> None:
    change(folder / "people.csv", "mara.stein@sojourn.example", "mara@s\u00f6journ.example")

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert found[0].remedy.endswith("mara@xn--sjourn-wxa.example")


def test_an_absence_for_ever_is_kept_for_the_weeks_of_the_program(folder: Path) -> None:
    (folder / "calendars" / "tom.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n"
        "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:99991231\nEND:VEVENT\nEND:VCALENDAR\n"
    )

    tom = next(c for c in whole(folder).calendars if c.person == "tom")

    (away,) = tom.absences
    assert away.ends.year < 2028


@pytest.mark.parametrize(
    ("mistake", "where"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_each_mistake_is_named_with_its_place(
    folder: Path, mistake: Callable[[Path], object], where: tuple[str, int | None, str | None]
) -> None:
    mistake(folder)

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    places = [(r.file, r.line, r.field) for r in found]
    assert any(
        place[0] == where[0] and place[2] == where[2] and where[1] in (None, place[1])
        for place in places
    ), places
    assert all(r.problem and r.remedy for r in found)


def test_a_step_that_names_no_stop_belongs_to_the_last_one_that_has_begun() -> None:
    found = read_folder(EXAMPLE.with_name("full-program"), today=TODAY)

    assert isinstance(found, Folder)
    assert {step.key: step.stop for step in found.program.steps if step.stop == 1}.keys() == {
        "goal-talk",
        "shadowing-day",
        "listening-session",
        "reflection",
        "summary",
    }
    assert {step.stop for step in found.program.steps} == {1, 2}


def test_only_a_follow_up_or_a_return_visit_goes_back_to_an_earlier_stop(folder: Path) -> None:
    program = folder / "program.toml"
    full = EXAMPLE.with_name("full-program") / "program.toml"
    shutil.copy(full, program)
    change(program, 'key = "return-visit"', 'key = "return-visit"\nstop = 1')
    back = read_folder(folder, today=TODAY)
    change(program, 'key = "workshop"', 'key = "workshop"\nstop = 1')
    wrong = read_folder(folder, today=TODAY)

    assert isinstance(back, Folder)
    assert [step.stop for step in back.program.steps[-3:]] == [2, 1, 2]
    assert isinstance(wrong, tuple)
    assert [r.problem for r in wrong] == ["stop 2 has begun already"]


def test_a_list_that_cannot_be_read_is_the_only_thing_named(folder: Path) -> None:
    (folder / "people.csv").write_bytes(b"id;name\n\xff")

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert {r.file for r in found} == {"people.csv"}


def test_a_start_that_clocks_skip_is_refused(folder: Path) -> None:
    change(folder / "program.toml", "anchor = 2026-01-05 #", "starts-on = 2027-03-22 #")
    change(folder / "program.toml", 'starts-at = "09:00"', 'starts-at = "02:30"')

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert [r.problem for r in found] == ["2027-03-28 02:30 does not exist in Europe/Berlin"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_ever_raise(tmp_path: Path, data: st.DataObject) -> None:
    copy = tmp_path / "fuzzed"
    shutil.rmtree(copy, ignore_errors=True)
    light_example(copy)
    file = copy / data.draw(st.sampled_from(FILES))
    raw = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    file.write_bytes(bytes(raw))

    found = read_folder(copy, today=TODAY)

    assert isinstance(found, Folder) or all(r.problem for r in found)


@pytest.mark.parametrize("count", [0, 6])
def test_practice_s37_a_participant_has_one_to_five_goals(folder: Path, count: int) -> None:
    goals = folder / "goals.csv"
    head, *rows = goals.read_text().splitlines()
    (one, *_), others = ([row for row in rows if row.startswith("aisha,")], rows)
    kept = [row for row in others if not row.startswith("aisha,")]
    goals.write_text("\n".join([head, *kept, *[one] * count]))

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    (rejected,) = found
    assert rejected.problem == f"participant 'aisha' has {count} learning goals"
    assert rejected.remedy == "give each participant 1 to 5"

"""Types of visit are files: each has its place in calendars, its words, its checklist and its questions."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest
from icalendar import Calendar, Component
from sqlalchemy import select

from domain.errands import Errand, ErrandKind
from domain.links import Purpose
from domain.people import Seat
from domain.program import Program, StepKind
from domain.program import Visit as VisitType
from domain.rotation import StepState
from domain.telling import dispatch
from invites.answering import words_of
from store.database import reading, writing
from store.people import goals_of, people, program_of
from store.tables.mail import OutboxTable
from store.tables.rotations import RotationTable
from store.tables.words import VisitQuestionTable
from tests.visit import DAY, EXAMPLES, Visit
from web.app import create_app
from web.services import services_of
from workflows import handles

TYPES = {
    "support-ride-along": ("08:30", timedelta(hours=4)),
    "retail-shadowing": ("09:30", timedelta(hours=6)),
    "immersive-demo": (None, timedelta(minutes=90)),
}


_OF_THE_TYPE = ("title", "duration", "starts-at", "prompts")


def of_type(key: str) -> Callable[[Path], None]:
    """Make both shadowing days of the example visits of a type, which says how long they are and when."""

    def edit(folder: Path) -> None:
        shutil.copytree(EXAMPLES / "visits", folder / "visits")
        program = folder / "program.toml"
        kept, day = [], False
        for line in program.read_text().splitlines():
            day = day and not line.startswith("[[")
            if line == 'kind = "shadowing-day"':
                day = True
                kept.append(f'visit = "{key}"')
            prompt = line.startswith(('  "', "]"))
            if not day or not (line.startswith(_OF_THE_TYPE) or prompt):
                kept.append(line)
        program.write_text("\n".join(kept))

    return edit


RIDE = of_type("support-ride-along")


@pytest.fixture
def ride(tmp_path: Path) -> Visit:
    """One of its own, for a test that changes something."""
    return Visit(tmp_path, RIDE)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """One for all that only look."""
    return Visit(tmp_path_factory.mktemp("ride"), RIDE)


@asynccontextmanager
async def browsing(visit: Visit) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(visit.office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(visit.office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened


def program(visit: Visit) -> Program:
    with reading(visit.office.engine) as session:
        return program_of(session, visit.state.cohort)


def type_of(visit: Visit, step: StepState) -> VisitType:
    found = program(visit).visit_of(program(visit).step(step.key))
    assert found
    return found


def picked(visit: Visit, step: StepState) -> tuple[str, ...]:
    told = program(visit)
    return told.questions_of(told.step(step.key), visit.state.rotation)


def days(visit: Visit) -> list[StepState]:
    return [step for step in visit.state.steps if step.kind is StepKind.SHADOWING_DAY]


def person_in(visit: Visit, seat: Seat) -> str:
    return next(a.person for a in visit.day.attendees if a.seat is seat)


def mails(visit: Visit, seat: Seat) -> list[bytes]:
    """Every invite to the day that somebody got, the oldest first."""
    query = select(OutboxTable.raw).where(
        OutboxTable.step == visit.day.key,
        OutboxTable.person == person_in(visit, seat),
        OutboxTable.kind == "REQUEST",
    )
    with reading(visit.office.engine) as session:
        return list(session.scalars(query.order_by(OutboxTable.number)))


def read(raw: bytes) -> str:
    return " ".join(words_of(raw).split())


def calendar_in(raw: bytes) -> Component:
    part = next(
        p for p in message_from_bytes(raw).walk() if p.get_content_type() == "text/calendar"
    )
    raw_calendar = part.get_payload(decode=True)
    assert isinstance(raw_calendar, bytes)
    return Calendar.from_ical(raw_calendar)


def name(visit: Visit, person: str) -> str:
    with reading(visit.office.engine) as session:
        return people(session)[person].name


@pytest.mark.parametrize("key", TYPES)
def test_practice_s14_each_type_of_visit_is_a_file_and_yields_its_own_invites(
    tmp_path: Path, key: str
) -> None:
    visit = Visit(tmp_path, of_type(key))
    (guest,), (host,) = mails(visit, Seat.PARTICIPANT), mails(visit, Seat.HOST_LEAD)
    kind = type_of(visit, visit.day)

    starts_at, length = TYPES[key]
    for raw in (guest, host):
        (event,) = calendar_in(raw).walk("VEVENT")
        starts: datetime = event.decoded("dtstart")
        assert event.decoded("dtend") - starts == length
        assert starts_at in {None, f"{starts:%H:%M}"}
        assert str(event["summary"]).startswith(kind.title)
        assert kind.what in read(raw)
    assert kind.visitor
    assert all(thing in read(guest) and thing not in read(host) for thing in kind.visitor)
    assert all(thing in read(host) and thing not in read(guest) for thing in kind.host)
    assert all(question in read(guest) for question in picked(visit, visit.day))


async def test_practice_s14_the_page_of_the_invite_has_the_checklist_of_its_reader(
    seen: Visit,
) -> None:
    kind, lead = type_of(seen, seen.day), person_in(seen, Seat.HOST_LEAD)
    async with browsing(seen) as browser:
        guest = (await browser.get(seen.path(Purpose.ANSWER, seen.day))).text
        host = (await browser.get(seen.path(Purpose.ANSWER, seen.day, lead))).text

    assert (kind.visitor[0] in guest, kind.visitor[0] in host) == (True, False)
    assert (kind.host[0] in guest, kind.host[0] in host) == (False, True)
    assert "wants to learn" in host
    assert "wants to learn" not in guest


def test_practice_s5_five_questions_stand_in_the_invite_and_stay_when_it_moves(ride: Visit) -> None:
    five = picked(ride, ride.day)
    (first,) = mails(ride, Seat.PARTICIPANT)
    moved = ride.day.model_copy(
        update={"starts": ride.day.starts + DAY, "ends": ride.day.ends + DAY, "revision": 1}
    )
    for version in (1, 2):
        state = ride.state.with_step(moved).model_copy(
            update={"version": ride.state.version + version}
        )
        errand = Errand(kind=ErrandKind.INVITE, step=ride.day.key)
        ride.office.correspondence.carry_out(dispatch(state, (errand,), ride.moment))
    second = mails(ride, Seat.PARTICIPANT)[-1]

    assert len(mails(ride, Seat.PARTICIPANT)) == 2
    bank = type_of(ride, ride.day).questions
    for raw in (first, second):
        assert tuple(question for question in bank if question in read(raw)) == five
    assert len(five) == 5


def test_practice_s5_two_visits_of_a_type_share_no_question_before_the_bank_is_used_up(
    seen: Visit,
) -> None:
    first, second = days(seen)
    assert not set(picked(seen, first)) & set(picked(seen, second))


async def test_practice_s5_the_visitor_marks_what_was_asked_and_the_program_counts_it(
    ride: Visit,
) -> None:
    five = picked(ride, ride.day)
    path = ride.path(Purpose.ANSWER, ride.day)
    counted = f"/questions/{ride.state.cohort}"
    async with browsing(ride) as browser:
        assert "Which of them did you ask?" in (await browser.get(path)).text
        marked = await browser.post(f"{path}/asked", data={"asked": list(five[:2])})
        again = await browser.post(f"{path}/asked", data={"asked": list(five)})
        after = (await browser.get(path)).text
        few = (await browser.get(counted)).text
        _four_others_marked(ride, five)
        page = (await browser.get(counted)).text

    assert marked.status_code == 303
    assert "2 of 5" in after
    assert (again.status_code, "it is counted" in again.text) == (409, True)
    assert "fewer than 5 visits" in few
    shown = {q.question: (q.asked, q.visits) for q in ride.office.questions.counted("full")}
    assert [shown[question] for question in five] == [(1, 5)] * 2 + [(0, 5)] * 3
    assert page.count("never") == 3
    assert page.count("in 1 of 5 visits") == 2


async def test_only_the_visitor_marks_and_only_what_was_picked_and_after_it_began(
    ride: Visit,
) -> None:
    five, began = picked(ride, ride.day), ride.moment
    path = ride.path(Purpose.ANSWER, ride.day)
    host = ride.path(Purpose.ANSWER, ride.day, person_in(ride, Seat.HOST_LEAD))
    async with browsing(ride) as browser:
        ride.moment = ride.day.starts - DAY
        early = await browser.post(f"{path}/asked", data={"asked": five[0]})
        before = (await browser.get(path)).text
        ride.moment = began
        others = (await browser.get(host)).text
        stranger = await browser.post(f"{host}/asked", data={"asked": five[0]})
        other = await browser.post(f"{path}/asked", data={"asked": "What is your salary?"})

    assert "Which of them did you ask?" not in before + others
    for refused, sentence in (
        (early, "opens when the visit begins"),
        (stranger, "Only the visitor"),
        (other, "not the questions of this visit"),
    ):
        assert (refused.status_code, sentence in refused.text) == (409, True)


def _four_others_marked(visit: Visit, five: tuple[str, ...]) -> None:
    """Other visits that had the same questions and asked none of them."""
    with writing(visit.office.engine) as session:
        for number in range(4):
            row = VisitQuestionTable
            session.add_all(
                row(
                    rotation=visit.state.rotation,
                    step=f"other-{number}",
                    question=question,
                    asked=False,
                    marked_at=visit.moment + timedelta(minutes=number + 1),
                )
                for question in five
            )


async def test_a_program_without_types_of_visit_says_how_to_get_questions(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    empty = (await browser.get("/questions", follow_redirects=True)).text
    answer = (await browser.get(visit.path(Purpose.ANSWER, visit.day))).text

    assert "no bank of questions" in empty
    assert "Which of them did you ask?" not in answer


def test_first_f6_the_host_is_briefed_with_the_goals_that_were_agreed_and_the_right_to_end(
    seen: Visit,
) -> None:
    leader = seen.state.participant
    with reading(seen.office.engine) as session:
        goals = [goal.text for goal in goals_of(session, seen.state.cohort, leader)]
    (raw,), (own,) = mails(seen, Seat.HOST_LEAD), mails(seen, Seat.PARTICIPANT)
    host = read(raw)

    assert goals
    for said in (
        f"What {name(seen, leader)} wants to learn: {' '.join(goals)}",
        "A good day is an ordinary one",
        "Please prepare nothing: no slides, no tour, no chosen cases.",
        "may end the visit at any time, without a reason",
        "would like to show you their work too",
    ):
        assert said in host
    calendar = calendar_in(raw).to_ical().decode().replace("\r\n ", "")
    assert not any(goal[:30] in calendar for goal in goals)
    assert "to learn, not to check or to decide" in read(own)


def test_goals_that_nobody_agreed_to_are_told_to_no_host(ride: Visit) -> None:
    gates = tuple(
        gate.model_copy(update={"passed_at": None}) if gate.gate.value == "goals" else gate
        for gate in ride.state.gates
    )
    states = [ride.state.model_copy(update={"gates": gates})]
    with writing(ride.office.engine) as session:
        row = session.get_one(RotationTable, ride.state.rotation)
        row.state = states[0].model_dump(mode="json")
    lead = person_in(ride, Seat.HOST_LEAD)
    link = ride.office.links.read(ride.path(Purpose.ANSWER, ride.day, lead).removeprefix("/t/"))

    assert ride.office.views.answer_page(link).goals == ()


async def test_practice_s58_invite_pages_keep_to_the_type_of_visit_of_their_version(
    ride: Visit,
) -> None:
    office, old = ride.office, program(ride)
    people = ride.state.participant, person_in(ride, Seat.HOST_LEAD)
    paths = [ride.path(Purpose.ANSWER, ride.day, person) for person in people]
    async with browsing(ride) as browser:
        before = [(await browser.get(path)).text for path in paths]
        assert all(question in before[0] for question in picked(ride, ride.day))
        steps = tuple(step.model_copy(update={"visit": None}) for step in old.steps)
        for number, visits in enumerate(((), old.visits), 1):
            changes = {"version": old.version + number, "steps": steps, "visits": visits}
            new = old.model_copy(update=changes | {"name": f"Another {number}"})
            seen = office.programs.radius(ride.state.cohort, new, office.now())
            office.programs.activate(seen, new, office.now(), running=False)

            assert [(await browser.get(path)).text for path in paths] == before

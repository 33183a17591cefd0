"""How a listening session began: minutes that belonged to the team, or the reason why there were none."""

import httpx
from sqlalchemy import select

from domain.links import Purpose
from domain.people import Seat
from domain.planning import Attendee
from domain.program import StepKind
from domain.rotation import StepState
from domain.telling import dispatch
from invites.answering import words_of
from store.database import reading
from store.tables.mail import OutboxTable
from tests.visit import DAY, Visit

REASON = "The call broke off twice."


def record(visit: Visit, person: str) -> str:
    return visit.path(Purpose.PRACTISE, talk(visit), person, about="session-record")


def talk(visit: Visit) -> StepState:
    return visit.step(StepKind.LISTENING_SESSION)


def colleague(visit: Visit) -> str:
    return next(a.person for a in talk(visit).attendees if a.seat is Seat.FRONTLINE)


async def test_practice_s4_a_session_record_stands_on_the_rotations_page_once_it_is_whole(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = talk(visit).ends
    path, rotation = record(visit, colleague(visit)), f"/r/{visit.state.rotation}"
    answers = ({"silent-minutes": "0"}, {"silent-minutes": "0", "why-not": REASON})

    draft, kept = [
        await browser.post(f"{path}/practise", data=typed | {"reader": "program"})
        for typed in answers
    ]

    assert (draft.status_code, 'id="why-not-wrong"' in draft.text) == (409, True)
    assert kept.status_code == 303
    assert f"<dd>{REASON}</dd>" in (await browser.get(rotation)).text


async def test_practice_s4_the_facilitator_is_asked_else_the_host_lead_else_who_was_there(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    people = {Seat.FRONTLINE: colleague(visit), Seat.PARTICIPANT: visit.state.participant}
    visit.moment = talk(visit).ends
    for seat in (Seat.HOST_LEAD, Seat.FACILITATOR):
        asked = [seat for seat in people if await _is_asked(browser, visit, people[seat])]
        assert asked == [list(people)[-1] if len(people) > 2 else Seat.FRONTLINE]
        people[seat] = _somebody_else(visit, set(people.values()))
        _joins(visit, people[seat], seat)
    asked = [seat for seat in people if await _is_asked(browser, visit, people[seat])]
    assert asked == [Seat.FACILITATOR]


async def _is_asked(browser: httpx.AsyncClient, visit: Visit, person: str) -> bool:
    for purpose in (Purpose.ANSWER, Purpose.HELD):
        page = await browser.get(visit.path(purpose, talk(visit), person))
        found = "How the session began" in page.text
    return found


def _somebody_else(visit: Visit, taken: set[str]) -> str:
    everybody = {a.person for step in visit.state.steps for a in step.attendees}
    return min(everybody - taken - {a.person for a in talk(visit).attendees})


def _joins(visit: Visit, person: str, seat: Seat) -> None:
    joined = Attendee(person=person, seat=seat, required=True)
    step = talk(visit).model_copy(update={"attendees": (*talk(visit).attendees, joined)})
    state = visit.state.with_step(step)
    visit.state = state.model_copy(update={"version": state.version + 1})
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))


def test_practice_s4_the_invite_says_that_the_first_minutes_belong_to_the_team(
    visit: Visit,
) -> None:
    query = select(OutboxTable.person, OutboxTable.raw).where(
        OutboxTable.step == talk(visit).key, OutboxTable.kind == "REQUEST"
    )
    with reading(visit.office.engine) as session:
        invites = {
            person: " ".join(words_of(raw).split()) for person, raw in session.execute(query)
        }

    assert "The first minutes belong to them: you only listen." in invites[visit.state.participant]
    assert "The first minutes belong to you" in invites[colleague(visit)]


async def test_nothing_is_recorded_before_the_session(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = talk(visit).starts - DAY
    path = record(visit, colleague(visit))
    early = await browser.post(
        f"{path}/practise", data={"silent-minutes": "20", "reader": "program"}
    )
    assert (early.status_code, "opens when the step begins" in early.text) == (409, True)

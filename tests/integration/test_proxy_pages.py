"""Proxies on pages: chosen at a kiosk, asked by mail, seen by whom they answer for."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from domain.due import catch_up
from domain.happenings import EventKind, Happening
from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from domain.rotation import Answer
from domain.telling import dispatch
from invites.answering import words_of
from store.database import reading, writing
from store.tables.mail import InviteTable, OutboxTable
from store.tables.people import PersonTable
from tests.visit import Visit

LINK = re.compile(r'href="http://127.0.0.1:\d+(/t/[^"]+)"')


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """Somebody who is invited to the listening session has no mail."""
    session = visit.step(StepKind.LISTENING_SESSION)
    visit.moment = session.starts - timedelta(hours=1)
    with writing(visit.office.engine) as opened:
        row = opened.get_one(PersonTable, without_mail(visit))
        row.email, row.facts = None, {**row.facts, "email": None}
        mine = update(InviteTable).where(InviteTable.person == row.ref)
        opened.execute(mine.values(address=None))
    return visit


def without_mail(visit: Visit) -> str:
    attendees = visit.step(StepKind.LISTENING_SESSION).attendees
    return next(a.person for a in attendees if a.seat is Seat.FRONTLINE)


def lead(visit: Visit) -> str:
    return next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)


async def at_the_kiosk(visit: Visit, browser: httpx.AsyncClient) -> str:
    code = visit.office.kiosk.issue(without_mail(visit), "a test", visit.moment)
    led = await browser.post("/kiosk", data={"code": code})
    return (await browser.get(led.headers["location"])).text


def mailed_link(visit: Visit) -> str:
    with reading(visit.office.engine) as session:
        query = select(OutboxTable).where(OutboxTable.kind == "ask-proxy")
        (letter,) = session.scalars(query).all()
    found = re.search(r"http://127.0.0.1:\d+(/t/\S+)", words_of(letter.raw))
    assert found
    assert letter.person == lead(visit)
    return found.group(1)


async def test_a_proxy_is_chosen_at_the_kiosk_answers_by_link_and_is_shown(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    page = await at_the_kiosk(visit, browser)
    assert "Nobody answers for you." in page
    rotation = f"/r/{visit.state.rotation}"
    untold = (
        f"{visit.office.views.named(without_mail(visit))} has no mail address and does not know"
    )
    assert untold in (await browser.get(rotation)).text
    choose = next(link for link in LINK.findall(page) if "choose-proxy" in link)
    name = visit.office.views.named(lead(visit))
    chosen = await browser.post(f"{choose}/choose-proxy", data={"who": name})
    assert (chosen.status_code, name in (await browser.get(choose)).text) == (303, True)

    assert untold not in (await browser.get(rotation)).text
    link = mailed_link(visit)
    asked = (await browser.get(link)).text
    given = await browser.post(f"{link}/proxy", data={"answer": "accepted"})

    assert f"For {visit.office.views.named(without_mail(visit))}" in asked
    assert given.status_code == 303
    assert "by you" in (await browser.get(link)).text
    page = await at_the_kiosk(visit, browser)
    assert f"answered for you by {name}" in page
    assert f"{name} may answer for you." in page
    shown = (await browser.get(rotation)).text
    assert f"by proxy {name}" in shown
    assert f"{name} answered for {visit.office.views.named(without_mail(visit))}" in shown
    mine = next(one for one in LINK.findall(page) if "/t/answer" in one)
    await browser.post(f"{mine}/answer", data={"answer": "declined"})
    assert "answered for you" not in await at_the_kiosk(visit, browser)


async def test_who_is_no_proxy_any_more_opens_nothing(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.office.proxies.choose(without_mail(visit), lead(visit), visit.moment)
    link = mailed_link(visit)
    page = await at_the_kiosk(visit, browser)
    choose = next(one for one in LINK.findall(page) if "choose-proxy" in one)

    await browser.post(f"{choose}/choose-proxy", data={"take_back": "yes"})

    assert "Nobody answers for you." in (await browser.get(choose)).text
    assert (await browser.get(link)).status_code == 404
    refused = await browser.post(f"{link}/proxy", data={"answer": "accepted"})
    assert refused.status_code == 404
    with reading(visit.office.engine) as session:
        query = select(InviteTable.answer).where(InviteTable.person == without_mail(visit))
        assert set(session.scalars(query)) == {"needs-action"}


async def test_what_is_not_right_is_said_beside_the_field(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    choose = visit.path(Purpose.CHOOSE_PROXY, visit.day, without_mail(visit))
    for who, said in (
        ("Nobody Known", "Nobody here has that name or address"),
        (visit.office.views.named(visit.state.participant), "visits others in this program"),
        (visit.office.views.named(without_mail(visit)), "has no mail address"),
    ):
        refused = await browser.post(f"{choose}/choose-proxy", data={"who": who})
        assert (refused.status_code, said in refused.text) == (409, True)
        assert f'value="{who}"' in refused.text
    visit.office.proxies.choose(without_mail(visit), lead(visit), visit.moment)
    wrong = await browser.post(f"{mailed_link(visit)}/proxy", data={"answer": "perhaps"})
    assert wrong.status_code == 409


async def test_a_proxy_gets_no_page_but_the_answer(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.office.proxies.choose(without_mail(visit), lead(visit), visit.moment)

    page = (await browser.get(mailed_link(visit))).text

    assert LINK.findall(page) == []
    assert "should be heard" not in page


def test_nobody_is_written_to_of_what_somebody_else_reflects_on(visit: Visit) -> None:
    office, person = visit.office, without_mail(visit)
    office.proxies.choose(person, lead(visit), visit.moment)
    with reading(office.engine) as session:
        key = session.get_one(PersonTable, person).key
    crisis = Happening(about="event:one", kind=EventKind.CRISIS, person=key, at=visit.moment)
    asked = office.happenings.take(crisis, visit.moment)
    office.happenings.decide(asked.occasion, invited=True, now=visit.moment)
    (state,) = office.occasions.pending(visit.moment, 9)
    begun, errands = catch_up(state, visit.moment)
    office.correspondence.carry_out(dispatch(begun, errands, visit.moment))

    office.look_after()

    with reading(office.engine) as session:
        invited = select(InviteTable.person).where(InviteTable.rotation == asked.occasion)
        assert session.scalars(invited).all() == [person]
        query = select(OutboxTable.rotation).where(OutboxTable.kind == "ask-proxy")
        assert set(session.scalars(query)) == {visit.state.rotation}


def test_the_link_of_a_proxy_says_nothing_of_the_step(visit: Visit) -> None:
    visit.office.proxies.choose(without_mail(visit), lead(visit), visit.moment)

    claim = visit.office.links.read(mailed_link(visit).removeprefix("/t/"), Purpose.PROXY)

    assert claim.step is None


async def test_a_proxy_reads_that_the_person_has_answered(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.office.proxies.choose(without_mail(visit), lead(visit), visit.moment)
    link = mailed_link(visit)
    with reading(visit.office.engine) as session:
        query = select(InviteTable.uid).where(InviteTable.person == without_mail(visit))
        uid = session.scalars(query).one()
    visit.office.sayings.answer(uid, Answer.DECLINED, "link", visit.moment)

    page = (await browser.get(link)).text
    late = await browser.post(f"{link}/proxy", data={"answer": "accepted"})

    assert "has answered this themselves" in page
    assert "Another time would be better" not in page
    assert (late.status_code, "they alone can change it" in late.text) == (409, True)


async def test_somebody_is_to_be_told_in_person_until_the_proxy_was_written_to(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, without_mail(visit))
        row.facts = {**row.facts, "proxy": lead(visit)}
    untold = (
        f"{visit.office.views.named(without_mail(visit))} has no mail address and does not know"
    )
    rotation = f"/r/{visit.state.rotation}"
    assert untold in (await browser.get(rotation)).text

    visit.office.look_after()

    assert untold not in (await browser.get(rotation)).text
    assert (await browser.get(mailed_link(visit))).status_code == 200


async def test_of_two_people_with_one_name_the_mail_address_tells(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    choose = visit.path(Purpose.CHOOSE_PROXY, visit.day, without_mail(visit))
    session = visit.step(StepKind.LISTENING_SESSION)
    others = [a.person for a in session.attendees if a.seat is Seat.FRONTLINE]
    other = next(one for one in others if one != without_mail(visit))
    name = visit.office.views.named(lead(visit))
    with writing(visit.office.engine) as opened:
        row, address = (
            opened.get_one(PersonTable, other),
            opened.get_one(PersonTable, lead(visit)).email,
        )
        row.name, row.facts = name, {**row.facts, "name": name}
        by_id = opened.get_one(PersonTable, lead(visit)).key

    both = await browser.post(f"{choose}/choose-proxy", data={"who": name.lower()})
    for who in (lead(visit), by_id):
        unknown = await browser.post(f"{choose}/choose-proxy", data={"who": who})
        assert "Nobody here has that name or address" in unknown.text
    assert address
    chosen = await browser.post(f"{choose}/choose-proxy", data={"who": address.upper()})

    several = "Several people have that name; write the mail address."
    assert (both.status_code, several in both.text, chosen.status_code) == (409, True, 303)
    assert mailed_link(visit)


async def test_nobody_who_was_erased_can_be_chosen(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    with writing(visit.office.engine) as session:
        session.get_one(PersonTable, lead(visit)).erased_at = visit.moment
    choose = visit.path(Purpose.CHOOSE_PROXY, visit.day, without_mail(visit))

    name = visit.office.views.named(lead(visit))
    refused = await browser.post(f"{choose}/choose-proxy", data={"who": name})

    assert (refused.status_code, "Nobody here has" in refused.text) == (409, True)

"""What would make a step work, on pages: said on an invite, opened by the coordinator with a code, arranged."""

import re

import httpx
from sqlalchemy import select

from domain.links import Purpose
from domain.people import Seat
from invites.answering import words_of
from store.database import reading
from store.needs import LONGEST_NEED
from store.tables.mail import InviteTable, OutboxTable
from tests.visit import Visit

WORDS = "A way without steps\nand no early start"


def invite(visit: Visit, seat: Seat) -> str:
    """The page of an invite to the day."""
    person = next(a.person for a in visit.day.attendees if a.seat is seat)
    with reading(visit.office.engine) as session:
        query = select(InviteTable.uid).where(
            InviteTable.person == person, InviteTable.step == visit.day.key
        )
        uid = session.scalars(query).one()
    return visit.path(Purpose.ANSWER, visit.day, person, about=uid)


def mailed_link(visit: Visit) -> str:
    with reading(visit.office.engine) as session:
        query = select(OutboxTable).where(OutboxTable.kind == "read-need")
        (letter,) = session.scalars(query).all()
    found = re.search(r"http://127.0.0.1:\d+(/t/\S+)", words_of(letter.raw))
    assert found
    return found.group(1)


async def test_it_is_said_by_a_host_read_with_a_code_and_arranged(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = invite(visit, Seat.HOST_LEAD)
    before = (await browser.get(path)).text
    assert before.index("and nobody else") < before.index('name="words"')

    said = await browser.post(f"{path}/need", data={"words": WORDS})

    assert said.status_code == 303
    mine = (await browser.get(path)).text
    assert "It is not marked as arranged yet." in mine
    assert "without steps" not in mine.replace("a way without steps", "")
    link = mailed_link(visit)
    assert "no early start" not in (await browser.get(link)).text
    await browser.post(f"{link}/need-code")
    wrong = await browser.post(f"{link}/need-open", data={"code": "none"})
    assert (wrong.status_code, "wrong or too old" in wrong.text) == (409, True)
    opened = (await browser.post(f"{link}/need-open", data={"code": visit.code()})).text
    assert "A way without steps<br>and no early start" in opened
    unread = await browser.post(f"{link}/arranged")
    assert (unread.status_code, "has changed since you read it" in unread.text) == (409, True)
    shown = re.search(r'name="written_at" value="([^"]+)"', opened)
    assert shown
    arranged = await browser.post(f"{link}/arranged", data={"written_at": shown.group(1)})
    assert arranged.status_code == 303
    assert "What you asked for is arranged" in (await browser.get(path)).text
    rotation = (await browser.get(f"/r/{visit.state.rotation}")).text
    assert "read need" not in rotation
    assert "reading code" not in rotation
    assert "wrote to the coordinator" not in rotation


async def test_too_much_stays_in_the_form_and_nothing_takes_it_back(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = invite(visit, Seat.PARTICIPANT)
    long = "x" * (LONGEST_NEED + 1)

    back = await browser.post(f"{path}/need", data={"words": long})
    await browser.post(f"{path}/need", data={"words": WORDS})
    link = mailed_link(visit)
    gone = await browser.post(f"{path}/need", data={"words": " "})

    assert (back.status_code, f">{long}</textarea>" in back.text) == (409, True)
    assert gone.headers["location"].endswith("said=need-gone")
    assert (await browser.get(link)).status_code == 404

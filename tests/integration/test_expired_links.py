"""Links whose time is over: what was typed comes back, and a fresh one goes by mail to whom it was for."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from domain.links import BRIEFLY, LinkClaim, Purpose
from domain.people import Seat
from domain.program import StepKind
from domain.voices import CLOSES
from invites.answering import words_of
from store.database import reading, writing
from store.reading_codes import CODES_A_DAY
from store.tables.mail import OutboxTable
from store.tables.people import PersonTable
from store.voices import Voices
from tests.visit import DAY, Visit
from web.voices import OPEN_FOR

JSON = {"accept": "application/json"}


def mails(visit: Visit) -> list[OutboxTable]:
    query = select(OutboxTable).where(OutboxTable.kind == "fresh-link")
    with reading(visit.office.engine) as session:
        return list(session.scalars(query.order_by(OutboxTable.number)))


def link_in(mail: OutboxTable) -> str:
    found = re.search(r"http://[^/]+(/t/\S+)", words_of(mail.raw))
    assert found
    return found.group(1)


def expired(visit: Visit, purpose: Purpose = Purpose.ANSWER, **about: str) -> str:
    path = visit.path(purpose, visit.day, **about)
    visit.moment += 2 * DAY
    return path


async def test_a_fresh_link_goes_to_its_person_and_opens_the_same_page(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit, Purpose.OBSERVE)
    over = await browser.get(path)
    sent = await browser.post(f"{path}/fresh-link")

    assert (over.status_code, "Send me a fresh link" in over.text) == (410, True)
    assert "a fresh link is on its way" in sent.text
    assert "What do you see" not in over.text + sent.text
    (mail,) = mails(visit)
    assert (mail.person, mail.rotation) == (visit.state.participant, None)
    assert link_in(mail) not in sent.text
    assert "What do you see" in (await browser.get(link_in(mail))).text
    assert (await browser.post(f"{link_in(mail)}/fresh-link")).status_code == 303
    assert len(mails(visit)) == 1


async def test_fresh_links_are_asked_for_as_rarely_as_codes(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit)
    for _ in range(CODES_A_DAY):
        assert (await browser.post(f"{path}/fresh-link")).status_code == 200

    refused = await browser.post(f"{path}/fresh-link")

    assert (refused.status_code, "Try again tomorrow" in refused.text) == (409, True)
    assert len(mails(visit)) == CODES_A_DAY


async def test_what_is_altered_or_asked_of_somebody_no_more_is_not_sent_anew(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    stranger = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    path = expired(visit, Purpose.PRACTISE, person=stranger, about="assumptions")

    over = await browser.get(path)
    sent = await browser.post(f"{path}/fresh-link")
    altered = await browser.post(f"{path[:-2]}xx/fresh-link")

    assert (over.status_code, "Send me" in over.text) == (410, False)
    assert "is not asked of you any more" in over.text
    assert "is on its way" in sent.text
    assert altered.status_code == 409
    assert mails(visit) == []


async def test_who_has_no_mail_gets_no_link_and_nobody_is_told_so(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit)
    known = (await browser.post(f"{path}/fresh-link")).text
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, visit.state.participant)
        row.email, row.facts = None, {**row.facts, "email": None}

    assert (await browser.post(f"{path}/fresh-link")).text == known
    assert len(mails(visit)) == 1


async def test_a_visit_to_the_kiosk_is_not_prolonged(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    claim = LinkClaim(
        purpose=Purpose.ANSWER,
        person=visit.state.participant,
        rotation=visit.state.rotation,
        about=visit.day.key,
        step=visit.day.key,
        until=visit.moment + BRIEFLY,
    )
    url = visit.office.links.url(claim, visit.moment + DAY)
    path = url.removeprefix(visit.office.settings.base_url)
    visit.moment += DAY

    assert "Send me" not in (await browser.get(path)).text
    assert (await browser.post(f"{path}/fresh-link")).status_code == 410
    assert mails(visit) == []


async def test_words_that_come_too_late_for_a_link_are_handed_back(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit, Purpose.PRACTISE, about="understood")
    typed = {"understood": "They keep <a list> of their own", "reader": "writer"}

    late = await browser.post(f"{path}/practise", data=typed)

    assert late.status_code == 410
    assert "readonly>They keep &lt;a list&gt; of their own</textarea>" in late.text
    assert ">writer<" not in late.text
    assert "open the page with a fresh link" in late.text


@pytest.mark.parametrize(
    ("purpose", "form", "key"),
    [(Purpose.WEIGH, "weigh", "reason-abc"), (Purpose.CONVEY, "convey", "wording-abc")],
)
async def test_practice_s6_an_answer_that_took_more_than_an_hour_is_not_lost(
    visit: Visit, browser: httpx.AsyncClient, purpose: Purpose, form: str, key: str
) -> None:
    session = visit.step(StepKind.LISTENING_SESSION)
    visit.moment = session.starts
    voices: Voices = visit.office.voices
    speaker = next(a.person for a in session.attendees if a.seat is Seat.FRONTLINE)
    voices.say(visit.state.rotation, session.key, speaker, "x" * 26, "A stamp", "en", visit.moment)
    visit.moment += CLOSES + timedelta(hours=1)
    path = visit.path(purpose, session)
    visit.moment += DAY + OPEN_FOR

    late = await browser.post(f"{path}/{form}", data={key: "A long considered reason"})
    await browser.post(f"{path}/fresh-link")

    assert late.status_code == 410
    assert ">A long considered reason</textarea>" in late.text
    assert "with another code" in late.text
    assert "A stamp" not in late.text
    (mail,) = mails(visit)
    assert link_in(mail).startswith("/t/hear.")
    assert "1 point waits" in (await browser.get(link_in(mail))).text


async def test_programs_of_pages_get_a_sentence_for_all_that_is_refused(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    fresh = visit.path(Purpose.OBSERVE, visit.day)
    note = {"name": "a" * 32, "quote": "They keep a list"}
    gone = fresh.replace("/t/observe", "/t/answer")
    asked = {
        404: await browser.get("/r/nowhere1", headers=JSON),
        400: await browser.post(f"{fresh}/observe", data={}, headers=JSON),
        409: await browser.post(f"{gone}/observe", data=note, headers=JSON),
    }
    visit.moment += 2 * DAY
    asked[410] = await browser.post(f"{fresh}/observe", data=note, headers=JSON)

    assert {status: answer.status_code for status, answer in asked.items()} == {
        status: status for status in asked
    }
    assert all(answer.json()["sentence"] for answer in asked.values())
    assert "sends you a fresh one" in asked[410].json()["sentence"]


async def test_the_page_for_notes_opens_for_some_days_after_they_close(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    mine = await browser.get(visit.path(Purpose.ANSWER, visit.day))
    found = re.search(r'href="http://127.0.0.1:\d+(/t/observe[^"]+)"', mine.text)
    assert found
    visit.moment = visit.day.ends + 16 * DAY

    page = await browser.get(found.group(1))
    note = {"name": "a" * 32, "quote": "They keep a list"}
    late = await browser.post(f"{found.group(1)}/observe", data=note, headers=JSON)

    assert (page.status_code, "This closed 14 days after" in page.text) == (200, True)
    assert "This closed 14 days after" in late.json()["sentence"]

"""Links whose time is over: what was typed comes back, and a fresh one goes by mail to whom it was for."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from domain.due import confirmer
from domain.happenings import EventKind, Happening
from domain.links import BRIEFLY, LinkClaim, Purpose
from domain.people import Seat
from domain.program import Gate, StepKind
from domain.rotation import Ending, Phase, RotationState
from domain.telling import dispatch
from domain.voices import CLOSES
from invites.answering import words_of
from store.database import reading, writing
from store.fresh_links import FRESH_A_DAY
from store.people import coordinator_of, people, program_of
from store.tables.installation import AuditTable
from store.tables.mail import OutboxTable
from store.tables.people import PersonTable
from store.voices import Voices
from tests.proposing import begin, bring_into_force, co_author, hold_workshop, page_of, propose
from tests.visit import DAY, Visit
from web.reflecting import LINES
from web.voices import OPEN_FOR

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
OF_EXERCISES = {"signed_practise.html", "_written.html"}
JSON = {"accept": "application/json"}


def mails(visit: Visit) -> list[OutboxTable]:
    query = select(OutboxTable).where(OutboxTable.kind == "fresh-link")
    with reading(visit.office.engine) as session:
        return list(session.scalars(query.order_by(OutboxTable.number)))


def link_in(mail: OutboxTable) -> str:
    found = re.search(r"http://[^/]+(/t/\S+)", words_of(mail.raw))
    assert found
    return found.group(1)


def handed_back(page: httpx.Response) -> list[tuple[str, str]]:
    """Each field that a page hands back: its label, and what was typed."""
    found = re.findall(r"<label for=.typed\d+.>(.*?)</label><textarea[^>]*>(.*?)<", page.text)
    return [(unescape(label), unescape(words)) for label, words in found]


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


async def test_fresh_links_are_few_and_take_nobodys_codes_away(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit)

    answers = {(await browser.post(f"{path}/fresh-link")).text for _ in range(FRESH_A_DAY + 9)}

    assert (len(answers), len(mails(visit))) == (1, FRESH_A_DAY)
    await browser.post(f"{visit.path(Purpose.OBSERVE, visit.day)}/code")
    assert visit.code()
    visit.moment += DAY + timedelta(minutes=1)
    await browser.post(f"{path}/fresh-link")
    assert len(mails(visit)) == FRESH_A_DAY + 1


async def test_the_audit_trail_says_that_a_link_was_sent_and_not_who_asked(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    await browser.post(f"{expired(visit)}/fresh-link")

    with reading(visit.office.engine) as session:
        last = session.scalars(select(AuditTable).order_by(AuditTable.number.desc())).first()
    assert last
    assert last.sentence == f"a fresh link was sent to {visit.state.participant}"


def uninvolved(visit: Visit) -> str:
    """Somebody with a mail address who has no part in the rotation and does not look after the program."""
    state = visit.state
    inside = {a.person for step in state.steps for a in step.attendees}
    inside |= {gate.person for gate in state.gates}
    with reading(visit.office.engine) as session:
        everybody = session.scalars(select(PersonTable).where(PersonTable.email.is_not(None)))
        program = program_of(session, state.cohort)
        inside |= {one.ref for one in [coordinator_of(program, people(session))] if one}
        return next(one.ref for one in everybody if one.ref not in inside)


def becomes(visit: Visit, state: RotationState) -> None:
    visit.state = state.model_copy(update={"version": visit.state.version + 1})
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))


def settle(visit: Visit, kind: StepKind, phase: Phase) -> None:
    step = visit.step(kind).model_copy(update={"phase": phase})
    becomes(visit, visit.state.with_step(step))


async def is_offered(visit: Visit, browser: httpx.AsyncClient, path: str) -> bool:
    """Whether a fresh link can be asked for, and comes where it can be."""
    before = len(mails(visit))
    page = await browser.get(path)
    await browser.post(f"{path}/fresh-link")
    offered, sent = "Send me a fresh link" in page.text, len(mails(visit)) > before
    assert (page.status_code, sent) == (410, offered)
    assert ("is over or is not asked of you any more" in page.text) is not offered
    return offered


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        (Purpose.CONSENT, StepKind.SHADOWING_DAY),
        (Purpose.ANSWER, StepKind.SHADOWING_DAY),
        (Purpose.HELD, StepKind.SHADOWING_DAY),
        (Purpose.REFLECT, StepKind.REFLECTION),
        (Purpose.THANK, StepKind.THANKS),
        (Purpose.PROPOSE, StepKind.PROPOSAL),
        (Purpose.INVITE, StepKind.SHADOWING_DAY),
        (Purpose.DAY_SHEET, StepKind.SHADOWING_DAY),
        (Purpose.SUMMARISE, StepKind.SUMMARY),
        (Purpose.RELEASE, StepKind.SUMMARY),
        (Purpose.TENSION, StepKind.SHADOWING_DAY),
        (Purpose.OBSERVE, StepKind.SHADOWING_DAY),
        (Purpose.SPEAK, StepKind.LISTENING_SESSION),
        (Purpose.HEAR, StepKind.LISTENING_SESSION),
        (Purpose.PACK, StepKind.SHADOWING_DAY),
    ],
)
async def test_who_has_no_part_in_it_gets_no_fresh_link(
    visit: Visit, browser: httpx.AsyncClient, purpose: Purpose, kind: StepKind
) -> None:
    about = Gate.RELEASE.value if purpose is Purpose.CONSENT else ""
    path = visit.path(purpose, visit.step(kind), uninvolved(visit), about)
    visit.moment += 400 * DAY

    assert not await is_offered(visit, browser, path)


async def test_a_consent_is_asked_while_it_is_open(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    gate = next(one for one in visit.state.gates if one.gate is Gate.RELEASE)
    path = visit.path(Purpose.CONSENT, visit.day, gate.person, gate.gate.value)
    visit.moment += 2 * DAY

    assert not await is_offered(visit, browser, path)
    becomes(visit, visit.state.with_gate(gate.model_copy(update={"passed_at": None})))
    assert await is_offered(visit, browser, path)
    becomes(visit, visit.state.model_copy(update={"ending": Ending.WITHDRAWN}))
    assert not await is_offered(visit, browser, path)


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        (Purpose.ANSWER, StepKind.SHADOWING_DAY),
        (Purpose.HELD, StepKind.SHADOWING_DAY),
        (Purpose.THANK, StepKind.THANKS),
        (Purpose.PROPOSE, StepKind.PROPOSAL),
    ],
)
async def test_what_a_step_asks_is_asked_until_it_is_over(
    visit: Visit, browser: httpx.AsyncClient, purpose: Purpose, kind: StepKind
) -> None:
    person = confirmer(visit.day) if purpose is Purpose.HELD else ""
    path = visit.path(purpose, visit.step(kind), person)
    visit.moment += 2 * DAY

    assert await is_offered(visit, browser, path)
    settle(visit, kind, Phase.HELD)
    assert not await is_offered(visit, browser, path)


async def test_a_summary_is_read_first_until_it_is_shared(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    path = visit.path(Purpose.RELEASE, visit.show_summary(), lead)
    visit.moment += 2 * DAY

    assert await is_offered(visit, browser, path)
    settle(visit, StepKind.SUMMARY, Phase.HELD)
    assert not await is_offered(visit, browser, path)


def test_a_tension_is_raised_while_the_rotation_goes_on(visit: Visit) -> None:
    token = visit.path(Purpose.TENSION, visit.day).removeprefix("/t/")
    claim, fresh = visit.office.links.read(token), visit.office.fresh_links

    assert fresh.is_still_asked(claim)
    becomes(visit, visit.state.model_copy(update={"ending": Ending.COMPLETED}))
    assert not fresh.is_still_asked(claim)


async def test_a_change_is_decided_once_and_measured_while_it_is_in_force(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    hold_workshop(visit)
    row = await propose(visit, browser)
    begin(visit, row)
    asked = [
        page_of(visit, row, Purpose.DECIDE),
        page_of(visit, row, Purpose.MEASURE),
        page_of(visit, row, Purpose.CONCERN, co_author(visit)),
        page_of(visit, row, Purpose.CONCERN, uninvolved(visit)),
    ]
    visit.moment += 2 * DAY
    before = [await is_offered(visit, browser, path) for path in asked]
    bring_into_force(visit, row, version=2)
    visit.moment += 2 * DAY
    after = [await is_offered(visit, browser, path) for path in asked]

    assert before == [True, False, True, False]
    assert after == [False, True, False, False]


async def test_a_coordinator_is_asked_after_a_crisis_until_they_answer(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    office = visit.office
    with reading(office.engine) as session:
        everybody = people(session)
        key = everybody[visit.state.participant].key
        coordinator = coordinator_of(program_of(session, visit.state.cohort), everybody)
    assert coordinator
    crisis = Happening(about="event:one", kind=EventKind.CRISIS, person=key, at=visit.moment)
    occasion = office.happenings.take(crisis, visit.moment).occasion

    def link(person: str) -> str:
        claim = LinkClaim(purpose=Purpose.INVITE, person=person, rotation=occasion, about="after")
        url = office.links.url(claim, visit.moment)
        return url.removeprefix(office.settings.base_url)

    theirs, anothers = link(coordinator.ref), link(uninvolved(visit))
    visit.moment += DAY

    assert await is_offered(visit, browser, theirs)
    assert not await is_offered(visit, browser, anothers)
    office.happenings.decide(occasion, invited=False, now=visit.moment)
    assert not await is_offered(visit, browser, theirs)


async def test_only_who_says_whether_it_took_place_is_asked_that(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit, Purpose.HELD)

    assert not await is_offered(visit, browser, path)


async def test_a_reflection_that_was_let_go_stays_open_to_who_wrote_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    reflection = visit.step(StepKind.REFLECTION)
    visit.moment = max(visit.moment, reflection.starts)
    path = visit.path(Purpose.REFLECT, reflection)
    words = {"line0": "Queues", "line1": "", "line2": ""}
    settle(visit, StepKind.REFLECTION, Phase.CANCELLED)
    visit.moment += 2 * DAY
    assert not await is_offered(visit, browser, path)

    settle(visit, StepKind.REFLECTION, Phase.OPEN)
    link = visit.path(Purpose.REFLECT, reflection)
    assert (await browser.post(f"{link}/reflect", data=words)).status_code == 303
    settle(visit, StepKind.REFLECTION, Phase.CANCELLED)

    assert await is_offered(visit, browser, path)


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


async def test_single_words_and_figures_are_handed_back_by_the_names_of_their_fields(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    need = expired(visit)
    answered = await browser.post(f"{need}/need", data={"words": "Gebärdensprache"})
    visit.moment -= 2 * DAY
    measure = expired(visit, Purpose.MEASURE)
    figures = {"value": "12", "verdict": "met", "learnt": ""}
    measured = await browser.post(f"{measure}/measure", data=figures)
    visit.moment -= 2 * DAY
    reflect = expired(visit, Purpose.REFLECT)
    lines = {"line0": "Queues", "line1": "Order"}
    reflected = await browser.post(f"{reflect}/reflect", data=lines)

    assert handed_back(answered) == [("Words", "Gebärdensprache")]
    assert handed_back(measured) == [("Now", "12")]
    assert handed_back(reflected) == list(zip(LINES, ["Queues", "Order"], strict=False))
    for page in (answered, measured, reflected):
        assert "came too late and is not kept" in page.text


async def test_what_was_chosen_is_not_handed_back_and_likes_are_told_apart(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = expired(visit, Purpose.WEIGH)
    typed = {
        "disposition-abc": "declined",
        "policy-abc": "p2345678",
        "reason-abc": "No",
        "reason-def": "Later",
        "nobody": "yes",
    }
    late = await browser.post(f"{path}/weigh", data=typed)

    assert handed_back(late) == [("Reason (1 of 2)", "No"), ("Reason (2 of 2)", "Later")]


def fields_of_forms() -> dict[str, bool]:
    """Every field of a signed page's form by its name, and whether somebody types in it; exercises have their own."""
    templates = [*TEMPLATES.glob("signed_*.html"), *TEMPLATES.glob("_*.html")]
    pages = [one.read_text() for one in templates if one.name not in OF_EXERCISES]
    fields: dict[str, bool] = {}
    for element, name in re.findall(
        r'<((?:input|textarea|select|button)\b[^>]*?) name="(.*?)"', "".join(pages)
    ):
        named = re.sub(r"{{.*?}}", "0", name.replace("{{ ending }}", "-0"))
        chosen = re.match(r"select|button|input .*type=.(hidden|radio|checkbox)", element)
        if re.match("[a-z]", named):
            typed = not chosen and named != "code"
            fields[named] = typed and fields.get(named, True)
    return fields


async def test_of_all_forms_exactly_what_was_typed_is_handed_back(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    fields = fields_of_forms()
    path = expired(visit)

    late = await browser.post(f"{path}/answer", data={name: f"({name})" for name in fields})

    typed = {f"({name})" for name, is_typed in fields.items() if is_typed}
    assert {words for _, words in handed_back(late)} == typed
    assert {"(words)", "(reason-0)", "(learnt)"} <= typed < {f"({name})" for name in fields}


@pytest.mark.parametrize(
    ("purpose", "form", "data"),
    [
        (Purpose.ANSWER, "answer", {"answer": "accepted"}),
        (Purpose.OBSERVE, "code", {}),
        (Purpose.OBSERVE, "notes", {"code": "123456"}),
    ],
)
async def test_whatever_is_sent_too_late_is_said_to_be_lost(
    visit: Visit, browser: httpx.AsyncClient, purpose: Purpose, form: str, data: dict[str, str]
) -> None:
    path = expired(visit, purpose)

    late = await browser.post(f"{path}/{form}", data=data)

    assert (late.status_code, handed_back(late)) == (410, [])
    assert "came too late and is not kept" in late.text
    assert "came too late" not in (await browser.get(path)).text


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

"""The pages of exercises: asked of whom they are for, kept as drafts, read by whom the writer chose."""

import json
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from domain.telling import dispatch
from invites.answering import words_of
from store.database import reading, writing
from store.exercises import Exercises
from store.people import people
from store.reading_codes import ReadingCodes
from store.tables.mail import OutboxTable
from store.tables.people import PersonTable
from store.tables.words import ExerciseEntryTable
from store.vault import Vault
from tests.visit import DAY, Visit
from wiring import Office

CANARY = "Nobody ever sees these words"
WHOLE = {"understood": CANARY, "assumed": "It was simple.", "learnt": "They help each other."}


def path_of(visit: Visit, card: str, kind: StepKind, person: str = "") -> str:
    return visit.path(Purpose.PRACTISE, visit.step(kind), person, about=card)


def host_lead(visit: Visit) -> str:
    return next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)


async def test_everybody_is_offered_what_is_asked_of_their_seat(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    mine = (await browser.get(visit.path(Purpose.ANSWER, visit.day))).text
    hosts = (await browser.get(visit.path(Purpose.ANSWER, visit.day, host_lead(visit)))).text

    assert "What I assume before I go" in mine
    assert "What our team wants" not in mine
    assert "What our team wants from this visit" in hosts
    assert "What I assume" not in hosts
    link = re.search(r'href="http://127.0.0.1:\d+(/t/[^"]+)">Understood', mine)
    assert link
    assert "Understood, assumed, learnt" in (await browser.get(link.group(1))).text


async def test_practice_s26_an_empty_field_keeps_it_a_draft_that_nobody_else_reads(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    part = WHOLE | {"learnt": " ", "reader": "program"}

    draft = await browser.post(f"{path}/practise", data=part)
    hidden = (await browser.get(f"/r/{visit.state.rotation}")).text
    kept = await browser.post(f"{path}/practise", data=WHOLE | {"reader": "program"})
    shown = (await browser.get(f"/r/{visit.state.rotation}")).text

    assert draft.status_code == 409
    assert "Kept as a draft: one thing is missing below." in draft.text
    assert 'id="learnt-wrong">Write a line or two here.' in draft.text
    assert CANARY in draft.text
    assert CANARY not in hidden
    assert kept.status_code == 303
    assert CANARY in shown


async def test_practice_s27_what_only_the_writer_may_read_is_on_nobody_elses_page(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    await browser.post(f"{path}/practise", data=WHOLE | {"reader": "writer"})

    pages = [path, f"/r/{visit.state.rotation}", "/", visit.path(Purpose.ANSWER, visit.day)]
    for address in pages:
        assert CANARY not in (await browser.get(address)).text
    assert "You have written this" in (await browser.get(path)).text

    await browser.post(f"{path}/practise-code")
    wrong = await browser.post(f"{path}/reopen", data={"code": "1"})
    opened = await browser.post(f"{path}/reopen", data={"code": visit.code()})

    assert (wrong.status_code, CANARY in wrong.text) == (409, False)
    assert f">{CANARY}</textarea>" in opened.text


async def test_practice_s3_a_sealed_exercise_can_be_read_by_its_writer_and_changed_by_nobody(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "assumptions", StepKind.SHADOWING_DAY)
    visit.moment = visit.day.starts - DAY
    things = "Nobody reads the handbook\nCalls come early\nThe tool is slow"
    early = await browser.post(f"{path}/practise", data={"assumptions": things, "reader": "writer"})

    visit.moment = visit.day.starts
    again = {"assumptions": "I knew it all along", "reader": "writer"}
    late = await browser.post(f"{path}/practise", data=again)
    page = (await browser.get(path)).text
    await browser.post(f"{path}/practise-code")
    opened = await browser.post(f"{path}/reopen", data={"code": visit.code()})

    assert early.status_code == 303
    assert late.status_code == 409
    assert "sealed since the step began" in late.text
    assert "<textarea" not in page
    assert "Calls come early" in opened.text
    assert "I knew it" not in opened.text


async def test_practice_s11_what_is_written_late_says_so(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    visit.moment = visit.day.starts - DAY
    early = await browser.post(f"{path}/practise", data=WHOLE | {"reader": "program"})
    visit.moment = visit.day.ends + 3 * DAY
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    await browser.post(f"{path}/practise", data=WHOLE | {"reader": "program"})

    assert (early.status_code, "opens when the step begins" in early.text) == (409, True)
    assert "late" in (await browser.get(path)).text
    assert "written late" in (await browser.get(f"/r/{visit.state.rotation}")).text


def without_card(visit: Visit, card: str) -> None:
    """From now on neither what runs nor what begins asks this."""
    programs, cohort = visit.office.programs, visit.state.cohort
    old = programs.current(cohort)
    left = tuple(one for one in old.exercises if one.key != card)
    new = old.model_copy(update={"version": old.version + 1, "exercises": left})
    programs.activate(programs.radius(cohort, new, visit.moment), new, visit.moment, running=True)


async def test_what_is_not_asked_any_more_can_be_read_by_who_wrote_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    await browser.post(f"{path}/practise", data=WHOLE | {"reader": "writer"})
    never = path_of(visit, "decision-map", StepKind.LISTENING_SESSION)
    without_card(visit, "understood")
    without_card(visit, "decision-map")

    page = (await browser.get(path)).text
    late = await browser.post(f"{path}/practise", data=WHOLE | {"reader": "writer"})
    await browser.post(f"{path}/practise-code")
    opened = await browser.post(f"{path}/reopen", data={"code": visit.code()})
    invite = (await browser.get(visit.path(Purpose.ANSWER, visit.day))).text

    assert "This is not asked of you any more." in page
    assert "<textarea" not in page + opened.text
    assert (late.status_code, "not asked of you any more" in late.text) == (409, True)
    assert CANARY in opened.text
    assert "Understood, assumed, learnt" in invite
    assert (await browser.get(never)).status_code == 404


async def test_who_gave_their_seat_up_reads_what_they_wrote_in_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    lead = host_lead(visit)
    visit.moment = visit.day.starts - DAY
    path = path_of(visit, "what-we-want", StepKind.SHADOWING_DAY, lead)
    await browser.post(f"{path}/practise", data={"goals": CANARY, "reader": "program"})
    others = tuple(a for a in visit.day.attendees if a.person != lead)
    visit.state = visit.state.with_step(visit.day.model_copy(update={"attendees": others}))
    visit.state = visit.state.model_copy(update={"version": visit.state.version + 1})
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))

    late = await browser.post(f"{path}/practise", data={"goals": "Other", "reader": "program"})
    await browser.post(f"{path}/practise-code")
    opened = await browser.post(f"{path}/reopen", data={"code": visit.code()})

    assert late.status_code == 409
    assert CANARY in opened.text


async def test_answers_of_a_card_that_is_gone_come_back_to_a_page_that_opens(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    session = visit.step(StepKind.LISTENING_SESSION)
    visit.moment = session.starts + timedelta(hours=1)
    where = (visit.state.rotation, session.key, "open-questions", visit.state.participant)
    asked = visit.office.exercises.page(*where, visit.moment).exercise
    words = {field.key: f"{CANARY} {field.key}" for field in asked.fields}
    assert not visit.office.exercises.keep(*where, words, asked.readers[0], visit.moment).missing
    without_card(visit, "open-questions")
    visit.moment += 31 * DAY

    assert visit.office.returning.return_answers(visit.moment) == 1

    query = select(OutboxTable.raw).where(OutboxTable.kind == "old-answers")
    with reading(visit.office.engine) as session_:
        raw = session_.scalars(query).one()
    link = re.search(r"http://[^/]+(/t/\S+)", words_of(raw))
    assert link
    assert "You have written this" in (await browser.get(link.group(1))).text


async def test_who_has_no_mail_is_told_what_becomes_of_a_draft(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    lead = host_lead(visit)
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, lead)
        row.email, row.facts = None, {**row.facts, "email": None}
    visit.moment = visit.day.starts - DAY
    path = path_of(visit, "what-we-want", StepKind.SHADOWING_DAY, lead)

    draft = await browser.post(f"{path}/practise", data={"goals": "", "reader": "program"})
    page = (await browser.get(path)).text

    assert (draft.status_code, "Kept as a draft" in draft.text) == (409, True)
    for text in (draft.text, page):
        assert "Finish it before you go" in text
        assert "Send me a code" not in text
    assert "Ask whoever looks after the program to note an address of yours" in page


async def test_nobody_writes_what_is_asked_of_others(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "assumptions", StepKind.SHADOWING_DAY, host_lead(visit))
    for answer in (await browser.get(path), await browser.post(f"{path}/practise", data={})):
        assert answer.status_code == 404
        assert "not asked of you" in answer.text


async def test_a_reader_that_is_not_offered_is_refused(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "what-we-want", StepKind.SHADOWING_DAY, host_lead(visit))
    visit.moment = visit.day.starts - DAY

    refused = await browser.post(f"{path}/practise", data={"goals": "See it", "reader": "writer"})

    assert refused.status_code == 409
    assert "Choose one of those who may read it." in refused.text
    assert ">See it</textarea>" in refused.text


@pytest.mark.parametrize("reader", [{}, {"reader": "everybody"}])
async def test_nothing_is_read_by_anybody_whom_the_writer_did_not_choose(
    visit: Visit, browser: httpx.AsyncClient, reader: dict[str, str]
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)

    refused = await browser.post(f"{path}/practise", data=WHOLE | reader)

    assert refused.status_code == 409
    assert "Choose who may read it." in refused.text
    assert CANARY not in (await browser.get(f"/r/{visit.state.rotation}")).text


async def test_an_empty_form_does_not_wipe_what_was_finished(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    await browser.post(f"{path}/practise", data=WHOLE | {"reader": "program"})

    empty = await browser.post(f"{path}/practise", data={"reader": "program"})

    assert empty.status_code == 409
    assert "What you finished before stays as it is" in empty.text
    assert CANARY in (await browser.get(f"/r/{visit.state.rotation}")).text


async def test_what_no_database_takes_is_made_plain(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    odd = WHOLE | {"understood": "half\0 a\r\nline", "reader": "program"}
    boundary = "x"
    fields = odd | {"assumed": "+2AA-"}
    body = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: text/plain; charset=utf-7\r\n\r\n{value}\r\n"
        for name, value in fields.items()
    )
    mangled = await browser.post(
        f"{path}/practise",
        content=f"{body}--{boundary}--\r\n".encode(),
        headers={"content-type": f"multipart/form-data; boundary={boundary}; charset=utf-7"},
    )
    kept = await browser.post(f"{path}/practise", data=odd)
    long = await browser.post(f"{path}/practise", data=odd | {"learnt": "x" * 4001})

    assert mangled.status_code < 500
    assert kept.status_code == 303
    assert "Keep each answer to 4000 characters" in long.text
    assert "half a\nline" in (await browser.get(f"/r/{visit.state.rotation}")).text


QUESTIONS = ("safe", "known", "follows")


def answers_of_others(
    visit: Visit,
    people: list[str],
    value: str,
    questions: tuple[str, ...] = QUESTIONS,
    version: int = 1,
) -> None:
    """What colleagues of other sessions have answered."""
    office, session_step = visit.office, visit.step(StepKind.LISTENING_SESSION)
    given = dict.fromkeys(questions, value)
    with writing(office.engine) as session:
        for number, person in enumerate(people):
            session.add(
                ExerciseEntryTable(
                    rotation=visit.state.rotation,
                    step=session_step.key,
                    exercise="pulse-before",
                    person=person,
                    version=version,
                    reader="counted",
                    sealed=office.vault.seal(session, person, json.dumps(given)),
                    mark="",
                    complete=True,
                    late=False,
                    written_at=visit.moment + timedelta(minutes=number + 1),
                )
            )


def test_practice_s2_a_question_that_a_card_gains_was_answered_by_nobody_before(
    visit: Visit,
) -> None:
    with reading(visit.office.engine) as session:
        everybody = sorted(people(session))
    answers_of_others(visit, everybody[:5], "4", QUESTIONS[:2])
    pulse = [
        one
        for one in visit.office.exercises.pulse(visit.state.cohort)
        if one.exercise == "pulse-before"
    ]
    answers_of_others(visit, everybody[5:10], "2")
    later = visit.office.exercises.pulse(visit.state.cohort)

    assert [(one.answers, one.mean) for one in pulse] == [(5, 4.0), (5, 4.0), (0, None)]
    shown = [(one.answers, one.mean) for one in later if one.exercise == "pulse-before"]
    assert shown == [(10, 3.0), (10, 3.0), (5, 2.0)]


def test_practice_s2_answers_on_another_scale_make_no_mean_with_those_on_this_one(
    visit: Visit,
) -> None:
    """Nobody knows what version 9 asked."""
    with reading(visit.office.engine) as session:
        everybody = sorted(people(session))
    answers_of_others(visit, everybody[:5], "4")
    answers_of_others(visit, everybody[5:10], "9", version=9)

    found = visit.office.exercises.pulse(visit.state.cohort)

    shown = [(one.answers, one.mean) for one in found if one.exercise == "pulse-before"]
    assert shown == [(5, 4.0)] * 3


async def test_practice_s2_what_host_teams_answer_is_a_mean_of_five_and_read_by_nobody(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    colleagues = [a.person for a in talk.attendees if a.seat is Seat.FRONTLINE]
    visit.moment = talk.starts - DAY
    for person in colleagues:
        path = path_of(visit, "pulse-before", StepKind.LISTENING_SESSION, person)
        given = {"safe": "2", "known": "2", "follows": "2", "reader": "counted"}
        assert "at least four others" in (await browser.get(path)).text
        assert (await browser.post(f"{path}/practise", data=given)).status_code == 303
    again = await browser.post(f"{path}/practise", data=given | {"safe": "5"})
    assert (again.status_code, "it is counted" in again.text) == (409, True)
    ledger = f"/quarters/{visit.state.cohort}"
    few = (await browser.get(ledger)).text
    with reading(visit.office.engine) as session:
        others = [p for p in sorted(people(session)) if p not in colleagues]
    answers_of_others(visit, others[: 5 - len(colleagues)], "5")
    five = visit.office.exercises.pulse(visit.state.cohort)
    visit.moment += DAY / 2
    answers_of_others(visit, others[5 - len(colleagues) : 6 - len(colleagues)], "1")

    assert "fewer than five" in few
    assert five == visit.office.exercises.pulse(visit.state.cohort)
    shown = {one.label: (one.answers, one.mean) for one in five if one.exercise == "pulse-before"}
    mean = (2 * len(colleagues) + 5 * (5 - len(colleagues))) / 5
    assert set(shown.values()) == {(5, mean)}
    assert f"<strong>{mean:.1f}</strong>" in (await browser.get(ledger)).text
    assert (
        "Three questions before the talk"
        not in (await browser.get(f"/r/{visit.state.rotation}")).text
    )


async def test_practice_s31_each_open_question_is_read_across_a_cohort_as_its_writers_chose(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = visit.step(StepKind.LISTENING_SESSION).ends
    path = path_of(visit, "open-questions", StepKind.LISTENING_SESSION)
    cohort = visit.state.cohort
    answers = {
        "missed": "The queue at noon.",
        "values": "Care.",
        "voices": "Nights.",
        "diverged": "On speed.",
    }
    chosen = f"/shared/{cohort}?exercise=open-questions"
    await browser.post(f"{path}/practise", data=answers | {"reader": "writer"})
    assert "Nobody has shared this yet" in (await browser.get(chosen)).text

    await browser.post(f"{path}/practise", data=answers | {"reader": "program"})

    for key, said in answers.items():
        page = (await browser.get(f"{chosen}&question={key}")).text
        assert [one for one in answers.values() if one in page] == [said]
        assert visit.office.views.rotation(visit.state.rotation).row.participant_name in page
    whole = (await browser.get(chosen)).text
    assert all(said in whole for said in answers.values())
    assert "There is no page 2" in (await browser.get(f"{chosen}&page=2")).text
    assert (await browser.get(f"/shared/{cohort}?exercise=assumed")).status_code == 404
    assert (await browser.get("/shared")).status_code == 303


async def test_practice_s32_answers_come_back_after_30_and_90_days_across_a_restart(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    visit.moment = talk.ends
    path = path_of(visit, "open-questions", StepKind.LISTENING_SESSION)
    answers = {"missed": CANARY, "values": "Care.", "voices": "Nights.", "diverged": "On speed."}
    await browser.post(f"{path}/practise", data=answers | {"reader": "writer"})
    written = visit.moment

    sent = []
    for days in (1, 29, 30, 31, 89, 90, 91, 200):
        visit.moment = written + days * DAY
        restarted = Office(visit.office.settings, visit.office.now)
        sent.append((days, restarted.returning.return_answers(visit.moment)))
        assert restarted.returning.return_answers(visit.moment) == 0

    assert [days for days, letters in sent if letters] == [30, 90]
    with reading(visit.office.engine) as session:
        query = select(OutboxTable).where(OutboxTable.kind == "old-answers")
        first, second = session.scalars(query.order_by(OutboxTable.number)).all()
        assert CANARY not in words_of(first.raw)
        link = re.search(r"/t/\S+", words_of(second.raw))
    assert link
    visit.moment = written + 91 * DAY
    opened = await browser.get(link.group())
    assert "You have written this" in opened.text
    await browser.post(f"{link.group()}/practise-code")
    assert (
        CANARY in (await browser.post(f"{link.group()}/reopen", data={"code": visit.code()})).text
    )


async def test_practice_s8_an_entry_names_the_version_that_it_answers(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    await browser.post(f"{path}/practise", data=WHOLE | {"reader": "writer"})

    history = visit.office.views.rotation(visit.state.rotation).history
    assert any("wrote understood (version 1)" in sentence for _, sentence in history)


async def test_what_no_key_opens_any_more_breaks_no_page(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = path_of(visit, "understood", StepKind.SHADOWING_DAY)
    await browser.post(f"{path}/practise", data=WHOLE | {"reader": "program"})
    assert len(visit.office.exercises.shared(visit.state.rotation)) == 1
    replaced = Vault(b"k" * 32)
    codes = ReadingCodes(replaced, visit.office.composer, visit.office.links)
    visit.office.exercises = Exercises(visit.office.engine, replaced, codes)

    page = await browser.get(f"/r/{visit.state.rotation}")

    assert page.status_code == 200
    assert CANARY not in page.text

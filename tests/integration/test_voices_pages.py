"""The pages of voices: how a point is taken stands before it, its receipt is shown once, each gets an answer."""

import json
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind, VoiceMode
from domain.rotation import Phase, StepState
from domain.telling import dispatch
from store.database import reading, writing
from store.tables.changes import PolicyTable
from store.tables.people import PersonTable
from store.tables.voices import VoiceTable
from tests.builders import a_proposal
from tests.visit import DAY, Visit

CANARY = "The stamp is locked away on Mondays"
POLICY = "abcdefgh"


def session_of(visit: Visit) -> StepState:
    return visit.step(StepKind.LISTENING_SESSION)


def team(visit: Visit) -> tuple[str, ...]:
    return tuple(a.person for a in session_of(visit).attendees if a.seat is Seat.FRONTLINE)


def lead(visit: Visit) -> str:
    return next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)


def speak_path(visit: Visit, number: int = 0) -> str:
    return visit.path(Purpose.SPEAK, session_of(visit), team(visit)[number])


def take_by(visit: Visit, mode: VoiceMode) -> None:
    office, key = visit.office, session_of(visit).key
    office.voices.choose(visit.state.rotation, key, lead(visit), mode, visit.moment)


async def say(
    visit: Visit, browser: httpx.AsyncClient, number: int, words: str, **more: str
) -> str:
    """Say one thing by the page and return its receipt."""
    path = speak_path(visit, number)
    form = {"text": words, "language": "en"} | hidden((await browser.get(path)).text) | more
    kept = await browser.post(f"{path}/speak", data=form)
    assert kept.status_code == 200, kept.text
    assert f"/v/{form['receipt']}" in kept.text
    return form["receipt"]


def hidden(page: str) -> dict[str, str]:
    """What the form carries besides what is typed: a receipt, and the mode that its writer reads."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page))


async def test_practice_s6_what_was_read_before_typing_still_holds_when_it_is_sent(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.ANONYMOUS)
    path = speak_path(visit)
    form = {"text": CANARY, "language": "en"} | hidden((await browser.get(path)).text)
    take_by(visit, VoiceMode.NAMED)

    refused = await browser.post(f"{path}/speak", data=form)

    assert refused.status_code == 409
    assert "has changed since you opened the page" in refused.text
    assert CANARY in refused.text
    assert 'name="mode" value="named"' in refused.text


async def opened(visit: Visit, browser: httpx.AsyncClient, person: str = "") -> str:
    """The page that a code opens."""
    path = visit.path(Purpose.HEAR, session_of(visit), person)
    await browser.post(f"{path}/hear-code")
    there = await browser.post(f"{path}/hear", data={"code": visit.code()})
    assert there.status_code == 303, there.text
    return there.headers["location"]


@pytest.fixture
def visit(visit: Visit) -> Visit:
    visit.moment = session_of(visit).starts
    return visit


async def test_practice_s6_everybody_reads_how_it_is_taken_before_they_type(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    leader = visit.office.views.named(visit.state.participant)
    for mode, said in (
        (None, "Nothing is kept that says who said it or when"),
        (VoiceMode.NAMED, f"{leader}, with the name of who said it"),
        (VoiceMode.FACILITATOR, "with the name of who said it. " + leader + " gets a wording"),
        (VoiceMode.FACILITATOR, ", or whoever takes their place, with the name of who said it"),
        (VoiceMode.ANONYMOUS, "when three people have spoken"),
    ):
        if mode:
            take_by(visit, mode)
        page = (await browser.get(speak_path(visit))).text
        assert said in page
        assert page.index("Who reads this") < page.index("<textarea")
        assert "Leave out what belongs to customers" in page


async def test_practice_s6_what_is_said_to_one_person_is_not_sent_to_another(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.FACILITATOR)
    path = speak_path(visit)
    form = {"text": CANARY, "language": "en"} | hidden((await browser.get(path)).text)
    assert form["reader"]

    refused = await browser.post(f"{path}/speak", data=form | {"reader": visit.state.participant})

    assert refused.status_code == 409
    assert "has changed since you opened the page" in refused.text
    assert f'name="reader" value="{form["reader"]}"' in refused.text


async def test_the_invite_offers_what_is_for_its_reader(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    session = session_of(visit)
    colleague = (await browser.get(visit.path(Purpose.ANSWER, session, team(visit)[0]))).text
    leader = (await browser.get(visit.path(Purpose.ANSWER, session))).text
    host = (await browser.get(visit.path(Purpose.ANSWER, visit.day, lead(visit)))).text

    offered = ("Say what should be heard", "Open what should be heard", "How your team can speak")
    assert [title in colleague for title in offered] == [True, False, False]
    assert [title in leader for title in offered] == [False, True, False]
    assert [title in host for title in offered] == [False, False, True]
    assert "What was decided at your team" in colleague
    assert "What was decided at your team" not in leader
    for page in (colleague, host):
        for link in re.findall(r'href="http://127.0.0.1:\d+(/t/[^"]+)"', page):
            assert (await browser.get(link)).status_code == 200


async def test_practice_s6_the_lead_chooses_until_the_first_point_was_said(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.VOICE_MODE, session_of(visit), lead(visit))
    nothing = await browser.post(f"{path}/voice-mode", data={"mode": "loud"})
    chosen = await browser.post(f"{path}/voice-mode", data={"mode": "named"})
    await say(visit, browser, 0, CANARY)
    late = await browser.post(f"{path}/voice-mode", data={"mode": "anonymous"})

    assert (nothing.status_code, "Choose one of the three." in nothing.text) == (409, True)
    assert chosen.status_code == 303
    assert (late.status_code, "stays as everybody read it" in late.text) == (409, True)
    assert "By name." in (await browser.get(speak_path(visit, 1))).text
    stranger = visit.path(Purpose.VOICE_MODE, session_of(visit), team(visit)[0])
    assert (await browser.get(stranger)).status_code == 404


async def test_a_point_that_is_not_right_keeps_what_was_typed(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.NAMED)
    path = speak_path(visit)
    name = visit.office.views.named(team(visit)[1]).split()[0]
    form = hidden((await browser.get(path)).text) | {"receipt": "a" * 26}
    empty = await browser.post(f"{path}/speak", data=form | {"text": " "})
    form |= {"text": f"{name} keeps the <key>", "language": "pl"}
    named = await browser.post(f"{path}/speak", data=form)
    meant = await browser.post(f"{path}/speak", data=form | {"nobody": "yes"})
    odd = await browser.post(f"{path}/speak", data=form | {"receipt": "short"})

    assert (empty.status_code, "in a line or two" in empty.text) == (409, True)
    assert named.status_code == 409
    assert f"Name nobody: {name}" in named.text
    assert f">{name} keeps the &lt;key&gt;</textarea>" in named.text
    assert '<option value="pl" selected>Polski' in named.text
    assert "nobody is meant" in named.text
    assert meant.status_code == 200
    assert odd.status_code == 400


async def test_a_receipt_is_shown_once_and_a_repeat_of_the_form_says_it_once(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = speak_path(visit)
    receipt = await say(visit, browser, 0, CANARY)
    form = hidden((await browser.get(path)).text) | {"receipt": receipt}
    again = await browser.post(f"{path}/speak", data=form | {"text": CANARY, "language": "en"})

    assert f"/v/{receipt}" in again.text
    assert receipt not in (await browser.get(path)).text
    with reading(visit.office.engine) as session:
        assert len(session.scalars(select(VoiceTable)).all()) == 1
    page = await browser.get(f"/v/{receipt}")
    assert CANARY in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert (await browser.get("/v/" + "b" * 26)).status_code == 404


async def test_a_receipt_that_is_opened_at_once_leaves_no_address_behind(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = speak_path(visit)
    form = hidden((await browser.get(path)).text) | {"text": CANARY}
    kept = await browser.post(f"{path}/speak", data=form)
    told = {"receipt": form["receipt"]}

    opened = await browser.post(f"{path}/receipt", data=told)
    unknown = await browser.post(f"{path}/receipt", data={"receipt": "b" * 26})
    other = visit.path(Purpose.HEAR, session_of(visit))
    elsewhere = await browser.post(f"{other}/receipt", data=told)

    assert not re.search(r'(?:href|action)="[^"]*' + form["receipt"], kept.text)
    assert f'name="receipt" value="{form["receipt"]}">Open it now' in kept.text
    assert opened.status_code == 200
    assert CANARY in opened.text
    assert opened.headers["cache-control"] == "no-store"
    assert form["receipt"] not in opened.text
    assert unknown.status_code == 404
    assert elsewhere.status_code == 409
    visit.moment += timedelta(days=40)
    assert (await browser.post(f"{path}/receipt", data=told)).status_code == 410


async def test_practice_s6_nobody_is_asked_for_the_language_of_an_anonymous_point(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    anonymous = (await browser.get(speak_path(visit))).text
    await say(visit, browser, 0, CANARY)
    with reading(visit.office.engine) as session:
        (point,) = session.scalars(select(VoiceTable)).all()

    assert 'name="language"' not in anonymous
    assert point.language == "und"


async def test_a_lead_can_not_choose_a_way_for_which_nobody_is_left(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.VOICE_MODE, session_of(visit), lead(visit))
    before = (await browser.get(path)).text
    coordinator = visit.office.views.person("lena")
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, coordinator)
        row.email, row.facts = None, {**row.facts, "email": None}

    after = (await browser.get(path)).text
    refused = await browser.post(f"{path}/voice-mode", data={"mode": "facilitator-only"})

    assert ["facilitator-only" in page for page in (before, after)] == [True, False]
    assert (refused.status_code, "Nobody could pass on" in refused.text) == (409, True)


async def test_no_link_alone_shows_what_somebody_said(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.NAMED)
    await say(visit, browser, 0, CANARY)
    session = session_of(visit)
    hear = visit.path(Purpose.HEAR, session)

    for path in (
        hear,
        speak_path(visit),
        speak_path(visit, 1),
        visit.path(Purpose.ANSWER, session),
        f"/r/{visit.state.rotation}",
        "/",
    ):
        assert CANARY not in (await browser.get(path)).text
    wrong = await browser.post(f"{hear}/hear", data={"code": "123"})
    assert (wrong.status_code, CANARY in wrong.text) == (409, False)

    weigh = await opened(visit, browser)
    name = visit.office.views.named(team(visit)[0])
    page = (await browser.get(weigh)).text
    assert CANARY in page
    assert name in page
    visit.moment += timedelta(hours=1, minutes=1)
    assert (await browser.get(weigh)).status_code == 410


def with_change(visit: Visit) -> None:
    office, state = visit.office, visit.state
    proposal = a_proposal(lead(visit), team(visit)[0], visit.moment + DAY)
    with writing(office.engine) as session:
        session.add(
            PolicyTable(
                id=POLICY,
                rotation=state.rotation,
                cohort=state.cohort,
                workflow_id=f"policy-{POLICY}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=visit.moment,
            )
        )


async def test_practice_s7_answers_that_are_whole_are_kept_and_the_others_say_what_is_missing(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.NAMED)
    with_change(visit)
    for number in range(3):
        await say(visit, browser, number, f"{CANARY} ({number})")
    weigh = await opened(visit, browser)
    ids = re.findall(r'name="reason-(\w+)"', (await browser.get(weigh)).text)
    first, second, third = ids

    answer = await browser.post(
        f"{weigh}/weigh",
        data={
            f"disposition-{first}": "partly", f"policy-{first}": POLICY, f"reason-{first}": "Soon.",
            f"disposition-{second}": "adopted", f"reason-{second}": "But which one?",
            f"reason-{third}": "I can't say yet",
        },
    )  # fmt: skip

    assert answer.status_code == 409
    assert "2 answers are not whole yet" in answer.text
    assert f'id="wrong-{second}">Choose the change that takes it up.' in answer.text
    assert f'id="wrong-{third}">Say whether it is taken up or declined.' in answer.text
    assert ">But which one?</textarea>" in answer.text
    assert "It is taken up in part." in answer.text
    nothing = await browser.post(f"{weigh}/weigh", data={})
    assert nothing.headers["location"].endswith("said=nothing")


async def test_practice_s7_thanks_say_what_is_to_be_answered_first_and_where(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.NAMED)
    await say(visit, browser, 0, CANARY)
    thanks = visit.step(StepKind.THANKS)
    visit.moment = thanks.starts + timedelta(hours=1)
    path = visit.path(Purpose.THANK, thanks)

    refused = await browser.post(f"{path}/thank", data={"words": "Thank you all"})
    skipped = await browser.post(f"/r/{visit.state.rotation}/steps/{thanks.key}/skip")

    assert refused.status_code == 409
    assert "One point that was said to you has no answer yet." in refused.text
    assert ">Thank you all</textarea>" in refused.text
    assert (skipped.status_code, "has no answer yet" in skipped.text) == (409, True)
    link = re.search(r'href="http://127.0.0.1:\d+(/t/hear[^"]+)"', refused.text)
    assert link
    assert "1 point waits for your answer" in (await browser.get(link.group(1))).text

    weigh = await opened(visit, browser)
    (point,) = re.findall(r'name="reason-(\w+)"', (await browser.get(weigh)).text)
    declined = {f"disposition-{point}": "declined", f"reason-{point}": "A law asks for it."}
    assert (await browser.post(f"{weigh}/weigh", data=declined)).status_code == 303
    assert (await browser.post(f"{path}/thank", data={"words": "Thank you"})).status_code == 303


async def test_first_f3_an_anonymous_receipt_tells_the_story_as_it_stands(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    with_change(visit)
    receipts = [await say(visit, browser, n, f"{CANARY} ({n})") for n in range(3)]
    before = (await browser.get(f"/v/{receipts[0]}")).text
    weigh = await opened(visit, browser)
    page = (await browser.get(weigh)).text
    ids = re.findall(r'name="reason-(\w+)"', page)
    await browser.post(
        f"{weigh}/weigh",
        data={
            key: value
            for id_ in ids
            for key, value in {
                f"disposition-{id_}": "adopted", f"policy-{id_}": POLICY, f"reason-{id_}": "You see it daily.",
            }.items()
        },
    )  # fmt: skip
    after = (await browser.get(f"/v/{receipts[0]}")).text

    assert "Not yet." in before
    assert not any(visit.office.views.named(person) in page for person in team(visit))
    assert "You see it daily." in after
    assert "Label the sacks" in after


async def test_practice_s6_who_facilitates_passes_on_what_they_alone_read(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_by(visit, VoiceMode.FACILITATOR)
    await say(visit, browser, 0, CANARY)
    coordinator = visit.office.views.person(visit.office.views.cohorts()[0].coordinator_name)
    convey = await opened(visit, browser, coordinator)
    name = visit.office.views.named(team(visit)[0])
    page = (await browser.get(convey)).text
    (point,) = re.findall(r'name="wording-(\w+)"', page)
    assert CANARY in page
    assert name in page

    wrong = await browser.post(f"{convey}/convey", data={f"wording-{point}": f"{name} says so"})
    assert (wrong.status_code, "Say it without the name." in wrong.text) == (409, True)
    right = {f"wording-{point}": "A tool is missing once a week"}
    assert (await browser.post(f"{convey}/convey", data=right)).status_code == 303

    weigh = await opened(visit, browser)
    seen = (await browser.get(weigh)).text
    assert "A tool is missing once a week" in seen
    assert CANARY not in seen
    assert name not in seen


async def test_practice_s6_an_export_of_an_anonymous_session_has_no_writer(
    visit: Visit, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOJOURN_LOCAL", "true")
    monkeypatch.setenv("SOJOURN_DATA", str(visit.office.settings.data))
    rotation = visit.state.rotation
    nothing = CliRunner().invoke(app, ["voices", rotation])
    for number in range(3):
        await say(visit, browser, number, f"{CANARY} ({number})")

    exported = CliRunner().invoke(app, ["voices", rotation, "--json"])
    shown = CliRunner().invoke(app, ["voices", rotation])

    assert "Nothing was said yet" in nothing.stdout
    points = json.loads(exported.stdout)
    assert [(p["mode"], p["by"]) for p in points] == [("anonymous", "")] * 3
    assert not any("language" in point for point in points)
    for said in (exported.stdout, shown.stdout):
        assert CANARY not in said
        assert not any(person in said for person in team(visit))
    assert shown.stdout.count("anonymous") == 3


async def test_practice_s34_people_of_a_team_read_decisions_and_never_a_journal(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    office, state = visit.office, visit.state
    secret = "only in my journal"
    reflection = visit.step(StepKind.REFLECTION)
    later = max(reflection.starts, visit.moment) + DAY
    office.sayings.write(state.rotation, reflection.key, state.participant, secret, later)
    with_change(visit)
    with writing(office.engine) as session:
        session.get_one(PolicyTable, POLICY).team = state.hosts[0]
    colleague, session_step = team(visit)[0], session_of(visit)
    path = visit.path(Purpose.LOG, session_step, colleague, about=state.hosts[0])

    page = await browser.get(path)

    assert page.status_code == 200
    assert "Label the sacks" in page.text
    assert "Every sack gets a label." in page.text
    assert secret not in page.text
    for person, whose in ((state.participant, state.hosts[0]), (colleague, state.hosts[1])):
        other = visit.path(Purpose.LOG, session_step, person, about=whose)
        assert (await browser.get(other)).status_code == 404


async def test_a_session_that_was_called_off_takes_nothing(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    session = session_of(visit)
    off = visit.state.with_step(session.model_copy(update={"phase": Phase.CANCELLED}))
    off = off.model_copy(update={"version": off.version + 1})
    visit.office.correspondence.carry_out(dispatch(off, (), visit.moment))

    page = await browser.get(speak_path(visit))

    assert "This session was called off" in page.text
    assert "<textarea" not in page.text


@pytest.mark.parametrize("mode", [VoiceMode.ANONYMOUS, VoiceMode.NAMED])
async def test_an_answer_names_nobody_where_a_point_is_without_a_name(
    visit: Visit, browser: httpx.AsyncClient, mode: VoiceMode
) -> None:
    take_by(visit, mode)
    for number in range(3):
        await say(visit, browser, number, f"{CANARY} ({number})")
    weigh = await opened(visit, browser)
    point, *_ = re.findall(r'name="reason-(\w+)"', (await browser.get(weigh)).text)
    name = visit.office.views.named(team(visit)[1]).split()[0]
    form = {f"disposition-{point}": "declined", f"reason-{point}": f"{name} keeps the stamp"}
    assert 'name="nobody"' not in (await browser.get(weigh)).text

    answered = await browser.post(f"{weigh}/weigh", data=form)

    if mode is VoiceMode.NAMED:
        assert answered.status_code == 303
        return
    assert answered.status_code == 409
    assert f'id="wrong-{point}">Name nobody: {name} is somebody of this visit.' in answered.text
    assert 'name="nobody"' in answered.text
    meant = await browser.post(f"{weigh}/weigh", data=form | {"nobody": "yes"})
    assert (meant.status_code, "declined" in (await browser.get(weigh)).text) == (303, True)

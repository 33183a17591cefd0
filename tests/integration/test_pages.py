"""Pages and signed links over a real store, while Temporal is away."""

import json
import os
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from domain.due import catch_up
from domain.errors import NotFound
from domain.events import Reschedule
from domain.links import LinkClaim, Purpose
from domain.policy import Disposition, PolicyState
from domain.policymoves import PolicyDispatch, PolicyErrand
from domain.program import Gate
from domain.rotation import Answer, RotationState
from domain.telling import dispatch
from invites.answering import CalendarCard, counter_to, invite_in, reply_to, words_of
from invites.ingest import ingest
from settings import Settings
from store.changes import Changes
from store.database import reading, writing
from store.tables.changes import PolicyTable
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable
from tests.builders import a_proposal
from tests.installation import SOJOURN
from tests.migrated import give_schema
from tests.servers import free_port
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

EXAMPLE = Path(__file__).parents[2] / "examples" / "service-desk"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(Settings(local=True, data=tmp_path, temporal=f"127.0.0.1:{free_port()}"))
    give_schema(found.engine)
    return found


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened


def now() -> datetime:
    return datetime.now(UTC)


def planned(office: Office) -> tuple[RotationState, ...]:
    office.load(EXAMPLE, dry_run=False, today=now().date())
    office.planning.make_plan("winter", now())
    return office.planning.rotations("winter", 1)


def started(office: Office) -> RotationState:
    """The example approved, with the invites of one rotation out."""
    states = planned(office)
    office.planning.approve("winter", 1, now())
    state = next(s for s in states if s.consented)
    invited, errands = catch_up(state, now())
    office.correspondence.carry_out(dispatch(invited, errands, now()))
    return invited


def proposed(office: Office, **said: str) -> PolicyState:
    """A proposal that its owner may decide, with two people who were met."""
    state = started(office)
    owner, first, second, *_ = dict.fromkeys(
        a.person for s in state.steps for a in s.attendees if a.person != state.participant
    )
    change = PolicyState(
        policy="abcdefgh",
        cohort=state.cohort,
        rotation=state.rotation,
        participant=state.participant,
        host=state.host,
        owner=owner,
        co_authors=(first,),
        voices=(first, second),
        proposed_at=now(),
        decide_by=now() + timedelta(days=14),
    )
    proposal = a_proposal(owner, first, change.decide_by, **said)
    with writing(office.engine) as session:
        session.add(
            PolicyTable(
                id=change.policy,
                rotation=state.rotation,
                cohort=state.cohort,
                workflow_id=f"policy-{change.policy}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=now(),
            )
        )
    begun = change.model_copy(update={"version": 1})
    office.policies.carry_out(
        PolicyDispatch(state=begun, errands=(), now=now(), sentence="Waiting.")
    )
    return begun


def about(change: PolicyState, purpose: Purpose, person: str) -> LinkClaim:
    return LinkClaim(purpose=purpose, person=person, rotation=change.rotation, about=change.policy)


def printed_concerns(office: Office) -> list[dict[str, str]]:
    """What the command prints of the concerns about the one change."""
    command = [str(SOJOURN), "changes", "--json"]
    home = {"SOJOURN_DATA": str(office.settings.data), "SOJOURN_LOCAL": "true"}
    said = subprocess.run(command, env=os.environ | home, capture_output=True, check=True)
    (change,) = json.loads(said.stdout)
    found: list[dict[str, str]] = change["concerns"]
    return found


def path_of(office: Office, claim: LinkClaim) -> str:
    url = office.links.url(claim, now() + timedelta(days=1))
    return url.removeprefix(office.settings.base_url)


async def test_an_empty_installation_says_what_to_do(browser: httpx.AsyncClient) -> None:
    assert "sojourn import" in (await browser.get("/")).text
    assert "No mail yet" in (await browser.get("/inbox")).text
    assert (await browser.get("/inbox/messages.json")).json() == []


async def test_the_plan_shows_reasons_and_every_mail_and_sends_none(
    office: Office, browser: httpx.AsyncClient
) -> None:
    planned(office)

    page = (await browser.get("/plan/winter")).text
    mails = (await browser.get("/plan/winter/mails")).text

    assert "Approve and start" in page
    assert "covers 2 of 2 goals" in page
    assert mails.count('<details class="mail">') > 30
    assert office.outbox.waiting() == 0


async def test_pages_read_while_temporal_is_away_and_commands_say_why_not(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)

    assert (await browser.get("/")).status_code == 200
    assert (await browser.get(f"/r/{state.rotation}")).status_code == 200
    refused = await browser.post(f"/r/{state.rotation}/move/hold")

    assert refused.status_code == 503
    assert "Temporal or its worker is away" in refused.text


async def test_answers_and_reflections_are_taken_while_temporal_is_away(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    step = state.steps[0]
    row = office.views.rotation(state.rotation).row.steps[0].attendees[0]
    claim = LinkClaim(
        purpose=Purpose.ANSWER,
        person=row.person,
        rotation=state.rotation,
        about=row.uid or "",
        step=step.key,
    )
    path = path_of(office, claim)

    shown = await browser.get(path)
    unchanged = office.views.rotation(state.rotation).row.steps[0].attendees[0].answer
    declined = await browser.post(f"{path}/answer", data={"answer": "declined"})

    assert shown.status_code == 200
    assert unchanged.value == "needs-action"
    assert declined.status_code == 303
    assert office.views.rotation(state.rotation).row.steps[0].attendees[0].answer == "declined"
    assert [n.event.kind for n in office.news.pending(now(), 10)] == ["answered"]


async def test_a_reflection_opens_with_its_event_and_is_never_shown_by_its_link(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    claim = LinkClaim(
        purpose=Purpose.REFLECT,
        person=state.participant,
        rotation=state.rotation,
        about="reflection",
        step="reflection",
    )
    path = path_of(office, claim)

    early = await browser.post(f"{path}/reflect", data={"line0": "too early"})
    words = "they keep a list of their own"
    office.sayings.write(
        state.rotation, "reflection", state.participant, words, state.steps[2].ends
    )

    assert early.status_code == 409
    assert "has begun" in early.text
    assert ">too early</textarea>" in early.text
    assert words not in (await browser.get(path)).text
    assert words not in (await browser.get(f"/r/{state.rotation}")).text


async def test_a_consent_by_link_is_heard_once(office: Office, browser: httpx.AsyncClient) -> None:
    state = next(s for s in planned(office) if not s.consented)
    waiting, errands = catch_up(state, now())
    office.correspondence.carry_out(dispatch(waiting, errands, now()))
    open_gate = next(g for g in waiting.gates if g.asked_at)
    claim = LinkClaim(
        purpose=Purpose.CONSENT,
        person=open_gate.person,
        rotation=state.rotation,
        about=open_gate.gate.value,
    )
    path = path_of(office, claim)

    answers = [
        await browser.post(f"{path}/consent", data={"agreed": said})
        for said in ("yes", "yes", "no")
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 409]
    assert "answered already: you said yes" in answers[-1].text
    events = [n.event for n in office.news.pending(now(), 10)]
    assert [(e.kind, getattr(e, "agreed", None)) for e in events] == [("gate-answered", True)]
    assert open_gate.gate is Gate.RELEASE


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "sojourn.evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
async def test_other_sites_can_neither_read_nor_act(
    browser: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await browser.post("/plan/winter/replan", headers=headers)).status_code == status


async def test_altered_and_unknown_addresses_get_a_friendly_page(
    browser: httpx.AsyncClient,
) -> None:
    altered = await browser.get("/t/answer.k1.nonsense")
    missing = await browser.get("/r/zzzzzzzz")

    assert (altered.status_code, missing.status_code) == (409, 404)
    assert "Open it from the mail again" in altered.text
    assert "There is no rotation" in missing.text


@pytest.mark.parametrize(
    "path",
    [
        "/inbox/messages/99999999999999999999.eml",
        "/plan/winter?version=99999999999999999999",
        "/r/%00",
        "/r/nothing",
    ],
)
async def test_an_address_that_leads_nowhere_says_so(browser: httpx.AsyncClient, path: str) -> None:
    answered = await browser.get(path)

    assert answered.status_code in {400, 404}


async def test_a_form_with_an_unreadable_origin_is_refused(browser: httpx.AsyncClient) -> None:
    refused = await browser.post("/plan/winter/replan", headers={"Origin": "http://["})

    assert refused.status_code == 403


async def test_a_no_show_of_a_stranger_is_refused(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    step = state.steps[0]

    for person, status in (("P-9999", 409), ("<b>x", 400)):
        path = f"/r/{state.rotation}/steps/{step.key}/no-show"
        refused = await browser.post(path, data={"person": person})
        assert refused.status_code == status
    assert (await browser.get("/")).status_code == 200


async def test_the_inbox_shows_a_mail_that_nobody_can_decode(
    office: Office, browser: httpx.AsyncClient
) -> None:
    raw = b"Subject: hi\r\nContent-Type: text/plain; charset=klingon\r\n\r\nQapla\r\n"
    office.keep_local_mail("a@example.org", "b@example.org", raw)

    assert "Qapla" in (await browser.get("/inbox")).text


async def test_a_concern_is_passed_on_without_the_name_unless_its_writer_wants_it(
    office: Office, browser: httpx.AsyncClient
) -> None:
    change = proposed(office)
    first, second = change.voices
    paths = [path_of(office, about(change, Purpose.CONCERN, person)) for person in (first, second)]
    assert "None yet." in (await browser.get(f"/c/{change.policy}")).text

    empty = await browser.post(f"{paths[0]}/concern", data={"text": "", "named": "yes"})
    hidden = await browser.post(f"{paths[0]}/concern", data={"text": "Nobody is there at noon."})
    shown = await browser.post(f"{paths[1]}/concern", data={"text": "<b>Who pays?", "named": "yes"})

    assert (empty.status_code, hidden.status_code, shown.status_code) == (409, 303, 303)
    assert "Write your concern in a line or two." in empty.text
    assert 'value="yes" checked' in empty.text
    page = (await browser.get(f"/c/{change.policy}")).text
    assert "Nobody is there at noon." in page
    assert "&lt;b&gt;Who pays?" in page
    (unnamed, named) = office.change_views.one(change.policy).concerns
    assert unnamed.by == ""
    assert office.views.person(named.by) == second
    assert named.by in page
    for path in paths:
        assert "noon" not in (await browser.get(path)).text


async def test_practice_s7_the_form_asks_for_each_concern_and_keeps_what_was_typed(
    office: Office, browser: httpx.AsyncClient
) -> None:
    change = proposed(office)
    path = path_of(office, about(change, Purpose.DECIDE, change.owner))
    assert "Nobody has raised a concern." in (await browser.get(path)).text
    concern = office.changes.raise_concern(
        change.policy, change.voices[0], "Nobody is there at noon.", named=False, now=now()
    )
    form = {"disposition": "declined", "reason": "It costs a second shift."}

    late = await browser.post(f"{path}/decide", data=form)
    half = form | {f"disposition-{concern}": "partly", f"reason-{concern}": " "}
    silent = await browser.post(f"{path}/decide", data=half)
    vague = await browser.post(f"{path}/decide", data=half | {"disposition": "perhaps"})

    assert [page.status_code for page in (late, silent, vague)] == [409, 409, 409]
    assert "This was raised while you were deciding." in late.text
    assert "Nobody is there at noon." in late.text
    assert all("It costs a second shift." in page.text for page in (late, silent, vague))
    assert f'id="wrong-{concern}">Write the reason' in silent.text
    assert f'name="disposition-{concern}" value="partly" required checked' in silent.text
    assert 'id="wrong">Say whether it is adopted' in vague.text
    assert [n.event.kind for n in office.news.pending(now(), 10)] == ["concern-raised"]

    whole = half | {f"reason-{concern}": "We start after lunch."}
    decided = await browser.post(f"{path}/decide", data=whole)

    assert decided.status_code == 303
    (answered,) = printed_concerns(office)
    assert (answered["disposition"], answered["reason"]) == ("partly", "We start after lunch.")
    assert answered["by"] == ""
    page = (await browser.get(f"/c/{change.policy}")).text
    assert "We start after lunch." in page


async def test_practice_s39_a_policy_is_read_as_it_is_as_proposed_and_as_decided(
    office: Office, browser: httpx.AsyncClient
) -> None:
    said = {
        "before": "Two people sign <b>above</b> 50 euros.",
        "change": "One person signs below 50 euros.",
    }
    change = proposed(office, **said)
    path = path_of(office, about(change, Purpose.DECIDE, change.owner))
    form = (await browser.get(path)).text
    taken_out = "<del>Two people sign &lt;b&gt;above&lt;/b&gt;</del>"
    assert f"{taken_out}<ins>One person signs below</ins> 50 euros." in form
    assert f">{said['change']}</textarea>" in form

    whole = {"disposition": "adopted", "reason": "It costs little.", "in_force": f"{now().date()}"}
    other = "One person signs below 80 euros."
    refused = await browser.post(f"{path}/decide", data=whole | {"wording": other})
    decided = await browser.post(
        f"{path}/decide", data=whole | {"wording": other, "disposition": "partly"}
    )

    assert refused.status_code == 409
    assert "It reads otherwise than proposed" in refused.text
    assert f">{other}</textarea>" in refused.text
    assert decided.status_code == 303
    assert office.change_views.one(change.policy).wording == other
    over = change.model_copy(
        update={"disposition": Disposition.PARTLY, "decided_at": now(), "version": 2}
    )
    office.policies.carry_out(
        PolicyDispatch(
            state=over, errands=(PolicyErrand.TELL_DECISION,), now=now(), sentence="Decided."
        )
    )
    page = (await browser.get(f"/c/{change.policy}")).text
    assert "below <del>50</del><ins>80</ins> euros." in page
    with reading(office.engine) as session:
        receipts = session.scalars(
            select(OutboxTable.raw).where(OutboxTable.kind == "tell-decision")
        )
        assert all(f"Word for word, it is now: {other}" in words_of(raw) for raw in receipts)


async def test_practice_s39_what_is_adopted_as_proposed_keeps_its_wording(
    office: Office, browser: httpx.AsyncClient
) -> None:
    change = proposed(office, before="Two people sign.")
    path = path_of(office, about(change, Purpose.DECIDE, change.owner))
    whole = {"disposition": "adopted", "reason": "It costs little.", "in_force": f"{now().date()}"}

    await browser.post(f"{path}/decide", data=whole)

    found = office.change_views.one(change.policy)
    assert found.wording == found.proposal.change


async def test_practice_s39_the_board_shows_each_change_where_it_is(
    office: Office, browser: httpx.AsyncClient
) -> None:
    assert "None yet. A proposal comes from a rotation" in (await browser.get("/changes")).text
    change = proposed(office)
    page = (await browser.get("/changes")).text
    column = page[page.index('id="proposed"') : page.index('id="in-force"')]
    assert f'href="/c/{change.policy}"' in column
    assert "Nothing is being measured." in page
    for query in ("proposed=9999999", "proposed=x", "kept=-1", "cohort=winter"):
        assert (await browser.get(f"/changes?{query}")).status_code == 200
    assert (await browser.get("/changes?cohort=nowhere")).status_code == 404


async def test_a_concern_between_looking_and_deciding_is_never_passed_over(
    office: Office, browser: httpx.AsyncClient
) -> None:
    change = proposed(office)
    path = path_of(office, about(change, Purpose.DECIDE, change.owner))

    class SomebodyIsQuicker(Changes):
        """The store's own, where a concern arrives between reading the form and deciding it."""

        def decide(self, policy: str, *said: Any) -> None:
            text = "Nobody is there at noon."
            self.raise_concern(policy, change.voices[0], text, named=False, now=now())
            super().decide(policy, *said)

    office.changes = SomebodyIsQuicker(office.engine, office.vault)
    refused = await browser.post(
        f"{path}/decide", data={"disposition": "declined", "reason": "It costs too much."}
    )

    assert refused.status_code == 409
    assert "Every concern gets a decision of its own" in refused.text
    assert "Nobody is there at noon." in refused.text
    assert "It costs too much." in refused.text


def arrives(office: Office, raw: bytes) -> int:
    """A mail that comes in and is judged; returns its number."""
    number = office.answers.keep(raw, "imap", now())
    ingest(office.answers, now())
    return number


def invite_mail(office: Office, state: RotationState, step: str) -> CalendarCard:
    with reading(office.engine) as session:
        query = select(OutboxTable.raw).where(
            OutboxTable.rotation == state.rotation,
            OutboxTable.step == step,
            OutboxTable.person == state.participant,
        )
        return invite_in(session.scalars(query).one())


async def test_a_proposed_time_is_shown_with_its_effect_and_taken(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    step = state.steps[0]
    card = invite_mail(office, state, step.key)
    later = (step.starts + timedelta(minutes=15 * n) for n in range(1, 400))
    fits = next(
        at
        for at in later
        if office.planning.why_not_then(state.rotation, step.key, at, now()) is None
    )
    number = arrives(office, counter_to(card, fits, now())[2])

    page = (await browser.get(f"/r/{state.rotation}")).text
    taken = await browser.post(f"/r/{state.rotation}/proposals/{number}/take")

    assert "proposes" in page
    assert "It fits" in page
    assert taken.status_code == 303
    assert office.proposed_times.open() == ()
    soon = now() + timedelta(minutes=1)
    first = office.news.pending(soon, 50)
    for one in first:
        office.news.told(one.number, soon)
    said = [n.event for n in (*first, *office.news.pending(soon, 50))]
    assert Reschedule(step=step.key, starts=fits) in said
    assert "/proposals/" not in (await browser.get(f"/r/{state.rotation}")).text


async def test_a_time_that_can_not_be_is_declined_with_the_reason_in_sight(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    step = state.steps[0]
    card = invite_mail(office, state, step.key)
    number = arrives(office, counter_to(card, now() - timedelta(days=1), now())[2])

    page = (await browser.get(f"/r/{state.rotation}")).text
    taken = await browser.post(f"/r/{state.rotation}/proposals/{number}/take")
    elsewhere = await browser.post(f"/r/aaaaaaaa/proposals/{number}/decline")
    declined = await browser.post(f"/r/{state.rotation}/proposals/{number}/decline")
    again = await browser.post(f"/r/{state.rotation}/proposals/{number}/decline")

    assert "It can&#39;t be" in page
    assert "Take that time" not in page
    assert taken.status_code == 409
    assert elsewhere.status_code == 404
    assert declined.status_code == 303
    assert again.status_code == 404


async def test_an_answer_from_elsewhere_counts_after_one_click_at_the_known_address(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    step = state.steps[0]
    card = invite_mail(office, state, step.key)
    _, _, raw = reply_to(card, Answer.DECLINED, now())
    number = arrives(office, raw.replace(card.attendee.encode(), b"me@elsewhere.example"))
    claim = LinkClaim(
        purpose=Purpose.VOUCH,
        person=state.participant,
        rotation=state.rotation,
        about=str(number),
        step=step.key,
    )
    path = path_of(office, claim)
    another = claim.model_copy(update={"person": step.attendees[-1].person})
    asked = [office.fresh_links.is_still_asked(one) for one in (claim, another)]

    shown = (await browser.get(path)).text
    said = await browser.post(f"{path}/vouch", data={"mine": "yes"})
    after = (await browser.get(path)).text

    assert asked == [True, False]
    with pytest.raises(NotFound):
        office.fresh_links.is_still_asked(claim)
    assert "me@elsewhere.example" in shown
    assert "It was me" in shown
    assert said.status_code == 303
    assert "nothing to decide" in after
    (row,) = [s for s in office.views.rotation(state.rotation).row.steps if s.key == step.key]
    own = next(a for a in row.attendees if a.person == state.participant)
    assert own.answer is Answer.DECLINED


async def test_what_somebody_wrote_back_is_shown_until_it_was_read(
    office: Office, browser: httpx.AsyncClient
) -> None:
    state = started(office)
    with reading(office.engine) as session:
        query = select(OutboxTable).where(OutboxTable.rotation == state.rotation)
        sent = session.scalars(query.order_by(OutboxTable.number)).first()
    assert sent is not None
    words = f"From: {sent.recipient}\r\nIn-Reply-To: {sent.message_id}\r\n\r\nMay I bring cake?\r\n"
    number = arrives(office, words.encode())

    before = (await browser.get(f"/r/{state.rotation}")).text
    elsewhere = await browser.post(f"/r/aaaaaaaa/mails/{number}/seen")
    read = await browser.post(f"/r/{state.rotation}/mails/{number}/seen")
    after = (await browser.get(f"/r/{state.rotation}")).text

    assert "I have read it" in before
    assert "“May I bring cake?”" in before
    assert (elsewhere.status_code, read.status_code) == (404, 303)
    assert "I have read it" not in after


def test_the_quarantine_is_listed_let_through_and_dropped_by_commands(office: Office) -> None:
    state = started(office)
    card = invite_mail(office, state, state.steps[0].key)
    _, _, raw = reply_to(card, Answer.ACCEPTED, now())
    forged = raw.replace(f"From: {card.attendee}".encode(), b"From: eve@example.net")
    number = arrives(office, forged)
    home = os.environ | {"SOJOURN_DATA": str(office.settings.data), "SOJOURN_LOCAL": "true"}

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [str(SOJOURN), "mail", "quarantine", *words]
        return subprocess.run(whole, env=home, capture_output=True, text=True, check=False)

    listed = json.loads(command("list", "--json").stdout)
    released = command("release", str(number))
    again = command("drop", str(number))

    assert [(one["number"], one["person"]) for one in listed] == [(number, state.participant)]
    assert released.returncode == 0, released.stderr
    assert "counts now" in released.stdout
    assert again.returncode == 1
    assert "quarantine list" in again.stderr
    assert command("list").stdout.strip() == "No mail is held back."


def test_a_program_may_take_a_time_that_disturbs_nobody_by_itself(office: Office) -> None:
    state = started(office)
    step = state.steps[0]
    card = invite_mail(office, state, step.key)
    later = (step.starts + timedelta(minutes=15 * n) for n in range(1, 400))
    fits = next(
        at
        for at in later
        if office.planning.effect_of(state.rotation, step.key, at, now()).moved == (step.key,)
    )
    with writing(office.engine) as session:
        cohort = session.get_one(CohortTable, "winter")
        cohort.program = {**cohort.program, "take_proposals": True}
    other = next(a.person for a in step.attendees if a.person != state.participant)

    office.answers.keep(counter_to(card, fits, now())[2], "imap", now())
    office.sayings.answer_for(state.rotation, step.key, other, Answer.ACCEPTED, now())
    assert office.take_in() == 1
    waiting = office.proposed_times.open()
    office.sayings.answer_for(state.rotation, step.key, other, Answer.TENTATIVE, now())
    office.answers.keep(b"any other mail", "imap", now())
    assert office.take_in() == 1

    assert [wish.step for wish in waiting] == [step.key]
    assert office.proposed_times.open() == ()

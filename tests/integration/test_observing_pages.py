"""The pages on which a visitor writes down what they see, and makes a summary of it."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from store.database import reading, writing
from store.tables.changes import ChainLinkTable, PolicyTable
from tests.forms import hidden_in
from tests.visit import Visit

NAMES = (f"{n:032x}" for n in range(1000))


def a_note(**said: str) -> dict[str, str]:
    return {"name": next(NAMES), "quote": "We keep a list.", "tag": "delight"} | said


async def test_the_visitor_alone_is_offered_to_write_things_down(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    (host, *_) = [a.person for a in visit.day.attendees if a.person != visit.state.participant]

    mine = await browser.get(visit.path(Purpose.ANSWER, visit.day))
    theirs = await browser.get(visit.path(Purpose.ANSWER, visit.day, host))
    goals = await browser.get(visit.path(Purpose.ANSWER, visit.step(StepKind.LEARNING_GOAL_TALK)))

    found = re.search(r'href="http://127.0.0.1:\d+(/t/[^"]+)"[^>]*>Write down', mine.text)
    assert found
    assert "Note it" in (await browser.get(found.group(1))).text
    assert "Write down" not in theirs.text
    assert "Write down" not in goals.text


async def test_a_note_is_kept_and_its_words_open_only_with_the_code(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.OBSERVE, visit.day)

    kept = await browser.post(f"{path}/observe", data=a_note())
    shown = await browser.get(kept.headers["location"])
    await browser.post(f"{path}/code")
    wrong = await browser.post(f"{path}/notes", data={"code": "no"})
    right = await browser.post(f"{path}/notes", data={"code": visit.code()})

    assert kept.status_code == 303
    assert "Noted. Only you can read it." in shown.text
    assert "We keep a list." not in shown.text
    assert "· delight" in shown.text
    assert wrong.status_code == 409
    assert "wrong or too old" in wrong.text
    assert "We keep a list." in right.text
    assert right.headers["cache-control"] == "no-store"
    assert "We keep a list." not in (await browser.get(f"/r/{visit.state.rotation}")).text


async def test_a_refused_note_keeps_what_was_typed(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.OBSERVE, visit.day)

    page = await browser.post(f"{path}/observe", data=a_note(quote=" ", feeling="uneasy"))
    by_program = await browser.post(
        f"{path}/observe", data=a_note(quote="x" * 501), headers={"accept": "application/json"}
    )

    assert page.status_code == 409
    assert "a feeling alone says too little" in page.text
    assert 'value="uneasy"' in page.text
    assert by_program.status_code == 409
    assert "500 characters" in by_program.json()["sentence"]


async def test_a_name_in_a_note_is_pointed_at(visit: Visit, browser: httpx.AsyncClient) -> None:
    path = visit.path(Purpose.OBSERVE, visit.day)
    name = visit.office.observations.names_met(visit.state.rotation)[0].split()[0]

    page = await browser.post(f"{path}/observe", data=a_note(quote=f"{name} said it"))
    by_program = await browser.post(
        f"{path}/observe",
        data=a_note(quote=f"{name} said it"),
        headers={"accept": "application/json"},
    )

    assert "said=named" in page.headers["location"]
    assert by_program.json() == {"named": [name]}


async def test_practice_s16_the_summary_shows_how_often_each_kind_of_thing_was_noted(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    observe = visit.path(Purpose.OBSERVE, visit.day)
    for tag in ("frustration", "delight", "frustration"):
        await browser.post(f"{observe}/observe", data=a_note(tag=tag))

    summary = visit.open_summary()
    page = await browser.get(visit.path(Purpose.SUMMARISE, summary))

    assert "2 × frustration, 1 × delight." in page.text


def a_summary(**changes: str) -> dict[str, str]:
    things = {
        "words": "A day at the desk.",
        "thing0": "Tickets wait for a second signature",
        "thing1": "New colleagues learn from one sheet of paper",
        "thing2": "Calls after five reach nobody at all",
    }
    return things | changes


async def test_practice_s18_a_thing_stands_on_notes_of_its_writer(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    observe = visit.path(Purpose.OBSERVE, visit.day)
    one, other = a_note(quote="It waits for Monday."), a_note()
    for note in (one, other):
        await browser.post(f"{observe}/observe", data=note)
    summary = visit.open_summary()
    path = visit.path(Purpose.SUMMARISE, summary)
    await browser.post(f"{path}/code")

    recalled = await browser.post(f"{path}/recall", data={"code": visit.code()})
    chosen = {f"note-{one['name']}": "0", f"note-{other['name']}": ""}
    short = await browser.post(f"{path}/summarise", data=a_summary(thing1="") | chosen)
    taken = await browser.post(f"{path}/summarise", data=a_summary() | chosen)
    foreign = await browser.post(
        f"{path}/summarise", data=a_summary() | {f"note-{next(NAMES)}": "1"}
    )

    assert "It waits for Monday." in recalled.text
    assert f'name="note-{one["name"]}" value="0"' in short.text
    assert taken.status_code == 303
    page = visit.office.summaries.page(visit.state.rotation, summary.key, visit.state.participant)
    assert page.summary
    assert [i.evidence for i in page.summary.insights] == [(one["name"],), (), ()]
    assert foreign.status_code == 409
    assert "not there any more" in foreign.text


@pytest.mark.parametrize(
    ("field", "says"), [("words", "{} is the one who knows."), ("process1", "what {} does")]
)
async def test_practice_s33_a_summary_names_nobody_unless_nobody_is_meant(
    visit: Visit, browser: httpx.AsyncClient, field: str, says: str
) -> None:
    name = visit.office.observations.names_met(visit.state.rotation)[0].split()[0]
    path = visit.path(Purpose.SUMMARISE, visit.open_summary())
    named = a_summary(**{field: says.format(name)})

    refused = await browser.post(f"{path}/summarise", data=named)
    meant = await browser.post(f"{path}/summarise", data=named | {"nobody": "yes"})

    assert refused.status_code == 409
    assert f"Name nobody: {name}" in refused.text
    assert "Nobody is meant" in refused.text
    assert meant.status_code == 303


async def test_a_form_that_was_sent_before_does_not_lose_other_words(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.OBSERVE, visit.day)
    note = a_note(quote="the first words")
    await browser.post(f"{path}/observe", data=note)

    again = await browser.post(f"{path}/observe", data=note)
    other = await browser.post(f"{path}/observe", data=note | {"quote": "other words"})

    assert again.status_code == 303
    assert other.status_code == 409
    assert "other words</textarea>" in other.text
    assert note["name"] not in other.text


async def test_the_first_word_of_the_host_lead_stands_and_nothing_is_changed_after_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    summary = visit.open_summary()
    await browser.post(visit.path(Purpose.SUMMARISE, summary) + "/summarise", data=a_summary())
    visit.show_summary()
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    release = visit.path(Purpose.RELEASE, summary, lead)

    yes = hidden_in((await browser.get(release)).text) | {"agreed": "yes"}
    for _ in range(2):
        visit.moment += timedelta(seconds=1)
        agreed = await browser.post(f"{release}/release", data=yes)
    other = await browser.post(f"{release}/release", data={"agreed": "no"})
    changed = await browser.post(
        visit.path(Purpose.SUMMARISE, summary) + "/summarise", data=a_summary(words="Not that.")
    )

    assert (agreed.status_code, other.status_code) == (303, 409)
    assert "answered already: others may read it" in other.text
    assert changed.status_code == 409
    assert "read it already" in changed.text
    with reading(visit.office.engine) as session:
        assert len(session.scalars(select(ChainLinkTable)).all()) == 1


async def test_the_host_lead_releases_only_what_they_have_read(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    summary = visit.open_summary()
    write = visit.path(Purpose.SUMMARISE, summary) + "/summarise"
    await browser.post(write, data=a_summary())
    visit.show_summary()
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    release = visit.path(Purpose.RELEASE, summary, lead)
    read = hidden_in((await browser.get(release)).text)
    await browser.post(write, data=a_summary(thing0="Returns are booked a day later"))

    refused = await browser.post(f"{release}/release", data=read | {"agreed": "yes"})

    assert refused.status_code == 409
    assert "It was written anew after you had opened it." in refused.text
    assert "Returns are booked a day later" in refused.text
    assert visit.office.learnings.find().found == 0
    again = hidden_in(refused.text) | {"agreed": "yes"}
    taken = await browser.post(f"{release}/release", data=again)
    assert taken.status_code == 303
    assert visit.office.learnings.find().learnings[-1].text == "Returns are booked a day later"


async def test_practice_s39_what_was_released_is_in_the_register_until_something_follows(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    empty = (await browser.get("/learnings")).text
    summary = visit.open_summary()
    await browser.post(visit.path(Purpose.SUMMARISE, summary) + "/summarise", data=a_summary())
    visit.show_summary()
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    hidden = (await browser.get("/learnings")).text
    release = visit.path(Purpose.RELEASE, summary, lead)
    yes = hidden_in((await browser.get(release)).text) | {"agreed": "yes"}
    await browser.post(f"{release}/release", data=yes)

    shown = (await browser.get("/learnings", params={"words": "signature"})).text
    insight = f"{visit.state.rotation}:{summary.key}:0"
    refused = await browser.post(f"/learnings/{insight}/reason", data={"reason": " "})
    said = await browser.post(f"/learnings/{insight}/reason", data={"reason": "A law asks for it."})
    after = (await browser.get("/learnings", params={"only_open": "true"})).text

    assert "Nothing yet." in empty
    assert "Tickets wait" not in hidden
    assert "Tickets wait for a second signature" in shown
    assert "Felix" not in shown
    assert "1 found; from <strong>1</strong> nothing has followed" in shown
    assert (refused.status_code, "Write in a line why" in refused.text) == (409, True)
    assert said.status_code == 303
    assert "Tickets wait" not in after
    assert "2 found" in after
    assert (
        "Nothing like that was learnt"
        in (await browser.get("/learnings", params={"words": "nowhere"})).text
    )


async def test_the_ledger_shows_each_quarter_and_closes_it_with_a_reason(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    cohort = visit.state.cohort
    visit.moment = visit.day.starts + timedelta(days=120)
    quarter = visit.office.quarters.ledger(cohort, visit.moment)[-1].quarter

    first = await browser.get("/quarters")
    shown = await browser.get(f"/quarters/{cohort}")
    refused = await browser.post(f"/quarters/{cohort}/{quarter}/close", data={"reason": " "})
    closed = await browser.post(
        f"/quarters/{cohort}/{quarter}/close", data={"reason": "The house moved."}
    )

    assert first.headers["location"] == f"/quarters/{cohort}"
    assert "not kept" in shown.text
    assert (refused.status_code, "None was chosen: say why." in refused.text) == (409, True)
    assert closed.status_code == 303
    assert "The house moved." in (await browser.get(f"/quarters/{cohort}")).text
    assert (await browser.get("/quarters/nowhere")).status_code == 404


async def test_the_ledger_says_which_quarters_came_after_the_program(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = visit.day.starts + timedelta(days=400)
    with writing(visit.office.engine) as session:
        session.add(
            PolicyTable(
                id="abcdefgh",
                rotation=visit.state.rotation,
                cohort=visit.state.cohort,
                workflow_id="policy-abcdefgh",
                proposal={"title": "No more slips", "owner": visit.state.participant},
                proposed_at=visit.day.starts,
                adopted_at=visit.moment,
                decided_at=visit.moment,
            )
        )

    page = (await browser.get(f"/quarters/{visit.state.cohort}")).text

    (heading,) = re.findall(r"<h2[^>]*>[^<]*<span[^>]*>after the program</span>", page)
    assert f"{visit.moment:%Y}" in heading
    assert "No more slips" in page

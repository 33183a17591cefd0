"""The pages of reflections and thanks: found again by who wrote them, and kept to the last character."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from domain.links import Purpose
from domain.program import StepKind
from domain.rotation import Phase
from domain.telling import dispatch
from store.database import reading, writing
from store.tables.people import PersonTable
from store.tables.words import DocumentTable
from tests.visit import DAY, Visit

LINES = {"line0": "They keep a list of their own", "line1": "", "line2": "I ask first"}


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """The reflection and the thanks wait to be written."""
    for kind in (StepKind.REFLECTION, StepKind.THANKS):
        opened = visit.step(kind).model_copy(update={"phase": Phase.OPEN})
        visit.state = visit.state.with_step(opened)
    visit.state = visit.state.model_copy(update={"version": visit.state.version + 1})
    visit.moment = visit.step(StepKind.THANKS).starts + timedelta(hours=1)
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))
    return visit


def reflection(visit: Visit) -> str:
    return visit.path(Purpose.REFLECT, visit.step(StepKind.REFLECTION))


def kept(visit: Visit, kind: StepKind = StepKind.REFLECTION) -> str:
    step = visit.step(kind).key
    return visit.office.sayings.words(visit.state.rotation, step, visit.state.participant) or ""


async def test_a_reflection_is_opened_again_by_its_writer_alone(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = reflection(visit)
    first = (await browser.get(path)).text
    nothing = await browser.post(f"{path}/reflection-code")
    await browser.post(f"{path}/reflect", data=LINES)
    visit.moment += 3 * DAY
    path = reflection(visit)
    page = (await browser.get(path)).text
    await browser.post(f"{path}/reflection-code")
    code = visit.code()
    wrong = await browser.post(f"{path}/reflection-open", data={"code": "1"})
    opened = await browser.post(f"{path}/reflection-open", data={"code": code})
    again = await browser.post(f"{path}/reflection-open", data={"code": code})

    assert ("You have written this" in first, nothing.status_code) == (False, 404)
    assert "You have written this, 3 days ago." in page
    assert "What you write here replaces what is there." in page
    assert "They keep" not in page + wrong.text + again.text
    assert (wrong.status_code, again.status_code) == (409, 409)
    assert ">They keep a list of their own</textarea>" in opened.text
    assert ">I ask first</textarea>" in opened.text
    assert opened.headers["cache-control"] == "no-store"


async def test_nothing_takes_the_place_of_a_reflection_that_was_written(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = reflection(visit)
    await browser.post(f"{path}/reflect", data=LINES)

    refused = await browser.post(f"{path}/reflect", data={"line0": " ", "line1": "\r\n"})

    assert refused.status_code == 409
    assert "what you wrote before stays" in refused.text
    assert kept(visit) == "They keep a list of their own\x1e\x1eI ask first"


async def test_a_reflection_may_be_empty_and_written_later(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = reflection(visit)

    empty = await browser.post(f"{path}/reflect", data={"line0": ""})
    written = await browser.post(f"{path}/reflect", data=LINES)

    assert (empty.status_code, written.status_code) == (303, 303)
    assert "I ask first" in kept(visit)


async def test_words_are_kept_to_the_last_character_as_the_browser_counts_them(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    as_typed = "\n".join(["x" * 99] * 40)
    as_sent = as_typed.replace("\n", "\r\n")
    thanks = visit.path(Purpose.THANK, visit.step(StepKind.THANKS))

    await browser.post(f"{reflection(visit)}/reflect", data={"line2": as_sent})
    await browser.post(f"{thanks}/thank", data={"words": as_sent})

    assert kept(visit) == f"\x1e\x1e{as_typed}"
    assert kept(visit, StepKind.THANKS) == as_typed


async def test_what_is_too_long_is_handed_back_whole_and_beside_its_field(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    long = "x" * 4000 + "end"
    path, thanks = reflection(visit), visit.path(Purpose.THANK, visit.step(StepKind.THANKS))

    reflected = await browser.post(f"{path}/reflect", data=LINES | {"line1": long})
    thanked = await browser.post(f"{thanks}/thank", data={"words": long})

    for answer in (reflected, thanked):
        assert answer.status_code == 409
        assert "Keep each answer to 4000 characters; one has 4003." in answer.text
        assert "xend</textarea>" in answer.text
    assert 'id="wrong1">Keep each' in reflected.text
    assert ">They keep a list of their own</textarea>" in reflected.text
    with reading(visit.office.engine) as session:
        assert session.scalars(select(DocumentTable.id)).all() == []


async def test_who_has_no_mail_is_told_what_to_do_in_place_of_a_code(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = reflection(visit)
    await browser.post(f"{path}/reflect", data=LINES)
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, visit.state.participant)
        row.email, row.facts = None, {**row.facts, "email": None}

    page = (await browser.get(path)).text

    assert "Send me a code" not in page
    assert "Ask whoever looks after the program to note an address of yours" in page

"""The pages of the register of tensions: raised with what was typed kept, settled, downloaded, read only by observers."""

import csv
import json
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from tests.visit import Visit

WORDS = {"one": "=Answers within the hour", "other": "Answers that hold", "lens": "customer"}


def with_register(folder: Path) -> None:
    program = folder / "program.toml"
    program.write_text(
        program.read_text().replace("[program]", "[program]\ntension-register = true", 1)
    )


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path, with_register)


def soon(visit: Visit, days: int = 9) -> str:
    return f"{visit.moment.date() + timedelta(days=days)}"


def raising(visit: Visit) -> str:
    return visit.path(Purpose.TENSION, visit.day)


async def test_practice_s12_a_tension_is_raised_listed_settled_and_downloaded(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    cohort = f"/tensions/{visit.state.cohort}"
    empty = (await browser.get("/tensions", follow_redirects=True)).text
    typed = WORDS | {"owner": "nobody at all", "due": soon(visit)}
    wrong = await browser.post(f"{cohort}/raise", data=typed)
    done = await browser.post(f"{cohort}/raise", data=typed | {"owner": "Nadia Krüger"})
    listed = (await browser.get(cohort)).text
    rows = (await browser.get(f"{cohort}/tensions.json?state=open")).json()
    sheet = list(csv.DictReader((await browser.get(f"{cohort}/tensions.csv")).text.splitlines()))

    assert "None yet." in empty
    assert wrong.status_code == 409
    assert 'id="owner-wrong">Name who looks at it.' in wrong.text
    assert 'value="nobody at all"' in wrong.text
    assert ">=Answers within the hour</textarea>" in wrong.text
    assert done.status_code == 303
    assert "Nadia Krüger" in listed
    assert [(row["one"], row["owner"]) for row in rows] == [(WORDS["one"], "Nadia Krüger")]
    assert [row["one"] for row in sheet] == [f"'{WORDS['one']}"]

    settle = f"{cohort}/{rows[0]['id']}/settle"
    unsaid = await browser.post(settle, data={"state": "eased", "sentence": " "})
    settled = await browser.post(settle, data={"state": "eased", "sentence": "Two desks now."})
    again = await browser.post(settle, data={"state": "accepted", "sentence": "No."})

    assert (unsaid.status_code, "Write in a sentence what became of it." in unsaid.text) == (
        409,
        True,
    )
    assert settled.status_code == 303
    assert (again.status_code, "is eased already" in again.text) == (409, True)
    assert "eased: Two desks now." in (await browser.get(cohort)).text
    assert "There is none like that." in (await browser.get(f"{cohort}?state=open")).text
    assert (await browser.get("/tensions/nowhere")).status_code == 404


async def test_practice_s12_a_visitor_raises_one_from_the_page_of_the_invite(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    mine = (await browser.get(visit.path(Purpose.ANSWER, visit.day))).text
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    theirs = (await browser.get(visit.path(Purpose.ANSWER, visit.day, lead))).text
    link = re.search(r'href="http://127.0.0.1:\d+(/t/[^"]+)">Something pulls two ways', mine)

    assert "Something pulls two ways" not in theirs
    assert link
    form = (await browser.get(link.group(1))).text
    assert f"{visit.state.rotation}:listening-session" in form
    typed = WORDS | {"owner": visit.state.participant, "due": soon(visit)}
    named = await browser.post(
        f"{link.group(1)}/tension", data=typed | {"other": "What Nadia likes"}
    )
    assert named.status_code == 409
    assert "Name nobody: Nadia is somebody here." in named.text
    kept = await browser.post(
        f"{link.group(1)}/tension", data=typed | {"other": "What Nadia likes", "nobody": "yes"}
    )
    assert kept.status_code == 303
    assert "What Nadia likes" in (await browser.get("/tensions", follow_redirects=True)).text


async def test_practice_s48_the_page_says_which_initiative_is_decided_too_early(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    day_before = talk.starts.date() - timedelta(days=1)
    visit.moment = talk.starts - timedelta(days=2)
    typed = WORDS | {
        "owner": visit.state.participant,
        "due": soon(visit),
        "initiative": "Refunds at once",
        "decided_on": f"{day_before}",
        "place": f"{visit.state.rotation}:{talk.key}",
    }
    kept = await browser.post(f"{raising(visit)}/tension", data=typed)
    page = (await browser.get("/tensions", follow_redirects=True)).text

    assert kept.status_code == 303
    assert "decided before the session in which it is to be discussed" in re.sub(r"\s+", " ", page)
    assert "too early" in page


async def test_a_rotation_offers_its_own_sessions_to_a_manager(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get(f"/r/{visit.state.rotation}")).text
    link = re.search(r'href="(/tensions/[^"]+)">Raise a tension', page)
    assert link
    form = (await browser.get(link.group(1))).text
    assert f"{visit.state.rotation}:listening-session" in form
    assert ":four-lenses" in form
    assert (await browser.get("/tensions/full/raise?rotation=zzzzzzzz")).status_code == 404


async def test_what_is_too_long_is_refused_and_odd_letters_are_kept(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = f"{raising(visit)}/tension"
    typed = WORDS | {"owner": visit.state.participant, "due": soon(visit)}
    long = await browser.post(path, data=typed | {"one": "x" * 301})
    longer = await browser.post(path, data=typed | {"one": "x" * 5000})
    odd = await browser.post(path, data=typed | {"one": "<b>half\0 & \r\nline</b>"})

    assert (long.status_code, "it has 301" in long.text) == (409, True)
    assert longer.status_code == 409
    assert odd.status_code == 303
    rows = json.loads((await browser.get("/tensions/full/tensions.json")).text)
    assert [row["one"] for row in rows] == ["<b>half & \nline</b>"]
    assert "<b>half" not in (await browser.get("/tensions/full")).text

"""What a person sees: plan approval, overview, answers and the reflection, in headless Chromium."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from domain.links import LinkClaim, Purpose
from domain.policy import Disposition, PolicyPhase, PolicyState
from invites.answering import words_of
from settings import local_settings
from store.chains import record_proposal
from store.database import writing
from store.tables.changes import ConcernTable, PolicyTable
from tests.builders import a_proposal
from tests.e2e.browsing import faults_everywhere
from tests.installation import Installation
from tests.mill import PROGRAM, write_folder
from wiring import Office, utc_now

OWNER = "P-0001"
FIRST_THOUGHTS = """
[[steps]]
key = "think"
kind = "reflection"
title = "First thoughts"
duration = "30m"
window = { closes = "10d" }
required = ["participant"]

"""

PEOPLE_INVITED = (
    "vera thinks",
    "vera talks",
    "otto",
    "vera visits",
    "karl",
    "vera",
    "lisa",
    "vera",
)
"""One invite a person and step: five steps of the mill with eight seats."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("browser"))
    running.start()
    yield running
    running.stop()


def signed_link(installation: Installation, subject: str) -> str:
    """The path of the signed page in the newest mail with that subject."""
    mail = next(m for m in reversed(installation.mails()) if str(m["subject"]).startswith(subject))
    raw = installation.web.get(f"/inbox/messages/{mail['id']}.eml").content
    found = re.search(r"/t/[A-Za-z0-9_.-]+", words_of(raw))
    assert found
    return found.group()


def a_change(office: Office, rotation: str) -> str:
    """A change in force, as the store holds it; nothing here walks the weeks before it."""
    now = utc_now()
    facts = {
        "phase": PolicyPhase.IN_FORCE,
        "disposition": Disposition.ADOPTED,
        "decided_at": now,
        "in_force_at": now,
    }
    return stored(office, rotation, "abcdefgh", "It costs little.", facts)


def a_doubted_proposal(office: Office, rotation: str) -> str:
    """A proposal that waits for its decision, with a concern about it."""
    policy = stored(office, rotation, "bcdefghi", "", {})
    with writing(office.engine) as session:
        session.merge(
            ConcernTable(
                id="aaaaaaaa",
                policy=policy,
                person=OWNER,
                text="Who pays for the labels?",
                named=True,
                raised_at=utc_now(),
                reason="",
            )
        )
    return policy


def stored(
    office: Office, rotation: str, policy: str, reason: str, facts: dict[str, object]
) -> str:
    now = utc_now()
    proposal = a_proposal(OWNER, OWNER, now)
    state = PolicyState(
        policy=policy,
        cohort="winter",
        rotation=rotation,
        participant=OWNER,
        host="H-01",
        owner=OWNER,
        co_authors=(OWNER,),
        voices=(OWNER,),
        proposed_at=now,
        decide_by=now,
    ).model_copy(update=facts)
    with writing(office.engine) as session:
        change = PolicyTable(
            id=policy,
            rotation=rotation,
            cohort="winter",
            workflow_id=f"policy-{policy}",
            proposal=proposal.model_dump(mode="json"),
            reason=reason,
            learnt="",
            proposed_at=now,
            version=0,
            state=state.model_dump(mode="json"),
        )
        record_proposal(session, session.merge(change), proposal, now)
    return policy


def follow_another_version(office: Office) -> None:
    """A version of the program that says something else in every way in which one can."""
    now, old = utc_now(), office.programs.current("winter")
    changes = {
        "version": old.version + 1,
        "name": f"{old.name}, again",
        "take_proposals": not old.take_proposals,
        "weights": old.weights.model_copy(update={"early": old.weights.early + 1}),
    }
    new = old.model_copy(update=changes)
    office.programs.activate(office.programs.radius("winter", new, now), new, now, running=False)


def pages_of(installation: Installation) -> list[str]:
    rotation = str(installation.rotations()[0]["rotation"])
    office = Office(local_settings(installation.home / ".sojourn"))
    change, proposal = a_change(office, rotation), a_doubted_proposal(office, rotation)
    follow_another_version(office)
    soon = utc_now() + timedelta(hours=1)
    claims = [
        LinkClaim(purpose=purpose, person=OWNER, rotation=rotation, about=about, step="proposal")
        for purpose, about in (
            (Purpose.PROPOSE, "proposal"),
            (Purpose.CONCERN, proposal),
            (Purpose.DECIDE, proposal),
            (Purpose.DECIDE, change),
            (Purpose.MEASURE, change),
        )
    ]
    return [
        "/changes",
        "/learnings",
        "/quarters",
        f"/c/{change}",
        f"/c/{proposal}",
        f"/r/{rotation}/steps/goal-talk/skip",
        *(office.links.url(c, soon).removeprefix(installation.url) for c in claims),
        "/",
        "/plan/winter",
        "/versions/winter",
        "/calendars",
        f"/r/{rotation}",
        f"/r/{rotation}/confirm/cancel",
        "/inbox",
        "/nowhere",
        signed_link(installation, "Invitation"),
        signed_link(installation, "Do you release"),
    ]


def test_every_page_is_accessible_and_fits_a_phone(
    installation: Installation, context: BrowserContext, scheme: str
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = {}
    for path in pages_of(installation):
        page.goto(installation.url + path)
        problems = faults_everywhere(page)
        if problems:
            found[path[:40]] = problems
    assert found == {}


def test_a_feed_is_made_revoked_and_its_page_is_accessible(
    installation: Installation, context: BrowserContext, scheme: str
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{installation.url}/calendars")
    page.get_by_label("For").select_option(label="winter")
    page.get_by_role("button", name="Make the feed").click()

    address = page.locator("pre code").inner_text()
    assert faults_everywhere(page) == []
    assert installation.web.get(address).status_code == 200

    page.get_by_role("button", name="Revoke the feed of winter").click()
    page.get_by_text("None yet.").wait_for()
    assert installation.web.get(address).status_code == 410


def test_an_accept_in_the_inbox_shows_on_an_open_overview_by_itself(
    installation: Installation, context: BrowserContext
) -> None:
    overview, inbox = context.new_page(), context.new_page()
    overview.goto(installation.url)
    overview.locator("#live", has_text="live").wait_for()
    before = overview.locator(".answers").all_inner_texts()

    inbox.goto(f"{installation.url}/inbox")
    inbox.get_by_role("button", name=re.compile("^Accept")).first.click()

    overview.wait_for_function(
        "before => JSON.stringify([...document.querySelectorAll('.answers')]"
        ".map(a => a.innerText)) !== before",
        arg=str(before).replace("'", '"').replace(", ", ","),
        timeout=10_000,
    )


def test_a_manager_releases_by_a_signed_page_and_the_invites_go_out(
    installation: Installation, context: BrowserContext
) -> None:
    page = context.new_page()
    mails = len(installation.mails())
    page.goto(installation.url + signed_link(installation, "Do you release"))

    page.get_by_role("button", name="Yes").click()

    assert page.get_by_role("status").inner_text() == "You said yes. Thank you."
    installation.until(lambda: len(installation.mails()) > mails)
    assert installation.mails()[-1]["subject"] == "May Aisha Rahman visit Billing hotline Glasgow?"


def test_a_plan_is_approved_and_a_reflection_is_kept_and_stays_private(
    installation: Installation, context: BrowserContext, tmp_path: Path
) -> None:
    first = PROGRAM.replace("[[steps]]", FIRST_THOUGHTS + "[[steps]]", 1)
    write_folder(tmp_path, first.replace('"spring"', '"summer"'))
    assert installation.command("import", str(tmp_path)).returncode == 0
    assert installation.command("plan", "--cohort", "summer").returncode == 0
    page = context.new_page()
    page.goto(f"{installation.url}/plan/summer/mails")
    invites = page.locator("details.mail").count()
    page.get_by_role("link", name="Plan 1").click()

    page.get_by_role("button", name="Approve and start").click()
    page.get_by_role("link", name="Vera Lang").first.wait_for(timeout=20_000)

    assert invites == len(PEOPLE_INVITED)
    office = Office(local_settings(installation.home / ".sojourn", {}))
    installation.until(lambda: office.views.overview("summer").rotations[0].steps)
    row = office.views.overview("summer").rotations[0]
    claim = LinkClaim(
        purpose=Purpose.REFLECT,
        person=row.participant,
        rotation=row.rotation,
        about="think",
        step="think",
    )
    page.goto(office.links.url(claim, utc_now() + timedelta(hours=1)))
    page.get_by_label("What had I assumed").fill("that flour is simple")
    page.get_by_role("button", name="Keep it").click()

    assert "Only you can read it" in page.get_by_role("status").inner_text()
    assert "flour is simple" not in page.content()
    words = office.sayings.words(row.rotation, "think", row.participant)
    assert words == "\x1ethat flour is simple\x1e"
    installation.until(
        lambda: office.views.rotation(row.rotation).row.steps[0].phase.value == "held"
    )


def test_pages_work_without_javascript(installation: Installation, chromium: Browser) -> None:
    plain = chromium.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{installation.url}/inbox")

    page.get_by_role("button", name=re.compile("^Maybe")).last.click()

    assert page.url.startswith(f"{installation.url}/inbox")
    installation.until(lambda: "maybe" in installation.web.get(_page_with_maybe(installation)).text)
    plain.close()


def _page_with_maybe(installation: Installation) -> str:
    for rotation in installation.rotations():
        if "tentative" in str(rotation["steps"]):
            return f"/r/{rotation['rotation']}"
    return "/"

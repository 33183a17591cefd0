"""The organisation changes: what pages and commands let a program manager say, while Temporal is away."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import app
from domain.due import catch_up
from domain.errors import DomainError
from domain.events import ManagerChanged, TeamDissolved
from domain.rotation import RotationState
from domain.telling import dispatch
from settings import read_settings
from tests.migrated import give_schema
from tests.mill import NINA, PEOPLE, write_folder
from tests.servers import free_port
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

JO = "jo,Jo Lenz,,office,,Europe/Vienna,AT,9,Mon-Fri 09:00-17:00,no,,\n"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    environment = {
        "SOJOURN_LOCAL": "true",
        "SOJOURN_DATA": str(tmp_path),
        "SOJOURN_TEMPORAL": f"127.0.0.1:{free_port()}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = Office(read_settings(environment))
    give_schema(found.engine)
    write_folder(tmp_path, people=PEOPLE + NINA + JO)
    found.load(tmp_path, dry_run=False, today=found.now().date())
    found.planning.make_plan("spring", found.now())
    return found


@pytest.fixture
def rotation(office: Office) -> RotationState:
    """The one rotation, with its first invites out."""
    office.planning.approve("spring", 1, office.now())
    (state,) = office.planning.rotations("spring", 1)
    begun, errands = catch_up(state, office.now())
    office.correspondence.carry_out(dispatch(begun, errands, office.now()))
    return begun


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))
    async with httpx.AsyncClient(
        transport=pages, base_url="http://127.0.0.1:8800", follow_redirects=True
    ) as opened:
        yield opened


def news(office: Office) -> list[object]:
    return [one.event for one in office.news.pending(office.now(), 10)]


def said(*words: str) -> str:
    """What a command prints, or the sentence with which it is refused."""
    done = CliRunner().invoke(app, words)
    if isinstance(done.exception, DomainError):
        return str(done.exception)
    return " ".join(done.output.split())


def test_a_command_hands_a_participant_over_to_another_manager(
    office: Office, rotation: RotationState
) -> None:
    printed = said("hand-over", rotation.rotation, "--manager", "nina@mill.example")

    assert printed == "Recorded: Nina Auer is the home manager of Vera Lang."
    assert news(office) == [ManagerChanged(manager=office.views.person("nina"))]


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("Nobody Known", "Nobody is known as 'Nobody Known'."),
        ("Vera Lang", "Nobody is their own home manager."),
        ("jo", "Jo Lenz has no mail address; a home manager answers by mail."),
        ("Otto Brandl", "Otto Brandl is the home manager of Vera Lang already."),
    ],
)
def test_a_hand_over_that_makes_no_sense_is_refused_with_a_sentence(
    office: Office, rotation: RotationState, who: str, sentence: str
) -> None:
    assert said("hand-over", rotation.rotation, "--manager", who) == sentence
    assert news(office) == []


async def test_the_page_hands_a_participant_over(
    office: Office, rotation: RotationState, browser: httpx.AsyncClient
) -> None:
    path = f"/r/{rotation.rotation}"
    shown = await browser.get(path)
    done = await browser.post(f"{path}/manager", data={"who": "Nina Auer"})
    again = await browser.post(f"{path}/manager", data={"who": "Nina Auer"})

    assert "Act for the home manager" in shown.text
    assert done.status_code == 200
    assert news(office) == [ManagerChanged(manager=office.views.person("nina"))]
    assert (again.status_code, "manager of Vera Lang already" in again.text) == (409, True)


def test_a_command_dissolves_a_host_team_once_it_is_confirmed(
    office: Office, rotation: RotationState
) -> None:
    words = ("dissolve-team", "The mill", "--cohort", "spring")

    asked = CliRunner().invoke(app, words, input="n\n")
    unheard = news(office)
    printed = said(*words, "--yes")

    assert "Dissolve The mill in cohort spring?" in asked.output
    assert (asked.exit_code, unheard) == (1, [])
    assert printed == (
        "The mill is dissolved; nobody new is planned with it. "
        "Visits to come look for another team: Vera Lang"
    )
    assert news(office) == [TeamDissolved(team=rotation.host)]


def test_a_team_or_cohort_that_nobody_knows_is_refused_with_a_sentence(
    office: Office, rotation: RotationState
) -> None:
    nobody = said("dissolve-team", "The moon", "--cohort", "spring", "--yes")
    never = said("dissolve-team", "mill", "--cohort", "autumn", "--yes")

    assert nobody == "No host team is known as 'The moon'."
    assert never.startswith("There is no cohort 'autumn'.")
    assert news(office) == []


async def test_a_plan_with_a_dissolved_team_can_not_be_approved(
    office: Office, browser: httpx.AsyncClient
) -> None:
    said("dissolve-team", "mill", "--cohort", "spring", "--yes")

    refused = await browser.post("/plan/spring/approve", data={"plan": "1"})

    assert (refused.status_code, "Plan 1 visits The mill" in refused.text) == (409, True)

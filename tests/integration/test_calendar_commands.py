"""Commands about people's own calendars, and the mail process that keeps them fresh."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cli import mail
from cli.doctor import Finding, Part, examine
from cli.main import app
from domain.calendars import CalendarSource, Seen
from domain.errors import DomainError
from intake.addresses import Reach
from intake.fetching import Fetcher
from intake.refreshing import Refresher
from settings import read_settings
from tests.migrated import give_schema
from tests.mill import write_folder
from tests.servers import Answering, FeedServer, Radicale, free_port
from tests.waiting import until
from tests.workflow.company import Clock
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

SECRET = "very-secret-token"


class Feed:
    """A feed that holds one meeting on a day of the program, until it is told to fail."""

    def __init__(self) -> None:
        self.failing = False
        self._server = FeedServer(self._say)
        self.url = f"{self._server.url}/{SECRET}/basic.ics"
        self.day = ""
        self.stop = self._server.stop

    def _say(self, asked: Answering) -> None:
        if self.failing:
            return asked.give(503)
        return asked.give(200, one_meeting(self.day))


def one_meeting(day: str) -> bytes:
    return (
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:{day}T100000Z\r\nDURATION:PT1H\r\n"
        "SUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Office:
    port = free_port()
    environment = {
        "SOJOURN_LOCAL": "true",
        "SOJOURN_DATA": str(tmp_path),
        "SOJOURN_TEMPORAL": f"127.0.0.1:{free_port()}",
        "SOJOURN_SMTP_PORT": str(port),
        "SOJOURN_SINK_PORT": str(port),
        "SOJOURN_CALENDAR_NETWORKS": "127.0.0.1/32",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    found = Office(read_settings(environment), clock.now)
    give_schema(found.engine)
    write_folder(tmp_path)
    found.load(tmp_path, dry_run=False, today=found.now().date())
    return found


@pytest.fixture
def feed(office: Office) -> Iterator[Feed]:
    served = Feed()
    first = office.views.cohort("spring").starts_on
    served.day = f"{first + timedelta(days=1):%Y%m%d}"
    yield served
    served.stop()


def run(*words: str, code: int = 0, typed: str = "") -> str:
    """What a command prints, or the sentence with which it is refused."""
    done = CliRunner().invoke(app, ["calendar", *words], input=typed)
    if isinstance(done.exception, DomainError):
        assert code == 1
        return str(done.exception)
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def run_apart(*words: str, code: int = 0) -> str:
    """What a command prints whose exit code tells something: it ends its process."""
    command = [sys.executable, "-m", "cli.main", "calendar", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return " ".join((done.stderr if code == 1 else done.stdout).split())


def test_a_calendar_is_added_by_its_address_and_read_at_once(office: Office, feed: Feed) -> None:
    assert "sojourn calendar add" in run_apart("list")

    said = run("add", "Vera Lang", feed.url)

    assert said == "Vera Lang in the weeks of spring: 1 busy time, 0 absences."
    (row,) = json.loads(run_apart("list", "--json"))
    assert (row["name"], row["kind"], row["reason"]) == ("Vera Lang", "feed", "")
    shown = run_apart("list")
    assert "Vera Lang" in shown
    assert "feed 127.0.0.1" in shown
    assert "just now" in shown
    assert SECRET not in shown


def test_a_caldav_calendar_asks_for_the_password(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "radicale"
    home.mkdir()
    server = Radicale(home)
    try:
        first = office.views.cohort("spring").starts_on
        server.put("1", one_meeting(f"{first:%Y%m%d}"))
        words = ("add", "vera", server.url, "--caldav", "--user", server.user)

        wrong = run(*words, code=1, typed="wrong\n")
        right = run(*words, typed=f"{server.password}\n")
        (tmp_path / "password").write_text(f"{server.password}\n")
        again = run(*words, "--password-file", str(tmp_path / "password"))
    finally:
        server.stop()

    assert wrong == (
        "The calendar was not added: the server wants another user and password (401)."
    )
    assert "1 busy time" in right
    assert server.password not in right
    assert "1 busy time" in again


def test_an_address_that_can_not_be_read_adds_nothing(office: Office, feed: Feed) -> None:
    feed.failing = True

    assert run("add", "vera", feed.url, code=1) == (
        "The calendar was not added: the server has trouble of its own (503)."
    )
    assert office.calendars.all() == ()


def test_a_file_is_uploaded_and_what_is_no_calendar_is_not(
    office: Office, feed: Feed, tmp_path: Path
) -> None:
    file = tmp_path / "vera.ics"
    file.write_bytes(one_meeting(feed.day))
    assert "1 busy time" in run("upload", "vera", str(file))

    file.write_text("<html>")
    assert run("upload", "vera", str(file), code=1) == (
        "vera.ics was not taken: it is not an iCalendar file."
    )
    assert [row.kind for row in office.calendars.all()] == ["file"]


def test_a_calendar_is_fetched_on_demand_and_forgotten(office: Office, feed: Feed) -> None:
    run("add", "vera", feed.url)
    assert run_apart("refresh") == "1 calendar read."
    assert run_apart("refresh", "vera") == "1 calendar read."

    feed.failing = True
    said = run_apart("refresh", code=3)
    assert said == "Vera Lang: the server has trouble of its own (503) 0 calendars read."
    assert "trouble of its own" in run_apart("list")

    assert run("remove", "vera") == "The calendar of Vera Lang is forgotten."
    assert office.calendars.all() == ()
    assert run("remove", "vera", code=1) == "No calendar of Vera Lang is known."
    assert "not fetched from anywhere" in run_apart("refresh", "vera", code=1)


def test_once_every_cohort_is_over_there_is_nothing_to_add(
    office: Office, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = office.now() - timedelta(weeks=60)
    office.load(office.settings.data, dry_run=False, today=long_ago.date())

    assert "Every cohort is over" in run("add", "vera", feed.url, code=1)


async def test_the_mail_process_looks_again_and_a_feed_that_fails_recovers(
    office: Office, feed: Feed, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(run, "add", "vera", feed.url)
    feed.failing = True
    stop = asyncio.Event()
    with caplog.at_level(logging.INFO):
        serving = asyncio.create_task(mail.serve(office, stop))
        clock.skipped += timedelta(days=2, hours=1)
        await until(lambda: office.calendars.all()[0].stale)
        assert "can't be read: the server has trouble of its own (503)" in await _overview(office)
        (finding,) = await _doctor(office)
        assert finding.said == "1 of 1 not read for over 2 days"
        assert finding.remedy == "run: sojourn calendar list"

        feed.failing = False
        clock.skipped += timedelta(hours=7)
        await until(lambda: not office.calendars.all()[0].stale)
        stop.set()
        await serving

    assert "can't be read" not in await _overview(office)
    (finding,) = await _doctor(office)
    assert finding.well
    assert finding.said.startswith("1 fetched, the oldest ")
    assert SECRET not in caplog.text


class Broken(Fetcher):
    """A fetcher with a mistake that nobody has found yet."""

    async def fetch(self, source: CalendarSource) -> tuple[bytes, Seen] | None:
        raise RuntimeError(source.address.url.get_secret_value())


async def test_a_mistake_of_ours_costs_one_calendar_and_tells_no_secret(
    office: Office, feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(run, "add", "vera", feed.url)
    broken = Refresher(office.calendars, Broken(Reach()), office.now)

    with caplog.at_level(logging.INFO):
        said = await broken.refresh(office.views.person("vera"))

    (row,) = office.calendars.all()
    assert said == row.reason == "it is more than Sojourn can read"
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_doctor_says_when_no_calendar_is_fetched(office: Office) -> None:
    (finding,) = asyncio.run(_doctor(office))

    assert finding == Finding(what="calendars", said="none is fetched")


async def _doctor(office: Office) -> list[Finding]:
    return await examine(office, [Part.CALENDARS])


async def _overview(office: Office) -> str:
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as web:
        return " ".join((await web.get("/")).text.replace("&#39;", "'").split())

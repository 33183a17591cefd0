"""Calendars that change while a rotation runs, with everything real: a feed, mails, planner and workflows."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from temporalio.testing import WorkflowEnvironment

from domain.calendars import CalendarAddress
from domain.rotation import Phase, StepState
from store.database import reading
from store.tables.mail import NewsTable
from store.tables.planning import CalendarSourceTable
from tests.mill import PAUL, PEOPLE
from tests.servers import Answering, FeedServer
from tests.waiting import until
from tests.workflow.company import Company, a_company
from tests.workflow.test_with_everything_real import KARL, LISA, OTTO, VERA, sent

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Feed:
    """Somebody's calendar behind an address, and how to write into it."""

    def __init__(self) -> None:
        self._events: list[str] = []
        self._server = FeedServer(self._say)
        self.url = f"{self._server.url}/private-token.ics"
        self.stop = self._server.stop

    def _say(self, asked: Answering) -> None:
        tag = f'"{len(self._events)}"'
        if asked.headers["If-None-Match"] == tag:
            return asked.give(304)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *self._events, "END:VCALENDAR", ""]
        return asked.give(200, "\r\n".join(lines).encode(), ETag=tag)

    def meet(self, starts: datetime, ends: datetime, *more: str) -> None:
        times = (f"{name}:{t:%Y%m%dT%H%M%SZ}" for name, t in (("DTSTART", starts), ("DTEND", ends)))
        uid = f"UID:{len(self._events)}@elsewhere.example"
        lines = ("BEGIN:VEVENT", uid, *times, "SUMMARY:Dentist", *more, "END:VEVENT")
        self._events.append("\r\n".join(lines))


@pytest.fixture
def feed() -> Iterator[Feed]:
    served = Feed()
    yield served
    served.stop()


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    async with a_company(temporal, tmp_path, PEOPLE + PAUL) as running:
        yield running


async def give(company: Company, who: str, feed: Feed) -> None:
    """Somebody's calendar is added by its address, as the command does it."""
    office = company.office
    address = CalendarAddress(url=SecretStr(feed.url))
    source = office.calendars.proposed(office.views.person(who), address, office.now())
    found = await office.refresher.look(source)
    assert found is not None
    office.calendars.add(source, found, office.now())
    await company.at_rest()


async def look_again(company: Company) -> None:
    """Let the next look come, which the mail process takes by itself, and what follows from it."""
    before = company.office.now()
    company.clock.skipped += timedelta(minutes=31)
    await until(lambda: all(seen > before for seen in _last_looks(company)))
    await company.at_rest()


def _last_looks(company: Company) -> list[datetime]:
    with reading(company.office.engine) as session:
        return [at for at in session.scalars(select(CalendarSourceTable.good_at)) if at]


def _news(company: Company) -> int:
    with reading(company.office.engine) as session:
        return session.scalar(select(func.count()).select_from(NewsTable)) or 0


def times(company: Company) -> dict[str, datetime]:
    return {step.key: step.starts for step in company.state.steps}


def covers(starts: datetime, ends: datetime, step: StepState) -> bool:
    return starts < step.ends and step.starts < ends


async def test_a_meeting_that_appears_moves_the_one_step_it_lies_over_and_only_once(
    company: Company, feed: Feed
) -> None:
    await give(company, "vera", feed)
    listen, before, mails = company.step("listen"), times(company), len(company.mails())

    feed.meet(listen.starts, listen.ends)
    await look_again(company)

    moved = company.step("listen")
    assert moved.revision == listen.revision + 1
    assert not covers(listen.starts, listen.ends, moved)
    stayed = ("talk", "day")
    assert [times(company)[key] for key in stayed] == [before[key] for key in stayed]
    told = {to for to, method in sent(company, mails) if method == "REQUEST"}
    assert VERA in told
    assert not told & {OTTO, KARL}
    assert company.needs() == []
    assert "Calendar of Vera Lang" in company.office.views.plan(company.state.cohort).cause

    news, mails = _news(company), len(company.mails())
    await look_again(company)
    feed.meet(moved.starts + 30 * DAY, moved.ends + 30 * DAY)
    await look_again(company)

    assert (_news(company), sent(company, mails)) == (news, [])
    history = (await company.rotation.fetch_history()).to_json()
    assert "Dentist" not in history
    assert "private-token" not in history


async def test_a_day_beside_the_team_gives_way_to_an_absence_and_not_to_a_meeting(
    company: Company, feed: Feed
) -> None:
    await give(company, "karl", feed)
    day, news = company.step("day"), _news(company)

    feed.meet(day.starts + HOUR, day.starts + 2 * HOUR)
    await look_again(company)
    assert (company.step("day"), _news(company)) == (day, news)

    feed.meet(day.starts, day.ends, "X-MICROSOFT-CDO-BUSYSTATUS:OOF")
    await look_again(company)
    assert company.step("day").starts.date() != day.starts.date()


async def test_a_session_goes_on_without_one_colleague_and_moves_when_too_few_are_left(
    company: Company, feed: Feed
) -> None:
    listen = company.step("listen")
    assert {LISA, "paul@mill.example"} <= {
        m.to for m in company.mails() if "conversation" in m.subject
    }
    await give(company, "lisa", feed)
    feed.meet(listen.starts, listen.ends)
    await look_again(company)

    assert company.step("listen").starts == listen.starts
    assert company.step("listen").away == (company.office.views.person("lisa"),)

    await company.press("paul@mill.example", "conversation", "answer", answer="declined")

    assert company.step("listen").starts != listen.starts


async def test_steps_that_are_over_are_left_alone(company: Company, feed: Feed) -> None:
    await give(company, "vera", feed)
    talk = company.step("talk")
    await company.until(talk.ends)
    await company.press(OTTO, "Did Talk", "held")
    news = _news(company)

    feed.meet(talk.starts, talk.ends)
    await look_again(company)

    assert company.step("talk").phase is Phase.HELD
    assert _news(company) == news

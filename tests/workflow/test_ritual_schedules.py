"""A ritual from a Temporal Schedule: opened, invited by mail and answered like any step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from cli.reconciling import mend
from domain.rotation import Concern
from store.pages import RotationRow, SinkMail
from tests.mill import PEOPLE, PROGRAM, THANKS, TONI
from tests.waiting import until, until_async
from tests.workflow.company import Company, a_company
from workflows.names import cohort_workflow_id, schedule_id, workflow_id_of
from workflows.rhythm import TemporalRhythm

RITUAL = """
[[rituals]]
key = "lenses"
title = "One case, four lenses"
duration = "1h"
weekday = "Thu"
starts-at = "15:00"
"""
THIRD = TONI.replace("toni", "paulr").replace("Toni Ruf", "Paul Reh")
VERA, TONIS = "vera@mill.example", "toni@mill.example"
ADDRESSES = {"Vera Lang": VERA, "Toni Ruf": TONIS, "Paul Reh": "paulr@mill.example"}


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    people = PEOPLE + TONI
    async with a_company(temporal, tmp_path, people, PROGRAM + THANKS + RITUAL) as running:
        yield running


def sessions(company: Company) -> tuple[RotationRow, ...]:
    (cohort,) = company.office.views.cohorts()
    return company.office.views.overview(cohort.cohort).sessions


async def test_a_schedule_opens_a_session_that_mail_answers_drive(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    schedule = temporal.client.get_schedule_handle(schedule_id(cohort.cohort, "lenses"))
    spec = (await schedule.describe()).schedule.spec
    assert spec.time_zone_name == "Europe/Vienna"
    (rule,) = spec.calendars
    assert [(r.start, r.end) for r in (*rule.day_of_week, *rule.hour)] == [(4, 4), (15, 15)]

    before = len(company.mails())
    await schedule.trigger()

    def invited() -> list[SinkMail]:
        return [m for m in company.mails(before) if "One case, four lenses" in m.subject]

    await until(lambda: len(invited()) == 2)
    invites = invited()
    assert {m.to for m in invites} == {VERA, TONIS}
    assert all("Your lens this time" in company.text(m) for m in invites)
    (session,) = sessions(company)
    facilitator = next(a for a in session.steps[0].attendees if a.required)
    other = next(a for a in session.steps[0].attendees if not a.required)
    assert facilitator.lens != other.lens
    page = (await company.web.get(f"/r/{session.rotation}")).text
    assert "One case, four lenses" in page
    assert other.lens in page

    leads, follows = (VERA, TONIS) if facilitator.name.startswith("Vera") else (TONIS, VERA)
    answering = await company.open(follows, "One case")
    assert f"<dt>Your lens</dt><dd>{other.lens}</dd>" in answering
    assert "Visit of" not in answering
    for who in (leads, follows):
        await company.press(who, "One case", "answer", answer="accepted")
    await until(lambda: sessions(company)[0].steps[0].phase == "confirmed")

    await schedule.trigger()

    async def ran_twice() -> bool:
        return (await schedule.describe()).info.num_actions == 2

    await until_async(ran_twice)
    assert len(sessions(company)) == 1
    (state,) = (s for s in company.office.records.rotations(cohort.cohort) if s.ritual)
    described = await temporal.client.get_workflow_handle(workflow_id_of(state)).describe()
    assert described.id.startswith(f"session-{cohort.cohort}-")


async def kept(company: Company, name: str) -> bool:
    return await TemporalRhythm(company.temporal.client).keeps(name)


async def mended(company: Company, *, dry_run: bool = False) -> list[tuple[str, str]]:
    found = await mend(company.office, company.temporal.client, dry_run=dry_run)
    return [(drift.workflow_id, drift.found) for drift in found]


async def test_a_cohort_that_temporal_lost_gets_its_schedules_back(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    name = schedule_id(cohort.cohort, "lenses")
    assert await mended(company) == []
    await temporal.client.get_schedule_handle(name).delete()
    await temporal.client.get_workflow_handle(cohort_workflow_id(cohort.cohort)).terminate()

    assert len(await mended(company)) == 2

    found = await temporal.client.get_schedule_handle(name).describe()
    assert found.schedule.spec.time_zone_name == "Europe/Vienna"
    assert found.info.num_actions == 0
    assert await mended(company) == []


async def test_schedules_are_kept_as_long_as_sessions_are_to_come(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    name = schedule_id(cohort.cohort, "lenses")
    for who in ("Vera Lang", "Toni Ruf"):
        await withdraw(company, who)
    await temporal.client.get_workflow_handle(cohort_workflow_id(cohort.cohort)).result()
    await temporal.client.get_schedule_handle(name).delete()

    assert await mended(company, dry_run=True) == [(name, "not there")]
    assert not await kept(company, name)
    assert await mended(company) == [(name, "not there")]
    assert await kept(company, name)
    assert await mended(company) == []

    company.clock.skipped += timedelta(weeks=8)
    await removed(company, name)


async def test_a_schedule_that_comes_back_late_makes_up_for_the_session_it_missed(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    name = schedule_id(cohort.cohort, "lenses")
    await temporal.client.get_schedule_handle(name).delete()
    company.clock.skipped += timedelta(weeks=3)

    assert (name, "not there") in await mended(company)

    await until(lambda: len(sessions(company)) == 1)


async def test_a_ritual_that_its_program_has_no_longer_is_not_held_any_more(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    name = schedule_id(cohort.cohort, "lenses")
    folder = company.office.settings.data / "mill"
    program = (folder / "program.toml").read_text()
    (folder / "program.toml").write_text(program.replace(RITUAL, ""))
    today = company.office.now().date()
    assert not company.office.load(folder, dry_run=False, today=today).rejected

    schedule = temporal.client.get_schedule_handle(name)
    await schedule.trigger()

    async def ran() -> bool:
        return (await schedule.describe()).info.num_actions == 1

    await until_async(ran)
    await company.at_rest()
    assert sessions(company) == ()
    await removed(company, name)


async def test_a_ritual_that_an_import_gave_another_day_gets_its_schedule_from_reconcile(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    name = schedule_id(cohort.cohort, "lenses")
    folder = company.office.settings.data / "mill"
    program = (folder / "program.toml").read_text()
    (folder / "program.toml").write_text(program.replace('weekday = "Thu"', 'weekday = "Tue"'))
    today = company.office.now().date()
    assert not company.office.load(folder, dry_run=False, today=today).rejected

    assert await mended(company, dry_run=True) == [(name, "another rule")]
    assert await mended(company) == [(name, "another rule")]

    found = await temporal.client.get_schedule_handle(name).describe()
    (rule,) = found.schedule.spec.calendars
    assert [(day.start, day.end) for day in rule.day_of_week] == [(2, 2)]
    assert await mended(company) == []


def test_no_two_cohorts_share_a_schedule() -> None:
    assert schedule_id("winter", "hq-lenses") != schedule_id("winter-hq", "lenses")


async def test_a_schedule_that_is_named_as_before_gives_way_and_no_session_is_lost_or_doubled(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    name, before = schedule_id(cohort.cohort, "lenses"), f"ritual-{cohort.cohort}-lenses"
    current = temporal.client.get_schedule_handle(name)
    await temporal.client.create_schedule(before, (await current.describe()).schedule)
    await current.delete()
    company.clock.skipped += timedelta(weeks=3)

    found: list[tuple[str, str]] = []

    async def renamed() -> bool:
        found.extend(await mended(company))
        return not await kept(company, before)

    await until_async(renamed)
    assert found == [(name, "not there"), (before, "a name of before")]
    await until(lambda: len(sessions(company)) == 1)
    await current.trigger()

    async def ran_twice() -> bool:
        return (await current.describe()).info.num_actions == 2

    await until_async(ran_twice)
    assert len(sessions(company)) == 1
    assert await mended(company) == []


async def removed(company: Company, name: str) -> None:
    """Reconcile until the schedule is gone: Temporal's list of schedules lags behind."""

    async def gone() -> bool:
        assert await mended(company) in ([], [(name, "no session to come")])
        return not await kept(company, name)

    await until_async(gone)
    assert await mended(company) == []


async def test_when_the_facilitator_declines_the_next_one_alone_hears_of_it(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    people = PEOPLE + TONI + THIRD
    async with with_an_open_session(temporal, tmp_path, people, 3) as (company, before):
        (session,) = sessions(company)
        seats = session.steps[0].attendees
        place = next(n for n, a in enumerate(seats) if a.required)
        leads, heir = seats[place].name, seats[(place + 1) % 3].name

        await company.press(ADDRESSES[leads], "One case", "answer", answer="declined")
        await until(lambda: len(about(company, before)) == 4)

        await company.at_rest()
        assert told(about(company, before)[3:]) == [(ADDRESSES[heir], "REQUEST", 1)]
        newest = about(company, before)[-1]
        assert "You facilitate this session now." in company.text(newest)


@asynccontextmanager
async def with_an_open_session(
    temporal: WorkflowEnvironment, home: Path, people: str, invited: int
) -> AsyncIterator[tuple[Company, int]]:
    """A company whose session is open, and how many mails had come before its invites."""
    async with a_company(temporal, home, people, PROGRAM + THANKS + RITUAL) as company:
        (cohort,) = company.office.views.cohorts()
        before = len(company.mails())
        name = schedule_id(cohort.cohort, "lenses")
        await temporal.client.get_schedule_handle(name).trigger()
        await until(lambda: len(about(company, before)) == invited)
        await company.at_rest()
        yield company, before


def about(company: Company, after: int) -> list[SinkMail]:
    """Mails about the session, oldest first."""
    return [m for m in company.mails(after) if "One case" in m.subject]


def told(mails: list[SinkMail]) -> list[tuple[str, str | None, int | None]]:
    return [(m.to, m.method, m.sequence) for m in mails]


def needs(company: Company) -> list[Concern]:
    (cohort,) = company.office.views.cohorts()
    states = company.office.records.rotations(cohort.cohort)
    return [a.concern for state in states if state.ritual for a in state.attention]


async def withdraw(company: Company, name: str) -> None:
    (cohort,) = company.office.views.cohorts()
    rows = company.office.views.overview(cohort.cohort).rotations
    (rotation,) = (r.rotation for r in rows if r.participant_name == name)
    left = await company.web.post(f"/r/{rotation}/move/withdraw")
    assert left.status_code == 200, left.text


async def test_who_withdraws_is_alone_called_off_from_an_open_session(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    people = PEOPLE + TONI + THIRD
    async with with_an_open_session(temporal, tmp_path, people, 3) as (company, before):
        (session,) = sessions(company)
        leads = next(a.name for a in session.steps[0].attendees if a.required)
        first, last = (a.name for a in session.steps[0].attendees if not a.required)
        for who in (leads, last):
            await company.press(ADDRESSES[who], "One case", "answer", answer="accepted")
        await until(lambda: sessions(company)[0].steps[0].phase == "confirmed")

        await withdraw(company, first)
        await until(lambda: len(about(company, before)) == 4)

        await until(lambda: len(sessions(company)[0].steps[0].attendees) == 2)
        await until(lambda: sessions(company)[0].steps[0].phase == "confirmed")
        await company.at_rest()
        assert told(about(company, before)[3:]) == [(ADDRESSES[first], "CANCEL", 1)]
        assert needs(company) == []

        await withdraw(company, leads)
        await until(lambda: len(about(company, before)) == 5)

        await until(lambda: len(sessions(company)[0].steps[0].attendees) == 1)
        await company.at_rest()
        assert told(about(company, before)[4:]) == [(ADDRESSES[leads], "CANCEL", 1)]
        assert needs(company) == [Concern.TOO_FEW]


async def test_who_agrees_while_a_session_is_open_is_alone_invited_to_it(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    people = PEOPLE + TONI + THIRD.replace("yes,2026-02-01", "yes,")
    async with with_an_open_session(temporal, tmp_path, people, 2) as (company, before):
        await company.press("otto@mill.example", "Paul Reh", "consent", agreed="yes")

        await until(lambda: len(about(company, before)) == 3)
        await company.at_rest()
        invite = about(company, before)[2]
        assert told([invite]) == [(ADDRESSES["Paul Reh"], "REQUEST", 0)]
        assert "Your lens this time" in company.text(invite)
        lenses = {a.lens for a in sessions(company)[0].steps[0].attendees}
        assert len(lenses) == 3
        answering = await company.open(ADDRESSES["Paul Reh"], "One case")
        assert "Your lens" in answering

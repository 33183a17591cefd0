"""A ritual from a Temporal Schedule: opened, invited by mail and answered like any step."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from cli.reconciling import mend
from store.pages import RotationRow, SinkMail
from tests.mill import PEOPLE, PROGRAM, THANKS, TONI
from tests.waiting import until, until_async
from tests.workflow.company import Company, a_company
from workflows.names import cohort_workflow_id, schedule_id, workflow_id_of

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


async def test_a_cohort_that_temporal_lost_gets_its_schedules_back(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    (cohort,) = company.office.views.cohorts()
    schedule = temporal.client.get_schedule_handle(schedule_id(cohort.cohort, "lenses"))
    await schedule.delete()
    await temporal.client.get_workflow_handle(cohort_workflow_id(cohort.cohort)).terminate()

    await mend(company.office, temporal.client, dry_run=False)

    assert (await schedule.describe()).schedule.spec.time_zone_name == "Europe/Vienna"


async def test_when_the_facilitator_declines_the_next_one_alone_hears_of_it(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    people = PEOPLE + TONI + THIRD
    async with a_company(temporal, tmp_path, people, PROGRAM + THANKS + RITUAL) as company:
        (cohort,) = company.office.views.cohorts()
        name = schedule_id(cohort.cohort, "lenses")
        before = len(company.mails())
        await temporal.client.get_schedule_handle(name).trigger()

        def about() -> list[SinkMail]:
            return [m for m in company.mails(before) if "One case" in m.subject]

        await until(lambda: len(about()) == 3)
        (session,) = sessions(company)
        seats = session.steps[0].attendees
        place = next(n for n, a in enumerate(seats) if a.required)
        leads, heir = seats[place].name, seats[(place + 1) % 3].name
        addresses = {"Vera Lang": VERA, "Toni Ruf": TONIS, "Paul Reh": "paulr@mill.example"}

        await company.press(addresses[leads], "One case", "answer", answer="declined")
        await until(lambda: len(about()) == 4)

        told = about()[-1]
        assert (told.to, told.sequence) == (addresses[heir], 1)
        assert "You facilitate this session now." in company.text(told)
        await company.at_rest()
        assert len(about()) == 4

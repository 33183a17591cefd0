"""The pages on which a change is proposed, decided and measured: what is wrong is said beside its field."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.errors import Refused
from domain.events import Decided
from domain.links import Purpose
from domain.policy import Disposition
from domain.proposal import Ruling
from tests.proposing import (
    a_form,
    begin,
    hold_workshop,
    page_of,
    page_to_propose,
    propose,
)
from tests.visit import DAY, Visit
from web.changes import DECIDE_WITHIN

FAR = ("9999-12-31", "9999-12-01", "0001-01-01", "2020-01-01")
WITHIN_A_YEAR = "Choose a day from today on, within a year."
ADOPTED = Ruling(disposition=Disposition.ADOPTED, reason="It is right.")


@pytest.fixture
def visit(visit: Visit) -> Visit:
    hold_workshop(visit)
    return visit


@pytest.mark.parametrize("day", FAR)
async def test_a_day_to_decide_by_that_is_over_or_far_is_refused_beside_its_field(
    visit: Visit, browser: httpx.AsyncClient, day: str
) -> None:
    path = page_to_propose(visit)

    back = await browser.post(f"{path}/propose", data=a_form(visit, decide_by=day))

    assert back.status_code == 409
    assert f'id="decide_by-wrong">{WITHIN_A_YEAR}' in back.text
    assert f'value="{day}" required aria-describedby="decide_by-wrong"' in back.text


@pytest.mark.parametrize("day", FAR)
async def test_a_day_of_force_that_is_over_or_far_is_refused_beside_its_field(
    visit: Visit, browser: httpx.AsyncClient, day: str
) -> None:
    row = await propose(visit, browser)
    begin(visit, row)
    path = page_of(visit, row, Purpose.DECIDE)
    form = {"disposition": "adopted", "reason": "It is right.", "in_force": day}

    back = await browser.post(f"{path}/decide", data=form)

    assert back.status_code == 409
    assert f'id="in_force-wrong">{WITHIN_A_YEAR}' in back.text
    assert "It is right.</textarea>" in back.text
    declined = await browser.post(f"{path}/decide", data=form | {"disposition": "declined"})
    assert declined.status_code == 303


async def test_the_last_day_within_a_year_is_taken(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser, decide_by=f"{(visit.moment + 366 * DAY).date()}")
    begin(visit, row)
    path = page_of(visit, row, Purpose.DECIDE)
    last = f"{(visit.moment + 366 * DAY).date()}"
    form = {"disposition": "adopted", "reason": "It is right.", "in_force": last}

    assert (await browser.post(f"{path}/decide", data=form)).status_code == 303


async def test_the_store_takes_no_moment_of_force_that_is_over_or_far(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser)
    begin(visit, row)
    changes, now = visit.office.changes, visit.moment

    for moment, said in (
        (now - timedelta(minutes=1), "or later"),
        (datetime(9999, 12, 10, tzinfo=UTC), "more than a year ahead"),
    ):
        with pytest.raises(Refused, match=said):
            changes.decide(row.id, ADOPTED, moment, {}, now)
    changes.decide(row.id, ADOPTED, now, {}, now)
    pending = visit.office.news.pending(now, 50)
    assert [type(one.event) for one in pending if one.workflow_id == row.workflow_id] == [Decided]


async def test_the_days_that_forms_begin_with_are_those_of_the_programs_zone(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = visit.moment.replace(hour=23, minute=30)
    today = visit.moment.date() + DAY
    form = (await browser.get(page_to_propose(visit))).text
    row = await propose(visit, browser)
    begin(visit, row)

    decide = (await browser.get(page_of(visit, row, Purpose.DECIDE))).text

    assert f'name="decide_by" type="date" value="{today + DECIDE_WITHIN}"' in form
    assert f'name="in_force" type="date" value="{today}"' in decide

"""What people read of their part in a session of a ritual: in the invite, on their page, on the page of all."""

import httpx
import pytest
from sqlalchemy import select

from domain.due import catch_up
from domain.events import NoShow
from domain.links import Purpose
from domain.moves import apply
from domain.planning import Attendee
from domain.rotation import StepState
from domain.telling import dispatch
from invites.answering import words_of
from store.database import reading
from store.tables.mail import OutboxTable
from tests.visit import Visit


@pytest.fixture
def session(visit: Visit) -> StepState:
    """Everybody of the example has agreed, and its first session is opened."""
    office, cohort = visit.office, visit.state.cohort
    for state in office.planning.rotations(cohort, 1):
        gates = tuple(g.model_copy(update={"passed_at": visit.moment}) for g in state.gates)
        agreed = state.model_copy(update={"gates": gates, "version": 9})
        office.correspondence.carry_out(dispatch(agreed, (), visit.moment))
    (series,) = office.rituals.series(cohort)
    opened = office.rituals.next_session(series, visit.moment)
    assert opened is not None
    visit.state, errands = catch_up(opened, visit.moment)
    office.correspondence.carry_out(dispatch(visit.state, errands, visit.moment))
    return visit.state.steps[0]


def mail_to(visit: Visit, seat: Attendee) -> str:
    query = select(OutboxTable.raw).where(
        OutboxTable.person == seat.person, OutboxTable.rotation == visit.state.rotation
    )
    with reading(visit.office.engine) as opened:
        return words_of(opened.scalars(query).one())


async def test_first_f10_the_invite_and_the_page_tell_each_their_lens_and_their_duty(
    visit: Visit, browser: httpx.AsyncClient, session: StepState
) -> None:
    (leads,) = (a for a in session.attendees if a.required)
    (observer,) = (a for a in session.attendees if a.observes)
    other = next(a for a in session.attendees if a not in (leads, observer))

    parts = {
        leads: "You facilitate: keep the time",
        observer: "You observe in silence",
    }
    for seat, words in parts.items():
        page = (await browser.get(visit.path(Purpose.ANSWER, session, seat.person))).text
        assert words in page
        assert words in mail_to(visit, seat)
        assert f"<dt>Your lens</dt><dd>{seat.lens}</dd>" in page
        assert f"Your lens this time: {seat.lens}." in mail_to(visit, seat)
    page = (await browser.get(visit.path(Purpose.ANSWER, session, other.person))).text
    assert "Your part" not in page
    assert "observe in silence" not in mail_to(visit, other)
    everybody = (await browser.get(f"/r/{visit.state.rotation}")).text
    assert everybody.count("observes in silence") == 1


async def test_a_no_show_at_a_session_asks_a_person_what_becomes_of_it(
    visit: Visit, browser: httpx.AsyncClient, session: StepState
) -> None:
    visit.moment = session.ends
    missing = session.attendees[1].person
    path = f"/r/{visit.state.rotation}/steps/{session.key}/no-show"
    assert (await browser.post(path, data={"person": missing})).status_code == 303
    (news,) = visit.office.news.pending(visit.moment, 10)

    assert isinstance(news.event, NoShow)

    missed, errands = apply(visit.state, news.event, visit.moment)
    visit.office.correspondence.carry_out(dispatch(missed, errands, visit.moment))

    page = (await browser.get(f"/r/{visit.state.rotation}")).text
    assert f"{visit.office.views.named(missing)} did not come" in page
    assert "Confirm here if it took place all the same" in page
    assert "a new time is being looked for" not in page

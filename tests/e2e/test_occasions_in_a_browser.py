"""Pages of occasions in headless Chromium: accessible, and no wider than a phone, in both schemes."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from domain.due import catch_up
from domain.happenings import EventKind, Happening
from domain.links import LinkClaim, Purpose
from domain.program import PEER_DEBRIEF
from domain.telling import dispatch
from store.database import reading, writing
from store.tables.people import PersonTable
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served
from tests.visit import DAY, Visit


@dataclass
class Occasions:
    """A debrief and a reflection under way, and a question to the coordinator."""

    served: Served

    def __post_init__(self) -> None:
        visit = self.visit
        with writing(visit.office.engine) as session:
            me = visit.state.participant
            keys = session.get_one(PersonTable, me).key
            query = select(PersonTable.ref).where(PersonTable.ref != me)
            self.other = session.scalars(query.order_by(PersonTable.ref)).first() or ""
            self.debrief = visit.office.occasions.open(
                session, visit.state.cohort, PEER_DEBRIEF, (me, self.other), "x", None, visit.moment
            )
        self.reflection, self.question = (
            visit.office.happenings.take(
                Happening(about=f"event:{kind}", kind=kind, person=keys, at=visit.moment),
                visit.moment,
            ).occasion
            for kind in (EventKind.DECISION, EventKind.CRISIS)
        )
        for state in visit.office.occasions.pending(visit.moment, 9):
            begun, errands = catch_up(state, visit.moment)
            visit.office.correspondence.carry_out(dispatch(begun, errands, visit.moment))

    @property
    def visit(self) -> Visit:
        return self.served.visit

    def path(self, purpose: Purpose, occasion: str, person: str = "") -> str:
        visit = self.visit
        step = "" if purpose is Purpose.INVITE else self.step(occasion)
        claim = LinkClaim(
            purpose=purpose,
            person=person or visit.state.participant,
            rotation=occasion,
            about=step or "after-crisis",
            step=step or None,
        )
        url = visit.office.links.url(claim, visit.moment + 60 * DAY)
        return self.served.url(url.removeprefix(visit.office.settings.base_url))

    def step(self, occasion: str) -> str:
        with reading(self.visit.office.engine):
            return self.visit.office.views.state_of(occasion).steps[0].key


@pytest.fixture(scope="module")
def occasions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Occasions]:
    served = Served(tmp_path_factory.mktemp("visit"))
    yield Occasions(served)
    served.stop()


def test_every_page_of_an_occasion_is_accessible_and_fits_a_phone(
    occasions: Occasions, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    for url in (
        occasions.path(Purpose.ANSWER, occasions.debrief),
        occasions.path(Purpose.ANSWER, occasions.reflection),
        occasions.path(Purpose.REFLECT, occasions.reflection),
        occasions.path(Purpose.INVITE, occasions.question),
        occasions.served.url(f"/o/{occasions.question}"),
        occasions.served.url(f"/r/{occasions.debrief}"),
    ):
        page = context.new_page()
        page.goto(url)
        assert faults_everywhere(page) == []
    _writes_and_reads(context.new_page(), occasions)
    _finds_them_on_the_first_page(context.new_page(), occasions)
    context.close()


def _writes_and_reads(page: Page, occasions: Occasions) -> None:
    page.goto(occasions.path(Purpose.NOTE, occasions.debrief))
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("Write a line first")
    assert faults_everywhere(page) == []
    page.get_by_label("What you add").fill("They wait for a signature.")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(occasions.visit.code())
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("They wait for a signature.").first).to_be_visible()
    assert faults_everywhere(page) == []


def _finds_them_on_the_first_page(page: Page, occasions: Occasions) -> None:
    page.goto(occasions.served.url("/"))
    expect(page.get_by_role("link", name="Peer debrief of")).to_be_hidden()
    page.get_by_text("2 under way").click()
    expect(page.get_by_role("link", name="Peer debrief of")).to_be_visible()
    assert faults_everywhere(page) == []

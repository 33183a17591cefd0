"""A visit of the example whose summary is released: what it taught can be tested."""

import re

import httpx
from sqlalchemy import select

from domain.evidence import Observation
from domain.insights import Insight, InsightTag, Summary
from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from domain.rotation import Phase
from domain.telling import dispatch
from invites.answering import words_of
from store.database import reading
from store.tables.learning import QuickTestTable
from store.tables.mail import OutboxTable
from tests.visit import DAY, Visit

NOTE = "n" * 32
QUOTE = "We ask for the second signature and then we wait."
THINGS = (
    "Tickets wait for a second signature",
    "New colleagues learn from the wall",
    "Nobody reads the handbook any more",
)


def release(visit: Visit) -> None:
    """Everything up to the host lead's yes: a note, the summary whose first thing stands on it."""
    office, rotation, leader = visit.office, visit.state.rotation, visit.state.participant
    seen = Observation(quote=QUOTE, tag=InsightTag.CONSTRAINT)
    office.observations.keep(NOTE, rotation, visit.day.key, leader, seen, visit.moment)
    visit.state = visit.state.with_step(visit.day.model_copy(update={"phase": Phase.HELD}))
    opened = visit.open_summary()
    insights = tuple(
        Insight(text=text, tag=InsightTag.CONSTRAINT, evidence=() if number else (NOTE,))
        for number, text in enumerate(THINGS)
    )
    body = Summary(words="A day between tickets.", insights=insights)
    office.summaries.write(rotation, opened.key, leader, body, visit.moment)
    shown = visit.show_summary()
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    office.summaries.release(
        rotation, shown.key, lead, agreed=True, read=body.digest, now=visit.moment
    )
    state = visit.state.with_step(shown.model_copy(update={"phase": Phase.HELD}))
    visit.state = state.model_copy(update={"version": state.version + 1})
    office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))


class Released:
    """A visit whose summary is released; its first insight stands on a note."""

    def __init__(self, visit: Visit, browser: httpx.AsyncClient) -> None:
        self.visit, self.browser, self.office = visit, browser, visit.office
        self.lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
        self.summary = visit.step(StepKind.SUMMARY)
        self.insight = f"{visit.state.rotation}:{self.summary.key}:0"

    @property
    def path(self) -> str:
        return self.visit.path(Purpose.TRY, self.summary, about=self.insight)

    def form(self, **changes: str) -> dict[str, str]:
        whole = {
            "hypothesis": "Without the second signature nothing goes wrong.",
            "note": NOTE,
            "adjustment": "For three weeks one signature is enough below 50 euros.",
            "owner": self.lead,
            "cost": "nothing",
            "reversible": "yes",
            "metric": "hours until a ticket is signed",
            "baseline": "12",
            "target": "3",
            "ends_on": f"{(self.visit.moment + 21 * DAY).date()}",
            "do": "start",
        }
        return whole | changes

    async def post(self, **changes: str) -> httpx.Response:
        return await self.browser.post(f"{self.path}/try", data=self.form(**changes))

    async def started(self) -> QuickTestTable:
        answered = await self.post()
        assert answered.status_code == 303, answered.text
        return self.row()

    def row(self) -> QuickTestTable:
        (found,) = self.rows()
        return found

    def rows(self) -> list[QuickTestTable]:
        with reading(self.office.engine) as session:
            return list(session.scalars(select(QuickTestTable)))

    async def ended(self) -> QuickTestTable:
        """The test has come to its end, and its owner is asked."""
        row = await self.started()
        assert row.ends_at
        self.visit.moment = row.ends_at
        assert self.office.quick_tests.look_after(self.visit.moment) == 1
        return self.row()

    async def say(self, **typed: str) -> httpx.Response:
        """The owner follows the link in their mail, and says what it showed."""
        (link, *_) = re.findall(r"https?://\S+(/t/\S+)", self.mails("ask-result")[0][1])
        whole = {"measured": "2,5", "verdict": "met", "learnt": "Nobody missed it."}
        return await self.browser.post(f"{link}/result", data=whole | typed)

    def mails(self, kind: str) -> list[tuple[str, str]]:
        """Who got letters of this kind, and their words."""
        query = select(OutboxTable).where(OutboxTable.kind == kind).order_by(OutboxTable.number)
        with reading(self.office.engine) as session:
            return [(row.person, words_of(row.raw)) for row in session.scalars(query)]

    def states(self) -> list[str]:
        return [one.state.value for one in reversed(self.office.learnings.find().learnings)]

    def met(self) -> set[str]:
        """Everybody of the host team who was there on the day."""
        return {a.person for a in self.visit.day.attendees} - {self.visit.state.participant}

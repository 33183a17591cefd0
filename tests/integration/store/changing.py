"""A policy change in the store, and its process as a test plays it: what it hears, and what falls due."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine

from domain.errors import Refused
from domain.events import PolicyEvent
from domain.policy import PolicyState
from domain.policymoves import (
    PolicyDispatch,
    PolicyErrand,
    apply_policy,
    catch_up_policy,
    policy_sentence,
    refuse_policy,
)
from store.chains import record_proposal
from store.changes import Changes
from store.changeviews import ChangeViews
from store.database import writing
from store.news import NewsDesk
from store.pages import ChangePage
from store.policies import PolicyDesk
from store.tables.changes import PolicyTable
from tests.builders import ANA, BEN, DAY, LEAD, LEADER, MANAGER, a_proposal
from tests.integration.store.world import NOW, VAULT, JsonComposer, PlainLinks, loaded

POLICY = "abcdefgh"

_EVENT: TypeAdapter[PolicyEvent] = TypeAdapter(PolicyEvent)


@dataclass
class Change:
    """A proposal of Mara that her manager decides; Ana, Ben and their lead were met."""

    engine: Engine
    state: PolicyState
    refused: list[str] = field(default_factory=list)
    """What the process did not take."""

    @property
    def changes(self) -> Changes:
        return Changes(self.engine, VAULT)

    @property
    def page(self) -> ChangePage:
        return ChangeViews(self.engine).one(POLICY)

    def come_to_rest(self, now: datetime = NOW) -> None:
        """Hear what was said, one after the other, and let everything that follows be written."""
        news = NewsDesk(self.engine)
        while pending := news.pending(now, 1):
            (said,) = pending
            event = _EVENT.validate_python(said.event)
            try:
                refuse_policy(self.state, event, now)
            except Refused as refusal:
                self.refused.append(str(refusal))
                news.rejected(said.number, str(refusal), now)
                continue
            self.state, errands = apply_policy(self.state, event, now)
            self.carry_out(errands, now)
            news.told(said.number, now)
        self.live_until(now)

    def live_until(self, now: datetime) -> None:
        """Let time alone pass: nobody tells the process anything."""
        self.state, errands = catch_up_policy(self.state, now)
        self.carry_out(errands, now)

    def carry_out(self, errands: tuple[PolicyErrand, ...], now: datetime = NOW) -> None:
        dispatch = PolicyDispatch(
            state=self.state, errands=errands, now=now, sentence=policy_sentence(self.state)
        )
        desk = PolicyDesk(self.engine, JsonComposer(), PlainLinks(), VAULT)
        for _ in range(2):
            desk.carry_out(dispatch)


def a_change(engine: Engine) -> Change:
    """Load the small company with a proposal that was just shown."""
    rotation = loaded(engine).rotation
    proposal = a_proposal(MANAGER, ANA, NOW + 14 * DAY)
    state = PolicyState(
        policy=POLICY,
        cohort="winter",
        rotation=rotation,
        participant=LEADER,
        host="H-01",
        owner=MANAGER,
        co_authors=(ANA,),
        voices=(ANA, BEN, LEAD),
        proposed_at=NOW,
        decide_by=NOW + 14 * DAY,
    )
    with writing(engine) as session:
        row = PolicyTable(
            id=POLICY,
            rotation=rotation,
            cohort="winter",
            workflow_id=f"policy-{POLICY}",
            proposal=proposal.model_dump(mode="json"),
            proposed_at=NOW,
        )
        session.add(row)
        record_proposal(session, row, proposal, NOW)
    found = Change(engine, state)
    found.live_until(NOW)
    return found

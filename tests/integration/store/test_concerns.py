"""Concerns about a proposal in the store: raised once, answered each, told to who raised them."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from domain.errors import Refused
from domain.events import ConcernRaised, Decided
from domain.policy import Disposed, Disposition, PolicyState
from domain.policymoves import (
    PolicyDispatch,
    PolicyErrand,
    apply_policy,
    catch_up_policy,
    policy_sentence,
    refuse_policy,
)
from domain.proposal import Ruling
from store.changes import LONGEST_CONCERN, Changes
from store.changeviews import ChangeViews
from store.database import writing
from store.news import NewsDesk
from store.policies import PolicyDesk
from store.tables.changes import PolicyTable
from tests.builders import ANA, BEN, DAY, LEAD, LEADER, MANAGER, a_proposal
from tests.integration.store.world import (
    NOW,
    VAULT,
    JsonComposer,
    PlainLinks,
    left,
    letters,
    loaded,
    mails,
)

POLICY = "abcdefgh"
NO, PARTLY = (
    Ruling(disposition=disposition, reason=reason)
    for disposition, reason in (
        (Disposition.DECLINED, "A law asks for it."),
        (Disposition.PARTLY, "We print them larger."),
    )
)


@dataclass
class Desks:
    """A proposal in the store, and its process as the test plays it."""

    engine: Engine
    state: PolicyState

    @property
    def changes(self) -> Changes:
        return Changes(self.engine, VAULT)

    def come_to_rest(self) -> None:
        """Hear what was said and let everything that follows be written."""
        news = NewsDesk(self.engine)
        while pending := news.pending(NOW, 1):
            event = pending[0].event
            assert isinstance(event, ConcernRaised | Decided)
            refuse_policy(self.state, event, NOW)
            self.state, errands = apply_policy(self.state, event, NOW)
            self.carry_out(errands)
            news.told(pending[0].number, NOW)

    def begin(self) -> None:
        self.state, errands = catch_up_policy(self.state, NOW)
        self.carry_out(errands)

    def carry_out(self, errands: tuple[object, ...]) -> None:
        dispatch = PolicyDispatch.model_validate(
            {
                "state": self.state,
                "errands": errands,
                "now": NOW,
                "sentence": policy_sentence(self.state),
            }
        )
        desk = PolicyDesk(self.engine, JsonComposer(), PlainLinks(), VAULT)
        for _ in range(2):
            desk.carry_out(dispatch)


@pytest.fixture
def desks(engine: Engine) -> Desks:
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
        session.add(
            PolicyTable(
                id=POLICY,
                rotation=rotation,
                cohort="winter",
                workflow_id=f"policy-{POLICY}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=NOW,
            )
        )
    found = Desks(engine, state)
    found.begin()
    return found


def said(words: str, decided: str, because: str) -> str:
    return f"You said: {words}\nDecided: {decided}\nBecause: {because}"


def test_everybody_who_was_met_is_shown_the_proposal_once(desks: Desks) -> None:
    assert letters(desks.engine, "show-proposal") == ["Ana", "Ben", "Lead"]
    assert letters(desks.engine, "ask-decision") == ["Boss"]


def test_practice_s7_a_concern_that_the_process_has_not_heard_yet_counts_too(desks: Desks) -> None:
    concern = desks.changes.raise_concern(POLICY, ANA, " Too small to read. ", named=False, now=NOW)

    with pytest.raises(Refused, match="one has none yet"):
        desks.changes.decide(POLICY, NO, None, {}, NOW)
    desks.changes.decide(POLICY, NO, None, {concern: PARTLY}, NOW)

    news = NewsDesk(desks.engine)
    (first,) = news.pending(NOW, 10)
    assert isinstance(first.event, ConcernRaised)
    assert (first.event.concern, first.event.person) == (concern, ANA)
    news.told(first.number, NOW)
    (second,) = news.pending(NOW, 10)
    disposed = Disposed(concern=concern, disposition=Disposition.PARTLY)
    assert isinstance(second.event, Decided)
    assert (second.event.disposition, second.event.concerns) == (Disposition.DECLINED, (disposed,))


def test_practice_s40_only_who_raised_a_concern_reads_what_came_of_it(desks: Desks) -> None:
    anas = desks.changes.raise_concern(POLICY, ANA, "Too small to read.", named=True, now=NOW)
    bens = desks.changes.raise_concern(POLICY, BEN, "Who pays?", named=False, now=NOW)
    desks.come_to_rest()
    desks.changes.decide(POLICY, NO, None, {anas: PARTLY, bens: NO}, NOW)
    desks.come_to_rest()

    receipts = {m["reader_name"]: m for m in mails(desks.engine) if m["kind"] == "decision-receipt"}
    assert {name: receipt["lines"] for name, receipt in receipts.items()} == {
        "Ana": [said("Too small to read.", "It is adopted in part.", "We print them larger.")],
        "Ben": [said("Who pays?", "It is not adopted.", "A law asks for it.")],
        "Lead": [],
        "Mara": [],
    }
    shown = ChangeViews(desks.engine).one(POLICY).concerns
    assert {(c.text, c.by, c.disposition) for c in shown} == {
        ("Too small to read.", "Ana", "partly"),
        ("Who pays?", "", "declined"),
    }


def test_what_is_no_concern_is_refused(desks: Desks) -> None:
    def raised(text: str, person: str = ANA) -> None:
        desks.changes.raise_concern(POLICY, person, text, named=False, now=NOW)

    raised("Too small to read.")
    for text, person, sentence in (
        ("  ", ANA, "in a line or two"),
        ("x" * (LONGEST_CONCERN + 1), ANA, "500 characters"),
        ("Too small to read.", ANA, "raised this already"),
        ("I decide, and doubt.", MANAGER, "who were met"),
    ):
        with pytest.raises(Refused, match=sentence):
            raised(text, person)
    assert len(ChangeViews(desks.engine).one(POLICY).concerns) == 1


def test_who_has_decided_is_not_reminded_any_more(desks: Desks) -> None:
    desks.carry_out((PolicyErrand.REMIND_DECISION,))
    desks.changes.decide(POLICY, NO, None, {}, NOW)

    reminders = [m for m in left(desks.engine, NOW + DAY) if m.get("reminder")]
    assert reminders == []


def test_nothing_is_added_or_decided_again_before_the_process_has_heard(desks: Desks) -> None:
    desks.changes.decide(POLICY, NO, None, {}, NOW)

    with pytest.raises(Refused, match="decided already"):
        desks.changes.raise_concern(POLICY, ANA, "Too late.", named=False, now=NOW)
    with pytest.raises(Refused, match="decided already"):
        desks.changes.decide(POLICY, PARTLY, NOW, {}, NOW)
    assert ChangeViews(desks.engine).one(POLICY).reason == NO.reason


def test_a_concern_needs_a_reason_of_its_own(desks: Desks) -> None:
    concern = desks.changes.raise_concern(POLICY, ANA, "Too small.", named=False, now=NOW)
    silent = PARTLY.model_copy(update={"reason": " "})

    with pytest.raises(Refused, match="each reason"):
        desks.changes.decide(POLICY, NO, None, {concern: silent}, NOW)

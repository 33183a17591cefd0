"""Concerns about a proposal in the store: raised once, answered each, told to who raised them."""

import pytest
from sqlalchemy import Engine

from domain.errors import Refused
from domain.events import ConcernRaised, Decided
from domain.policy import Disposed, Disposition
from domain.policymoves import PolicyErrand
from domain.proposal import Ruling
from store.changes import LONGEST_CONCERN
from store.changeviews import ChangeViews
from store.news import NewsDesk
from tests.builders import ANA, BEN, DAY, MANAGER
from tests.integration.store.changing import POLICY, Change, a_change
from tests.integration.store.world import NOW, left, letters, mails

NO, PARTLY = (
    Ruling(disposition=disposition, reason=reason)
    for disposition, reason in (
        (Disposition.DECLINED, "A law asks for it."),
        (Disposition.PARTLY, "We print them larger."),
    )
)


@pytest.fixture
def desks(engine: Engine) -> Change:
    return a_change(engine)


def said(words: str, decided: str, because: str) -> str:
    return f"You said: {words}\nDecided: {decided}\nBecause: {because}"


def test_everybody_who_was_met_is_shown_the_proposal_once(desks: Change) -> None:
    assert letters(desks.engine, "show-proposal") == ["Ana", "Ben", "Lead"]
    assert letters(desks.engine, "ask-decision") == ["Boss"]


def test_practice_s7_a_concern_that_the_process_has_not_heard_yet_counts_too(desks: Change) -> None:
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


def test_a_decision_that_the_process_has_heard_stands_before_the_store_shows_it(
    desks: Change,
) -> None:
    desks.changes.decide(POLICY, NO, None, {}, NOW)
    (said,) = NewsDesk(desks.engine).pending(NOW, 10)
    NewsDesk(desks.engine).told(said.number, NOW)

    with pytest.raises(Refused, match="decided already"):
        desks.changes.decide(POLICY, PARTLY, NOW, {}, NOW)


def test_practice_s40_only_who_raised_a_concern_reads_what_came_of_it(desks: Change) -> None:
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


def test_what_is_no_concern_is_refused(desks: Change) -> None:
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


def test_who_has_decided_is_not_reminded_any_more(desks: Change) -> None:
    desks.carry_out((PolicyErrand.REMIND_DECISION,))
    desks.changes.decide(POLICY, NO, None, {}, NOW)

    reminders = [m for m in left(desks.engine, NOW + DAY) if m.get("reminder")]
    assert reminders == []


def test_nothing_is_added_or_decided_again_before_the_process_has_heard(desks: Change) -> None:
    desks.changes.decide(POLICY, NO, None, {}, NOW)

    with pytest.raises(Refused, match="decided already"):
        desks.changes.raise_concern(POLICY, ANA, "Too late.", named=False, now=NOW)
    with pytest.raises(Refused, match="decided already"):
        desks.changes.decide(POLICY, PARTLY, NOW, {}, NOW)
    assert ChangeViews(desks.engine).one(POLICY).reason == NO.reason


def test_what_the_process_did_not_take_is_decided_anew(desks: Change) -> None:
    desks.changes.decide(POLICY, NO, None, {}, NOW)
    news = NewsDesk(desks.engine)
    (said,) = news.pending(NOW, 1)
    news.rejected(said.number, "That day is more than a year ahead.", NOW)
    later = NOW + 5 * DAY
    desks.live_until(later)

    desks.changes.decide(POLICY, PARTLY, later, {}, later)
    desks.come_to_rest(later)
    assert (desks.page.decision, desks.page.reason) == ("It is adopted in part.", PARTLY.reason)


def test_a_concern_needs_a_reason_of_its_own(desks: Change) -> None:
    concern = desks.changes.raise_concern(POLICY, ANA, "Too small.", named=False, now=NOW)
    silent = PARTLY.model_copy(update={"reason": " "})

    with pytest.raises(Refused, match="each reason"):
        desks.changes.decide(POLICY, NO, None, {concern: silent}, NOW)

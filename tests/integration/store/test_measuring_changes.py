"""The effect of a change in the store: what was measured in time counts, whoever was away meanwhile."""

import pytest
from sqlalchemy import Engine

from domain.chain import LinkKind
from domain.errors import Refused
from domain.policy import Disposition, PolicyPhase, Verdict
from domain.proposal import Ruling
from store.changeviews import ChangeViews
from store.database import writing
from store.tables.changes import PolicyTable
from tests.builders import DAY
from tests.integration.store.changing import POLICY, Change, a_change
from tests.integration.store.world import NOW, letters, mails

YES = Ruling(disposition=Disposition.ADOPTED, reason="It costs little.")
VOICES = ["Ana", "Ben", "Lead", "Mara"]


@pytest.fixture
def change(engine: Engine) -> Change:
    """In force since now; its owner was asked for the effect."""
    found = a_change(engine)
    found.changes.decide(POLICY, YES, NOW, {}, NOW)
    found.come_to_rest()
    found.live_until(NOW + 35 * DAY)
    return found


def effects(change: Change) -> list[object]:
    """The verdicts that the chain holds."""
    links = ChangeViews(change.engine).chain(POLICY).links
    return [link.says["verdict"] for link in links if link.kind is LinkKind.EFFECT]


def test_practice_s61_what_was_measured_in_time_counts_when_it_is_heard_after_its_time(
    change: Change,
) -> None:
    change.changes.measure(POLICY, 2.5, Verdict.MET, "Labels last.", NOW + 41 * DAY)
    change.live_until(NOW + 43 * DAY)
    waiting = change.page
    change.come_to_rest(NOW + 43 * DAY)

    assert (waiting.phase, waiting.verdict) == (PolicyPhase.IN_FORCE, "")
    assert (change.refused, change.page.phase) == ([], PolicyPhase.KEPT)
    assert (change.page.verdict, change.page.attention) == ("The target was met.", 0)
    assert effects(change) == [Verdict.MET]
    assert sorted(letters(change.engine, "verdict-receipt")) == VOICES
    receipts = [dict(m["facts"]) for m in mails(change.engine) if m["kind"] == "verdict-receipt"]
    assert {(r["verdict"], r["measured"]) for r in receipts} == {("The target was met.", "2.5")}


def test_a_figure_is_said_once_while_its_process_has_yet_to_hear_of_it(change: Change) -> None:
    change.changes.measure(POLICY, 8, Verdict.NOT_MET, "Labels fade.", NOW + 41 * DAY)
    change.live_until(NOW + 43 * DAY)

    with pytest.raises(Refused, match="said already"):
        change.changes.measure(POLICY, 2.5, Verdict.MET, "", NOW + 43 * DAY)
    assert (change.page.measured, effects(change)) == (8, [Verdict.NOT_MET])


def test_once_it_is_told_that_nobody_measured_a_figure_comes_too_late(change: Change) -> None:
    change.live_until(NOW + 43 * DAY)

    with pytest.raises(Refused, match="for six more weeks"):
        change.changes.measure(POLICY, 2.5, Verdict.MET, "", NOW + 43 * DAY)
    assert (change.page.measured, effects(change)) == (None, [Verdict.NOT_MEASURED])
    assert sorted(letters(change.engine, "verdict-receipt")) == VOICES


def test_the_figure_stands_until_an_extension_has_begun(change: Change) -> None:
    change.changes.measure(POLICY, 8, Verdict.NOT_MET, "Labels fade.", NOW + 36 * DAY)
    change.come_to_rest(NOW + 36 * DAY)

    change.changes.extend(POLICY, NOW + 40 * DAY)
    said = change.page
    change.come_to_rest(NOW + 40 * DAY)

    assert (said.measured, said.learnt) == (8, "Labels fade.")
    assert (change.page.phase, change.page.measured, change.page.learnt) == ("in-force", None, "")
    change.changes.measure(POLICY, 2, Verdict.MET, "They last.", NOW + 80 * DAY)
    change.come_to_rest(NOW + 80 * DAY)
    assert (change.page.measured, change.page.learnt) == (2, "They last.")
    assert effects(change) == [Verdict.NOT_MET, Verdict.MET]


def test_an_extension_that_comes_too_late_takes_nothing_away(change: Change) -> None:
    change.changes.measure(POLICY, 8, Verdict.NOT_MET, "Labels fade.", NOW + 36 * DAY)
    change.come_to_rest(NOW + 36 * DAY)

    change.changes.extend(POLICY, NOW + 49 * DAY)
    change.live_until(NOW + 51 * DAY)
    change.come_to_rest(NOW + 51 * DAY)

    (refusal,) = change.refused
    assert "is over" in refusal
    assert (change.page.phase, change.page.measured, change.page.learnt) == (
        PolicyPhase.KEPT,
        8,
        "Labels fade.",
    )


def test_receipts_tell_figures_in_full(change: Change) -> None:
    with writing(change.engine) as session:
        row = session.get_one(PolicyTable, POLICY)
        row.proposal = {**row.proposal, "baseline": 1234567, "target": 1234500.5}
    change.changes.measure(POLICY, 1234498.25, Verdict.MET, "Labels last.", NOW + 36 * DAY)
    change.come_to_rest(NOW + 36 * DAY)

    told = [dict(m["facts"]) for m in mails(change.engine) if m["kind"] == "verdict-receipt"]
    assert {(t["baseline"], t["target"], t["measured"]) for t in told} == {
        ("1234567", "1234500.5", "1234498.25")
    }


def test_a_verdict_that_its_figure_speaks_against_is_not_recorded(change: Change) -> None:
    with pytest.raises(Refused, match="999 does not reach the target of 3"):
        change.changes.measure(POLICY, 999, Verdict.MET, "", NOW + 36 * DAY)
    assert (change.page.measured, effects(change)) == (None, [])

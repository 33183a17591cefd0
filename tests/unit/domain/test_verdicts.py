"""A verdict agrees with its figure, whichever way is better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.policy import Verdict
from domain.verdicts import refuse_verdict


def refused(baseline: float, target: float, measured: float) -> set[Verdict]:
    found = set()
    for verdict in Verdict:
        try:
            refuse_verdict(baseline, target, measured, verdict)
        except Refused:
            found.add(verdict)
    return found


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(-100, 100))
def test_a_figure_is_either_met_or_not_met(baseline: float, target: float, measured: float) -> None:
    found = refused(baseline, target, measured)

    assert Verdict.NOT_MEASURED in found
    assert Verdict.NEW_QUESTION not in found
    assert len(found & {Verdict.MET, Verdict.NOT_MET}) == (target != baseline)
    better = measured <= target if target < baseline else measured >= target
    assert (Verdict.NOT_MET in found) == better or target == baseline


def test_a_refusal_says_which_figure_speaks_against_it() -> None:
    with pytest.raises(Refused, match="999 does not reach the target of 3"):
        refuse_verdict(12, 3, 999, Verdict.MET)
    with pytest.raises(Refused, match="1 reaches the target of 3"):
        refuse_verdict(12, 3, 1, Verdict.NOT_MET)

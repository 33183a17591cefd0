"""What a tension has to say, and when it is overdue or decided before anybody could speak of it."""

from datetime import date, timedelta

import pytest

from domain.errors import Refused
from domain.tensions import (
    LONGEST,
    TensionState,
    is_decided_too_early,
    is_overdue,
    name_nobody,
    refuse_settling,
    what_is_wrong,
)

TODAY = date(2026, 12, 1)
LENSES, PLACES = ("customer", "finance"), ("abcdefgh:talk", ":four-lenses")
RIGHT = {
    "one": "Answers within the hour",
    "other": "Answers that hold",
    "lens": "customer",
    "owner": "P-0001",
    "due": "2026-12-15",
    "initiative": "Rule for refunds",
    "decided_on": "2026-12-20",
    "place": ":four-lenses",
}


def wrong(**changes: str) -> dict[str, str]:
    return what_is_wrong(RIGHT | changes, LENSES, PLACES, TODAY)


def test_a_whole_tension_has_nothing_wrong_with_it() -> None:
    assert wrong() == {}
    assert wrong(initiative="", decided_on="", place="") == {}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("one", "", "Write in a few words"),
        ("other", "", "Write in a few words"),
        ("other", "answers within an hour", "say nearly the same"),
        ("one", "x" * (LONGEST + 1), f"it has {LONGEST + 1}"),
        ("lens", "astrology", "Choose the lens"),
        ("due", "", "Name a day, such as 2026-12-15"),
        ("due", "tomorrow", "Name a day, such as"),
        ("due", "2026-11-30", "from today on"),
        ("due", "2028-01-01", "within a year"),
        ("decided_on", "", "Name a day"),
        ("initiative", "", "what is decided on that day"),
        ("place", "abcdefgh:elsewhere", "one of these sessions"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(field: str, typed: str, said: str) -> None:
    found = wrong(**{field: typed})
    assert list(found) == [field]
    assert said in found[field]


def test_practice_s12_open_tensions_are_overdue_from_the_day_after() -> None:
    day = timedelta(days=1)
    assert not is_overdue(TensionState.OPEN, TODAY, TODAY)
    assert is_overdue(TensionState.OPEN, TODAY - day, TODAY)
    assert not is_overdue(TensionState.EASED, TODAY - day, TODAY)


def test_practice_s48_a_decision_comes_after_its_session_or_on_its_day() -> None:
    day = timedelta(days=1)
    assert is_decided_too_early(TODAY, TODAY + day)
    assert not is_decided_too_early(TODAY, TODAY)
    assert not is_decided_too_early(TODAY, TODAY - day)
    assert is_decided_too_early(TODAY, None)


def test_a_tension_is_settled_once_with_a_sentence() -> None:
    refuse_settling(TensionState.OPEN, TensionState.ACCEPTED, "Both are right.")
    for now, state, sentence, said in (
        (TensionState.OPEN, TensionState.EASED, "", "Write in a sentence"),
        (TensionState.OPEN, TensionState.OPEN, "Hm.", "Choose whether"),
        (TensionState.OPEN, TensionState.EASED, "x" * 301, "it has 301"),
        (TensionState.EASED, TensionState.ACCEPTED, "Both are right.", "is eased already"),
    ):
        with pytest.raises(Refused, match=said):
            refuse_settling(now, state, sentence)


def test_nobody_is_named() -> None:
    assert name_nobody(["The desk waits", "for Vera"], ["Vera Lang"]).startswith(
        "Name nobody: Vera"
    )
    assert name_nobody(["The desk waits", "for a vera"], ["Vera Lang"]) == ""

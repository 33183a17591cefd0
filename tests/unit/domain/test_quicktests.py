"""Quick tests: what they can't start without, when somebody is asked, and what they make of an insight."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.policy import Verdict
from domain.quicktests import (
    ANSWER_WITHIN,
    Course,
    CourseErrand,
    Draft,
    InsightState,
    as_test,
    standing,
    what_is_missing,
)

TODAY = date(2026, 12, 3)
ENDS = datetime(2026, 12, 23, 22, 59, tzinfo=UTC)
DAY = timedelta(days=1)
WHOLE = Draft(
    hypothesis="One signature is enough.",
    notes=("n" * 32,),
    adjustment="One signature below 50 euros.",
    owner="P-0003",
    cost="nothing",
    reversible="no",
    metric="hours until a ticket is signed",
    baseline="12,5",
    target="3",
    ends_on="2026-12-31",
)


def missing(**changes: object) -> dict[str, str]:
    return what_is_missing(WHOLE.model_copy(update=changes), TODAY)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        pytest.param("hypothesis", "", "Write what you expect", id="practice_s18_no_hypothesis"),
        pytest.param("notes", (), "at least one of your notes", id="practice_s18_no_note"),
        pytest.param("adjustment", "", "the one small thing", id="practice_s20_no_adjustment"),
        pytest.param("adjustment", "x" * 501, "Keep it to 500", id="practice_s20_too_long"),
        pytest.param("owner", "", "without an owner nothing starts", id="practice_s20_no_owner"),
        pytest.param("cost", "", "what it may cost at most", id="practice_s20_no_bound"),
        pytest.param("reversible", "", "can be taken back", id="practice_s20_no_way_back"),
        pytest.param("reversible", "maybe", "can be taken back", id="practice_s20_maybe"),
        pytest.param("metric", "", "counted or timed", id="practice_s21_no_metric"),
        pytest.param("baseline", "", "nothing that comes after", id="practice_s21_no_baseline"),
        pytest.param("baseline", "many", "as a number", id="practice_s21_no_number"),
        pytest.param("baseline", "inf", "as a number", id="practice_s21_no_end_of_it"),
        pytest.param("target", "", "the figure that you hope for", id="practice_s21_no_target"),
        pytest.param("target", "12.5", "another figure than today's", id="practice_s21_no_hope"),
        pytest.param("ends_on", "2026-12-03", "after today", id="practice_s21_today"),
        pytest.param("ends_on", "2027-01-01", "not after 2026-12-31", id="practice_s21_too_late"),
        pytest.param("ends_on", "soon", "after today", id="practice_s21_no_day"),
    ],
)
def test_practice_a_test_cannot_start_without(field: str, typed: object, said: str) -> None:
    found = missing(**{field: typed})
    assert list(found) == [field]
    assert said in found[field]


def test_practice_s21_a_whole_draft_is_a_test() -> None:
    assert missing() == {}
    test = as_test(WHOLE)
    assert (test.baseline, test.target, test.reversible) == (12.5, 3.0, False)
    assert test.ends_on == date(2026, 12, 31)


def test_an_empty_draft_lacks_everything() -> None:
    assert set(what_is_missing(Draft(), TODAY)) == set(Draft.model_fields)


def test_practice_s21_who_looks_after_it_is_asked_reminded_once_and_given_up_on() -> None:
    course, moment, done = Course(ends_at=ENDS), ENDS - DAY, []
    while moment < ENDS + 30 * DAY:
        errand = course.due(moment)
        if errand:
            done.append((errand, (moment - ENDS).days))
        if errand is CourseErrand.ASK:
            course = course.model_copy(update={"asked_at": moment})
        elif errand is CourseErrand.REMIND:
            course = course.model_copy(update={"reminded_at": moment})
        elif errand:
            break
        moment += timedelta(hours=1)
    assert done == [(CourseErrand.ASK, 0), (CourseErrand.REMIND, 5), (CourseErrand.GIVE_UP, 14)]


def test_whoever_is_asked_late_has_two_weeks_all_the_same() -> None:
    late = ENDS + 60 * DAY
    assert Course(ends_at=ENDS).due(late) is CourseErrand.ASK
    asked = Course(ends_at=ENDS, asked_at=late)
    assert asked.due(late + ANSWER_WITHIN - timedelta(seconds=1)) is CourseErrand.REMIND
    assert asked.due(late + ANSWER_WITHIN) is CourseErrand.GIVE_UP


@pytest.mark.parametrize(
    ("verdicts", "state", "test"),
    [
        ((), "intuition", None),
        ((None,), "tested", "0"),
        ((Verdict.MET,), "confirmed", "0"),
        ((Verdict.NOT_MET,), "refuted", "0"),
        ((Verdict.NEW_QUESTION,), "tested", "0"),
        ((Verdict.NOT_MEASURED,), "intuition", None),
        ((Verdict.NOT_MET, Verdict.NOT_MEASURED), "refuted", "0"),
        ((Verdict.NOT_MET, None), "tested", "1"),
        ((Verdict.NOT_MET, Verdict.MET), "confirmed", "1"),
    ],
)
def test_practice_s30_an_insight_is_what_its_last_measured_test_makes_of_it(
    verdicts: tuple[Verdict | None, ...], state: str, test: str | None
) -> None:
    found = standing((str(number), verdict) for number, verdict in enumerate(verdicts))
    assert found == (InsightState(state), test)

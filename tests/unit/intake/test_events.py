"""What event.json may say, and what becomes of it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Refused
from domain.planning import Cause, Plan
from intake.cohorts import Names
from intake.events import PlanEvent, accepted_in, disruptions_of, problem_after, read_event
from planner import plan
from tests.planning_problems import a_problem

PROBLEM = a_problem(3, 2)
PLAN = plan(PROBLEM)
NAMES = Names(
    people={p.person: p.person.lower() for p in PROBLEM.people},
    teams={"H-00": "desk", "H-01": "field"},
    participants={c.rotation: f"p{n}" for n, c in enumerate(PROBLEM.candidates)},
)
CUT = {"cause": "capacity-cut", "host": "desk", "visits_per_week": 1, "since": "2026-12-07"}


def read(tmp_path: Path, facts: dict[str, Any]) -> PlanEvent:
    (tmp_path / "event.json").write_text(json.dumps(facts))
    return read_event(tmp_path / "event.json")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"cause": "declined", "participant": "p0", "person": "x"}, "needs the key of a 'step'"),
        ({"cause": "declined", "participant": "p0", "step": "day"}, "needs the 'person'"),
        ({"cause": "calendar", "participant": "p0", "step": "day", "person": "x"}, "'unavailable'"),
        ({"cause": "reschedule", "participant": "p0", "step": "day"}, "'wished_start'"),
        ({"cause": "new-participant"}, "whose rotation"),
        ({"cause": "new-participant", "participant": "p0", "host": "desk"}, "nothing of a 'host'"),
        ({"cause": "team-dissolved", "host": "desk", "participant": "p0"}, "not both"),
        (CUT | {"host": None}, "needs the 'host'"),
        (CUT | {"since": None}, "'since'"),
        (CUT | {"since": "next week"}, "since: "),
        (CUT | {"visits_per_week": None}, "'visits_per_week'"),
        (CUT | {"visits_per_week": -1}, "visits_per_week: "),
        ({"cause": "withdrawn", "participant": "p0", "stop": 0}, "stop: "),
        ({"cause": "withdrawn", "participant": "p0", "wen": "now"}, "wen: "),
        ({"participant": "p0"}, "cause: "),
    ],
)
def test_an_event_that_says_too_little_or_too_much_is_refused(
    tmp_path: Path, facts: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, facts)

    assert str(tmp_path / "event.json") in str(refused.value)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"cause": "team-dissolved", "host": "moon"}, "The folder has no host team 'moon'."),
        ({"cause": "host-refused", "participant": "p0", "stop": 2}, "p0 has no stop 2"),
        ({"cause": "withdrawn", "participant": "p0", "accepted": ["p0/lunch"]}, "'p0/lunch'"),
        ({"cause": "withdrawn", "participant": "p9"}, "'p9' takes no part"),
    ],
)
def test_names_that_nobody_knows_are_refused(
    tmp_path: Path, facts: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        list(disruptions_of(read(tmp_path, facts), PLAN, NAMES))


def test_a_cut_limits_the_team_from_that_week_on(tmp_path: Path) -> None:
    cut = read(tmp_path, CUT | {"since": "2026-12-09", "visits_per_week": 0})

    desk, field = problem_after(cut, PROBLEM, PLAN, NAMES).hosts

    assert [desk.takes(date(2026, 12, day)) for day in (6, 7, 9, 14)] == [1, 0, 0, 0]
    assert field == PROBLEM.hosts[1]


def test_a_team_that_is_gone_is_open_to_nobody_and_all_its_visitors_are_concerned(
    tmp_path: Path,
) -> None:
    gone = read(tmp_path, {"cause": "team-dissolved", "host": "field"})

    problem = problem_after(gone, PROBLEM, PLAN, NAMES)

    assert {team for _, team in problem.forbidden} == {"H-01"}
    assert len(problem.forbidden) == len(PROBLEM.candidates)
    concerned = {d.rotation for d in disruptions_of(gone, PLAN, NAMES)}
    assert concerned == {a.rotation for a in PLAN.assignments if a.host == "H-01"}


def test_steps_that_were_accepted_or_are_pinned_are_named_as_the_plan_names_them(
    tmp_path: Path,
) -> None:
    facts = {"cause": "declined", "participant": "p0", "step": "day", "person": "p-0100"}
    event = read(tmp_path, facts | {"accepted": ["p0/talk", "p1/day"], "pinned": ["p1/session"]})

    (one,) = disruptions_of(event, PLAN, NAMES)

    assert (one.cause, one.accepted) == (Cause.DECLINED, ("talk",))
    assert accepted_in(event, PLAN, NAMES) == (("abcdefga", "talk"), ("abcdefgb", "day"))
    kept = problem_after(event, PROBLEM, PLAN, NAMES).kept
    assert kept == tuple(s for s in PLAN.steps_of("abcdefgb") if s.key == "session")


def test_somebody_who_joins_needs_no_steps_in_the_plan(tmp_path: Path) -> None:
    joining = read(tmp_path, {"cause": "new-participant", "participant": "p2"})

    (one,) = disruptions_of(joining, Plan(), NAMES)

    assert (one.rotation, one.step, one.cause) == ("abcdefgc", None, Cause.NEW_PARTICIPANT)

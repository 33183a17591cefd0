"""Teams as the planner sees them."""

from domain.people import HostTeam
from domain.problems import hosts_of, with_pins
from tests.planning_problems import a_problem


def team(ref: str, visits_per_week: int) -> HostTeam:
    return HostTeam(
        key=ref.lower(),
        ref=ref,
        name=ref,
        lenses=("customer",),
        customer_facing=True,
        lead="P-0001",
        frontline=("P-0002",),
        zone="Europe/Berlin",
        visits_per_week=visits_per_week,
    )


def test_a_fair_share_follows_from_what_a_team_takes_a_week() -> None:
    found = hosts_of([team("H-01", 1), team("H-02", 3), team("H-03", 0)], visits=10)

    assert {ref: host.share for ref, host in found.items()} == {"H-01": 3, "H-02": 8, "H-03": 1}


def test_pins_are_added_to_what_the_folder_asks_and_a_refusal_ends_them() -> None:
    problem = a_problem(2, 3)
    first, second = problem.candidates
    asked = first.model_copy(update={"must_visit": ("H-00",)})
    refused = ((second.rotation, "H-02"),)
    problem = problem.model_copy(update={"candidates": (asked, second), "forbidden": refused})

    found = with_pins(problem, {first.rotation: ["H-00", "H-01"], second.rotation: ["H-02"]})

    assert [one.must_visit for one in found.candidates] == [("H-00", "H-01"), ()]

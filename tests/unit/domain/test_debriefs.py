"""Who has a peer debrief with whom: nobody with their own manager or report, and everybody once where that can be."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.debriefs import Apart, Group, groups, in_line

NOBODY: Sequence[str] = ()


@st.composite
def cohorts(draw: st.DrawFn, largest: int) -> tuple[tuple[str, ...], Apart]:
    """People who wait, and whom each may not meet: managers may be in the cohort or above it."""
    count = draw(st.integers(1, largest))
    everybody = [f"P-{number:04}" for number in range(1, count + 4)]
    bosses: dict[str, str | None] = {everybody[0]: None}
    for number, person in enumerate(everybody[1:], 1):
        bosses[person] = draw(st.sampled_from([None, *everybody[:number]]))
    waiting = draw(st.permutations(everybody).map(lambda found: tuple(found[:count])))
    return waiting, in_line(bosses)


def most_pairs(people: Sequence[str], apart: Apart) -> int:
    """How many pairs there can be, by trying all."""
    if len(people) < 2:
        return 0
    first, *rest = people
    partners = [other for other in rest if other not in apart[first]]
    tried = (1 + most_pairs([r for r in rest if r != other], apart) for other in partners)
    return max(most_pairs(rest, apart), *tried, 0)


def a_three_is_enough(people: Sequence[str], apart: Apart) -> bool:
    """Whether some group of three leaves only pairs, by trying all."""
    for three in combinations(people, 3):
        rest = [person for person in people if person not in three]
        well = all(other not in apart[one] for one, other in combinations(three, 2))
        if well and most_pairs(rest, apart) * 2 == len(rest):
            return True
    return False


def seated(found: Sequence[Group]) -> list[str]:
    return [person for group in found for person in group]


@settings(max_examples=1000)
@given(cohorts(24))
def test_practice_s28_the_pair_rule_holds_in_every_cohort(
    found: tuple[tuple[str, ...], Apart],
) -> None:
    waiting, apart = found

    made = groups(waiting, NOBODY, apart, more_to_come=False)

    assert sorted(seated(made)) == sorted(waiting)
    for group in made:
        assert all(other not in apart[one] for one, other in combinations(group, 2))
    sizes = [len(group) for group in made]
    assert sizes.count(3) <= 1
    assert set(sizes) <= {1, 2, 3}
    for one, other in combinations([group[0] for group in made if len(group) == 1], 2):
        assert other in apart[one]


@settings(max_examples=300)
@given(cohorts(8))
def test_practice_s28_nobody_is_left_out_who_could_be_paired(
    found: tuple[tuple[str, ...], Apart],
) -> None:
    waiting, apart = found

    early = groups(waiting, NOBODY, apart, more_to_come=True)
    late = groups(waiting, NOBODY, apart, more_to_come=False)

    assert len(early) == most_pairs(waiting, apart)
    assert {len(group) for group in early} <= {2}
    if len(waiting) % 2 and a_three_is_enough(waiting, apart):
        assert sorted(map(len, late)) == [2] * (len(waiting) // 2 - 1) + [3]


def test_an_odd_one_waits_for_those_to_come_and_joins_two_once_nobody_is() -> None:
    waiting, free = (
        ("P-0001", "P-0002", "P-0003"),
        in_line(dict.fromkeys(("P-0001", "P-0002", "P-0003"))),
    )

    assert groups(waiting, NOBODY, free, more_to_come=True) == (("P-0001", "P-0002"),)
    assert groups(waiting, NOBODY, free, more_to_come=False) == (("P-0001", "P-0002", "P-0003"),)


def test_the_last_one_meets_somebody_who_had_a_debrief_and_who_may_meet_nobody_stays_alone() -> (
    None
):
    bosses = {"P-0001": "P-0002", "P-0002": None, "P-0003": None}

    assert groups(("P-0001",), ("P-0002", "P-0003"), in_line(bosses), more_to_come=False) == (
        ("P-0001", "P-0003"),
    )
    assert groups(("P-0001",), ("P-0002",), in_line(bosses), more_to_come=False) == (("P-0001",),)


def test_bosses_of_bosses_are_in_line_too_and_a_loop_ends() -> None:
    line = in_line({"P-0001": "P-0002", "P-0002": "P-0003", "P-0003": None, "P-0004": "P-0004"})

    assert line["P-0001"] == {"P-0002", "P-0003"}
    assert line["P-0003"] == {"P-0001", "P-0002"}
    assert line["P-0004"] == frozenset()

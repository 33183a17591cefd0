"""The three indicators: views of two seats or teams are diverse, and small numbers stay hidden."""

import pytest

from domain.indicators import Indicator, IndicatorKind, Viewpoint, indicator, is_diverse
from domain.people import Seat

DESK = Viewpoint(seat=Seat.FRONTLINE, team="desk")
LEAD_OF_DESK = Viewpoint(seat=Seat.HOST_LEAD, team="desk")
SHOP = Viewpoint(seat=Seat.FRONTLINE, team="shop")
NOBODY = Viewpoint()


@pytest.mark.parametrize("one_view", [(), (DESK,), (DESK, DESK), (DESK, NOBODY)])
def test_practice_s51_one_seat_of_one_team_is_one_view(one_view: tuple[Viewpoint, ...]) -> None:
    assert not is_diverse(one_view)


@pytest.mark.parametrize("other", [LEAD_OF_DESK, SHOP])
def test_practice_s51_two_seats_or_two_teams_are_two_views(other: Viewpoint) -> None:
    assert is_diverse(iter((DESK, other)))


def test_practice_s51_a_share_is_made_of_whole_fives_the_earliest_first() -> None:
    kind = IndicatorKind.NEWLY_HEARD
    earliest = [True, False, True, False, False]

    assert indicator(kind, iter(earliest)) == Indicator(kind=kind, of=5, share=0.4)
    assert indicator(kind, [*earliest, True]) == indicator(kind, earliest)
    assert indicator(kind, earliest[:4]) == Indicator(kind=kind, of=0, share=None)
    assert indicator(kind, ()).share is None

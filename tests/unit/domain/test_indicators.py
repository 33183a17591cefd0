"""The three indicators: a fixture made by hand has known values, and small numbers stay hidden."""

from datetime import timedelta

from domain.indicators import (
    DecidedChange,
    HeldSession,
    Indicator,
    IndicatorKind,
    Viewpoint,
    indicators,
)
from domain.people import Seat
from domain.policy import Verdict
from tests.builders import DAY, MONDAY

DESK = Viewpoint(seat=Seat.FRONTLINE, team="desk")
LEAD_OF_DESK = Viewpoint(seat=Seat.HOST_LEAD, team="desk")
SHOP = Viewpoint(seat=Seat.FRONTLINE, team="shop")
NOBODY = Viewpoint()


def change(
    number: int,
    *viewpoints: Viewpoint,
    adopted: bool = True,
    from_customers: bool = False,
    verdict: Verdict | None = None,
) -> DecidedChange:
    return DecidedChange(
        decided_at=MONDAY + number * DAY,
        viewpoints=viewpoints,
        adopted=adopted,
        from_customers=from_customers,
        verdict=verdict,
    )


CHANGES = (
    change(1, DESK, DESK, from_customers=True),
    change(2, DESK, LEAD_OF_DESK, adopted=False, from_customers=True),
    change(3, DESK, SHOP, verdict=Verdict.MET),
    change(4, DESK, NOBODY, verdict=Verdict.NOT_MET),
    change(5, SHOP, from_customers=True, verdict=Verdict.NEW_QUESTION),
    change(6, LEAD_OF_DESK, SHOP, verdict=Verdict.NOT_MEASURED),
    change(7, LEAD_OF_DESK, SHOP, from_customers=True),
)
"""Of the first five decided two used two seats or teams; of the first five adopted three matched customers."""

SESSIONS = tuple(
    HeldSession(starts=MONDAY + n * DAY, heard=heard)
    for n, heard in enumerate(
        (
            ("P-0004", "P-0005"),
            ("P-0004", "P-0005"),
            ("P-0004", "P-0006"),
            (),
            ("P-0006",),
            ("P-0007",),
        )
    )
)
"""Of the first five two had somebody who was new."""


def found(kind: IndicatorKind, sessions: tuple[HeldSession, ...] = SESSIONS) -> Indicator:
    return next(one for one in indicators(reversed(CHANGES), sessions) if one.kind is kind)


def test_practice_s51_a_fixture_made_by_hand_has_known_values() -> None:
    assert indicators(CHANGES, SESSIONS) == (
        Indicator(kind=IndicatorKind.VIEWPOINTS, of=5, share=0.4),
        Indicator(kind=IndicatorKind.NEWLY_HEARD, of=5, share=0.4),
        Indicator(kind=IndicatorKind.CUSTOMER_VALUE, of=5, share=0.6),
    )


def test_practice_s51_the_order_in_which_they_are_read_changes_nothing() -> None:
    assert indicators(reversed(CHANGES), reversed(SESSIONS)) == indicators(CHANGES, SESSIONS)


def test_practice_s51_fewer_than_five_are_not_shown_and_the_sixth_changes_nothing() -> None:
    hidden = Indicator(kind=IndicatorKind.NEWLY_HEARD, of=0, share=None)
    assert found(IndicatorKind.NEWLY_HEARD, SESSIONS[:4]) == hidden
    assert found(IndicatorKind.NEWLY_HEARD, SESSIONS[:5]) == found(IndicatorKind.NEWLY_HEARD)
    assert indicators((), ())[0].share is None


def test_practice_s51_a_colleague_who_is_heard_again_is_not_new_but_one_beside_them_is() -> None:
    again = [
        HeldSession(starts=MONDAY + timedelta(hours=n), heard=("P-0004", f"P-{1000 + n // 2}"))
        for n in range(10)
    ]
    assert found(IndicatorKind.NEWLY_HEARD, tuple(again)).share == 0.5

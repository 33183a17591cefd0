"""Which questions a visit gets: five of the bank, always the same, others than the visit before."""

from hypothesis import given
from hypothesis import strategies as st

from domain.questions import PICKED, picked

banks = st.lists(st.text(min_size=1), unique=True, max_size=23)
rotations = st.text("abcdefgh234567", min_size=8, max_size=8)


@given(bank=banks, rotation=rotations, visit=st.integers(0, 9))
def test_practice_s5_five_or_all_of_a_bank_are_picked_in_its_order(
    bank: list[str], rotation: str, visit: int
) -> None:
    five = picked(bank, rotation, visit)

    assert len(five) == min(PICKED, len(bank))
    assert sorted(five, key=bank.index) == list(five)
    assert picked(bank, rotation, visit) == five


@given(bank=banks, rotation=rotations)
def test_practice_s5_nothing_comes_again_before_everything_was_picked(
    bank: list[str], rotation: str
) -> None:
    whole = len(bank) // PICKED
    seen = [question for visit in range(whole) for question in picked(bank, rotation, visit)]
    assert len(set(seen)) == len(seen) == whole * PICKED
    assert {q for visit in range(whole + 1) for q in picked(bank, rotation, visit)} == set(bank)


def test_rotations_go_through_a_bank_in_orders_of_their_own() -> None:
    bank = [f"Question {number}?" for number in range(12)]
    sets = {picked(bank, f"rotation{number}", 0) for number in range(20)}
    assert len(sets) > 15

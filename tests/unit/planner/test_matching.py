"""As many as can be have a place, and whoever is too many is named with those they compete with."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.matching import Matching


def most(room: list[int], wanted: list[list[int]]) -> int:
    """Try every way to put nodes into cells or to leave them out."""
    best = 0
    for ways in product(*([None, *cells] for cells in wanted)):
        taken = [cell for cell in ways if cell is not None]
        if all(taken.count(cell) <= room[cell] for cell in set(taken)):
            best = max(best, len(taken))
    return best


@given(st.data())
def test_nobody_is_left_out_who_could_be_placed(data: st.DataObject) -> None:
    room = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    cells = st.lists(st.integers(0, len(room) - 1), unique=True)
    wanted = data.draw(st.lists(cells, min_size=1, max_size=5))
    full = [[cell for cell in some if room[cell]] for some in wanted]
    nodes = [node for node, some in enumerate(full) if some]

    crowds = Matching(room, lambda node: np.array(full[node], dtype=np.int64)).add(nodes)

    short = sum(crowd.short for crowd in crowds)
    assert len(nodes) - short == most(room, full)
    for crowd in crowds:
        assert {cell for node in crowd.nodes for cell in full[node]} <= crowd.cells
        assert len(crowd.nodes) - sum(room[cell] for cell in crowd.cells) == crowd.short
    seen = [node for crowd in crowds for node in crowd.nodes]
    assert len(seen) == len(set(seen))

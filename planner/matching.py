"""Everybody to one of their cells, as many as there is room for, and who stands in whose way where there is not.

Augmenting paths, each found breadth first. A search that fails has seen everybody who competes for the
cells it saw, all of them full: those can never all have a place (Hall, "On representatives of subsets",
Journal of the London Mathematical Society, 1935).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]


@dataclass
class Crowd:
    """Nodes that have no cells but these, all full: ``short`` of them stay out whatever is done."""

    nodes: set[int] = field(default_factory=set)
    cells: set[int] = field(default_factory=set)
    short: int = 0


class Matching:
    """Nodes in cells; ``room`` says how many each cell takes, ``cells`` where a node may be."""

    def __init__(self, room: Sequence[int] | Cells, cells: Callable[[int], Cells]) -> None:
        self._left = np.array(room, dtype=np.int64)
        self._cells = cells
        self._at: dict[int, set[int]] = {}
        self._where: dict[int, int] = {}
        self._crowd_of: dict[int, Crowd] = {}

    def add(self, nodes: Iterable[int]) -> list[Crowd]:
        """Place as many of the nodes as can be, and return who is too many where."""
        for node in nodes:
            if not self._direct(node):
                self._search(node)
        return list({id(crowd): crowd for crowd in self._crowd_of.values()}.values())

    def _direct(self, node: int) -> bool:
        cells = self._cells(node)
        free = cells[self._left[cells] > 0]
        if not len(free):
            return False
        self._put(node, int(free[0]))
        return True

    def _search(self, root: int) -> None:
        through: dict[int, int] = {}
        joined: list[Crowd] = []
        waiting = deque([root])
        while waiting:
            node = waiting.popleft()
            for cell in map(int, self._cells(node)):
                if cell in through:
                    continue
                if cell in self._crowd_of:
                    joined.append(self._crowd_of[cell])
                    continue
                through[cell] = node
                if self._left[cell] > 0:
                    self._shift(cell, through)
                    return
                waiting.extend(self._at[cell])
        self._crowded(root, through.keys(), joined)

    def _shift(self, free: int, through: dict[int, int]) -> None:
        """Everybody on the way moves on by one cell, so that the first has a place."""
        cell: int | None = free
        while cell is not None:
            node = through[cell]
            before = self._where.get(node)
            if before is not None:
                self._at[before].remove(node)
                self._left[before] += 1
            self._put(node, cell)
            cell = before

    def _put(self, node: int, cell: int) -> None:
        self._at.setdefault(cell, set()).add(node)
        self._where[node] = cell
        self._left[cell] -= 1

    def _crowded(self, root: int, cells: Iterable[int], joined: Iterable[Crowd]) -> None:
        crowd = Crowd({root}, set(cells), 1)
        for other in {id(one): one for one in joined}.values():
            crowd.nodes |= other.nodes
            crowd.cells |= other.cells
            crowd.short += other.short
        for cell in crowd.cells:
            crowd.nodes |= self._at[cell]
            self._crowd_of[cell] = crowd

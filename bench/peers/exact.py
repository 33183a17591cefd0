"""The assignment as a mixed-integer program for HiGHS: who visits which team in which week.

Every visit counts with the earliest end that its own calendars allow, as if no other visit were planned,
so that no plan is worth more: the optimum is also a bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, vstack

from bench.peers.board import Board, Numbers, eligible, values
from bench.peers.slotting import Slotting
from domain.planning import Plan
from domain.program import StepTemplate


@dataclass(frozen=True)
class Cells:
    """Participants, teams and weeks that go together, with what each visit is worth at most."""

    row: Numbers
    team: Numbers
    week: Numbers
    worth: Numbers


@dataclass(frozen=True)
class Optimum:
    """What HiGHS found: the chosen cells, what they are worth, and the bound that it proved."""

    chosen: list[tuple[int, int, int]]
    worth: int
    bound: int
    proven: bool


def cells_of(
    slotting: Slotting, rows: Iterable[int], held: Mapping[int, int] | None = None
) -> Cells:
    """Return every cell of these participants, beside what is booked already.

    ``held`` has the starts that are left for the visit of those whose steps before it are over.
    """
    board = slotting.board
    worth, may = values(board), eligible(board)
    early = board.program.weights.early
    found = [
        (row, team, week, int(worth[row, team]) + early * left)
        for row in rows
        for team in map(int, np.flatnonzero(may[row]))
        for week, left in _weeks_left(slotting, row, team, (held or {}).get(row))
    ]
    columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return Cells(*columns)


def best_assignment(
    board: Board, cells: Cells, room: Numbers, load: Numbers, seconds: float = 600
) -> Optimum:
    """Return the optimum by HiGHS; as many as possible are placed before anything else counts."""
    rows, who = np.unique(cells.row, return_inverse=True)
    teams, weeks = room.shape
    crowd_team, crowd_cost = _crowds(board, len(rows), load)
    x, y, people = len(cells.row), len(crowd_team), len(rows)
    left_out = 10 * int(cells.worth.max(initial=1))
    cost = np.concatenate([-cells.worth, crowd_cost, np.full(people, left_out)])
    places = _matrix(who, np.arange(x), (people, x + y + people)) + _matrix(
        np.arange(people), x + y + np.arange(people), (people, x + y + people)
    )
    cell, number = np.unique(cells.team * weeks + cells.week, return_inverse=True)
    taken = _matrix(number, np.arange(x), (len(cell), len(cost)))
    visits = _matrix(cells.team, np.arange(x), (teams, len(cost))) - _matrix(
        crowd_team, x + np.arange(y), (teams, len(cost))
    )
    share = np.array([host.share for host in board.hosts]) - load
    most = np.concatenate([np.ones(people), room.ravel()[cell], np.maximum(share, 0)])
    least = np.concatenate([np.ones(people), np.full(len(cell) + teams, -np.inf)])
    found = milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(vstack([places, taken, visits]).tocsc(), least, most),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise SystemExit(f"HiGHS found nothing: {found.message}")
    used = np.flatnonzero(found.x[:x] > 0.5)
    unplaced = people - len(used)
    chosen = [(int(cells.row[n]), int(cells.team[n]), int(cells.week[n])) for n in used]
    penalty = left_out * unplaced
    worth, bound = (
        -round(found.fun) + penalty,
        int(np.floor(-found.mip_dual_bound + 1e-6)) + penalty,
    )
    return Optimum(chosen, worth, bound, found.status == 0)


def placed(board: Board, optimum: Optimum) -> Plan:
    """Return the assignment with concrete times; whoever finds none that week takes any time."""
    slotting = Slotting(board)
    worth, may = values(board), eligible(board)
    for row, team, week in sorted(optimum.chosen, key=lambda one: (one[2], one[0])):
        slotting.place(row, team, week)
    for row, team, _ in optimum.chosen:
        if row not in slotting.placed and not slotting.place(row, team):
            order = np.argsort(-worth[row], kind="stable")
            any(may[row, one] and slotting.place(row, int(one)) for one in order)
    return slotting.as_plan()


def _crowds(board: Board, people: int, load: Numbers) -> tuple[Numbers, Numbers]:
    """The team of each visit beyond its fair share, and what that visit costs."""
    teams, costs = [], []
    for team, host in enumerate(board.hosts):
        first = max(int(load[team]) - host.share, 0) + 1
        beyond = np.arange(first, first + people)
        teams.append(np.full(people, team))
        costs.append(board.program.weights.fair_load * beyond)
    return np.concatenate(teams), np.concatenate(costs)


def _matrix(rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> coo_array:
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _weeks_left(
    slotting: Slotting, row: int, team: int, held: int | None
) -> Iterator[tuple[int, int]]:
    """The weeks in which two could meet, and the weeks that are left at most after each."""
    board = slotting.board
    candidate, host = board.candidates[row], board.hosts[team]
    fits = [slotting.fits(template, candidate, host) for template in board.templates]
    if held is None:
        for number, template in enumerate(board.templates[: board.visit + 1]):
            fits[number] &= _after(board, fits, template)
    else:
        fits[board.visit] &= held
    takes = slotting.days(host)
    for week, inside in board.days[host.zone].weeks.items():
        reached = [*fits[: board.visit], fits[board.visit] & inside & takes]
        for number in range(board.visit + 1, len(fits)):
            reached.append(fits[number] & _after(board, reached, board.templates[number]))
        own = list(zip(reached, board.templates, strict=True))[board.visit :]
        if all(bits for bits, _ in own):
            ends = (_first(bits) + board.length(template) for bits, template in own)
            yield week, board.weeks_left(max(ends))


def _first(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _after(board: Board, fits: list[int], template: StepTemplate) -> int:
    """The slots that a step's window reaches from where the step before it can be."""
    before = board.reference(template)
    low, high = board.gap(template)
    if before is None:
        return _smeared(1, low, high, board.everything)
    length = board.length(board.templates[before])
    return _smeared(fits[before], length + low, length + high, board.everything)


def _smeared(earlier: int, low: int, high: int, within: int) -> int:
    """The slots that are ``low`` to ``high`` slots after one of ``earlier``."""
    done, width = 1, high - low + 1
    while done < width:
        shift = min(done, width - done)
        earlier |= earlier << shift
        done += shift
    return earlier << low & within

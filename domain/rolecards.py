"""Role cards: in a debrief everybody speaks for somebody whom they are not in real life."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from domain.chain import short_digest
from domain.people import Seat
from domain.program import RoleCard


def dealt(
    roles: Sequence[RoleCard], seats: Mapping[str, Set[Seat]], session: str
) -> dict[str, RoleCard]:
    """Return the role of each person; nobody gets one that a seat of theirs holds.

    ``seats`` has what each person is in real life. Every role is filled wherever that can be, then the
    others join the role that fewest play; who holds all of them gets none. The same people get the same
    roles in the same ``session``, in whatever order they are named, and other ones in another.
    """
    order = sorted(seats, key=lambda person: short_digest(f"{session}:{person}".encode()))
    open_to = {
        person: [role for role in roles if not seats[person] & set(role.held_by)]
        for person in order
    }
    players = _fill(roles, open_to)
    given = {players[role.key]: role for role in roles if role.key in players}
    playing = Counter(players.keys())
    for person in order:
        if person not in given and open_to[person]:
            role = min(open_to[person], key=lambda role: playing[role.key])
            given[person], playing[role.key] = role, playing[role.key] + 1
    return given


def _fill(roles: Sequence[RoleCard], open_to: Mapping[str, Sequence[RoleCard]]) -> dict[str, str]:
    """Return one player for as many roles as can be, by role (augmenting paths, Kuhn 1955)."""
    players: dict[str, str] = {}

    def place(role: RoleCard, tried: set[str]) -> bool:
        for person, may_play in open_to.items():
            if role not in may_play or person in tried:
                continue
            tried.add(person)
            holder = next((one for one in roles if players.get(one.key) == person), None)
            if holder is None or place(holder, tried):
                players[role.key] = person
                return True
        return False

    for role in roles:
        place(role, set())
    return players

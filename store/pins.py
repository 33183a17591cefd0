"""Teams that a program manager pins: a participant visits them whenever the cohort is planned again."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.language import Language, listed
from domain.people import HostTeam, Person
from store.audit import note
from store.database import writing
from store.people import people, program_of, rotation_row, teams
from store.tables.people import CohortTable
from store.tables.planning import DissolvedTable, ForbiddenTable, PinTable


class Pins:
    """Takes what a program manager pins before a plan is approved; ``now`` is when they do (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pin(
        self, cohort: str, rotation: str, team: str, now: datetime, instead: str | None = None
    ) -> None:
        """Pin a team, and let go of the pin on the team ``instead`` of which it is visited.

        A repeat changes nothing. Raises Refused where the visit can't be, NotFound for what is unknown.
        """
        with writing(self._engine) as session:
            before = pins_of(session, rotation)
            after = pinned(session, cohort, rotation, team, instead)
            for gone in sorted(before - after):
                _let_go(session, rotation, gone, now)
            for new in sorted(after - before):
                session.add(PinTable(rotation=rotation, team=new))
                note(session, now, rotation, f"{new} pinned")

    def unpin(self, cohort: str, rotation: str, team: str, now: datetime) -> None:
        """Let go of a pin; a repeat changes nothing."""
        with writing(self._engine) as session:
            _open_to_planning(session, cohort)
            _participant(session, cohort, rotation)
            if team in pins_of(session, rotation):
                _let_go(session, rotation, team, now)


def pins_of(session: Session, rotation: str) -> frozenset[str]:
    """Return the teams that are pinned for a rotation; what the program folder says is none of them."""
    return frozenset(session.scalars(select(PinTable.team).where(PinTable.rotation == rotation)))


def every_pin(session: Session) -> dict[str, tuple[str, ...]]:
    """Return all pins by rotation, each rotation's in order."""
    found: dict[str, tuple[str, ...]] = {}
    for pin in session.scalars(select(PinTable).order_by(PinTable.team)):
        found[pin.rotation] = (*found.get(pin.rotation, ()), pin.team)
    return found


def pinned(
    session: Session, cohort: str, rotation: str, team: str, instead: str | None = None
) -> frozenset[str]:
    """Return a rotation's pins once this team is one of them; raises Refused where it can't be."""
    _open_to_planning(session, cohort)
    participant = _participant(session, cohort, rotation)
    host = teams(session).get(team)
    if host is None:
        raise NotFound(f"There is no host team '{team}'.")
    for why_not in _reasons_against(session, cohort, rotation, participant, host):
        raise Refused(why_not)
    wanted = pins_of(session, rotation) - {instead} | {team}
    _refuse_too_many(session, cohort, participant, wanted)
    return wanted


def may_be_pinned(session: Session, cohort: str, rotation: str) -> tuple[HostTeam, ...]:
    """Return the teams that nothing known speaks against, by name; raises Refused once a plan runs."""
    _open_to_planning(session, cohort)
    participant = _participant(session, cohort, rotation)
    found = (
        host
        for host in teams(session).values()
        if not any(_reasons_against(session, cohort, rotation, participant, host))
    )
    return tuple(sorted(found, key=lambda host: host.name))


def _open_to_planning(session: Session, cohort: str) -> None:
    row = session.get(CohortTable, cohort)
    if row is None:
        raise NotFound(f"There is no cohort '{cohort}'.")
    if row.approved_plan is not None:
        raise Refused(
            f"Plan {row.approved_plan} is approved and running; it is repaired, not made anew."
        )


def _participant(session: Session, cohort: str, rotation: str) -> Person:
    row = rotation_row(session, rotation)
    if row.cohort != cohort or row.ritual:
        raise NotFound(f"There is no rotation '{rotation}' in cohort '{cohort}'.")
    return people(session)[row.participant]


def _reasons_against(
    session: Session, cohort: str, rotation: str, participant: Person, host: HostTeam
) -> Iterator[str]:
    if session.get(ForbiddenTable, (rotation, host.ref)):
        yield f"{host.name} said no to the visit of {participant.name}. Pin another team."
    if session.get(DissolvedTable, (cohort, host.ref)):
        yield f"{host.name} is dissolved: nobody new visits it. Pin another team."
    if host.key in participant.never_visit:
        yield f"The program folder says that {participant.name} never visits {host.name}."
    if host.key == participant.team:
        yield f"{participant.name} belongs to {host.name} and can't visit it."


def _refuse_too_many(
    session: Session, cohort: str, participant: Person, wanted: frozenset[str]
) -> None:
    stops = program_of(session, cohort).stops
    named_in_folder = {t.ref for t in teams(session).values() if t.key in participant.must_visit}
    every = wanted | named_in_folder
    if len(every) > stops:
        names = sorted(teams(session)[ref].name for ref in every)
        room = "one team" if stops == 1 else f"{stops} teams"
        where = " (in the program folder)" if named_in_folder else ""
        raise Refused(
            f"{participant.name} visits {room}, so {listed(names, Language.ENGLISH)} "
            f"can't all be pinned. Unpin one first{where}."
        )


def _let_go(session: Session, rotation: str, team: str, now: datetime) -> None:
    session.delete(session.get_one(PinTable, (rotation, team)))
    note(session, now, rotation, f"{team} unpinned")

"""Consents that a plan needs: who has given theirs in the folder or by a signed page, who is still to be asked."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.events import ConsentWanted, GateAnswered
from domain.planning import PlannedStep
from domain.program import Gate
from domain.rotation import GateState
from store.people import goals_of, people, program_planned, teams
from store.tables.mail import NewsTable
from store.tables.rotations import RotationTable


class Consents:
    """Who has to agree before the invites of some rotations go out, and who has already."""

    def __init__(self, session: Session, cohort: str, rotations: Collection[str]) -> None:
        self._program = program_planned(session, cohort)
        self._people = people(session)
        self._teams = teams(session)
        rows = select(RotationTable.id, RotationTable.participant)
        found = session.execute(rows.where(RotationTable.id.in_(rotations)))
        self._participants = {row[0]: row[1] for row in found}
        self._goals = {
            person: goals_of(session, cohort, person) for person in self._participants.values()
        }
        self._given = _given_consents(session, rotations)

    def of(
        self, rotation: str, hosts: tuple[str, ...], steps: tuple[PlannedStep, ...]
    ) -> tuple[GateState, ...]:
        """Return all consents in the order in which they are asked for, with those the folder has."""
        leader = self._participants[rotation]
        coming = {a.person for s in steps for a in s.attendees}
        every = [
            *self._of_the_participant(leader),
            *(g for n, host in enumerate(hosts, start=1) for g in self._of_a_team(n, host, coming)),
        ]
        order = list(Gate)
        needed = (gate for gate in every if gate.gate in self._program.gates)
        return tuple(sorted(needed, key=lambda gate: order.index(gate.gate)))

    def _of_the_participant(self, leader: str) -> Iterator[GateState]:
        agreed = _midnight(self._goals_agreed_on(leader))
        yield GateState(gate=Gate.GOALS, person=leader, passed_at=agreed)
        manager = self._people[leader].manager
        if manager:
            released = _midnight(self._people[leader].released_on)
            yield GateState(gate=Gate.RELEASE, person=manager, passed_at=released)

    def _of_a_team(self, stop: int, host: str, coming: set[str]) -> Iterator[GateState]:
        team = self._teams[host]
        agreed = _midnight(team.agreed_on)
        yield GateState(gate=Gate.HOST, person=team.lead, passed_at=agreed, stop=stop)
        for person in sorted(coming & set(team.frontline)):
            agreed = _midnight(self._people[person].sessions_agreed_on)
            yield GateState(gate=Gate.COLLEAGUES, person=person, passed_at=agreed, stop=stop)

    def missing(
        self, rotation: str, hosts: tuple[str, ...], steps: tuple[PlannedStep, ...]
    ) -> tuple[ConsentWanted, ...]:
        """Return the consents nobody has given: neither in the folder nor for this rotation before."""
        return tuple(
            ConsentWanted(gate.gate, gate.person, gate.stop)
            for gate in self.of(rotation, hosts, steps)
            if not gate.passed_at and not self._is_given(rotation, gate)
        )

    def _is_given(self, rotation: str, gate: GateState) -> bool:
        """A release stays given when another home manager takes over."""
        if gate.gate is Gate.RELEASE:
            return any(given[:2] == (rotation, gate.gate) for given in self._given)
        return (rotation, gate.gate, gate.person) in self._given

    def _goals_agreed_on(self, person: str) -> date | None:
        days = [goal.agreed_on for goal in self._goals[person]]
        return max((day for day in days if day), default=None) if all(days) else None


def _given_consents(session: Session, rotations: Collection[str]) -> set[tuple[str, Gate, str]]:
    """Return who agreed to what by a signed page: somebody who comes back is not asked again."""
    said = session.execute(
        select(NewsTable.rotation, NewsTable.event)
        .where(NewsTable.rotation.in_(rotations), NewsTable.refusal == "")
        .where(NewsTable.update_id.startswith("consent:"))
    )
    answers = [(rotation, GateAnswered.model_validate(event)) for rotation, event in said]
    return {(rotation, a.gate, a.person) for rotation, a in answers if a.agreed}


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=UTC) if day else None

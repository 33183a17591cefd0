"""Observations: sealed for their writer's eyes, read back with a code that goes to their own address."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.evidence import MOST_NOTES, Observation, refuse_observation, refuse_untimely
from domain.insights import InsightTag
from domain.rotation import RotationState, StepState
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.people import names_met, state_of, step_of
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables.words import ObservationTable
from store.vault import Vault


class Note(Value):
    """One observation as its writer reads it back."""

    id: str
    step: str
    noted_at: Moment
    observation: Observation


class Noted(Value):
    """That something was observed, without its words."""

    noted_at: Moment
    tag: InsightTag


class ObservePage(Value):
    """What the signed page of a step shows to its visitor; never any words."""

    kept: tuple[Noted, ...]
    why_closed: str
    """The sentence that says why nothing can be written down now; empty while it can."""


class Observations:
    """Keeps and opens observations; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, codes: ReadingCodes) -> None:
        self._engine = engine
        self._vault = vault
        self._codes = codes

    def keep(
        self,
        name: str,
        rotation: str,
        step: str,
        person: str,
        observation: Observation,
        now: datetime,
        noted_at: datetime | None = None,
    ) -> None:
        """Seal one observation under a name of its sender's; the same name again changes nothing.

        ``noted_at`` is when it was written down, where that was before it could be sent; it counts
        between the beginning of the step and now. Raises Refused for anybody but the participant,
        without something said or happened, and before or long after the step.
        """
        refuse_observation(observation)
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            found = _observed(state, step, person)
            known = session.get(ObservationTable, name)
            if known:
                self._refuse_another(session, known, rotation, person, observation)
                return
            written = min(max(noted_at or now, found.starts), now)
            refuse_untimely(found, written)
            if self._count(session, rotation, step) >= MOST_NOTES:
                raise Refused(f"There are {MOST_NOTES} notes on this step already.")
            session.add(
                ObservationTable(
                    id=name,
                    rotation=rotation,
                    step=step,
                    person=person,
                    tag=observation.tag.value,
                    sealed=self._vault.seal(session, person, observation.model_dump_json()),
                    noted_at=written,
                )
            )
            note(session, now, rotation, f"{person} noted something in {step}")

    def page(self, rotation: str, step: str, person: str, now: datetime) -> ObservePage:
        """Return what the step's page shows; raises Refused for anybody but the participant."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            found = _observed(state, step, person)
            rows = session.scalars(
                select(ObservationTable)
                .where(ObservationTable.rotation == rotation, ObservationTable.step == step)
                .order_by(ObservationTable.noted_at)
            )
            return ObservePage(
                kept=tuple(Noted(noted_at=r.noted_at, tag=InsightTag(r.tag)) for r in rows),
                why_closed=_why_closed(found, now),
            )

    def names_met(self, rotation: str) -> tuple[str, ...]:
        """Return the names of everybody in the rotation's steps and host teams, its participant aside."""
        with reading(self._engine) as session:
            return names_met(session, state_of(session, rotation))

    def ask_code(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Send a code to the participant's own address; raises Refused where none can be sent."""
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            _observed(state, step, person)
            self._codes.send(session, state, step, person, now)

    def own(
        self, rotation: str, step: str, person: str, code: str, now: datetime
    ) -> tuple[Note, ...]:
        """Return what the person wrote down at the step's stop, for their own eyes; a code opens it once.

        Raises Refused for a code that is wrong, used or too old.
        """
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            stop = _observed(state, step, person).stop
            right = self._codes.redeem(session, person, code, now)
            steps = [s.key for s in state.steps if s.stop == stop]
            rows = session.scalars(
                select(ObservationTable)
                .where(ObservationTable.rotation == rotation, ObservationTable.step.in_(steps))
                .order_by(ObservationTable.noted_at, ObservationTable.id)
            ).all()
            notes = tuple(self._opened(session, rows)) if right else ()
        if not right:
            raise Refused(WRONG_CODE)
        return notes

    def _refuse_another(
        self,
        session: Session,
        known: ObservationTable,
        rotation: str,
        person: str,
        observation: Observation,
    ) -> None:
        """A form that was sent before, with other words in it, would lose them."""
        theirs = (known.rotation, known.person) == (rotation, person)
        (before,) = self._opened(session, [known]) if theirs else (None,)
        if before is None or before.observation != observation:
            raise Refused("This form was sent before. Note it once more, here.")

    def _opened(self, session: Session, rows: Iterable[ObservationTable]) -> Iterable[Note]:
        for row in rows:
            words = self._vault.open(session, row.person, row.sealed)
            yield Note(
                id=row.id,
                step=row.step,
                noted_at=row.noted_at,
                observation=Observation.model_validate_json(words),
            )

    def _count(self, session: Session, rotation: str, step: str) -> int:
        query = select(func.count()).where(
            ObservationTable.rotation == rotation, ObservationTable.step == step
        )
        return session.scalar(query) or 0


def _observed(state: RotationState, key: str, person: str) -> StepState:
    if person != state.participant:
        raise Refused("Only the participant writes here.")
    return step_of(state, key)


def _why_closed(step: StepState, now: datetime) -> str:
    try:
        refuse_untimely(step, now)
    except Refused as refused:
        return str(refused)
    return ""

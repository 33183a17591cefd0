"""Summaries of visits: written by the participant, read by the host lead, then by those it concerns."""

from collections import Counter
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.events import Released, Summarised
from domain.insights import InsightTag, Summary, refuse_summary
from domain.moves import refuse
from domain.people import HostTeam
from domain.rotation import Phase, RotationState
from store.audit import note
from store.chains import record_summary
from store.database import reading, writing
from store.learnings import enter_insights
from store.news import tell_rotation
from store.pages import SummaryPage
from store.people import host_of, people, state_of, step_of
from store.reminding import withdraw_reminders
from store.tables.learning import SummaryTable
from store.tables.words import ObservationTable
from store.touching import names_used
from store.vault import Vault


class Summaries:
    """Takes and shows summaries; ``now`` is always the moment something was said (UTC)."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def write(self, rotation: str, step: str, person: str, summary: Summary, now: datetime) -> None:
        """Store a summary; until the host lead has read it, writing again replaces it.

        Raises Refused for anybody but the participant, without three insights that differ, and for
        evidence that is not among the participant's own observations.
        """
        refuse_summary(summary)
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            if person != state.participant:
                raise Refused("Only the participant writes here.")
            event = Summarised(step=step)
            refuse(state, event, now)
            _refuse_unknown(session, rotation, summary)
            withdraw_reminders(session, rotation, step, person, now)
            row = session.get(SummaryTable, (rotation, step)) or SummaryTable(
                rotation=rotation, step=step, shared=False
            )
            if row.read_at:
                raise Refused("The host lead has read it already; it can't be changed any more.")
            row.body, row.written_at = summary.model_dump(mode="json"), now
            session.add(row)
            tell_rotation(session, rotation, f"summarised:{rotation}:{step}", event, now)
            note(session, now, rotation, f"{person} wrote {step}")

    def release(
        self, rotation: str, step: str, person: str, *, agreed: bool, read: str, now: datetime
    ) -> None:
        """Let others read a summary, or keep it between participant and host; the first word stands.

        ``read`` is the digest of the text that the lead had before them. Raises Refused for a yes to a
        text that has been written anew since.
        """
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            _refuse_another_word(session, rotation, step, agreed=agreed)
            refuse(state, Released(step=step, agreed=agreed), now)
            if person != _host_of(session, state, step).lead:
                raise Refused("The lead of the host team reads this first.")
            withdraw_reminders(session, rotation, step, person, now)
            row = session.get_one(SummaryTable, (rotation, step))
            if row.read_at:
                return
            if agreed and read != Summary.model_validate(row.body).digest:
                raise Refused(
                    "It was written anew after you had opened it. Read it as it is now, then decide."
                )
            evidence = self._recorded(session, state, row, now) if agreed else ""
            event = Released(step=step, agreed=agreed, evidence=evidence)
            if tell_rotation(session, rotation, f"released:{rotation}:{step}", event, now):
                row.read_at, row.shared = now, agreed
                if agreed:
                    body = Summary.model_validate(row.body)
                    enter_insights(session, state, step_of(state, step), body, now)
                note(session, now, rotation, f"{person} read {step}")

    def _recorded(
        self, session: Session, state: RotationState, row: SummaryTable, now: datetime
    ) -> str:
        body, writer = Summary.model_validate(row.body), state.participant
        return record_summary(session, self._vault, row.rotation, row.step, writer, body, now)

    def page(self, rotation: str, step: str, reader: str) -> SummaryPage:
        """Return a summary for who writes it or reads it first; an unwritten one is empty.

        Raises Refused for anybody else, such as the lead of a team that is no longer visited.
        """
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            found, host = step_of(state, step), _host_of(session, state, step)
            if reader not in {state.participant, host.lead}:
                raise Refused("Somebody else writes or reads this now.")
            row = session.get(SummaryTable, (rotation, step))
            return SummaryPage(
                step=step,
                leader_name=people(session)[state.participant].name,
                host_name=host.name,
                summary=Summary.model_validate(row.body) if row else None,
                open=found.phase in {Phase.OPEN, Phase.SHOWN},
                with_host=found.phase is Phase.SHOWN,
                shared=bool(row and row.shared),
                names_used=dict(names_used(session, state.cohort)),
                noted=_noted(session, state, found.stop),
            )


def _refuse_another_word(session: Session, rotation: str, step: str, *, agreed: bool) -> None:
    """Raise Refused, saying the first word, for another."""
    row = session.get(SummaryTable, (rotation, step))
    if row and row.read_at and row.shared != agreed:
        stands = "others may read it" if row.shared else "it stays between the two of you"
        raise Refused(f"This was answered already: {stands}. Nothing has changed.")


def _refuse_unknown(session: Session, rotation: str, summary: Summary) -> None:
    named = {one for insight in summary.insights for one in insight.evidence}
    query = select(ObservationTable.id).where(
        ObservationTable.rotation == rotation, ObservationTable.id.in_(named)
    )
    if named - set(session.scalars(query)):
        raise Refused("A note that this refers to is not there any more. Open your notes again.")


def _noted(session: Session, state: RotationState, stop: int) -> tuple[tuple[InsightTag, int], ...]:
    steps = [step.key for step in state.steps if step.stop == stop]
    query = select(ObservationTable.tag).where(
        ObservationTable.rotation == state.rotation, ObservationTable.step.in_(steps)
    )
    return tuple((InsightTag(tag), n) for tag, n in Counter(session.scalars(query)).most_common())


def _host_of(session: Session, state: RotationState, step: str) -> HostTeam:
    return host_of(session, state, step_of(state, step).stop)

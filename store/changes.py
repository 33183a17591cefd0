"""Policy changes as people say them: proposed with co-authors, doubted, decided with reasons, measured.

Each saying is one transaction that stores the words and notes what a workflow must hear; all of it
works while Temporal is down.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.events import (
    ConcernRaised,
    Decided,
    Extended,
    Measured,
    OwnerChanged,
    PolicyEvent,
    Proposed,
    RolledBack,
)
from domain.moves import refuse
from domain.policy import Disposed, Disposition, PolicyState, RaisedConcern, Verdict
from domain.policymoves import refuse_policy
from domain.proposal import Proposal, Ruling, refuse_wording
from domain.rotation import RotationState
from domain.verdicts import refuse_verdict
from store.audit import note
from store.chains import record_concern, record_decision, record_effect, record_proposal
from store.chance import UNGUESSABLE, short_id
from store.database import writing
from store.learnings import follow_insights
from store.news import taken, tell_rotation, tell_workflow, untold
from store.people import host_of, refuse_owner, rotation_row, step_of
from store.quicktestrows import evidence_of, quick_test_of, quick_test_row
from store.reminding import withdraw_owners_reminders, withdraw_reminders
from store.tables.changes import ConcernTable, PolicyTable
from store.tables.words import ObservationTable
from store.vault import Vault

LONGEST_CONCERN = 500
"""Characters."""


class Changes:
    """Takes what people say about changes; ``now`` is always the moment it was said (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, chance: Random = UNGUESSABLE) -> None:
        self._engine = engine
        self._vault = vault
        self._chance = chance

    def propose(
        self, rotation: str, step: str, person: str, proposal: Proposal, now: datetime
    ) -> str:
        """Store a proposal and return its id; raises Refused without a co-author of the workshop."""
        with writing(self._engine) as session:
            row = rotation_row(session, rotation)
            if row.state is None or person != row.participant:
                raise Refused("Only the participant of a rotation hands in its proposal.")
            event = Proposed(
                step=step,
                policy=short_id(self._chance),
                owner=proposal.owner,
                co_authors=proposal.co_authors,
                decide_by=proposal.decide_by,
            )
            state = RotationState.model_validate(row.state)
            refuse(state, event, now)
            if proposal.decide_by <= now:
                raise Refused("The day by which it is decided is over. Choose a later one.")
            refuse_owner(session, proposal.owner)
            change = PolicyTable(
                id=event.policy,
                rotation=rotation,
                cohort=row.cohort,
                workflow_id=f"policy-{event.policy}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=now,
                team=host_of(session, state, step_of(state, step).stop).ref,
                first_noted_at=first_noted(session, rotation, proposal),
            )
            evidence = record_proposal(session, change, proposal, now)
            event = event.model_copy(update={"evidence": evidence})
            if not tell_rotation(session, rotation, f"proposed:{rotation}:{step}", event, now):
                raise Refused("This proposal is handed in already.")
            withdraw_reminders(session, rotation, step, person, now)
            session.add(change)
            session.flush()
            follow_insights(session, rotation, proposal, change.id)
            note(session, now, rotation, f"{person} proposed {event.policy}")
            return event.policy

    def raise_concern(
        self, policy: str, person: str, text: str, *, named: bool, now: datetime
    ) -> str:
        """Store what somebody who was met says against a proposal, and return its id."""
        words = text.strip()
        if not words:
            raise Refused("Write your concern in a line or two.")
        if len(words) > LONGEST_CONCERN:
            raise Refused(f"Keep it to {LONGEST_CONCERN} characters; it has {len(words)}.")
        concern = ConcernTable(
            id=short_id(self._chance),
            policy=policy,
            person=person,
            text=words,
            named=named,
            raised_at=now,
        )
        with writing(self._engine) as session:
            if any((c.person, c.text) == (person, words) for c in concern_rows(session, policy)):
                raise Refused("You have raised this already; you hear what becomes of it.")
            row = policy_row(session, policy)
            evidence = record_concern(session, self._vault, row, concern)
            event = ConcernRaised(concern=concern.id, person=person, evidence=evidence)
            self._tell(session, policy, event, now)
            session.add(concern)
            return concern.id

    def decide(
        self,
        policy: str,
        ruling: Ruling,
        in_force_at: datetime | None,
        concerns: Mapping[str, Ruling],
        now: datetime,
        wording: str = "",
    ) -> None:
        """Decide the whole and each concern by its id, with reasons; from now on the baseline is locked.

        ``wording`` is what is decided word for word, by default what was proposed. Raises Refused while
        a concern has no ruling, such as one that was raised a moment ago.
        """
        if not all(one.reason.strip() for one in (ruling, *concerns.values())):
            raise Refused("Everybody who spoke is told why: write each reason in a line or two.")
        if in_force_at and in_force_at < now:
            raise Refused("A change is in force from the moment it is decided, or later.")
        event = Decided(
            disposition=ruling.disposition,
            in_force_at=in_force_at,
            concerns=tuple(
                Disposed(concern=id_, disposition=one.disposition) for id_, one in concerns.items()
            ),
        )
        with writing(self._engine) as session:
            row = policy_row(session, policy)
            proposal = Proposal.model_validate(row.proposal)
            refuse_wording(proposal, ruling, wording)
            if ruling.disposition is not Disposition.DECLINED:
                row.wording = wording.strip() or proposal.change
            evidence = record_decision(session, row, ruling, concerns, event, now)
            self._tell(session, policy, event.model_copy(update={"evidence": evidence}), now)
            withdraw_owners_reminders(session, policy, now)
            row.reason = ruling.reason.strip()
            for concern in concern_rows(session, policy):
                concern.disposition = concerns[concern.id].disposition.value
                concern.reason = concerns[concern.id].reason.strip()

    def measure(
        self, policy: str, value: float, verdict: Verdict, learnt: str, now: datetime
    ) -> None:
        """Compare the effect with the baseline, and say what was learnt either way.

        Raises Refused for a verdict that the figure speaks against.
        """
        with writing(self._engine) as session:
            row, learnt = policy_row(session, policy), learnt.strip()
            _refuse_second_figure(session, row)
            proposal = Proposal.model_validate(row.proposal)
            refuse_verdict(proposal.baseline, proposal.target, value, verdict)
            extended = PolicyState.model_validate(row.state).extended if row.state else 0
            evidence = record_effect(
                session, row, verdict, now, extended=extended, measured=value, learnt=learnt
            )
            self._tell(session, policy, Measured(verdict=verdict, evidence=evidence), now)
            withdraw_owners_reminders(session, policy, now)
            row.measured, row.learnt = value, learnt

    def extend(self, policy: str, now: datetime) -> None:
        """Keep the change for another six weeks and measure again; what was measured stands in the chain."""
        with writing(self._engine) as session:
            self._tell(session, policy, Extended(), now)

    def roll_back(self, policy: str, now: datetime) -> None:
        """Take the change back."""
        with writing(self._engine) as session:
            self._tell(session, policy, RolledBack(), now)

    def change_owner(self, policy: str, owner: str, now: datetime) -> None:
        """Let somebody else decide and measure from now on; who does so already is asked again.

        Raises Refused for somebody without a mail address.
        """
        with writing(self._engine) as session:
            refuse_owner(session, owner)
            row = self._tell(session, policy, OwnerChanged(owner=owner), now)
            withdraw_owners_reminders(session, policy, now)
            row.proposal = {**row.proposal, "owner": owner}

    def _tell(
        self, session: Session, policy: str, event: PolicyEvent, now: datetime
    ) -> PolicyTable:
        row = policy_row(session, policy)
        state = _as_said(row, concern_rows(session, policy))
        closed = isinstance(event, ConcernRaised | Decided)
        if closed and any(isinstance(one, Decided) for one in taken(session, row.workflow_id)):
            raise Refused("This proposal is decided already.")
        refuse_policy(state, event, now)
        about = event.concern if isinstance(event, ConcernRaised) else state.version
        update_id = f"{event.kind}:{policy}:{about}"
        if not tell_workflow(session, row.workflow_id, row.rotation, update_id, event, now):
            raise Refused("This was said already.")
        note(session, now, row.rotation, f"{policy} {event.kind}")
        return row


def first_noted(session: Session, rotation: str, proposal: Proposal) -> datetime | None:
    """Return when the first of the observations that a proposal stands on was made; None for none."""
    notes = {n for one in proposal.insights for n in evidence_of(session, f"{rotation}:{one}")}
    notes |= {
        n for one in proposal.tests for n in quick_test_of(quick_test_row(session, one)).notes
    }
    query = select(func.min(ObservationTable.noted_at)).where(ObservationTable.id.in_(notes))
    return session.scalar(query)


def policy_row(session: Session, policy: str) -> PolicyTable:
    """Return the row of a policy change; raises NotFound for an unknown id."""
    found = session.get(PolicyTable, policy)
    if found is None:
        raise NotFound(f"There is no policy change '{policy}'.")
    return found


def concern_rows(session: Session, policy: str) -> tuple[ConcernTable, ...]:
    """Return the concerns about a proposal, in the order they were raised."""
    query = select(ConcernTable).where(ConcernTable.policy == policy)
    return tuple(session.scalars(query.order_by(ConcernTable.raised_at, ConcernTable.id)))


def is_measured(session: Session, row: PolicyTable) -> bool:
    """Return whether somebody has measured, and the change's process has yet to hear of it."""
    return any(isinstance(event, Measured) for event in untold(session, row.workflow_id))


def _refuse_second_figure(session: Session, row: PolicyTable) -> None:
    if is_measured(session, row):
        raise Refused("This was said already.")
    if row.state and PolicyState.model_validate(row.state).unmeasured:
        raise Refused(
            "Its six weeks are over, and that nobody measured it is told to everybody who spoke. "
            "Ask the coordinator to keep the change for six more weeks."
        )


def _as_said(row: PolicyTable, concerns: Iterable[ConcernTable]) -> PolicyState:
    """The change with every concern that was raised, also those its workflow has yet to hear of."""
    if row.state is None:
        raise Refused("This policy change is just beginning; try again in a moment.")
    raised = tuple(
        RaisedConcern(id=c.id, person=c.person, disposition=c.disposition) for c in concerns
    )
    return PolicyState.model_validate(row.state | {"concerns": raised})

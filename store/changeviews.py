"""What pages show of policy changes: the chain from a visit to its effect, with names."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.chain import Chain
from domain.errors import NotFound
from domain.insights import Summary
from domain.language import Language
from domain.links import LinkClaim
from domain.looptimes import loop_days, loop_time
from domain.moves import co_author_candidates
from domain.policy import VERDICT_DUE, Disposition, PolicyPhase, PolicyState
from domain.policymoves import next_policy_due
from domain.program import Program
from domain.proposal import Proposal
from domain.rotation import Phase, RotationState
from domain.touching import TouchKind
from store.chains import chain_of
from store.changes import concern_rows, policy_row
from store.database import reading
from store.pages import Board, BoardColumn, ChangePage, ConcernRow, Named, ProposalForm, TeamLoop
from store.people import (
    People,
    host_of,
    hosts_of_step,
    names_of,
    people,
    possible_owners,
    program_of,
    rotation_row,
    step_of,
    teams,
)
from store.quicktestrows import shown
from store.rulings import DECISIONS, VERDICTS
from store.sentences import named
from store.tables.changes import ConcernTable, PolicyTable
from store.tables.learning import QuickTestTable, SummaryTable
from store.tables.people import TeamTable
from store.tables.rotations import RotationTable
from store.touching import most_touched, names_used

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "proposed": (PolicyPhase.PROPOSED.value,),
    "in-force": (PolicyPhase.IN_FORCE.value,),
    "reviewed": (PolicyPhase.REVIEWED.value,),
    "kept": (PolicyPhase.KEPT.value,),
    "ended": (PolicyPhase.DECLINED.value, PolicyPhase.ROLLED_BACK.value),
}
"""The columns of the board in their order, each with the phases it holds."""

A_COLUMN = 8
"""Changes that a column shows at first, and more of at a time."""

MOST_LOOPS = 500
"""Decisions that loop times are worked out of."""

LONGEST_LOG = 50
"""Changes of one team that its decision log shows."""


class ChangeViews:
    """Reads changes for pages; nothing is ever decided from it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, cohort: str | None = None, rotation: str | None = None) -> tuple[ChangePage, ...]:
        """Return changes, newest first."""
        query = select(PolicyTable).order_by(PolicyTable.proposed_at.desc())
        if cohort:
            query = query.where(PolicyTable.cohort == cohort)
        if rotation:
            query = query.where(PolicyTable.rotation == rotation)
        with reading(self._engine) as session:
            return tuple(change_page(session, row) for row in session.scalars(query))

    def board(self, cohort: str, most: Mapping[str, int]) -> Board:
        """Return a cohort's changes by where they are, at most so many in each column by its key."""
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            return Board(
                cohort=cohort,
                columns=tuple(
                    _column(session, cohort, key, most.get(key, A_COLUMN)) for key in COLUMNS
                ),
                touched=most_touched(session, cohort, TouchKind.POLICY),
                loops=tuple(_loops(session, program)),
            )

    def one(self, policy: str) -> ChangePage:
        """Return one change; raises NotFound for an unknown id."""
        with reading(self._engine) as session:
            return change_page(session, policy_row(session, policy))

    def team_of(self, rotation: str, stop: int, person: str) -> str:
        """Return the pseudonym of a stop's host team for its people; empty for everybody else."""
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            state = RotationState.model_validate(row.state) if row.state else None
            if state is None or state.host is None:
                return ""
            team = host_of(session, state, stop)
            return team.ref if person in {team.lead, *team.frontline} else ""

    def of_team(self, team: str, reader: str) -> tuple[str, tuple[ChangePage, ...]]:
        """Return a host team's name and the newest changes that came from visits to it, newest first.

        Raises NotFound for who does not belong to the team.
        """
        with reading(self._engine) as session:
            found = teams(session).get(team)
            if found is None or reader not in {found.lead, *found.frontline}:
                raise NotFound("This page is for the people of that team.")
            query = select(PolicyTable).where(PolicyTable.team == team)
            newest = query.order_by(PolicyTable.proposed_at.desc()).limit(LONGEST_LOG)
            return found.name, tuple(change_page(session, row) for row in session.scalars(newest))

    def chain(self, policy: str) -> Chain:
        """Return what a change stands on and what came of it, link by link.

        Raises NotFound for an unknown id and for a change from before chains were kept.
        """
        with reading(self._engine) as session:
            policy_row(session, policy)
            found = chain_of(session, policy)
        if not found.links:
            raise NotFound(f"The change '{policy}' was proposed before chains were kept.")
        return found

    def form(self, claim: LinkClaim) -> ProposalForm:
        """Return who may be co-author and owner of a rotation's proposal."""
        with reading(self._engine) as session:
            row = rotation_row(session, claim.rotation)
            if row.state is None:
                raise NotFound("This rotation has not started yet.")
            return _form(session, row, RotationState.model_validate(row.state), claim.step or "")


def _column(session: Session, cohort: str, key: str, most: int) -> BoardColumn:
    query = select(PolicyTable).where(
        PolicyTable.cohort == cohort, PolicyTable.phase.in_(COLUMNS[key])
    )
    newest = PolicyTable.proposed_at.desc(), PolicyTable.id
    rows = session.scalars(query.order_by(*newest).limit(most + 1)).all()
    changes = tuple(change_page(session, row) for row in rows[:most])
    return BoardColumn(key=key, changes=changes, more=len(rows) > most)


def _loops(session: Session, program: Program) -> Iterator[TeamLoop]:
    """The loop time of each host team, by its name, over a cohort's newest decisions."""
    query = (
        select(TeamTable.ref, TeamTable.name, PolicyTable.first_noted_at, PolicyTable.decided_at)
        .join(TeamTable, TeamTable.ref == PolicyTable.team)
        .where(
            PolicyTable.cohort == program.cohort,
            PolicyTable.decided_at.is_not(None),
            PolicyTable.first_noted_at.is_not(None),
        )
        .order_by(PolicyTable.decided_at.desc())
        .limit(MOST_LOOPS)
    )
    found: dict[tuple[str, str], list[int]] = {}
    for team, name, noted, decided in session.execute(query):
        if noted and decided:
            found.setdefault((name, team), []).append(loop_days(noted, decided, program.zone))
    for (name, _), days in sorted(found.items()):
        loop = loop_time(days)
        yield TeamLoop(team_name=name, changes=loop.changes, days=loop.days)


def _form(session: Session, row: RotationTable, state: RotationState, key: str) -> ProposalForm:
    everybody, program = people(session), program_of(session, row.cohort)
    step = step_of(state, key)
    leader = everybody[state.participant]
    return ProposalForm(
        leader_name=leader.name,
        host_name=names_of(hosts_of_step(session, state, step)),
        zone=program.zone,
        step=key,
        co_authors=tuple(
            Named(ref=p, name=everybody[p].name)
            for p in dict.fromkeys(co_author_candidates(state, step))
        ),
        owners=possible_owners(session, state, step.stop),
        insights=tuple(_insights(session, row.id)),
        tests=tuple(_tests(session, row.id)),
        names_used=dict(names_used(session, row.cohort)),
        handed_in=step.phase is Phase.HELD,
    )


def _insights(session: Session, rotation: str) -> Iterator[tuple[str, str]]:
    query = select(SummaryTable).where(SummaryTable.rotation == rotation, SummaryTable.shared)
    for row in session.scalars(query.order_by(SummaryTable.written_at)):
        for number, insight in enumerate(Summary.model_validate(row.body).insights):
            yield f"{row.step}:{number}", insight.text


def _tests(session: Session, rotation: str) -> Iterator[tuple[str, str]]:
    """What was measured; a test that nobody measured says nothing for a change."""
    query = select(QuickTestTable).where(
        QuickTestTable.rotation == rotation, QuickTestTable.measured.is_not(None)
    )
    for one in shown(session, session.scalars(query.order_by(QuickTestTable.closed_at))):
        yield one.id, f"{one.test.adjustment} {one.verdict}"


def change_page(session: Session, row: PolicyTable) -> ChangePage:
    """Return a change as pages show it."""
    everybody, program = people(session), program_of(session, row.cohort)
    proposal = Proposal.model_validate(row.proposal)
    state = PolicyState.model_validate(row.state) if row.state else None
    rotation = session.get_one(RotationTable, row.rotation)
    due = next_policy_due(state) if state else None
    host = teams(session)[row.team].name if row.team else ""
    return ChangePage(
        policy=row.id,
        workflow_id=row.workflow_id,
        rotation=row.rotation,
        cohort=row.cohort,
        zone=program.zone,
        leader_name=everybody[rotation.participant].name,
        host_name=host,
        proposal=proposal,
        owner_name=everybody[proposal.owner].name,
        co_author_names=tuple(everybody[p].name for p in proposal.co_authors),
        voices=len(state.voices) if state else 0,
        concerns=tuple(_concern(concern, everybody) for concern in concern_rows(session, row.id)),
        phase=state.phase.value if state else "proposed",
        proposed_at=row.proposed_at,
        decided_at=state.decided_at if state else None,
        decision=DECISIONS[Language.ENGLISH][state.disposition]
        if state and state.disposition
        else "",
        reason=row.reason,
        wording=row.wording,
        in_force_at=state.in_force_at if state else None,
        verdict_due=_verdict_due(state),
        verdict=VERDICTS[Language.ENGLISH][state.verdict] if state and state.verdict else "",
        measured=row.measured,
        learnt=row.learnt,
        next_at=due.at if due else None,
        next_step=named(due.label, everybody, {}) if due else "",
        attention=len(state.attention) if state else 0,
        begun=state is not None,
    )


def _concern(row: ConcernTable, everybody: People) -> ConcernRow:
    return ConcernRow(
        id=row.id,
        text=row.text,
        by=everybody[row.person].name if row.named else "",
        raised_at=row.raised_at,
        disposition=row.disposition or "",
        decision=DECISIONS[Language.ENGLISH][Disposition(row.disposition)]
        if row.disposition
        else "",
        reason=row.reason,
    )


def _verdict_due(state: PolicyState | None) -> datetime | None:
    return state.in_force_at + VERDICT_DUE if state and state.in_force_at else None

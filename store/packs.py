"""Review packs: made from what happened, seen by their participant first, read by nobody they don't let."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.figures import figure
from domain.language import Language
from domain.moments import zone_of
from domain.packs import ItemKind, PackItem, ReviewPack, chosen
from domain.policy import PolicyState
from domain.ports import Composer, Links
from domain.program import Program
from domain.proposal import Proposal
from domain.rotation import Phase, RotationState, StepState
from domain.telling import dispatch
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.letters import LetterDesk
from store.people import (
    goals_of,
    hosts_of_step,
    names_of,
    people,
    program_followed,
    rotation_row,
    state_of,
    teams,
)
from store.quarters import Quarters
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.rulings import DECISIONS, VERDICTS
from store.tables.changes import PolicyTable
from store.tables.learning import InsightTable
from store.tables.words import ReviewPackTable
from store.vault import Unreadable, Vault

MOST_OF_A_KIND = 100
"""Insights or changes that are offered."""


class SharedPack(Value):
    """A pack as its participant chose it, and since when the program may read it."""

    pack: ReviewPack
    shared_at: Moment


class Packs:
    """Offers, keeps and opens packs; ``now`` is UTC."""

    def __init__(
        self, engine: Engine, vault: Vault, codes: ReadingCodes, quarters: Quarters
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._codes = codes
        self._quarters = quarters

    def offered(self, rotation: str, person: str, now: datetime) -> ReviewPack:
        """Return all that can be chosen; raises NotFound for anybody but the participant."""
        with reading(self._engine) as session:
            state = _own(session, rotation, person)
            program = program_followed(session, state.cohort, state.rotation)
            return ReviewPack(
                leader_name=people(session)[person].name,
                program_name=program.name,
                made_on=_day(now, program),
                items=(
                    *_goals(session, state),
                    *_steps(session, state, program),
                    *_insights(session, state),
                    *_changes(session, state, program),
                    *self._promise(state.cohort, now),
                ),
            )

    def shared_since(self, rotation: str) -> datetime | None:
        """Return since when the program may read a rotation's pack; None where it may not."""
        with reading(self._engine) as session:
            row = session.get(ReviewPackTable, rotation)
            return row.shared_at if row and row.sealed else None

    def shared(self, rotation: str) -> SharedPack:
        """Return the pack that the program may read; raises NotFound where it may not."""
        with reading(self._engine) as session:
            return self._opened(session, rotation)

    def ask_code(self, rotation: str, person: str, now: datetime) -> None:
        """Send a code to the participant's own address."""
        with writing(self._engine) as session:
            state = _own(session, rotation, person)
            self._codes.send(session, state, state.steps[-1].key, person, now)

    def own(self, rotation: str, person: str, code: str, now: datetime) -> ReviewPack:
        """Return what the participant shared, for their own eyes; a code opens it once."""
        with writing(self._engine) as session:
            _own(session, rotation, person)
            right = self._codes.redeem(session, person, code, now)
        if not right:
            raise Refused(WRONG_CODE)
        return self.shared(rotation).pack

    def share(
        self,
        rotation: str,
        person: str,
        keys: Collection[str],
        words: str,
        code: str,
        now: datetime,
    ) -> None:
        """Let the program read exactly this from now on, instead of what it could read before.

        Raises Refused without the code from the participant's own mail: a link alone shares nothing.
        """
        pack = chosen(self.offered(rotation, person, now), keys, words)
        with writing(self._engine) as session:
            right = self._codes.redeem(session, person, code, now)
            if right:
                row = session.get(ReviewPackTable, rotation) or ReviewPackTable(rotation=rotation)
                row.person, row.shared_at = person, now
                row.sealed = self._vault.seal(session, person, pack.model_dump_json())
                session.add(row)
                note(session, now, rotation, f"{person} lets the program read a review pack")
        if not right:
            raise Refused(WRONG_CODE)

    def take_back(self, rotation: str, person: str, now: datetime) -> None:
        """Let nobody read it any more; nothing of it is kept."""
        with writing(self._engine) as session:
            _own(session, rotation, person)
            session.execute(delete(ReviewPackTable).where(ReviewPackTable.rotation == rotation))
            note(session, now, rotation, f"{person} took the review pack back")

    def _opened(self, session: Session, rotation: str) -> SharedPack:
        row = session.get(ReviewPackTable, rotation)
        try:
            words = self._vault.open(session, row.person, row.sealed) if row else ""
        except Unreadable:
            words = ""
        if row is None or not words:
            raise NotFound("No review pack of this rotation is shared with the program.")
        return SharedPack(pack=ReviewPack.model_validate_json(words), shared_at=row.shared_at)

    def _promise(self, cohort: str, now: datetime) -> Iterator[PackItem]:
        for row in reversed(self._quarters.ledger(cohort, now)):
            learnt, decided = _some(row.insights, "insight"), _some(row.decided, "change")
            did = f"The program: {learnt} and {decided}."
            kept = "Its promise is kept." if row.kept else "Its promise is not kept so far."
            lines = (did, kept) if row.promised or row.kept else (did,)
            key = f"quarter:{row.quarter}"
            yield PackItem(key=key, kind=ItemKind.QUARTER, title=row.quarter, lines=lines)


class PackPost:
    """Sends participants the way to their pack; ``now`` is UTC."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def send(self, rotation: str, now: datetime) -> str:
        """Mail the participant the way to their pack, once a day, and return their name.

        Raises Refused for somebody without mail.
        """
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            leader = people(session)[state.participant]
            if state.ritual or leader.email is None:
                raise Refused("There is nobody to send it to: no mail address is known.")
            desk = LetterDesk(session, self._composer, self._links, dispatch(state, (), now))
            desk.offer_pack(leader.ref)
            return leader.name


def _own(session: Session, rotation: str, person: str) -> RotationState:
    if rotation_row(session, rotation).participant != person:
        raise NotFound("A review pack belongs to the participant of its rotation alone.")
    return state_of(session, rotation)


def _goals(session: Session, state: RotationState) -> Iterator[PackItem]:
    for number, goal in enumerate(goals_of(session, state.cohort, state.participant)):
        yield PackItem(
            key=f"goal:{number}",
            kind=ItemKind.GOAL,
            title=goal.text,
            lines=(f"Seen by: {goal.seen_by}",),
        )


def _steps(session: Session, state: RotationState, program: Program) -> Iterator[PackItem]:
    for step in state.steps:
        if step.phase is Phase.HELD:
            yield PackItem(
                key=f"step:{step.key}",
                kind=ItemKind.STEP,
                title=program.step(step.key).title,
                lines=(_where_and_when(session, state, step),),
            )


def _where_and_when(session: Session, state: RotationState, step: StepState) -> str:
    day = step.starts.astimezone(zone_of(step.zone)).date()
    return f"{names_of(hosts_of_step(session, state, step))}, {day}"


def _insights(session: Session, state: RotationState) -> Iterator[PackItem]:
    query = select(InsightTable).where(InsightTable.rotation == state.rotation)
    for row in session.scalars(query.order_by(InsightTable.number).limit(MOST_OF_A_KIND)):
        yield PackItem(
            key=f"insight:{row.id}",
            kind=ItemKind.INSIGHT,
            title=row.text,
            lines=(f"{row.tag}, {teams(session)[row.team].name}, {row.quarter}",),
        )


def _changes(session: Session, state: RotationState, program: Program) -> Iterator[PackItem]:
    query = select(PolicyTable).where(PolicyTable.rotation == state.rotation)
    for row in session.scalars(query.order_by(PolicyTable.proposed_at).limit(MOST_OF_A_KIND)):
        proposal = Proposal.model_validate(row.proposal)
        yield PackItem(
            key=f"change:{row.id}",
            kind=ItemKind.CHANGE,
            title=proposal.title,
            lines=tuple(_effect(row, proposal, program)),
        )


def _effect(row: PolicyTable, proposal: Proposal, program: Program) -> Iterator[str]:
    """What is public of a change, without the words of whoever decided and measured it."""
    state = PolicyState.model_validate(row.state) if row.state else None
    authors = _some(len(proposal.co_authors), "colleague")
    yield proposal.change
    yield f"Proposed on {_day(row.proposed_at, program)}, worked out with {authors}."
    if state and state.disposition and state.decided_at:
        decision = DECISIONS[Language.ENGLISH][state.disposition].removesuffix(".")
        yield f"{decision}, {_day(state.decided_at, program)}."
    measured = "" if row.measured is None else f", measured {figure(row.measured)}"
    yield f"{proposal.metric}: {figure(proposal.baseline)} to {figure(proposal.target)}{measured}."
    if state and state.verdict:
        yield VERDICTS[Language.ENGLISH][state.verdict]


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _day(moment: datetime, program: Program) -> date:
    return moment.astimezone(zone_of(program.zone)).date()

"""What its writer hears of a point: by letter where they are known, by their receipt in any case."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.language import Language
from domain.links import LinkOver
from domain.moments import short_time
from domain.policy import Disposition, PolicyPhase, PolicyState
from domain.ports import Composer, Links
from domain.program import VoiceMode
from domain.proposal import Proposal
from domain.telling import dispatch
from domain.value import Moment, Value
from store.changes import policy_row
from store.changeviews import change_page
from store.database import quietly, reading
from store.erasing import GONE
from store.letters import LetterDesk
from store.pages import ChangePage
from store.people import host_of, people, program_followed, state_of, step_of
from store.rulings import ANSWERED, ANSWERS, FROM, IN_FORCE, TAKEN_UP
from store.tables.changes import PolicyTable
from store.tables.voices import VoiceTable
from store.vault import Unreadable, Vault
from store.voices import point_of, words_of

MOST_OUTCOMES = 30
"""Points of one person that are shown at once."""

_SOON = timedelta(days=1)
"""What is in force within it after its decision was told with that."""


class Story(Value):
    """What its writer hears of a point: you said, we decided, in force since, effect."""

    said: str
    language: str
    leader_name: str
    host_name: str
    over: bool
    """Whether the visit has ended."""
    passed_on: str
    decision: str
    reason: str
    change: ChangePage | None
    zone: str
    kept_until: Moment


class Outcome(Value):
    """What came of a point, for a screen that others may see: never what was said."""

    leader_name: str
    host_name: str
    decision: str
    """Empty while it has no answer."""
    reason: str
    change: str
    """Title of the change that takes it up; empty for none."""


class Receipts:
    """Shows receipts and sends what time brings about; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._vault = vault
        self._composer = composer
        self._links = links

    def story(self, receipt: str, now: datetime) -> Story:
        """Return what came of the point that somebody holds the receipt of, as it stands.

        Raises NotFound for an unknown receipt and LinkOver a year after the session.
        """
        with reading(self._engine) as session:
            row = session.get(VoiceTable, point_of(receipt))
            if row is None:
                raise NotFound("Nothing is known of this receipt. Check that the address is whole.")
            if now > row.kept_until:
                raise LinkOver("This receipt could be read for a year, which is over.")
            return self._story(session, row)

    def outcomes_of(self, person: str, now: datetime) -> tuple[Outcome, ...]:
        """Return what came of the points that somebody said by name, the newest first."""
        query = select(VoiceTable).where(
            VoiceTable.person == person,
            VoiceTable.mode == VoiceMode.NAMED.value,
            VoiceTable.kept_until >= now,
        )
        newest = query.order_by(VoiceTable.kept_until.desc(), VoiceTable.id).limit(MOST_OUTCOMES)
        with reading(self._engine) as session:
            return tuple(_outcome(session, row) for row in session.scalars(newest))

    def _story(self, session: Session, row: VoiceTable) -> Story:
        state = state_of(session, row.rotation)
        return Story(
            said=words_shown(session, self._vault, row),
            language=row.language,
            leader_name=people(session)[state.participant].name,
            host_name=host_of(session, state, step_of(state, row.step).stop).name,
            over=state.ending is not None,
            passed_on=wording_shown(session, self._vault, row),
            decision=answer_to(row, Language.ENGLISH),
            reason=row.reason,
            change=change_page(session, policy_row(session, row.policy)) if row.policy else None,
            zone=program_followed(session, state.cohort, row.rotation).zone,
            kept_until=row.kept_until,
        )

    def tell_in_force(self, now: datetime) -> None:
        """Tell writers, each once, that a change which took their point up is in force since."""
        with quietly(self._engine) as session:
            query = (
                select(VoiceTable, PolicyTable)
                .join(PolicyTable, PolicyTable.id == VoiceTable.policy)
                .where(VoiceTable.awaits_force, PolicyTable.state.is_not(None))
                .order_by(VoiceTable.id)
            )
            for row, change in session.execute(query).all():
                policy = PolicyState.model_validate(change.state)
                began = policy.in_force_at
                row.awaits_force = not policy.over and (began is None or began > now)
                if began and began <= now and row.person and not _told_already(policy, began):
                    self._say_in_force(session, row, row.person, change, began, now)

    def _say_in_force(
        self,
        session: Session,
        row: VoiceTable,
        person: str,
        change: PolicyTable,
        began: datetime,
        now: datetime,
    ) -> None:
        state = state_of(session, row.rotation)
        program = program_followed(session, state.cohort, state.rotation)
        reader = people(session)[person]
        language = reader.language_in(program.language)
        said = IN_FORCE[language].format(
            _mailed(session, self._vault, row),
            short_time(began, reader.zone, language),
            _title_of(change),
        )
        desk = LetterDesk(session, self._composer, self._links, dispatch(state, (), now))
        by_name = row.mode == VoiceMode.NAMED.value
        desk.tell_voice(person, row.step, f"in-force:{row.id}", (said,), listed=by_name)


def _outcome(session: Session, row: VoiceTable) -> Outcome:
    state = state_of(session, row.rotation)
    return Outcome(
        leader_name=people(session)[state.participant].name,
        host_name=host_of(session, state, step_of(state, row.step).stop).name,
        decision=answer_to(row, Language.ENGLISH),
        reason=row.reason,
        change=_title_of(policy_row(session, row.policy)) if row.policy else "",
    )


def _title_of(change: PolicyTable) -> str:
    return Proposal.model_validate(change.proposal).title


def words_shown(session: Session, vault: Vault, row: VoiceTable) -> str:
    """Return the words of a point, or what stands where they were."""
    try:
        return words_of(session, vault, row)
    except Unreadable:
        return GONE


def wording_shown(session: Session, vault: Vault, row: VoiceTable) -> str:
    """Return what a facilitator passed on of a point, or what stands where it was; empty for nothing."""
    if row.passed_on is None or row.person is None:
        return ""
    try:
        return vault.open(session, row.person, row.passed_on)
    except Unreadable:
        return GONE


def _mailed(session: Session, vault: Vault, row: VoiceTable) -> str:
    """What was said in confidence is mailed to nobody, not to its writer either, but as it was passed on."""
    confided = row.mode == VoiceMode.FACILITATOR.value
    return (wording_shown if confided else words_shown)(session, vault, row)


def said_of(session: Session, vault: Vault, row: VoiceTable, language: Language, zone: str) -> str:
    """Return what the writer of an answered point hears of it, in some lines; times are those of a zone."""
    words = _mailed(session, vault, row)
    said = ANSWERED[language].format(words, answer_to(row, language), row.reason)
    if not row.policy:
        return said
    change = policy_row(session, row.policy)
    taken_up = TAKEN_UP[language].format(_title_of(change))
    began = in_force_at(change)
    when = FROM[language].format(short_time(began, zone, language)) if began else ""
    return f"{said}\n{taken_up}{when}"


def taken_up(session: Session, policy: str) -> tuple[VoiceTable, ...]:
    """Return the points with a known writer that a change takes up."""
    query = select(VoiceTable).where(VoiceTable.policy == policy, VoiceTable.person.is_not(None))
    return tuple(session.scalars(query.order_by(VoiceTable.id)))


def in_force_at(change: PolicyTable) -> datetime | None:
    """Return since or from when a change is in force; None while that is not decided."""
    return PolicyState.model_validate(change.state).in_force_at if change.state else None


def _told_already(policy: PolicyState, began: datetime) -> bool:
    """What is in force at once was told with the decision; what was taken back is told by nobody."""
    at_once = policy.decided_at is None or began < policy.decided_at + _SOON
    return at_once or policy.phase is PolicyPhase.ROLLED_BACK


def answer_to(row: VoiceTable, language: Language) -> str:
    """Return what was answered to a point, as a sentence; empty for nothing yet."""
    return ANSWERS[language][Disposition(row.disposition)] if row.disposition else ""

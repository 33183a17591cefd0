"""What people say on pages, by links and through a manager: stored first, then told to the rotation.

Each saying is one transaction, and saying it twice has the effect of saying it once. All of it
works while Temporal is down.
"""

from datetime import datetime
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.due import says_whether_held
from domain.errors import Refused
from domain.events import Event, GateAnswered, NoShow, NotToday, TookPlace, Written
from domain.moves import WRITTEN, refuse
from domain.occasions import is_late
from domain.program import Gate, StepKind
from domain.rotation import SETTLED, Answer, Phase, RotationState, StepState
from store.answers import answered_too_often, apply_answer
from store.audit import note
from store.chance import UNGUESSABLE, opaque_id
from store.database import reading, writing
from store.hearing import refuse_unanswered
from store.news import noted, tell_rotation
from store.people import people, program_followed, state_of
from store.proxies import THEIR_OWN_WORD, answered_themselves, invite_of_proxy, source_of
from store.reminding import withdraw_reminders
from store.tables.mail import InviteTable, NewsTable
from store.tables.words import DocumentTable
from store.vault import Vault

MOST_CONFIRMATIONS = 10
"""Of whether a step was held: people correct themselves, programs run wild."""
_NOTHING = (
    "Nothing is written here, so what you wrote before stays. Write something in its place, or close "
    "the page."
)
_ASKED_ELSEWHERE = (
    "Somebody else is asked by now whether this took place. Tell the contact named in the mail what you "
    "know of it."
)
_CALLED_OFF = "This invite was called off; there is nothing to answer any more."


class Sayings:
    """Takes what people say; ``now`` is always the moment it was said (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, chance: Random = UNGUESSABLE) -> None:
        self._engine = engine
        self._chance = chance
        self._vault = vault

    def answer(self, uid: str, answer: Answer, source: str, now: datetime) -> None:
        """Answer one invite; raises Refused when it was called off or its step is over."""
        with writing(self._engine) as session:
            invite = session.get(InviteTable, uid)
            if invite is None:
                raise Refused(_CALLED_OFF)
            _answer(session, invite, answer, source, now)
            note(session, now, invite.rotation, f"{invite.person} {answer.value} {invite.step}")

    def answer_as_proxy(self, uid: str, proxy: str, answer: Answer, now: datetime) -> None:
        """Answer the invite of somebody who lets a proxy do so; raises NotFound for anybody else.

        Raises Refused when it was called off, its step is over, or the person has answered themselves.
        """
        with writing(self._engine) as session:
            invite = invite_of_proxy(session, uid, proxy)
            if answered_themselves(invite):
                raise Refused(THEIR_OWN_WORD.format(people(session)[invite.person].name))
            _answer(session, invite, answer, source_of(proxy), now)
            said = f"{proxy} answered for {invite.person}: {answer.value} {invite.step}"
            note(session, now, invite.rotation, said)

    def answer_for(
        self, rotation: str, step: str, person: str, answer: Answer, now: datetime
    ) -> None:
        """Record an answer that somebody gave in person or by phone."""
        with reading(self._engine) as session:
            query = select(InviteTable.uid).where(
                InviteTable.rotation == rotation,
                InviteTable.step == step,
                InviteTable.person == person,
                InviteTable.called_off_at.is_(None),
            )
            uid = session.scalar(query)
        if uid is None:
            raise Refused(f"{person} is not invited to '{step}' of rotation {rotation}.")
        self.answer(uid, answer, "manager", now)

    def consent(
        self, rotation: str, gate: Gate, person: str, *, agreed: bool, now: datetime
    ) -> None:
        """Give or refuse a consent; each time it is asked the first word stands: raises Refused, saying it, for another."""
        event = GateAnswered(gate=gate, person=person, agreed=agreed)
        with reading(self._engine) as session:
            update_id = _consent_id(session, state_of(session, rotation), gate, person)
        self._tell(rotation, update_id, event, now, answering=person)
        with reading(self._engine) as session:
            first = noted(session, update_id)
        if isinstance(first, GateAnswered) and first.agreed != agreed:
            said = "yes" if first.agreed else "no"
            raise Refused(
                f"This was answered already: you said {said}. If that has changed, tell the contact."
            )

    def took_place(
        self,
        rotation: str,
        step: str,
        by: str | None,
        now: datetime,
        *,
        delegated: bool = False,
    ) -> None:
        """Confirm that a step was held; the same again changes nothing.

        ``delegated`` says that somebody else came in the participant's place: of those who differ about
        it the last one counts, and each is recorded. ``by`` is None for a program manager, else it is who
        is asked. Raises Refused for anybody else, and where that can't be.
        """
        event = TookPlace(step=step, by=by, delegated=delegated)
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            found = _step(state, step)
            if by and not says_whether_held(found, by):
                raise Refused(_ASKED_ELSEWHERE)
            before = _confirmed(session, state, found)
            last = before[-1] if before else found if found.phase is Phase.HELD else None
            if last and last.delegated == delegated:
                return
            refuse(state, event, now)
            if len(before) == MOST_CONFIRMATIONS:
                raise Refused(
                    "This was said in many ways. Settle it between you; the last one counts."
                )
            update_id = _held_id(state, found, len(before))
            tell_rotation(session, rotation, update_id, event, now)
            note(session, now, rotation, update_id.replace(":", " "))

    def no_show(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Say that somebody did not come."""
        event = NoShow(step=step, person=person, shown=True)
        self._tell(rotation, f"no-show:{rotation}:{step}:{person}", event, now, revised=step)

    def not_today(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Say on the day that somebody can't; no reason is asked."""
        event = NotToday(step=step, person=person)
        self._tell(rotation, f"not-today:{rotation}:{step}:{person}", event, now, revised=step)

    def write(self, rotation: str, step: str, person: str, words: str, now: datetime) -> str:
        """Seal a reflection or a thanks and return its id; writing again replaces the words.

        Raises Refused before the step it looks back on has begun, for a thanks that was sent or before
        which a point has no answer, for a step that has no words, for anybody but the participant, for
        nothing in place of something, and for the first words in a rotation that is over: nobody would
        hear of them.
        """
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            found = _step(state, step)
            _refuse_strangers(state, found, person)
            _refuse_early(state, found, now)
            refuse_unanswered(session, state, found, now)
            document = self._document(session, state, found, person, now)
            if document.sealed and not words.strip():
                raise Refused(_NOTHING)
            document.sealed = self._vault.seal(session, person, words)
            document.written_at = now
            document.late = _is_late(session, state, found, now)
            session.add(document)
            withdraw_reminders(session, rotation, step, person, now)
            event = Written(step=step, document=document.id)
            tell_rotation(session, rotation, f"written:{rotation}:{step}:{person}", event, now)
            note(session, now, rotation, f"{person} wrote {step}")
            return document.id

    def words(self, rotation: str, step: str, person: str) -> str | None:
        """Return what the person wrote, for their own eyes; None when nothing was."""
        with reading(self._engine) as session:
            found = written_by(session, rotation, step, person)
            return self._vault.open(session, person, found.sealed) if found else None

    def is_late(self, rotation: str, step: str, now: datetime) -> bool:
        """Return whether a reflection written now would be marked as late."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            return _is_late(session, state, _step(state, step), now)

    def _document(
        self, session: Session, state: RotationState, step: StepState, person: str, now: datetime
    ) -> DocumentTable:
        found = written_by(session, state.rotation, step.key, person)
        if found and step.kind is StepKind.THANKS:
            raise Refused("Your thanks are on their way already; they can't be changed any more.")
        if found:
            return found
        begun = DocumentTable(
            id=opaque_id(self._chance),
            rotation=state.rotation,
            step=step.key,
            person=person,
            kind=step.kind.value[:16],
        )
        refuse(state, Written(step=step.key, document=begun.id), now)
        return begun

    def _tell(
        self,
        rotation: str,
        update_id: str,
        event: Event,
        now: datetime,
        *,
        revised: str | None = None,
        answering: str | None = None,
    ) -> None:
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            refuse(state, event, now)
            if revised:
                update_id = f"{update_id}:{_step(state, revised).revision}"
            if answering:
                withdraw_reminders(session, rotation, None, answering, now)
            if tell_rotation(session, rotation, update_id, event, now):
                note(session, now, rotation, update_id.replace(":", " "))


def _consent_id(session: Session, state: RotationState, gate: Gate, person: str) -> str:
    """What was said before somebody was asked anew does not speak for it."""
    update_id = f"consent:{state.rotation}:{gate.value}:{person}"
    asked = state.consent_asked_at(gate, person)
    before = session.scalar(select(NewsTable.created_at).where(NewsTable.update_id == update_id))
    return (
        f"{update_id}:{asked:%Y%m%dT%H%M%S}" if before and asked and before < asked else update_id
    )


def _answer(
    session: Session, invite: InviteTable, answer: Answer, source: str, now: datetime
) -> None:
    if invite.called_off_at:
        raise Refused(_CALLED_OFF)
    step = _step(state_of(session, invite.rotation), invite.step)
    if step.phase in SETTLED:
        raise Refused("This step is over; its answers can't change any more.")
    if answered_too_often(session, invite.uid, now):
        raise Refused("This was answered very often today. Ask the coordinator to note it.")
    apply_answer(session, invite, answer, now, source, now)


def _is_late(session: Session, state: RotationState, step: StepState, now: datetime) -> bool:
    """Of a reflection on an event; those of a visit are never too late."""
    if state.occasion is None:
        return False
    program = program_followed(session, state.cohort, state.rotation)
    return is_late(program.occasion(state.occasion), step, now)


def written_by(session: Session, rotation: str, step: str, person: str) -> DocumentTable | None:
    """Return what somebody wrote around a step, sealed; None for nothing."""
    return session.scalar(
        select(DocumentTable).where(
            DocumentTable.rotation == rotation,
            DocumentTable.step == step,
            DocumentTable.person == person,
        )
    )


def _step(state: RotationState, key: str) -> StepState:
    found = state.step(key)
    if found is None:
        raise Refused(f"This rotation has no step '{key}'.")
    return found


def _confirmed(session: Session, state: RotationState, step: StepState) -> list[TookPlace]:
    """What was said of whether a step was held at the time that it has now, the last at the end."""
    said: list[TookPlace] = []
    while isinstance(told := noted(session, _held_id(state, step, len(said))), TookPlace):
        said.append(told)
    return said


def _held_id(state: RotationState, step: StepState, number: int) -> str:
    corrected = f":{number}" if number else ""
    return f"held:{state.rotation}:{step.key}:{step.revision}{corrected}"


def _refuse_strangers(state: RotationState, step: StepState, person: str) -> None:
    if step.kind not in WRITTEN:
        raise Refused(f"Nothing is written for the step '{step.key}'.")
    if person != state.participant:
        raise Refused("Only the participant writes here.")


def _refuse_early(state: RotationState, step: StepState, now: datetime) -> None:
    """What is written looks back on something that happened, never on a hypothetical."""
    earlier = state.steps[: state.steps.index(step)]
    if earlier and now < earlier[-1].starts and earlier[-1].phase not in SETTLED:
        raise Refused("This opens when the meeting it looks back on has begun.")

"""What people of host teams want heard: taken as their session has it, so that nobody is told apart who must not be.

Points of an anonymous session carry no writer and no moment. How many points somebody may still say
is kept apart from them, as digests under a key outside the database; whatever is added is written
together with all that the session has, in the order of random ids, so that neither order nor
transaction says which digest belongs to which point.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from domain.chain import letters_of
from domain.errors import NotFound, Refused
from domain.evidence import named_in
from domain.language import Language
from domain.people import Person, Seat
from domain.ports import Composer, Links
from domain.program import StepKind, VoiceMode
from domain.rotation import SETTLED, RotationState, StepState
from domain.telling import dispatch
from domain.value import Moment, Value
from domain.voices import (
    ANY_LANGUAGE,
    CROWD,
    POINTS_EACH,
    SPEAKING,
    closes_at,
    mode_among,
    refuse_point,
    refuse_unheard,
    thanks_after,
)
from store.audit import note
from store.database import quietly, reading, writing
from store.inviting import open_invites
from store.letters import LetterDesk
from store.pages import Named
from store.people import (
    coordinator_of,
    everybody_in,
    host_of,
    people,
    program_followed,
    program_of,
    state_of,
    step_of,
    was_erased,
)
from store.tables.voices import SpentAllowanceTable, VoiceSessionTable, VoiceTable
from store.tables.words import DocumentTable
from store.vault import Vault
from store.voice_rows import (
    follow_moved_sessions,
    kept_until,
    needed_until,
    points_around,
    write_anew,
)

NO_READER = (
    "It needs a coordinator with a mail address, other than the visitor: a program manager names "
    "one in program.toml."
)
"""What is to be done where nobody is left who could pass on what is for the facilitator."""


class NameInPoint(Refused):
    """A point names somebody who may not want to stand in it."""


class ModePage(Value):
    """How points are taken around a session, for whoever may speak and for the lead who may choose."""

    step: str
    mode: VoiceMode
    wanted: VoiceMode
    """What was chosen; where too few may speak for it, ``mode`` is another."""
    fixed: bool
    leader_name: str
    reader: str
    reader_name: str
    """Who passes a wording on where the visitor must not read the words themselves; empty for nobody."""
    closes: Moment
    without_mail: tuple[Named, ...]
    """Who may speak and has no mail address: a code opens their pages to them."""


class SpeakPage(Value):
    """What somebody who may speak sees; never any words."""

    how: ModePage
    left: int
    """Points that they may still say."""
    language: str
    why_closed: str
    """The sentence that says why nothing can be said now; empty while it can."""


class _Point(NamedTuple):
    id: str
    person: str
    words: str
    language: str


class _Asked(NamedTuple):
    usual: Language
    """Of the version that the rotation keeps to."""
    state: RotationState
    step: StepState
    wanted: VoiceMode


class Voices:
    """Takes points and the choice of how they are taken; ``now`` is the moment it was said (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._vault = vault
        self._composer = composer
        self._links = links

    def offered(self, rotation: str, step: str, person: str) -> bool:
        """Return whether somebody may say what should be heard around a step."""
        with reading(self._engine) as session:
            asked = _asked(session, rotation, step)
            return asked is not None and person in _speakers(session, asked)

    def page(self, rotation: str, step: str, person: str, now: datetime) -> SpeakPage:
        """Return what somebody sees before they type; raises NotFound for who may not speak."""
        with reading(self._engine) as session:
            asked = _asked_of(session, rotation, step, person)
            reader = people(session)[person]
            return SpeakPage(
                how=_how(session, asked),
                left=POINTS_EACH - len(self._spent(session, asked, person)),
                language=reader.language_in(asked.usual).value,
                why_closed=_why_closed(session, asked, now),
            )

    def say(
        self,
        rotation: str,
        step: str,
        person: str,
        receipt: str,
        words: str,
        language: str,
        now: datetime,
        *,
        read_as: VoiceMode | None = None,
        read_by: str | None = None,
        nobody_meant: bool = False,
    ) -> None:
        """Keep one point under the digest of a receipt that its writer alone holds.

        The same words with the same receipt again change nothing. Raises Refused out of its time,
        without words, after five points, where the writer read another mode than the one that holds
        (``read_as``) or another name than that of who passes it on (``read_by``), and, unless
        ``nobody_meant``, for the name of somebody.
        """
        refuse_point(words)
        with writing(self._engine) as session:
            asked = _asked_of(session, rotation, step, person)
            known = session.get(VoiceTable, point_of(receipt))
            if known:
                self._refuse_another(session, known, asked, words)
                return
            _refuse_now(session, asked, now)
            mode = _mode(session, asked)
            if read_as not in (None, mode) or _is_for_another(session, asked, mode, read_by):
                raise Refused(
                    "How this is taken has changed since you opened the page. Read it above before "
                    "you say it."
                )
            if not nobody_meant:
                _refuse_names(session, asked, mode, person, words)
            first = self._spend(session, asked, person)
            point = _Point(point_of(receipt), person, words, language)
            self._keep(session, asked, mode, point)
            self._follow(session, asked, mode, person, now, first=first)
            write_anew(session, rotation, asked.step)

    def to_choose(self, rotation: str, stop: int, person: str) -> tuple[str, ...]:
        """Return the sessions of a stop for which somebody, as the lead there, chooses how points are taken."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            leads = state.host is not None and host_of(session, state, stop).lead == person
            return tuple(
                step.key
                for step in state.steps
                if leads and step.stop == stop and _asked(session, rotation, step.key)
            )

    def how(self, rotation: str, step: str, lead: str) -> ModePage:
        """Return what the lead chooses from; raises NotFound for anybody else."""
        with reading(self._engine) as session:
            return _how(session, _led(session, rotation, step, lead))

    def choose(self, rotation: str, step: str, lead: str, mode: VoiceMode, now: datetime) -> None:
        """Choose how points are taken around a session.

        Raises Refused once the first was said, and for a way that nobody could pass points on by.
        """
        with writing(self._engine) as session:
            asked = _led(session, rotation, step, lead)
            row = _mode_row(session, rotation, step)
            if row.fixed:
                raise Refused(
                    "The first point was said, so how they are taken stays as everybody read it."
                )
            if mode is VoiceMode.FACILITATOR and not passes_on(session, asked.state, asked.step):
                raise Refused(f"Nobody could pass on what is said. {NO_READER}")
            row.mode = mode.value
            session.add(row)
            note(session, now, rotation, f"{lead} chose {mode.value} points around {step}")

    def ask_to_pass_on(self, now: datetime) -> None:
        """Tell whoever passes on by now that something waits for them, each once."""
        waits = VoiceTable.passed_on.is_(None) & VoiceTable.disposition.is_(None)
        query = select(VoiceTable.rotation, VoiceTable.step).where(
            VoiceTable.mode == VoiceMode.FACILITATOR.value, VoiceTable.sealed != b"", waits
        )
        with quietly(self._engine) as session:
            for rotation, step in session.execute(query.distinct()).all():
                state = state_of(session, rotation)
                if not state.ending:
                    self._ask_to_pass_on(session, state, step_of(state, step), now)

    def forget(self, now: datetime) -> None:
        """Let go of spent allowances that nobody needs, and of words whose year is over."""
        with writing(self._engine) as session:
            follow_moved_sessions(session, now)
            session.execute(delete(SpentAllowanceTable).where(SpentAllowanceTable.until < now))
            old = select(VoiceTable).where(VoiceTable.kept_until < now, VoiceTable.sealed != b"")
            for row in session.scalars(old):
                row.sealed, row.passed_on = b"", None

    def _refuse_another(
        self, session: Session, known: VoiceTable, asked: _Asked, words: str
    ) -> None:
        theirs = (known.rotation, known.step) == (asked.state.rotation, asked.step.key)
        if not theirs or words_of(session, self._vault, known) != words:
            raise Refused("This form was sent before. Say it once more, here.")

    def _spent(self, session: Session, asked: _Asked, person: str) -> frozenset[str]:
        """The digests that are there of those that somebody can have spent."""
        digest = SpentAllowanceTable.digest
        query = select(digest).where(digest.in_(self._allowances(asked, person)))
        return frozenset(session.scalars(query))

    def _allowances(self, asked: _Asked, person: str) -> list[str]:
        about = f"{asked.state.rotation}:{asked.step.key}:{person}"
        return [self._vault.mark_apart(f"{about}:{n}") for n in range(POINTS_EACH)]

    def _spend(self, session: Session, asked: _Asked, person: str) -> bool:
        """Use up one point; returns whether it is their first."""
        spent = self._spent(session, asked, person)
        free = [one for one in self._allowances(asked, person) if one not in spent]
        if not free:
            raise Refused(f"You have said {POINTS_EACH} things; each of them gets an answer.")
        session.add(
            SpentAllowanceTable(
                digest=free[0],
                rotation=asked.state.rotation,
                step=asked.step.key,
                first=not spent,
                until=needed_until(asked.step),
            )
        )
        return not spent

    def _keep(self, session: Session, asked: _Asked, mode: VoiceMode, point: _Point) -> None:
        row = _mode_row(session, asked.state.rotation, asked.step.key)
        row.mode, row.fixed = mode.value, True
        session.add(row)
        anonymous = mode is VoiceMode.ANONYMOUS
        session.add(
            VoiceTable(
                id=point.id,
                rotation=asked.state.rotation,
                step=asked.step.key,
                person=None if anonymous else point.person,
                mode=mode.value,
                language=ANY_LANGUAGE if anonymous else point.language,
                sealed=self._vault.seal_apart(point.id, point.words)
                if anonymous
                else self._vault.seal(session, point.person, point.words),
                shown=mode is VoiceMode.NAMED,
                kept_until=kept_until(asked.step),
            )
        )

    def _follow(
        self,
        session: Session,
        asked: _Asked,
        mode: VoiceMode,
        person: str,
        now: datetime,
        *,
        first: bool,
    ) -> None:
        """What follows from a point: nothing that would tell who spoke where nobody must know."""
        if mode is VoiceMode.NAMED:
            said = f"{person} said what should be heard around {asked.step.key}"
            note(session, now, asked.state.rotation, said)
        elif mode is VoiceMode.FACILITATOR:
            self._ask_to_pass_on(session, asked.state, asked.step, now)
        elif first:
            _show_whole_crowds(session, asked)

    def _ask_to_pass_on(
        self, session: Session, state: RotationState, step: StepState, now: datetime
    ) -> None:
        reader = passes_on(session, state, step)
        if reader:
            desk = LetterDesk(session, self._composer, self._links, dispatch(state, (), now))
            desk.ask_to_pass_on(reader.ref, step.key)


def point_of(receipt: str) -> str:
    """Return the id of the point that somebody holds the receipt of."""
    return letters_of(hashlib.sha256(receipt.encode()).digest())


def words_of(session: Session, vault: Vault, row: VoiceTable) -> str:
    """Return the words of a point; raises Unreadable when they are gone."""
    if row.person is None:
        return vault.open_apart(row.id, row.sealed)
    return vault.open(session, row.person, row.sealed)


def passes_on(session: Session, state: RotationState, step: StepState) -> Person | None:
    """Return who reads what the visitor must not: who facilitates the session, or the coordinator.

    A code opens it, so who has no mail address can't; None where nobody is left.
    """
    everybody = people(session)
    program = program_followed(session, state.cohort, state.rotation)
    facilitators = (everybody[a.person] for a in step.attendees if a.seat is Seat.FACILITATOR)
    asked = (*facilitators, coordinator_of(program, everybody))
    return next((one for one in asked if one and one.email and one.ref != state.participant), None)


def _is_for_another(session: Session, asked: _Asked, mode: VoiceMode, read_by: str | None) -> bool:
    """Whether somebody else would read what is to be passed on than the writer was told."""
    if mode is not VoiceMode.FACILITATOR or read_by is None:
        return False
    reader = passes_on(session, asked.state, asked.step)
    return reader is None or reader.ref != read_by


def taken_around(session: Session, rotation: str, step: str) -> ModePage | None:
    """Return how points are taken around a session; None where none are."""
    asked = _asked(session, rotation, step)
    return _how(session, asked) if asked else None


def _asked(session: Session, rotation: str, step: str) -> _Asked | None:
    """The session that points are taken around; None where none are."""
    state = state_of(session, rotation)
    mode, found = program_of(session, state.cohort).voice_mode, step_of(state, step)
    if mode is None or found.kind is not StepKind.LISTENING_SESSION:
        return None
    program = program_followed(session, state.cohort, rotation)
    return _Asked(program.language, state, found, mode)


def _asked_of(session: Session, rotation: str, step: str, person: str) -> _Asked:
    asked = _asked(session, rotation, step)
    if asked is None or person not in _speakers(session, asked):
        raise NotFound("This is not asked of you, or not any more.")
    return asked


def _led(session: Session, rotation: str, step: str, lead: str) -> _Asked:
    asked = _asked(session, rotation, step)
    if asked is None or host_of(session, asked.state, asked.step.stop).lead != lead:
        raise NotFound("The lead of the host team chooses this.")
    return asked


def _speakers(session: Session, asked: _Asked) -> frozenset[str]:
    """People of the host team whose invite to the session stands, whatever they answered, without who was erased."""
    seated = {a.person for a in asked.step.attendees if a.seat in SPEAKING}
    invited = open_invites(session, asked.state.rotation, asked.step.key)
    present = {a for a in seated if not was_erased(session, a)}
    return frozenset(invite.person for invite in invited if invite.person in present)


def _mode_row(session: Session, rotation: str, step: str) -> VoiceSessionTable:
    found = session.get(VoiceSessionTable, (rotation, step))
    return found or VoiceSessionTable(rotation=rotation, step=step, fixed=False)


def _mode(session: Session, asked: _Asked) -> VoiceMode:
    """How points are taken, which stays once the first was said."""
    row = session.get(VoiceSessionTable, (asked.state.rotation, asked.step.key))
    wanted = VoiceMode(row.mode) if row else asked.wanted
    return wanted if row and row.fixed else mode_among(wanted, len(_speakers(session, asked)))


def _how(session: Session, asked: _Asked) -> ModePage:
    row = session.get(VoiceSessionTable, (asked.state.rotation, asked.step.key))
    reader = passes_on(session, asked.state, asked.step)
    everybody, speakers = people(session), _speakers(session, asked)
    return ModePage(
        step=asked.step.key,
        mode=_mode(session, asked),
        wanted=VoiceMode(row.mode) if row else asked.wanted,
        fixed=bool(row and row.fixed),
        leader_name=everybody[asked.state.participant].name,
        reader=reader.ref if reader else "",
        reader_name=reader.name if reader else "",
        closes=closes_at(asked.step),
        without_mail=tuple(
            Named(ref=person, name=everybody[person].name)
            for person in sorted(speakers)
            if everybody[person].email is None
        ),
    )


def _refuse_now(session: Session, asked: _Asked, now: datetime) -> None:
    refuse_unheard(asked.step, now)
    thanks = thanks_after(asked.state, asked.step)
    if thanks and _is_over(session, asked.state, thanks):
        raise Refused(
            "This visit is over, and what was said is answered. Tell the contact instead."
        )
    if asked.state.ending:
        raise Refused("This visit is over; nothing more is collected. Tell the contact instead.")
    _refuse_unreadable(session, asked)


def _refuse_unreadable(session: Session, asked: _Asked) -> None:
    """Nothing is taken that nobody could open: it would keep thanks waiting for good."""
    visitor = people(session)[asked.state.participant]
    if visitor.email is None:
        raise Refused(
            f"{visitor.name} has no mail address, so no code could open this to them. Tell the "
            "contact instead."
        )
    private = _mode(session, asked) is VoiceMode.FACILITATOR
    if private and not passes_on(session, asked.state, asked.step):
        raise Refused(f"Nobody could pass this on. {NO_READER}")


def _is_over(session: Session, state: RotationState, thanks: StepState) -> bool:
    """Thanks that were handed in count before the rotation has heard of them."""
    query = select(DocumentTable.id).where(
        DocumentTable.rotation == state.rotation, DocumentTable.step == thanks.key
    )
    return thanks.phase in SETTLED or session.scalar(query) is not None


def _why_closed(session: Session, asked: _Asked, now: datetime) -> str:
    try:
        _refuse_now(session, asked, now)
    except Refused as refused:
        return str(refused)
    return ""


def _refuse_names(
    session: Session, asked: _Asked, mode: VoiceMode, person: str, words: str
) -> None:
    """Nobody is named by others; in an anonymous session nobody is named at all."""
    own = set() if mode is VoiceMode.ANONYMOUS else {person}
    everybody = people(session)
    names = (everybody[p].name for p in everybody_in(session, asked.state) - own)
    named = named_in(words, names)
    if named:
        raise NameInPoint(
            f"Name nobody: {', '.join(named)} is somebody of this visit. Say it without the name, or "
            "say below that nobody is meant."
        )


def _show_whole_crowds(session: Session, asked: _Asked) -> None:
    """What is shown grows by three speakers at a time: one more point tells nobody who came by just now."""
    session.flush()
    allowance = SpentAllowanceTable
    mine = (allowance.rotation == asked.state.rotation) & (allowance.step == asked.step.key)
    spoken = session.scalar(select(func.count()).where(mine, allowance.first)) or 0
    if spoken % CROWD == 0:
        for row in points_around(session, asked.state.rotation, (asked.step.key,)):
            row.shown = True

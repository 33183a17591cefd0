"""What is made of points: read with a code, passed on, answered with a reason, and told to who said them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.chain import letters_of
from domain.errors import NotFound, Refused
from domain.evidence import named_in
from domain.language import Language
from domain.links import Purpose
from domain.moments import short_time
from domain.policy import Disposition, PolicyPhase
from domain.ports import Composer, Links
from domain.program import StepKind, VoiceMode
from domain.proposal import Proposal
from domain.rotation import RotationState, StepState
from domain.telling import dispatch
from domain.value import Value
from domain.voices import Weighed, closes_at, refuse_point, sessions_before, what_is_missing
from store.audit import note
from store.changes import policy_row
from store.database import reading, writing
from store.letters import LetterDesk
from store.people import (
    everybody_in,
    host_of,
    names_met,
    people,
    program_followed,
    program_of,
    state_of,
    step_of,
)
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.receipts import answer_to, in_force_at, said_of, wording_shown, words_shown
from store.tables.changes import PolicyTable
from store.tables.voices import VoiceTable
from store.vault import Vault
from store.voice_rows import points_around
from store.voices import NO_READER, passes_on


class Unanswered(Refused):
    """A visit can't be closed: something that was said has no answer yet."""


class HearPage(Value):
    """How much waits for somebody, before they open it; never any words."""

    leader_name: str
    host_name: str
    weighs: bool
    """True for the visitor, who answers; False for who passes on."""
    waiting: int
    answered: int
    later: str
    """The sentence that says what can't be read yet and why; empty for nothing."""


class HeardPoint(Value):
    """One point as its reader sees it."""

    id: str
    step_title: str
    text: str
    language: str
    by: str
    """The writer's name, where the reader may know it."""
    passed_on: str = ""
    decision: str = ""
    """Empty while it has no answer."""
    reason: str = ""
    change: str = ""
    """Title of the change that takes it up."""


class WeighPage(Value):
    """Everything that waits for the visitor, and what is answered."""

    points: tuple[HeardPoint, ...]
    changes: tuple[tuple[str, str], ...]
    """Id and title of each change that may take a point up."""


class Weighing(NamedTuple):
    """What became of answers: a sentence for each, by its point, that is not as it should be; all others are taken."""

    missing: dict[str, str]
    named: bool
    """Whether one of them names somebody, which its writer may say is not meant."""


class ListedPoint(Value):
    """A point without its words; ``by`` is empty unless the session is named."""

    id: str
    step: str
    mode: VoiceMode
    by: str
    disposition: str
    reason: str
    change: str


class _Open(NamedTuple):
    """What has no answer yet, by why."""

    to_weigh: tuple[VoiceTable, ...]
    to_pass_on: tuple[VoiceTable, ...]
    hidden: tuple[VoiceTable, ...]


class Hearing:
    """Reads, answers and tells; ``now`` is the moment of asking (UTC)."""

    def __init__(
        self, engine: Engine, vault: Vault, composer: Composer, links: Links, codes: ReadingCodes
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._composer = composer
        self._links = links
        self._codes = codes

    def offered(self, rotation: str, step: str, person: str) -> bool:
        """Return whether somebody has, or may have, something to open around a step."""
        with reading(self._engine) as session:
            try:
                _reader(session, rotation, step, person)
            except NotFound:
                return False
            return True

    def page(self, rotation: str, step: str, person: str, now: datetime) -> HearPage:
        """Return how much waits; raises NotFound for who has nothing to read there."""
        with reading(self._engine) as session:
            state, purpose = _reader(session, rotation, step, person)
            mine = _sessions(state, step, purpose)
            found = open_points(session, state, mine, now)
            weighs = purpose is Purpose.WEIGH
            waiting = found.to_weigh if weighs else found.to_pass_on
            rows = points_around(session, rotation, [s.key for s in mine])
            return HearPage(
                leader_name=people(session)[state.participant].name,
                host_name=host_of(session, state, step_of(state, step).stop).name,
                weighs=weighs,
                waiting=len(waiting),
                answered=sum(1 for row in rows if row.disposition),
                later=_later(session, state, found) if weighs else "",
            )

    def ask_code(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Send the reader a code to their own address."""
        with writing(self._engine) as session:
            state, _ = _reader(session, rotation, step, person)
            self._codes.send(session, state, step, person, now)

    def open(self, rotation: str, step: str, person: str, code: str, now: datetime) -> Purpose:
        """Use a code up and return what it lets its holder do; raises Refused for a wrong one."""
        with writing(self._engine) as session:
            _, purpose = _reader(session, rotation, step, person)
            right = self._codes.redeem(session, person, code, now)
        if not right:
            raise Refused(WRONG_CODE)
        return purpose

    def to_weigh(self, rotation: str, step: str, person: str, now: datetime) -> WeighPage:
        """Return every point that the visitor may read, for their eyes."""
        with reading(self._engine) as session:
            state = _may(session, rotation, step, person, Purpose.WEIGH)
            mine = _sessions(state, step, Purpose.WEIGH)
            return WeighPage(
                points=tuple(
                    self._heard(session, state, row) for row in _visible(session, state, mine, now)
                ),
                changes=tuple(_open_changes(session, rotation).items()),
            )

    def weigh(
        self,
        rotation: str,
        step: str,
        person: str,
        answers: Mapping[str, Weighed],
        now: datetime,
        *,
        nobody_meant: bool = False,
    ) -> Weighing:
        """Answer points by their ids and tell who said them; the first answer stands, for it was told.

        Unless ``nobody_meant``, the answer to a point that is not by name is not taken with the name of
        somebody of the visit.
        """
        with writing(self._engine) as session:
            state = _may(session, rotation, step, person, Purpose.WEIGH)
            mine = _sessions(state, step, Purpose.WEIGH)
            known = _open_changes(session, rotation)
            names = () if nobody_meant else names_met(session, state)
            missing, answered, named = dict[str, str](), list[VoiceTable](), False
            for row in open_points(session, state, mine, now).to_weigh:
                if row.id not in answers:
                    continue
                who_is_named = _who_is_named(row, answers[row.id].reason, names)
                named = named or bool(who_is_named)
                sentence = what_is_missing(answers[row.id], frozenset(known)) or who_is_named
                if sentence:
                    missing[row.id] = sentence
                else:
                    _answer(session, row, answers[row.id], now)
                    answered.append(row)
            if answered:
                note(session, now, rotation, f"{person} answered {len(answered)} points")
                self._tell(session, state, answered, now)
            return Weighing(missing, named)

    def to_pass_on(self, rotation: str, step: str, person: str) -> tuple[HeardPoint, ...]:
        """Return what was said to who facilitates a session, with the names of who said it."""
        with reading(self._engine) as session:
            state = _may(session, rotation, step, person, Purpose.CONVEY)
            return tuple(
                self._heard(session, state, row, for_reader=True)
                for row in points_around(session, rotation, (step,))
                if row.mode == VoiceMode.FACILITATOR.value and row.sealed
            )

    def pass_on(
        self, rotation: str, step: str, person: str, wordings: Mapping[str, str], now: datetime
    ) -> dict[str, str]:
        """Pass wordings of points on, by their ids; what was passed on stays as the visitor may have read it.

        Returns a sentence for each wording that names somebody or is too long.
        """
        with writing(self._engine) as session:
            state = _may(session, rotation, step, person, Purpose.CONVEY)
            everybody = people(session)
            names = [everybody[p].name for p in everybody_in(session, state)]
            wrong = {}
            for row in open_points(session, state, (step_of(state, step),), now).to_pass_on:
                words = wordings.get(row.id, "")
                sentence = _what_is_wrong(words, names) if words else ""
                if sentence:
                    wrong[row.id] = sentence
                elif words and row.person:
                    row.passed_on = self._vault.seal(session, row.person, words)
                    row.shown = True
                    note(session, now, rotation, f"{person} passed on what was said around {step}")
            return wrong

    def waiting(self, rotation: str, thanks: str, now: datetime) -> str:
        """Return the sentence that says what is to be answered before thanks; empty for nothing."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            return _why_open(session, state, step_of(state, thanks), now)

    def refuse_to_close(self, rotation: str, step: str, now: datetime) -> None:
        """Raise Unanswered for letting thanks go while a point before them lacks its answer."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            refuse_unanswered(session, state, step_of(state, step), now)

    def listed(self, rotation: str, now: datetime) -> tuple[ListedPoint, ...]:
        """Return what was said around a rotation's sessions, as far as its visitor may read it, without words."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            return tuple(
                ListedPoint(
                    id=row.id,
                    step=row.step,
                    mode=VoiceMode(row.mode),
                    by=row.person or "" if row.mode == VoiceMode.NAMED.value else "",
                    disposition=row.disposition or "",
                    reason=row.reason,
                    change=row.policy or "",
                )
                for row in _visible(session, state, state.steps, now)
            )

    def _tell(
        self, session: Session, state: RotationState, answered: list[VoiceTable], now: datetime
    ) -> None:
        """One letter to each writer who is known, whatever number of points it speaks of."""
        desk = LetterDesk(session, self._composer, self._links, dispatch(state, (), now))
        usual = program_followed(session, state.cohort, state.rotation).language
        for person in sorted({row.person for row in answered if row.person}):
            mine = [row for row in answered if row.person == person]
            reader = people(session)[person]
            language = reader.language_in(usual)
            lines = tuple(said_of(session, self._vault, row, language, reader.zone) for row in mine)
            about = hashlib.sha256(" ".join(row.id for row in mine).encode()).digest()
            by_name = all(row.mode == VoiceMode.NAMED.value for row in mine)
            desk.tell_voice(person, mine[0].step, letters_of(about), lines, listed=by_name)

    def _heard(
        self, session: Session, state: RotationState, row: VoiceTable, *, for_reader: bool = False
    ) -> HeardPoint:
        everybody = people(session)
        program = program_followed(session, state.cohort, state.rotation)
        secret = row.mode == VoiceMode.FACILITATOR.value and not for_reader
        named = row.person and (for_reader or row.mode == VoiceMode.NAMED.value)
        return HeardPoint(
            id=row.id,
            step_title=program.step(row.step).title,
            text=wording_shown(session, self._vault, row)
            if secret
            else words_shown(session, self._vault, row),
            language="" if secret else row.language,
            by=everybody[row.person].name if named and row.person else "",
            passed_on=wording_shown(session, self._vault, row),
            decision=answer_to(row, Language.ENGLISH),
            reason=row.reason,
            change=_changes(session, row.rotation).get(row.policy or "", ""),
        )


def open_points(
    session: Session, state: RotationState, sessions: Iterable[StepState], now: datetime
) -> _Open:
    """Return what was said around sessions and has no answer, without what was erased."""
    steps = {step.key: step for step in sessions}
    rows = points_around(session, state.rotation, steps)
    waiting = [row for row in rows if not row.disposition and row.sealed]
    weigh = [row for row in waiting if _may_read(row, steps[row.step], now)]
    rest = [row for row in waiting if row not in weigh]
    private = [row for row in rest if row.mode == VoiceMode.FACILITATOR.value]
    hidden = (row for row in rest if row not in private)
    return _Open(tuple(weigh), tuple(private), tuple(hidden))


def refuse_unanswered(
    session: Session, state: RotationState, step: StepState, now: datetime
) -> None:
    """Raise Unanswered, saying what is missing, for thanks before which something has no answer yet."""
    sentence = _why_open(session, state, step, now)
    if sentence:
        raise Unanswered(sentence)


def any_unanswered(session: Session, state: RotationState, thanks: str) -> bool:
    """Return whether something that was said, read or not, has no answer before thanks."""
    steps = [step.key for step in sessions_before(state, step_of(state, thanks))]
    return any(
        not r.disposition and r.sealed for r in points_around(session, state.rotation, steps)
    )


def _why_open(session: Session, state: RotationState, step: StepState, now: datetime) -> str:
    if step.kind is not StepKind.THANKS:
        return ""
    found = open_points(session, state, sessions_before(state, step), now)
    if not found.to_weigh:
        return _later(session, state, found)
    visitor = people(session)[state.participant]
    if visitor.email is None:
        return (
            f"What was said to {visitor.name} has no answer yet, and no code can open it to them. Give "
            "them a mail address in people.csv and import the folder again; their thanks follow."
        )
    if len(found.to_weigh) == 1:
        return (
            "One point that was said to you has no answer yet. Answer it first; your thanks follow."
        )
    return (
        f"{len(found.to_weigh)} points that were said to you have no answer yet. "
        "Answer them first; your thanks follow."
    )


def _later(session: Session, state: RotationState, found: _Open) -> str:
    """What waits for somebody else or for a day."""
    if found.to_pass_on:
        reader = passes_on(session, state, step_of(state, found.to_pass_on[0].step))
        if reader is None:
            return f"Nobody can pass on what was said, and your thanks wait for it. {NO_READER}"
        return f"{reader.name} has yet to pass on what was said. Your thanks wait until it is answered."
    if found.hidden:
        program = program_followed(session, state.cohort, state.rotation)
        opens = max(closes_at(step_of(state, row.step)) for row in found.hidden)
        return (
            f"Something was said without a name that opens to you by {short_time(opens, program.zone)}, "
            "so that nobody can tell who said it. Your thanks wait until it is answered."
        )
    return ""


def _reader(
    session: Session, rotation: str, step: str, person: str
) -> tuple[RotationState, Purpose]:
    """Who reads what was said: the visitor to answer it, who facilitates to pass it on."""
    state = state_of(session, rotation)
    found = step_of(state, step)
    opens = found.kind in {StepKind.LISTENING_SESSION, StepKind.THANKS}
    if opens and _is_collected(session, state):
        if person == state.participant:
            return state, Purpose.WEIGH
        reader = passes_on(session, state, found)
        if found.kind is StepKind.LISTENING_SESSION and reader and reader.ref == person:
            return state, Purpose.CONVEY
    raise NotFound("There is nothing here for you to read, or not any more.")


def _is_collected(session: Session, state: RotationState) -> bool:
    """What was said before a program stopped collecting still gets its answer."""
    collecting = program_of(session, state.cohort).voice_mode is not None
    return collecting or any(points_around(session, state.rotation, [s.key for s in state.steps]))


def _may(
    session: Session, rotation: str, step: str, person: str, purpose: Purpose
) -> RotationState:
    state, found = _reader(session, rotation, step, person)
    if found is not purpose:
        raise NotFound("There is nothing here for you to read, or not any more.")
    return state


def _sessions(state: RotationState, step: str, purpose: Purpose) -> tuple[StepState, ...]:
    """The visitor answers what was said around all sessions, who facilitates passes on what is of one."""
    if purpose is Purpose.CONVEY:
        return (step_of(state, step),)
    return tuple(s for s in state.steps if s.kind is StepKind.LISTENING_SESSION)


def _visible(
    session: Session, state: RotationState, sessions: Iterable[StepState], now: datetime
) -> Iterator[VoiceTable]:
    steps = {step.key: step for step in sessions}
    for row in points_around(session, state.rotation, steps):
        if _may_read(row, steps[row.step], now):
            yield row


def _may_read(row: VoiceTable, step: StepState, now: datetime) -> bool:
    over = row.mode == VoiceMode.ANONYMOUS.value and now > closes_at(step)
    return row.shown or over


def _open_changes(session: Session, rotation: str) -> dict[str, str]:
    """Changes that may take a point up: those that were not declined or taken back."""
    over = [PolicyPhase.DECLINED.value, PolicyPhase.ROLLED_BACK.value]
    query = select(PolicyTable.id).where(
        PolicyTable.rotation == rotation, PolicyTable.phase.in_(over)
    )
    gone = set(session.scalars(query))
    return {id_: title for id_, title in _changes(session, rotation).items() if id_ not in gone}


def _changes(session: Session, rotation: str) -> dict[str, str]:
    query = select(PolicyTable.id, PolicyTable.proposal).where(PolicyTable.rotation == rotation)
    found = session.execute(query.order_by(PolicyTable.proposed_at)).all()
    return {id_: Proposal.model_validate(proposal).title for id_, proposal in found}


def _answer(session: Session, row: VoiceTable, weighed: Weighed, now: datetime) -> None:
    row.disposition, row.reason = weighed.disposition.value, weighed.reason.strip()
    if weighed.disposition is Disposition.DECLINED:
        return
    row.policy = weighed.policy
    began = in_force_at(policy_row(session, weighed.policy))
    row.awaits_force = row.person is not None and (began is None or began > now)


def _who_is_named(row: VoiceTable, reason: str, names: Iterable[str]) -> str:
    """A name in the answer could say whose a point is."""
    named = () if row.mode == VoiceMode.NAMED.value else named_in(reason, names)
    return (
        f"Name nobody: {', '.join(named)} is somebody of this visit. Say it without the name, or say "
        "below that nobody is meant."
        if named
        else ""
    )


def _what_is_wrong(words: str, names: Iterable[str]) -> str:
    try:
        refuse_point(words)
    except Refused as refused:
        return str(refused)
    named = named_in(words, names)
    return f"It names {', '.join(named)}. Say it without the name." if named else ""

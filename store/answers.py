"""Incoming mails: kept raw, judged once, and turned into an answer when they count."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Engine, Select, and_, func, select, update
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.events import Answered
from domain.incoming import (
    ANSWERS,
    Incoming,
    Judgement,
    Kind,
    KnownInvite,
    Verdict,
    clamped,
    judge,
    speaking,
)
from domain.ports import Composer, Links
from domain.rotation import SETTLED, Answer, RotationState, StepState
from domain.telling import dispatch
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.letters import LetterDesk
from store.news import tell_rotation
from store.outbox import returned
from store.proposing import keep_proposal, last_proposed, replace_proposals
from store.reactions import is_somebodys, mail_answered, mail_returned, send_again
from store.reminding import withdraw_proxys_reminders, withdraw_reminders
from store.tables.mail import (
    AliasTable,
    AnswerTable,
    InviteTable,
    OutboxTable,
    ProposedTimeTable,
    RawMailTable,
)
from store.tables.rotations import RotationTable

ANSWERS_PER_DAY = 20
"""Answers to one invite that count in 24 hours: people change their mind, programs run wild."""

LONGEST_PRODUCT = 100
WORDS_LAST = timedelta(days=30)
"""How long what people wrote by mail is kept."""

_A_DAY = timedelta(days=1)


class HeldMail(Value):
    """A mail that is held back until somebody vouches for it."""

    number: int
    received_at: Moment
    rotation: str
    step: str
    person: str
    reason: str


class AnswersDesk:
    """Implements ``domain.ports.Answers``."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def keep(self, raw: bytes, source: str, now: datetime) -> int:
        """Store a raw mail and return its number; the same bytes again return the same number."""
        digest = hashlib.sha256(raw).hexdigest()
        known = select(RawMailTable.number).where(RawMailTable.digest == digest)
        with writing(self._engine) as session:
            number = session.scalar(known)
            if number is not None:
                return number
            row = RawMailTable(digest=digest, raw=raw, source=source, received_at=now)
            session.add(row)
            session.flush()
            return row.number

    def unread(self, limit: int) -> tuple[tuple[int, bytes], ...]:
        """Return stored mails without a judgement, oldest first."""
        query = select(RawMailTable).where(RawMailTable.verdict.is_(None))
        with reading(self._engine) as session:
            rows = session.scalars(query.order_by(RawMailTable.number).limit(limit))
            return tuple((row.number, row.raw) for row in rows)

    def settle(self, number: int, read: Incoming, now: datetime) -> Judgement:
        """Judge what was read and apply it, in one transaction; a repeat returns the first judgement."""
        with writing(self._engine) as session:
            row = session.get_one(RawMailTable, number)
            if row.verdict:
                return Judgement(verdict=Verdict(row.verdict), reason=row.reason)
            judgement = _judged(session, read, row.received_at)
            self._note(session, row, read, judgement)
            if judgement.verdict is Verdict.APPLY:
                _apply(session, read, row, now)
            else:
                self._react(session, read, row, judgement, now)
            return judgement

    def forget(self, now: datetime) -> int:
        """Let go of the words of mails older than 30 days; return how many those were.

        What became of each stays, and that the same mail came once already.
        """
        old = and_(RawMailTable.received_at < now - WORDS_LAST, RawMailTable.verdict.is_not(None))
        still_held = RawMailTable.verdict == Verdict.QUARANTINE.value
        with writing(self._engine) as session:
            worded = session.scalars(
                select(RawMailTable.number).where(old, RawMailTable.raw != b"")
            )
            numbers = worded.all()
            aged = RawMailTable.number.in_(numbers)
            ignored = {
                "verdict": Verdict.IGNORE.value,
                "reason": "nobody vouched for it in 30 days",
            }
            session.execute(update(RawMailTable).where(aged, still_held).values(ignored))
            session.execute(update(RawMailTable).where(aged).values(raw=b"", said=""))
            wishes = ProposedTimeTable.number.in_(numbers)
            session.execute(update(ProposedTimeTable).where(wishes).values(comment=""))
            return len(numbers)

    def judge(self, read: Incoming, now: datetime) -> Judgement:
        """Return what would become of a mail that came now; nothing changes."""
        with reading(self._engine) as session:
            return _judged(session, read, now)

    def not_understood(self) -> dict[str, int]:
        """Return how many mails of the last 30 days could not be read, by the program that wrote them."""
        query = (
            select(RawMailTable.product, func.count())
            .where(RawMailTable.kind == Kind.UNREADABLE.value, RawMailTable.raw != b"")
            .group_by(RawMailTable.product)
            .order_by(func.count().desc(), RawMailTable.product)
        )
        with reading(self._engine) as session:
            return dict(session.execute(query).all())

    def held(self) -> tuple[HeldMail, ...]:
        """Return the mails that are held back, the oldest first."""
        query = (
            select(RawMailTable, InviteTable)
            .join(InviteTable, InviteTable.uid == RawMailTable.uid)
            .where(RawMailTable.verdict == Verdict.QUARANTINE.value)
        )
        with reading(self._engine) as session:
            found = session.execute(query.order_by(RawMailTable.number))
            return tuple(_held(mail, invite) for mail, invite in found)

    def raw(self, number: int) -> bytes:
        """Return the bytes of a mail that is held back; raises NotFound for any other number."""
        with reading(self._engine) as session:
            return held_row(session, number).raw

    def release(self, number: int, read: Incoming, now: datetime) -> None:
        """Let a mail count that was held back, on the word of a program manager.

        Raises Refused when it would not count from the right address either.
        """
        with writing(self._engine) as session:
            row = held_row(session, number)
            _let_through(session, read, row, now)
            rotation = session.get_one(InviteTable, read.uid).rotation
            note(session, now, rotation, f"mail {number} let through")

    def vouch(self, number: int, person: str, read: Incoming, now: datetime) -> None:
        """Let a mail count that was held back, on the word of the invited person.

        The address that it came from is theirs from then on, or, where that was known, the one
        that it names as attendee; unless somebody else has it.
        """
        with writing(self._engine) as session:
            row = held_row(session, number)
            invite = session.get(InviteTable, row.uid or "")
            if invite is None or invite.person != person:
                raise Refused("Only the invited person can say whose answer this is.")
            address = _unknown_address(session, read)
            _let_through(session, read, row, now)
            if address:
                session.add(AliasTable(address=address, person=person, confirmed_at=now))
            note(session, now, invite.rotation, f"{person} vouched for mail {number}")

    def seen(self, number: int, rotation: str, now: datetime) -> None:
        """A program manager has read the words of a mail; raises NotFound for one without any."""
        with writing(self._engine) as session:
            row = session.get(RawMailTable, number)
            answered = session.get(OutboxTable, row.answers) if row and row.answers else None
            if row is None or answered is None or answered.rotation != rotation or not row.said:
                raise NotFound("This rotation has no such mail, or its words are no longer kept.")
            if row.seen_at is None:
                row.seen_at = now
                note(session, now, rotation, f"mail {number} read")

    def drop(self, number: int, now: datetime) -> None:
        """Leave a mail aside for good that was held back."""
        with writing(self._engine) as session:
            row = held_row(session, number)
            row.verdict, row.reason = Verdict.IGNORE.value, f"dropped ({row.reason})"[:500]
            note(session, now, None, f"mail {number} dropped")

    def _note(
        self, session: Session, row: RawMailTable, read: Incoming, judgement: Judgement
    ) -> None:
        row.verdict, row.reason = judgement.verdict.value, judgement.reason
        row.kind, row.said = read.kind.value, read.comment
        row.vouched, row.product = read.vouched, read.product[:LONGEST_PRODUCT]
        row.uid = read.uid or None
        if read.kind in _ABOUT_A_MAIL:
            answered = _ABOUT_A_MAIL[read.kind](session, read)
            row.answers = answered.number if answered else None
            row.uid = answered.uid if answered else None

    def _react(
        self,
        session: Session,
        read: Incoming,
        row: RawMailTable,
        judgement: Judgement,
        now: datetime,
    ) -> None:
        """Somebody whose answer does not count hears why it did not, once."""
        invite = session.get(InviteTable, read.uid) if read.kind in ANSWERS else None
        if invite is None:
            return
        if judgement.verdict is Verdict.QUARANTINE:
            self._ask_whose(session, read, row, invite, now)
        elif judgement.verdict is Verdict.STALE and read.sequence < invite.sequence:
            send_again(session, invite, f"stale-{read.sequence}", now)
        elif invite.called_off_at and judgement.verdict is Verdict.IGNORE:
            send_again(session, invite, "called-off", now)

    def _ask_whose(
        self,
        session: Session,
        read: Incoming,
        row: RawMailTable,
        invite: InviteTable,
        now: datetime,
    ) -> None:
        known = _known(session, read.uid)
        if known is None or known.called_off or _as_if_theirs(read, known, row) is None:
            return
        state = session.get_one(RotationTable, invite.rotation).state
        if state:
            about = dispatch(RotationState.model_validate(state), (), now)
            letters = LetterDesk(session, self._composer, self._links, about)
            letters.ask_whose_answer(invite, row.number)


_ABOUT_A_MAIL = {
    Kind.NOTE: mail_answered,
    Kind.AUTO_REPLY: mail_answered,
    Kind.BOUNCE: mail_returned,
}
"""Incoming mails that are about a mail of ours and not about an invite, and how that one is found."""


def _held(mail: RawMailTable, invite: InviteTable) -> HeldMail:
    return HeldMail(
        number=mail.number,
        received_at=mail.received_at,
        rotation=invite.rotation,
        step=invite.step,
        person=invite.person,
        reason=mail.reason,
    )


def held_row(session: Session, number: int) -> RawMailTable:
    """Return a mail that is held back; raises NotFound for any other number."""
    row = session.get(RawMailTable, number)
    if row is None or row.verdict != Verdict.QUARANTINE.value or not row.uid:
        raise NotFound(
            f"No mail {number} is held back. 'sojourn mail quarantine list' shows those that are."
        )
    return row


def _unknown_address(session: Session, read: Incoming) -> str:
    """The address in a mail that is nobody's yet: its sender's, else its attendee's; empty for none."""
    known = _known(session, read.uid)
    guest = speaking(read, known)
    own = known.addresses if known else frozenset()
    address = guest.address if guest and read.sender in own else read.sender
    alias = session.get(AliasTable, address)
    taken = alias is not None or is_somebodys(session, address)
    return "" if taken or "@" not in address else address


def _as_if_theirs(read: Incoming, known: KnownInvite, row: RawMailTable) -> Incoming | None:
    """Return the mail as if the invited person had sent it, when it would count then; else None."""
    own = next(iter(known.addresses), "")
    guest = speaking(read, known)
    if guest is None or not own:
        return None
    theirs = read.model_copy(
        update={
            "sender": own,
            "vouched": None,
            "guests": (guest.model_copy(update={"address": own}),),
        }
    )
    return theirs if judge(theirs, known, row.received_at).verdict is Verdict.APPLY else None


def _let_through(session: Session, read: Incoming, row: RawMailTable, now: datetime) -> None:
    known = _known(session, row.uid or "")
    theirs = _as_if_theirs(read, known, row) if known else None
    if theirs is None:
        raise Refused(
            "It would not count from the right address either: a newer invite is out, or it says nothing."
        )
    row.verdict, row.reason = Verdict.APPLY.value, "let through"
    _apply(session, theirs, row, now)


def _apply(session: Session, read: Incoming, row: RawMailTable, now: datetime) -> None:
    if read.kind is Kind.BOUNCE:
        mail = mail_returned(session, read)
        if mail:
            returned(session, mail, now)
        return
    invite = session.get_one(InviteTable, read.uid)
    guest = speaking(read, _known(session, read.uid))
    stamped = clamped(read.stamped, row.received_at)
    if read.kind is Kind.REFRESH:
        send_again(session, invite, f"refresh-{now:%Y%m%d%H}", now)
    elif read.kind is Kind.COUNTER:
        apply_answer(session, invite, Answer.TENTATIVE, stamped, "mail", now)
        keep_proposal(session, read, row.number, now)
    elif guest and guest.answer:
        apply_answer(session, invite, guest.answer, stamped, "mail", now)


def apply_answer(
    session: Session,
    invite: InviteTable,
    answer: Answer,
    stamped: datetime,
    source: str,
    now: datetime,
) -> None:
    """Keep an answer that counts, and note what the rotation must hear of it.

    It hears each decline and tentative at once, and the accept with which everybody needed has
    accepted; other accepts stay in the store.
    """
    row = AnswerTable(
        uid=invite.uid,
        sequence=invite.sequence,
        stamped=stamped,
        answer=answer.value,
        source=source,
        at=now,
    )
    session.add(row)
    session.flush()
    withdraw_reminders(session, invite.rotation, invite.step, invite.person, now)
    withdraw_proxys_reminders(session, invite.uid, now)
    replace_proposals(session, invite.uid, now)
    changed = invite.answer != answer.value
    invite.answer, invite.answered_by, invite.answered_at = answer.value, source, now
    invite.answered_sequence, invite.answered_stamp = invite.sequence, stamped
    session.flush()
    complete = answer is Answer.ACCEPTED and everybody_needed_accepted(session, invite)
    if changed and (answer is not Answer.ACCEPTED or complete):
        event = Answered(
            id=f"answer:{invite.uid}:{invite.sequence}:{row.number}",
            step=invite.step,
            person=invite.person,
            revision=invite.revision,
            answer=answer,
            complete=complete,
        )
        tell_rotation(session, invite.rotation, event.id, event, now)


def answered_too_often(session: Session, uid: str, now: datetime) -> bool:
    """Return whether this invite was answered so often today that only a program may have done it."""
    query = select(func.count()).where(AnswerTable.uid == uid, AnswerTable.at > now - _A_DAY)
    return (session.scalar(query) or 0) >= ANSWERS_PER_DAY


def _judged(session: Session, read: Incoming, received: datetime) -> Judgement:
    if read.kind is Kind.BOUNCE and read.lasting and mail_returned(session, read):
        return Judgement(verdict=Verdict.APPLY, reason="a mail of ours did not reach its address")
    if read.kind in ANSWERS and answered_too_often(session, read.uid, received):
        return Judgement(
            verdict=Verdict.QUARANTINE, reason="the invite was answered too often today"
        )
    return judge(read, _known(session, read.uid), received)


def _known(session: Session, uid: str) -> KnownInvite | None:
    found = session.get(InviteTable, uid)
    if found is None:
        return None
    return KnownInvite(
        uid=found.uid,
        person=found.person,
        address=found.address,
        aliases=tuple(session.scalars(_aliases_of(found.person))),
        sequence=found.sequence,
        starts=found.starts,
        called_off=found.called_off_at is not None or _over(session, found),
        answered_sequence=found.answered_sequence,
        answered_stamp=found.answered_stamp,
        answer=Answer(found.answer),
        proposed_starts=last_proposed(session, found),
    )


def _aliases_of(person: str) -> Select[str]:
    return select(AliasTable.address).where(AliasTable.person == person)


def _over(session: Session, invite: InviteTable) -> bool:
    step = _step_of(session, invite)
    return step is not None and step.phase in SETTLED


def everybody_needed_accepted(session: Session, invite: InviteTable) -> bool:
    """Return whether everybody required, and a quorum of the others, accepted the invite's step."""
    step = _step_of(session, invite)
    if step is None:
        return False
    accepted = set(
        session.scalars(
            select(InviteTable.person).where(
                InviteTable.rotation == invite.rotation,
                InviteTable.step == invite.step,
                InviteTable.revision == invite.revision,
                InviteTable.called_off_at.is_(None),
                InviteTable.answer == Answer.ACCEPTED.value,
            )
        )
    )
    coming = [a for a in step.attendees if a.person in accepted]
    needed = [a for a in step.attendees if a.required]
    return all(a in coming for a in needed) and sum(not a.required for a in coming) >= step.quorum


def _step_of(session: Session, invite: InviteTable) -> StepState | None:
    row = session.get(RotationTable, invite.rotation)
    if row is None or row.state is None:
        return None
    return RotationState.model_validate(row.state).step(invite.step)

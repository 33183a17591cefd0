"""Incoming mails: kept raw, judged once, and turned into an answer when they count."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

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
from domain.rotation import SETTLED, Answer, RotationState, StepState
from store.database import reading, writing
from store.news import tell_rotation
from store.reminding import withdraw_reminders
from store.tables import AnswerTable, InviteTable, RawMailTable, RotationTable

ANSWERS_PER_DAY = 20
"""Answers to one invite that count in 24 hours: people change their mind, programs run wild."""

_A_DAY = timedelta(days=1)


class AnswersDesk:
    """Implements ``domain.ports.Answers``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
            row.verdict, row.reason = judgement.verdict.value, judgement.reason
            row.uid = read.uid[:255] or None
            if judgement.verdict is Verdict.APPLY:
                _apply(session, read, row.received_at, now)
            return judgement

    def judge(self, read: Incoming, now: datetime) -> Judgement:
        """Return what would become of a mail that came now; nothing changes."""
        with reading(self._engine) as session:
            return _judged(session, read, now)


def _apply(session: Session, read: Incoming, received: datetime, now: datetime) -> None:
    guest = speaking(read, _known(session, read.uid))
    if read.kind is Kind.REPLY and guest and guest.answer:
        invite = session.get_one(InviteTable, read.uid)
        stamped = clamped(read.stamped, received)
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
        sequence=found.sequence,
        starts=found.starts,
        called_off=found.called_off_at is not None or _over(session, found),
        answered_sequence=found.answered_sequence,
        answered_stamp=found.answered_stamp,
        answer=Answer(found.answer),
    )


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

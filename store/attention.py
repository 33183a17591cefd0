"""What needs a person: found by bounded queries, however many rotations there are, and said in sentences."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Row, Select, select, true
from sqlalchemy.orm import Session, defer

from domain.incoming import Kind, Verdict
from domain.moments import short_time
from domain.policy import PolicyState
from domain.program import AFTER, Program
from domain.rotation import Answer, Attention, Phase, RotationState
from store.byword import WHAT, untold_row
from store.changecounts import owed_in_person
from store.happenings import open_questions
from store.mailboxes import MAILBOX_UNREADABLE
from store.outbox import MAIL_UNREACHABLE
from store.pages import AttentionRow
from store.people import people, program_followed, program_of, rotations_of, teams
from store.plans import Plans
from store.proposing import ProposedTime, open_proposals
from store.proxies import proxy_of, told_proxies
from store.sentences import (
    IN_PERSON,
    NOT_TAKEN,
    PROPOSED,
    WROTE_BACK,
    attention_row,
    change_row,
    named,
)
from store.tables.changes import PolicyTable, ReceiptTable
from store.tables.installation import InstallationTable
from store.tables.mail import InviteTable, OutboxTable, ProposedTimeTable, RawMailTable
from store.tables.people import CohortTable
from store.tables.planning import CalendarSourceTable, PlanTable
from store.tables.rotations import RotationTable
from store.zone_rules import LEFT_BEHIND

A_PAGE = 50
"""Things that need a person which are looked for, of each kind, and shown at once."""

Invites = Mapping[tuple[str, str, str], InviteTable]
"""Standing invites by rotation, step and person."""

_NOT_TAKEN = (Verdict.QUARANTINE.value, Verdict.IGNORE.value)
_REMEDIES = {
    MAIL_UNREACHABLE: "Check that the mail server runs and that SOJOURN_SMTP_HOST and _PORT name it.",
    LEFT_BEHIND: "Move each with 'sojourn reschedule', or let the people concerned know.",
    MAILBOX_UNREADABLE: "Run sojourn doctor --only mailbox, which says what to check.",
}


class Needs:
    """What has to be done about some rotations of one cohort, everything read once."""

    def __init__(self, session: Session, rotations: Collection[str], invites: Invites) -> None:
        self._session = session
        self._people = people(session)
        self._invites = invites
        self._mails_not_taken = self._newest_mails_not_taken()
        self._words_to_read = self._unseen_words(rotations)
        self._told_proxies = told_proxies(session, rotations)

    def of(self, state: RotationState) -> list[AttentionRow]:
        """Return everything about one rotation that a person has to do."""
        return [
            *(self._raised(state, one) for one in state.attention),
            *self._to_tell_in_person(state),
            *self._proposed(state),
            *self._not_taken(state),
            *self._written_back(state),
        ]

    def _raised(self, state: RotationState, attention: Attention) -> AttentionRow:
        leader = self._people[state.participant].name
        step = state.step(attention.step or "")
        title = self._title(state, step.key) if step else ""
        return attention_row(state, attention, self._people, leader, title)

    def _to_tell_in_person(self, state: RotationState) -> Iterator[AttentionRow]:
        """People without mail hear of their invites from a person, unless their proxy was written to."""
        leader = self._people[state.participant].name
        for (owner, key, person), invite in self._invites.items():
            step = state.step(key)
            waiting = invite.answer == Answer.NEEDS_ACTION.value and not invite.address
            if owner != state.rotation or not step or not waiting:
                continue
            if step.phase is Phase.INVITED and not self._hears_by_proxy(state, invite):
                name, title = self._people[person].name, self._title(state, key)
                yield AttentionRow(
                    sentence=IN_PERSON.format(
                        name=name,
                        title=title.lower(),
                        leader=leader,
                        when=short_time(step.starts, step.zone),
                    ),
                    since=invite.created_at,
                    concern=None,
                    rotation=state.rotation,
                    step=key,
                    person=person,
                    what_to_do="Tell them in person and record the answer here.",
                )

    def _hears_by_proxy(self, state: RotationState, invite: InviteTable) -> bool:
        proxy = proxy_of(self._session, state, invite)
        return proxy is not None and (invite.uid, proxy.ref) in self._told_proxies

    def _not_taken(self, state: RotationState) -> list[AttentionRow]:
        """Mails about an invite that is still unanswered, from another address."""
        return [
            AttentionRow(
                sentence=NOT_TAKEN.format(
                    name=self._people[invite.person].name,
                    title=self._title(state, invite.step).lower(),
                    leader=self._people[state.participant].name,
                    reason=mail.reason,
                ),
                since=mail.received_at,
                concern=None,
                rotation=state.rotation,
                step=invite.step,
                person=invite.person,
                what_to_do="Ask them, and record the answer here.",
            )
            for invite, mail in self._mails_not_taken
            if invite.rotation == state.rotation
        ]

    def _written_back(self, state: RotationState) -> list[AttentionRow]:
        """Words that somebody answered a mail with, until a program manager has read them."""
        return [
            AttentionRow(
                sentence=WROTE_BACK.format(
                    name=self._people[sent.person].name,
                    what=self._title(state, sent.step).lower() if sent.step else "visit",
                    leader=self._people[state.participant].name,
                    said=f"“{mail.said}”",
                ),
                since=mail.received_at,
                concern=None,
                rotation=state.rotation,
                step=sent.step,
                person=sent.person,
                mail=mail.number,
                what_to_do="Answer them, and record here what they decided.",
            )
            for sent, mail in self._words_to_read
            if sent.rotation == state.rotation
        ]

    def _proposed(self, state: RotationState) -> list[AttentionRow]:
        return [
            AttentionRow(
                sentence=self._proposal_of(state, wish),
                since=wish.at,
                concern=None,
                rotation=state.rotation,
                step=wish.step,
                person=wish.person,
                proposal=wish.number,
                what_to_do="Take the time, or keep the one that is planned.",
            )
            for wish in open_proposals(self._session, state.rotation)
        ]

    def _proposal_of(self, state: RotationState, wish: ProposedTime) -> str:
        step = state.step(wish.step)
        said = PROPOSED.format(
            name=self._people[wish.person].name,
            when=short_time(wish.starts, step.zone if step else self._followed(state).zone),
            title=self._title(state, wish.step).lower(),
            leader=self._people[state.participant].name,
        )
        return f"{said} They write: “{wish.comment}”" if wish.comment else said

    def _title(self, state: RotationState, step: str) -> str:
        return self._followed(state).step(step).title

    def _followed(self, state: RotationState) -> Program:
        return program_followed(self._session, state.cohort, state.rotation)

    def _newest_mails_not_taken(self) -> list[tuple[InviteTable, RawMailTable]]:
        unanswered = {
            invite.uid: invite
            for invite in self._invites.values()
            if invite.answer == Answer.NEEDS_ACTION.value
        }
        query = select(RawMailTable).options(defer(RawMailTable.raw))
        query = query.where(
            RawMailTable.uid.in_(unanswered),
            RawMailTable.verdict.in_(_NOT_TAKEN),
            RawMailTable.kind != Kind.NOTE.value,
        )
        mails = self._session.scalars(query.order_by(RawMailTable.number))
        newest = {mail.uid: mail for mail in mails}
        return [(unanswered[uid], mail) for uid, mail in newest.items() if uid]

    def _unseen_words(self, rotations: Collection[str]) -> Sequence[Row[OutboxTable, RawMailTable]]:
        query = (
            select(OutboxTable, RawMailTable)
            .join(RawMailTable, RawMailTable.answers == OutboxTable.number)
            .options(defer(RawMailTable.raw), defer(OutboxTable.raw))
            .where(
                OutboxTable.rotation.in_(rotations),
                RawMailTable.kind == Kind.NOTE.value,
                RawMailTable.said != "",
                RawMailTable.seen_at.is_(None),
            )
        )
        return self._session.execute(query.order_by(RawMailTable.number)).all()


def rotations_in_need(session: Session, cohort: str, *, discreet: bool = False) -> set[str]:
    """Return which rotations and sessions may need a person: of each kind of need, one more than a page shows.

    What was raised longest ago comes first; of people to tell and of mails, the newest. ``discreet``
    leaves out who reflects after an event.
    """
    queries = (
        select(RotationTable.id)
        .where(RotationTable.cohort == cohort, RotationTable.attention_since.is_not(None))
        .order_by(RotationTable.attention_since),
        _of_invites(cohort)
        .where(InviteTable.address.is_(None), _unanswered())
        .order_by(InviteTable.created_at.desc()),
        _of_invites(cohort)
        .join(ProposedTimeTable, ProposedTimeTable.uid == InviteTable.uid)
        .where(ProposedTimeTable.settled_at.is_(None))
        .order_by(ProposedTimeTable.number),
        _of_invites(cohort)
        .join(RawMailTable, RawMailTable.uid == InviteTable.uid)
        .where(RawMailTable.verdict.in_(_NOT_TAKEN), _unanswered())
        .order_by(RawMailTable.number.desc()),
        select(OutboxTable.rotation)
        .join(RawMailTable, RawMailTable.answers == OutboxTable.number)
        .join(RotationTable, RotationTable.id == OutboxTable.rotation)
        .where(RotationTable.cohort == cohort, RawMailTable.seen_at.is_(None))
        .where(RawMailTable.kind == Kind.NOTE.value, RawMailTable.said != "")
        .order_by(RawMailTable.number.desc()),
    )
    shown = RotationTable.ritual.not_in(AFTER.values()) if discreet else true()
    found = (r for q in queries for r in session.scalars(q.where(shown).limit(A_PAGE + 1)))
    return {rotation for rotation in found if rotation}


def _of_invites(cohort: str) -> Select[str]:
    query = select(InviteTable.rotation)
    return query.join(RotationTable, RotationTable.id == InviteTable.rotation).where(
        RotationTable.cohort == cohort
    )


def _unanswered() -> ColumnElement[bool]:
    silent = InviteTable.answer == Answer.NEEDS_ACTION.value
    return silent & InviteTable.called_off_at.is_(None)


def changes_in_need(session: Session, cohort: str) -> Iterator[AttentionRow]:
    """Yield what has to be done about policy changes, the longest waiting first."""
    query = (
        select(PolicyTable.state)
        .where(PolicyTable.cohort == cohort, PolicyTable.attention_since.is_not(None))
        .order_by(PolicyTable.attention_since)
    )
    for state in map(PolicyState.model_validate, session.scalars(query.limit(A_PAGE))):
        yield from (change_row(state, one, people(session)) for one in state.attention)


def untold_voices(session: Session, cohort: str) -> Iterator[AttentionRow]:
    """Yield the changes of which people without mail are to be told, the oldest first."""
    owed = ReceiptTable.cohort == cohort, owed_in_person()
    query = select(PolicyTable).where(PolicyTable.id.in_(select(ReceiptTable.policy).where(*owed)))
    changes = session.scalars(query.order_by(PolicyTable.proposed_at).limit(A_PAGE)).all()
    rows = session.execute(
        select(ReceiptTable.policy, ReceiptTable.errand, ReceiptTable.person)
        .where(*owed, ReceiptTable.policy.in_([change.id for change in changes]))
        .order_by(ReceiptTable.key)
    ).all()
    for change in changes:
        errands = {errand for policy, errand, _ in rows if policy == change.id}
        names = dict.fromkeys(
            people(session)[person].name for policy, _, person in rows if policy == change.id
        )
        yield untold_row(change, [errand for errand in WHAT if errand in errands], tuple(names))


def unplaced(session: Session, cohort: str) -> Iterator[AttentionRow]:
    """Yield who has no place in the approved plan."""
    approved = session.get_one(CohortTable, cohort).approved_plan
    if approved is None:
        return
    everybody, plan = people(session), session.get_one(PlanTable, (cohort, approved))
    waiting = rotations_of(cohort).with_only_columns(RotationTable.id)
    query = waiting.where(RotationTable.version == -1).order_by(RotationTable.id).limit(A_PAGE)
    for nobody in Plans().unplaced(session, plan, session.scalars(query).all()):
        yield AttentionRow(
            sentence=f"{everybody[nobody.participant].name} has no place in the plan. "
            + named(nobody.reason, everybody, teams(session)),
            since=plan.made_at,
            concern=None,
            what_to_do="Widen a window, add a host team or take part next time.",
        )


def questions(session: Session, cohort: str) -> Iterator[AttentionRow]:
    """Yield who may be invited after a crisis, as long as the coordinator has not said."""
    for one in open_questions(session, program_of(session, cohort), A_PAGE):
        yield AttentionRow(
            sentence=f"After a crisis Sojourn asks whether to invite {one.person_name} to a quiet half hour.",
            since=one.asked_at,
            concern=None,
            question=one.occasion,
            what_to_do="The coordinator has a mail about it, and can answer here as well.",
        )


def stale_calendars(session: Session) -> Iterator[AttentionRow]:
    """Yield calendars that could not be fetched for days; the plan still keeps to what was read last."""
    query = select(CalendarSourceTable).where(CalendarSourceTable.stale)
    for row in session.scalars(query.order_by(CalendarSourceTable.person).limit(A_PAGE)):
        yield AttentionRow(
            sentence=f"The calendar of {people(session)[row.person].name} can't be read: {row.reason}.",
            since=row.good_at or row.added_at,
            concern=None,
            person=row.person,
            what_to_do="Ask for a new address and give it with sojourn calendar add. "
            "Until then the plan keeps to what was read last.",
        )


def of_the_installation(session: Session) -> Iterator[AttentionRow]:
    """Yield what is wrong with the installation itself."""
    for row in session.scalars(select(InstallationTable)):
        yield AttentionRow(
            sentence=row.sentence,
            since=row.since,
            concern=None,
            what_to_do=_REMEDIES[row.kind],
        )


def longest_first(rows: Iterable[AttentionRow]) -> list[AttentionRow]:
    """Return what needs a person, what has waited longest first."""
    return sorted(rows, key=lambda row: row.since)

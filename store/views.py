"""What pages and commands read: bounded queries over the projection, never used to decide."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, Row, func, or_, select
from sqlalchemy.orm import Session, defer

from domain.errors import NotFound
from domain.incoming import Kind, Verdict
from domain.links import LinkClaim
from domain.moments import short_time
from domain.people import HostTeam, Seat
from domain.planning import Attendee
from domain.policy import PolicyState
from domain.program import AT_HOST, Program, StepTemplate
from domain.rotation import SETTLED, Answer, Attention, Phase, RotationState, StepState
from domain.telling import Words, sentence
from store.database import change_number, reading
from store.inviting import contact_of
from store.mailboxes import MAILBOX_UNREADABLE
from store.outbox import MAIL_UNREACHABLE
from store.pages import (
    AnswerPage,
    AttendeeRow,
    AttentionRow,
    CohortRow,
    ConsentRow,
    MailRow,
    Overview,
    RotationPage,
    RotationRow,
    StepRow,
)
from store.people import (
    People,
    coordinator_of,
    goals_of,
    names_of,
    people,
    program_followed,
    program_of,
    rotation_row,
    teams,
)
from store.planpages import PlanPage
from store.plans import Plans
from store.planviews import plan_page
from store.proposing import ProposedTime, open_proposals
from store.sentences import (
    IN_PERSON,
    NOT_TAKEN,
    PROPOSED,
    WROTE_BACK,
    attention_row,
    change_row,
    named,
)
from store.tables import (
    AuditTable,
    CalendarSourceTable,
    CohortTable,
    DocumentTable,
    InstallationTable,
    InviteTable,
    NewsTable,
    OutboxTable,
    PlanTable,
    PolicyTable,
    RawMailTable,
    RotationTable,
)
from store.zone_rules import LEFT_BEHIND

LONGEST_LOG = 200
"""Lines of a log that one page shows."""

_NOT_TAKEN = (Verdict.QUARANTINE.value, Verdict.IGNORE.value)
_REMEDIES = {
    MAIL_UNREACHABLE: "Check that the mail server runs and that SOJOURN_SMTP_HOST and _PORT name it.",
    LEFT_BEHIND: "Move each with 'sojourn reschedule', or let the people concerned know.",
    MAILBOX_UNREADABLE: "Run sojourn doctor --only mailbox, which says what to check.",
}
_KINDS = {"REQUEST": "invite", "CANCEL": "cancellation"}
_VERDICTS = {
    Verdict.APPLY.value: "taken",
    Verdict.STALE.value: "too late",
    Verdict.DUPLICATE.value: "again",
    Verdict.QUARANTINE.value: "set aside",
    Verdict.IGNORE.value: "no answer",
}
_DELIVERIES = {"waiting": "waiting", "sent": "sent"}


class Views:
    """Read-only looks at the store, each one consistent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def change(self) -> int:
        """Return a number that rises with every change; the live stream compares it."""
        return change_number(self._engine)

    def cohorts(self) -> tuple[CohortRow, ...]:
        """Return all cohorts, in the order they were imported."""
        with reading(self._engine) as session:
            keys = session.scalars(select(CohortTable.key))
            return tuple(_cohort(session, key) for key in keys)

    def cohort(self, key: str) -> CohortRow:
        """Return one cohort; raises NotFound for an unknown key."""
        with reading(self._engine) as session:
            return _cohort(session, key)

    def overview(self, cohort: str | None = None) -> Overview:
        """Return the first page of one cohort, of the only or last imported one when None."""
        with reading(self._engine) as session:
            found = cohort or session.scalars(select(CohortTable.key)).all()[-1:]
            key = found if isinstance(found, str) else next(iter(found), None)
            if key is None:
                attention = tuple(_installation(session))
                return Overview(cohort=None, attention=attention, rotations=(), change=0)
            looks = _Looks(session, key)
            rows = looks.rotations()
            attention = (
                *_installation(session),
                *_stale_calendars(session, people(session)),
                *looks.unplaced(),
                *looks.attention(),
            )
            return Overview(
                cohort=_cohort(session, key),
                attention=attention,
                rotations=rows,
                sessions=looks.sessions(),
                change=change_number(self._engine),
            )

    def state_of(self, rotation: str) -> RotationState:
        """Return a rotation's state as last projected; raises NotFound before it has started."""
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            if row.state is None:
                raise NotFound("This rotation has not started yet.")
            return RotationState.model_validate(row.state)

    def rotation(self, rotation: str) -> RotationPage:
        """Return everything about one rotation; raises NotFound for an unknown id."""
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            return _Looks(session, row.cohort, only=rotation).page(row)

    def plan(self, cohort: str, number: int | None = None) -> PlanPage:
        """Return one plan version, the newest when None; raises NotFound when there is none."""
        with reading(self._engine) as session:
            return plan_page(session, cohort, number)

    def person(self, who: str) -> str:
        """Return the pseudonym of a name, mail address, folder id or pseudonym; raises NotFound."""
        with reading(self._engine) as session:
            for person in people(session).values():
                known = person.ref, person.key, person.name, person.email or person.ref
                if who.lower() in {name.lower() for name in known}:
                    return person.ref
        raise NotFound(f"Nobody is known as '{who}'.")

    def team(self, which: str) -> str:
        """Return the pseudonym of a host team's name, folder id or pseudonym; raises NotFound."""
        with reading(self._engine) as session:
            for team in teams(session).values():
                if which.lower() in {team.ref.lower(), team.key, team.name.lower()}:
                    return team.ref
        raise NotFound(f"No host team is known as '{which}'.")

    def answers(self, uids: Iterable[str]) -> dict[str, Answer]:
        """Return what was last said to each standing invite of these."""
        query = select(InviteTable).where(
            InviteTable.uid.in_(list(uids)), InviteTable.called_off_at.is_(None)
        )
        with reading(self._engine) as session:
            return {invite.uid: Answer(invite.answer) for invite in session.scalars(query)}

    def named(self, sentence: str) -> str:
        """Return a sentence with every pseudonym replaced by its name."""
        with reading(self._engine) as session:
            return named(sentence, people(session), teams(session))

    def answer_page(self, claim: LinkClaim) -> AnswerPage:
        """Return what a signed link shows; raises NotFound when its step is gone."""
        with reading(self._engine) as session:
            row = rotation_row(session, claim.rotation)
            return _Looks(session, row.cohort, only=claim.rotation).answer_page(row, claim)


class _Looks:
    """One cohort's rows, read once and joined in memory: a fixed number of queries."""

    def __init__(self, session: Session, cohort: str, only: str | None = None) -> None:
        self._session = session
        self._cohort = cohort
        self._program: Program = program_of(session, cohort)
        self._people: People = people(session)
        self._teams: Mapping[str, HostTeam] = teams(session)
        query = select(RotationTable).where(RotationTable.cohort == cohort)
        if only:
            query = query.where(RotationTable.id == only)
        self._rows = list(session.scalars(query))
        self._states = {
            row.id: RotationState.model_validate(row.state) for row in self._rows if row.state
        }
        self._invites = self._standing_invites()
        self._deliveries = self._last_deliveries()
        self._mails_not_taken = self._newest_mails_not_taken()
        self._words_to_read = self._unseen_words()

    def rotations(self) -> tuple[RotationRow, ...]:
        rows = [self.row(row) for row in self._rows if not row.ritual]
        return tuple(sorted(rows, key=lambda r: (r.ending is not None, r.participant_name)))

    def sessions(self) -> tuple[RotationRow, ...]:
        """Sessions of rituals, the latest first."""
        rows = [self.row(row) for row in self._rows if row.ritual and row.state]
        return tuple(sorted(rows, key=lambda r: r.steps[0].starts, reverse=True))

    def row(self, row: RotationTable) -> RotationRow:
        state = self._states.get(row.id)
        return RotationRow(
            rotation=row.id,
            workflow_id=row.workflow_id,
            participant=row.participant,
            participant_name=self._people[row.participant].name,
            hosts=state.hosts if state else (),
            host_name=self._team_names(state) if state else "not placed yet",
            ritual=row.ritual,
            stage=row.stage,
            sentence=sentence(state, self._words(row.id)) if state else "Not started yet.",
            next_at=row.next_at,
            ending=state.ending if state else None,
            on_hold=state.on_hold if state else False,
            attention=len(self._needs(row.id, state)) if state else 0,
            steps=tuple(self._step(row.id, step) for step in state.steps) if state else (),
        )

    def _template(self, rotation: str, key: str) -> StepTemplate:
        """What a step says in the version of the program that its rotation keeps to."""
        return program_followed(self._session, self._cohort, rotation).step(key)

    def _team_names(self, state: RotationState, step: StepState | None = None) -> str:
        """Who is visited, in all or in a step; a ritual session is a meeting of the whole program."""
        stops = state.stops_of(step) if step else range(1, len(state.hosts) + 1)
        hosts = state.hosts and [state.hosts[stop - 1] for stop in stops]
        return names_of(self._teams[host] for host in hosts) or self._program.name

    def _words(self, rotation: str) -> Words:
        """Names, titles, the program's time, and who has not accepted yet."""

        def silent(step: StepState) -> tuple[Attendee, ...]:
            return tuple(a for a in step.attendees if not self._accepted(rotation, step, a.person))

        return Words(
            silent=silent,
            person=lambda ref: self._people[ref].name if ref else "",
            step=lambda key: self._template(rotation, key).title if key else "",
            at=lambda moment: short_time(moment, self._program.zone),
        )

    def attention(self) -> list[AttentionRow]:
        found = []
        for rotation, state in self._states.items():
            found += self._needs(rotation, state)
        found += self._of_changes()
        return sorted(found, key=lambda a: a.since)

    def _needs(self, rotation: str, state: RotationState) -> list[AttentionRow]:
        """Everything about one rotation that a person has to do."""
        return [
            *(self._attention(state, one) for one in state.attention),
            *self._to_tell_in_person(rotation, state),
            *self._proposed(rotation, state),
            *self._not_taken(rotation, state),
            *self._written_back(rotation, state),
        ]

    def _of_changes(self) -> list[AttentionRow]:
        query = select(PolicyTable).where(PolicyTable.cohort == self._cohort)
        changes = [
            PolicyState.model_validate(r.state) for r in self._session.scalars(query) if r.state
        ]
        return [
            change_row(state, attention, self._people)
            for state in changes
            for attention in state.attention
        ]

    def unplaced(self) -> list[AttentionRow]:
        cohort = self._session.get_one(CohortTable, self._cohort)
        if cohort.approved_plan is None:
            return []
        plan = self._session.get_one(PlanTable, (self._cohort, cohort.approved_plan))
        body = Plans().version(self._session, self._cohort, cohort.approved_plan)
        return [
            AttentionRow(
                sentence=f"{self._people[u.participant].name} has no place in the plan. "
                + named(u.reason, self._people, self._teams),
                since=plan.made_at,
                concern=None,
                what_to_do="Widen a window, add a host team or take part next time.",
            )
            for u in body.unplaced
        ]

    def page(self, row: RotationTable) -> RotationPage:
        state = self._states.get(row.id)
        goals = goals_of(self._session, self._cohort, row.participant)
        return RotationPage(
            row=self.row(row),
            goals=tuple((goal.text, goal.seen_by) for goal in goals),
            consents=tuple(self._consents(state)) if state else (),
            mails=tuple(self._mails(row.id)),
            attention=tuple(self._needs(row.id, state)) if state else (),
            reflections=tuple(self._documents(row.id)),
            refusals=tuple(self._refusals(row.id)),
            history=tuple(self._history(row.id)),
        )

    def answer_page(self, row: RotationTable, claim: LinkClaim) -> AnswerPage:
        state = self._states.get(row.id)
        step = state.step(claim.step or "") if state else None
        if state is None or step is None:
            raise NotFound("What this link is about does not exist any more.")
        invite = self._invites.get((row.id, step.key, claim.person))
        template = self._template(row.id, step.key)
        own = [a for a in step.attendees if a.person == claim.person]
        others = [a.person for a in step.attendees if a.person != claim.person]
        return AnswerPage(
            step=self._step(row.id, step),
            person=claim.person,
            lens="".join(a.lens for a in own),
            duty="".join(map(_duty, own)) if state.ritual else "",
            person_name=self._people[claim.person].name,
            visitor=claim.person == state.participant and not state.ritual,
            program_name=self._program.name,
            prompts=template.prompts,
            contact=contact_of(self._program, self._people),
            leader_name=self._people[state.participant].name,
            host_name=self._team_names(state, step),
            names=tuple(self._people[p].name for p in others) if template.names_shown else (),
            answer=Answer(invite.answer) if invite else Answer.NEEDS_ACTION,
            open=bool(invite) and step.phase not in SETTLED and not state.ending,
        )

    def _attention(self, state: RotationState, attention: Attention) -> AttentionRow:
        leader = self._people[state.participant].name
        step = state.step(attention.step or "")
        title = self._template(state.rotation, step.key).title if step else ""
        return attention_row(state, attention, self._people, leader, title)

    def _to_tell_in_person(self, rotation: str, state: RotationState) -> list[AttentionRow]:
        """People without mail hear of their invites from a person, who also records the answer."""
        found = []
        leader = self._people[state.participant].name
        for (owner, key, person), invite in self._invites.items():
            step = state.step(key)
            waiting = invite.answer == Answer.NEEDS_ACTION.value and not invite.address
            if owner == rotation and step and waiting and step.phase is Phase.INVITED:
                name, title = self._people[person].name, self._template(rotation, key).title
                found.append(
                    AttentionRow(
                        sentence=IN_PERSON.format(
                            name=name,
                            title=title.lower(),
                            leader=leader,
                            when=short_time(step.starts, step.zone),
                        ),
                        since=invite.created_at,
                        concern=None,
                        rotation=rotation,
                        step=key,
                        person=person,
                        what_to_do="Tell them in person and record the answer here.",
                    )
                )
        return found

    def _not_taken(self, rotation: str, state: RotationState) -> list[AttentionRow]:
        """Mails about an invite that is still unanswered, from another address."""
        return [
            AttentionRow(
                sentence=NOT_TAKEN.format(
                    name=self._people[invite.person].name,
                    title=self._template(rotation, invite.step).title.lower(),
                    leader=self._people[state.participant].name,
                    reason=mail.reason,
                ),
                since=mail.received_at,
                concern=None,
                rotation=rotation,
                step=invite.step,
                person=invite.person,
                what_to_do="Ask them, and record the answer here.",
            )
            for invite, mail in self._mails_not_taken
            if invite.rotation == rotation
        ]

    def _written_back(self, rotation: str, state: RotationState) -> list[AttentionRow]:
        """Words that somebody answered a mail with, until a program manager has read them."""
        return [
            AttentionRow(
                sentence=WROTE_BACK.format(
                    name=self._people[sent.person].name,
                    what=self._template(rotation, sent.step).title.lower()
                    if sent.step
                    else "visit",
                    leader=self._people[state.participant].name,
                    said=f"“{mail.said}”",
                ),
                since=mail.received_at,
                concern=None,
                rotation=rotation,
                step=sent.step,
                person=sent.person,
                mail=mail.number,
                what_to_do="Answer them, and record here what they decided.",
            )
            for sent, mail in self._words_to_read
            if sent.rotation == rotation
        ]

    def _proposed(self, rotation: str, state: RotationState) -> list[AttentionRow]:
        return [
            AttentionRow(
                sentence=self._proposal_of(state, wish),
                since=wish.at,
                concern=None,
                rotation=rotation,
                step=wish.step,
                person=wish.person,
                proposal=wish.number,
                what_to_do="Take the time, or keep the one that is planned.",
            )
            for wish in open_proposals(self._session, rotation)
        ]

    def _proposal_of(self, state: RotationState, wish: ProposedTime) -> str:
        step = state.step(wish.step)
        said = PROPOSED.format(
            name=self._people[wish.person].name,
            when=short_time(wish.starts, step.zone if step else self._program.zone),
            title=self._template(state.rotation, wish.step).title.lower(),
            leader=self._people[state.participant].name,
        )
        return f"{said} They write: “{wish.comment}”" if wish.comment else said

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

    def _unseen_words(self) -> Sequence[Row[OutboxTable, RawMailTable]]:
        query = (
            select(OutboxTable, RawMailTable)
            .join(RawMailTable, RawMailTable.answers == OutboxTable.number)
            .options(defer(RawMailTable.raw), defer(OutboxTable.raw))
            .where(
                OutboxTable.rotation.in_([row.id for row in self._rows]),
                RawMailTable.kind == Kind.NOTE.value,
                RawMailTable.said != "",
                RawMailTable.seen_at.is_(None),
            )
        )
        return self._session.execute(query.order_by(RawMailTable.number)).all()

    def _step(self, rotation: str, step: StepState) -> StepRow:
        template = self._template(rotation, step.key)
        state = self._states[rotation]
        team = self._team_names(state, step)
        return StepRow(
            rotation=rotation,
            key=step.key,
            kind=step.kind,
            title=template.title,
            phase=step.phase,
            starts=step.starts,
            ends=step.ends,
            zone=step.zone,
            where=template.where.replace("{team}", team),
            stop=step.stop,
            host_name=team if len(state.hosts) > 1 and step.kind in AT_HOST else "",
            attendees=tuple(self._attendee(rotation, step, a) for a in step.attendees),
        )

    def _attendee(self, rotation: str, step: StepState, attendee: Attendee) -> AttendeeRow:
        person = self._people[attendee.person]
        invite = self._invites.get((rotation, step.key, attendee.person))
        known = {
            "person": person.ref,
            "name": person.name,
            "seat": attendee.seat.value,
            "required": attendee.required,
            "lens": attendee.lens,
            "observes": attendee.observes,
            "has_mail": person.email is not None,
        }
        if invite is None:
            called_off = step.phase is Phase.CANCELLED and step.invited_at is not None
            known["delivery"] = "called off" if called_off else "not sent"
            return AttendeeRow.model_validate(known)
        answered = {
            "answer": invite.answer,
            "answered_at": invite.answered_at,
            "answered_by": invite.answered_by,
            "uid": invite.uid,
            "sequence": invite.sequence,
            "delivery": self._deliveries.get(invite.uid, "in person"),
        }
        return AttendeeRow.model_validate(known | answered)

    def _accepted(self, rotation: str, step: StepState, person: str) -> bool:
        invite = self._invites.get((rotation, step.key, person))
        return invite is not None and invite.answer == Answer.ACCEPTED.value

    def _standing_invites(self) -> dict[tuple[str, str, str], InviteTable]:
        query = (
            select(InviteTable)
            .where(InviteTable.rotation.in_([row.id for row in self._rows]))
            .where(InviteTable.called_off_at.is_(None))
        )
        return {(i.rotation, i.step, i.person): i for i in self._session.scalars(query)}

    def _last_deliveries(self) -> dict[str, str]:
        last = select(func.max(OutboxTable.number)).where(
            OutboxTable.rotation.in_([row.id for row in self._rows]), OutboxTable.uid.isnot(None)
        )
        query = select(OutboxTable.uid, OutboxTable.state, OutboxTable.reply).where(
            OutboxTable.number.in_(last.group_by(OutboxTable.uid))
        )
        return {
            uid: _DELIVERIES.get(state, f"refused: {reply}")
            for uid, state, reply in self._session.execute(query)
            if uid
        }

    def _consents(self, state: RotationState) -> Iterable[ConsentRow]:
        for gate in state.gates:
            known = {
                "given": gate.passed_at,
                "refused": gate.refused_at,
                "reminded": gate.reminded_at,
                "asked": gate.asked_at,
            }
            word, since = next(((w, at) for w, at in known.items() if at), ("not asked", None))
            yield ConsentRow(
                gate=gate.gate,
                person=gate.person,
                name=self._people[gate.person].name,
                state=word,
                since=since,
                stop=gate.stop,
                host_name=self._teams[state.hosts[gate.stop - 1]].name,
            )

    def _mails(self, rotation: str) -> list[MailRow]:
        out = select(OutboxTable).where(OutboxTable.rotation == rotation)
        rows = [
            MailRow(
                at=row.settled_at or row.created_at,
                direction="out",
                kind=_KINDS.get(row.kind, row.kind.replace("-", " ")),
                person_name=self._people[row.person].name,
                step=row.step,
                sequence=row.sequence,
                state=f"{row.state} {row.reply}".strip() if row.state != "sent" else "sent",
                message_id=row.message_id,
            )
            for row in self._session.scalars(
                out.order_by(OutboxTable.number.desc()).limit(LONGEST_LOG)
            )
        ]
        about = func.coalesce(InviteTable.person, OutboxTable.person)
        back = (
            select(RawMailTable, about, func.coalesce(InviteTable.step, OutboxTable.step))
            .outerjoin(InviteTable, InviteTable.uid == RawMailTable.uid)
            .outerjoin(OutboxTable, OutboxTable.number == RawMailTable.answers)
            .where(or_(InviteTable.rotation == rotation, OutboxTable.rotation == rotation))
            .order_by(RawMailTable.number.desc())
            .limit(LONGEST_LOG)
        )
        rows += [
            MailRow(
                at=mail.received_at,
                direction="in",
                kind=mail.kind or "answer",
                person_name=self._people[person].name,
                step=step,
                sequence=None,
                state=_taken(mail),
                message_id="",
            )
            for mail, person, step in self._session.execute(back)
        ]
        return sorted(rows, key=lambda r: r.at, reverse=True)

    def _documents(self, rotation: str) -> Iterable[tuple[str, datetime]]:
        query = select(DocumentTable).where(DocumentTable.rotation == rotation)
        for row in self._session.scalars(query):
            yield self._template(rotation, row.step).title, row.written_at

    def _refusals(self, rotation: str) -> Iterable[tuple[datetime, str]]:
        query = select(NewsTable).where(NewsTable.rotation == rotation, NewsTable.refusal != "")
        for row in self._session.scalars(query.order_by(NewsTable.number.desc()).limit(20)):
            yield row.told_at or row.created_at, row.refusal

    def _history(self, rotation: str) -> Iterable[tuple[datetime, str]]:
        query = select(AuditTable).where(AuditTable.rotation == rotation)
        for row in self._session.scalars(query.order_by(AuditTable.number.desc()).limit(100)):
            yield row.at, named(row.sentence, self._people, self._teams)


def _cohort(session: Session, key: str) -> CohortRow:
    row = session.get(CohortTable, key)
    if row is None:
        raise NotFound(f"There is no cohort '{key}'.")
    program = Program.model_validate(row.program)
    latest = select(func.max(PlanTable.number)).where(PlanTable.cohort == key)
    count = (
        select(func.count())
        .select_from(RotationTable)
        .where(RotationTable.cohort == key, RotationTable.ritual == "")
    )
    coordinator = coordinator_of(program, people(session))
    return CohortRow(
        cohort=key,
        program_name=program.name,
        coordinator_name=coordinator.name if coordinator else "",
        zone=program.zone,
        starts_on=program.starts_on,
        weeks=program.weeks,
        participants=session.scalar(count) or 0,
        latest_plan=session.scalar(latest),
        approved_plan=row.approved_plan,
    )


def _duty(attendee: Attendee) -> str:
    if attendee.required:
        return Seat.FACILITATOR.value
    return "observer" if attendee.observes else ""


def _stale_calendars(session: Session, everybody: People) -> Iterable[AttentionRow]:
    """Calendars that could not be fetched for days; the plan still keeps to what was read last."""
    query = select(CalendarSourceTable).where(CalendarSourceTable.stale)
    for row in session.scalars(query.order_by(CalendarSourceTable.person)):
        yield AttentionRow(
            sentence=f"The calendar of {everybody[row.person].name} can't be read: {row.reason}.",
            since=row.good_at or row.added_at,
            concern=None,
            person=row.person,
            what_to_do="Ask for a new address and give it with sojourn calendar add. "
            "Until then the plan keeps to what was read last.",
        )


def _installation(session: Session) -> Iterable[AttentionRow]:
    for row in session.scalars(select(InstallationTable)):
        yield AttentionRow(
            sentence=row.sentence,
            since=row.since,
            concern=None,
            what_to_do=_REMEDIES[row.kind],
        )


def _taken(mail: RawMailTable) -> str:
    """What became of an incoming mail, and what it says in words."""
    became = f"{_VERDICTS.get(mail.verdict or '', 'not read yet')}: {mail.reason}"
    if mail.vouched is not None:
        became += f"; its sender is {'genuine' if mail.vouched else 'forged'}, says our mail server"
    return f"{became}. “{mail.said}”" if mail.said else became

"""Invites of one step: who is asked, who is asked again, and whose invite is called off."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errands import Dispatch
from domain.invites import CalendarMail, Change, Method, RenderedMail
from domain.inviting import Guest, Meeting, Sending, Standing, sendings
from domain.language import Language, said_day
from domain.links import LinkClaim, Purpose
from domain.moments import wall_clock, zone_of
from domain.people import HostTeam, Person, Seat
from domain.planning import Attendee
from domain.ports import Composer, Links
from domain.program import VISITING, Gate, Program, StepKind, StepTemplate
from domain.rotation import Answer, RotationState, StepState
from store.chance import UNGUESSABLE, opaque_id
from store.coalescing import OF_THE_INVITE, Past, sent_before, withdraw_unsent
from store.people import (
    People,
    coordinator_of,
    goals_of,
    hosts_of,
    names_of,
    people,
    program_followed,
    teams,
)
from store.quicktestrows import insight_row, looked_at_in
from store.reminding import withdraw_reminders
from store.tables.mail import InviteTable, OutboxTable

LINK_LIFE = timedelta(days=14)
"""How long a signed link works after its step's end."""

_NEUTRAL = {
    StepKind.REFLECTION: {
        Language.ENGLISH: "Rotation: quiet half hour",
        Language.GERMAN: "Rotation: ruhige halbe Stunde",
    },
    StepKind.LISTENING_SESSION: {
        Language.ENGLISH: "Rotation: conversation",
        Language.GERMAN: "Rotation: Gespräch",
    },
}
"""Titles that tell nobody who sees a calendar or a locked screen what a confidential step is about."""

_A_STAMP = timedelta(seconds=1)
"""By so much two mails with the same sequence have to differ in their stamps (RFC 5545 section 3.3.5)."""

MOST_NAMES = 30
"""So many people who come too are named in an invite; of more, their number."""

PRIVATE = frozenset({StepKind.REFLECTION})
"""Kinds of step whose words are one person's own."""

_FOR_ALL = frozenset({StepKind.RITUAL_SESSION})
"""Kinds of step whose time nobody is asked to propose: it is the same for the whole program."""


def open_invites(session: Session, rotation: str, step: str | None) -> list[InviteTable]:
    """Return the invites that still stand, of one step or of all, in a stable order."""
    query = select(InviteTable).where(
        InviteTable.rotation == rotation, InviteTable.called_off_at.is_(None)
    )
    if step:
        query = query.where(InviteTable.step == step)
    return list(session.scalars(query.order_by(InviteTable.step, InviteTable.person)))


def not_yet_agreed(state: RotationState, hosts: tuple[HostTeam, ...]) -> frozenset[str]:
    """Return who must get no invite yet: everybody still to agree, and a whole team before its lead.

    A repair may bring in people, or another team, whom nobody has asked.
    """
    silent = {gate.person for gate in state.gates if not gate.passed_at}
    for stop, team in enumerate(hosts, 1):
        if not host_agreed(state, stop):
            silent |= {team.lead, *team.frontline}
    return frozenset(silent)


def host_agreed(state: RotationState, stop: int) -> bool:
    """Return whether nothing keeps the team of a stop from being told of it: its lead agreed."""
    asked = (gate for gate in state.gates if gate.gate is Gate.HOST and gate.stop == stop)
    return all(gate.passed_at for gate in asked)


class Inviter:
    """Compares a step with what people were sent, and writes only what they must hear."""

    def __init__(
        self,
        session: Session,
        composer: Composer,
        links: Links,
        dispatch: Dispatch,
        chance: Random = UNGUESSABLE,
        program: Program | None = None,
    ) -> None:
        state = dispatch.state
        self._session = session
        self._chance = chance
        self._composer = composer
        self._links = links
        self._dispatch = dispatch
        followed = program or program_followed(session, state.cohort, state.rotation)
        self._program: Program = followed
        self._people: People = people(session)
        self._hosts = hosts_of(session, dispatch.state)

    def invite(self, step: StepState, told: tuple[str, ...] = ()) -> None:
        """Send what the newest revision asks for; a repeat of the same revision sends nothing.

        Who is still to agree is left out; the same call after their consent invites them. ``told`` hear
        of a new part of theirs, whatever else stays.
        """
        rows = open_invites(self._session, self._rotation, step.key)
        meeting = self._meeting(step, told)
        for sending in self._due(rows, meeting):
            row = next((row for row in rows if row.uid == sending.uid), None)
            if row is None:
                self._ask(sending.person, step)
            else:
                self._carry_out(row, sending, meeting)

    def call_off(self, step: str | None) -> None:
        """Cancel every invite that stands to one step, or to all; their UIDs are never used again."""
        rows = open_invites(self._session, self._rotation, step)
        for row, sending in zip(rows, self._due(rows, None), strict=True):
            self._carry_out(row, sending, None)

    def drafts(self, step: StepState) -> tuple[CalendarMail, ...]:
        """Return what everybody with a mail address would get, writing nothing.

        UIDs and links are not those to come.
        """
        invites = (self._new(attendee.person, step) for attendee in step.attendees)
        past = Past()
        return tuple(self._mail(i, Method.REQUEST, past, whole=True) for i in invites if i.address)

    def rewordings(self, step: StepState, before: Program) -> tuple[CalendarMail, ...]:
        """Return what everybody would be sent to whom this program says something new of a step.

        ``before`` is the program that their invites were written by; nothing is written. Who has no
        mail is left out, and so is what has begun.
        """
        old = Inviter(
            self._session, self._composer, self._links, self._dispatch, self._chance, before
        )
        mailed = [row for row in self._open(step) if row.address]
        found = [(self._reworded(row, step), old._reworded(row, step)) for row in mailed]
        words = self._composer.words
        return tuple(new for new, known in found if words(new) != words(known))

    def elsewhere(self, step: StepState) -> tuple[InviteTable, ...]:
        """Return the invites without mail to which this program gives another place; nothing is written."""
        place = self._place(step)
        unmailed = (row for row in self._open(step) if row.address is None)
        return tuple(row for row in unmailed if row.place not in (None, place))

    def reword(self, step: StepState, before: Program) -> None:
        """Send exactly these mails; everybody's answer stays, and so does the sequence."""
        new = {mail.uid: mail for mail in self.rewordings(step, before)}
        for row in self._open(step):
            row.place = self._place(step)
            if row.uid in new:
                self._withdraw_unsent(row, Method.REQUEST)
                past = sent_before(self._session, row.uid)
                stamped = max(self._dispatch.now, (past.stamped or row.created_at) + _A_STAMP)
                changes = {"previous": past.message_ids, "stamped": stamped}
                mail = new[row.uid].model_copy(update=changes)
                self._post(row, mail, past, about=f":{self._program.version}")

    def _open(self, step: StepState) -> list[InviteTable]:
        rows = open_invites(self._session, self._rotation, step.key)
        return [row for row in rows if row.starts > self._dispatch.now]

    def _reworded(self, row: InviteTable, step: StepState) -> CalendarMail:
        past = sent_before(self._session, row.uid)
        mail = self._mail(row, Method.REQUEST, past, whole=True)
        change = Change.SEVERAL if past.waits else Change.WORDS
        changes = {
            "where": self._place(step),
            "answered": Answer(row.answer),
            "change": change if past.left else None,
        }
        return mail.model_copy(update=changes)

    def decline_proposal(self, invite: InviteTable, number: int) -> None:
        """Tell who proposed another time that this one stays; nothing about the invite changes."""
        self._send(invite, Method.DECLINECOUNTER, about=f":{number}")

    def _due(self, rows: Sequence[InviteTable], meeting: Meeting | None) -> tuple[Sending, ...]:
        return sendings(map(_standing, rows), meeting, self._dispatch.now)

    def _meeting(self, step: StepState, told: tuple[str, ...]) -> Meeting:
        waiting = not_yet_agreed(self._dispatch.state, self._hosts)
        return Meeting(
            revision=step.revision,
            starts=step.starts,
            ends=step.ends,
            zone=step.zone,
            host=self._dispatch.state.host_at(step.stop),
            place=self._place(step),
            guests=tuple(
                Guest(
                    person=attendee.person,
                    address=self._people[attendee.person].email,
                    agreed=attendee.person not in waiting,
                    new_part=attendee.person in told,
                )
                for attendee in step.attendees
            ),
        )

    @property
    def _rotation(self) -> str:
        return self._dispatch.state.rotation

    def _ask(self, person: str, step: StepState) -> None:
        invite = self._new(person, step)
        self._session.add(invite)
        self._session.flush()
        self._send(invite, Method.REQUEST)

    def _new(self, person: str, step: StepState) -> InviteTable:
        return InviteTable(
            uid=f"{opaque_id(self._chance)}@{self._program.mail_domain}",
            rotation=self._rotation,
            step=step.key,
            person=person,
            address=self._people[person].email,
            revision=step.revision,
            sequence=0,
            starts=step.starts,
            ends=step.ends,
            zone=step.zone,
            wall=wall_clock(step.starts, step.zone),
            host=self._dispatch.state.host_at(step.stop),
            place=self._place(step),
            created_at=self._dispatch.now,
            answer=Answer.NEEDS_ACTION.value,
        )

    def _carry_out(self, row: InviteTable, sending: Sending, meeting: Meeting | None) -> None:
        if sending.method is Method.CANCEL:
            row.called_off_at, row.sequence = self._dispatch.now, sending.sequence
            self._forget_reminders(row)
            self._send(row, Method.CANCEL, whole=sending.whole)
        elif meeting and row.revision < meeting.revision:
            self._revise(row, sending, meeting)

    def _revise(self, row: InviteTable, sending: Sending, meeting: Meeting) -> None:
        was = (row.starts, row.zone)
        row.revision, row.host, row.place = meeting.revision, meeting.host, meeting.place
        if sending.method is None:
            return
        row.starts, row.ends, row.zone = meeting.starts, meeting.ends, meeting.zone
        row.wall = wall_clock(meeting.starts, meeting.zone)
        self._forget_reminders(row)
        row.sequence = sending.sequence
        row.answer, row.answered_by = Answer.NEEDS_ACTION.value, ""
        row.answered_at, row.reminded_at = None, None
        self._send(row, Method.REQUEST, change=sending.change, was=was)

    def _forget_reminders(self, row: InviteTable) -> None:
        """A reminder that still waits would name a time that is no longer asked for."""
        withdraw_reminders(self._session, row.rotation, row.step, row.person, self._dispatch.now)

    def _place(self, step: StepState) -> str:
        return self._where(self._program.step(step.key))

    def _send(
        self,
        invite: InviteTable,
        method: Method,
        *,
        whole: bool = True,
        change: Change | None = None,
        was: tuple[datetime, str] | None = None,
        about: str = "",
    ) -> None:
        """Write one mail; one about the same invite that has not left yet gives way to it."""
        if invite.address is None:
            return
        first = method is Method.REQUEST and not invite.sequence
        replaced = not first and self._withdraw_unsent(invite, method)
        past = Past() if first else sent_before(self._session, invite.uid)
        if method is Method.CANCEL and not past.heard:
            return
        facts = _news(Change.SEVERAL if replaced else change, was) if past.heard else {}
        mail = self._mail(invite, method, past, whole=whole).model_copy(update=facts)
        self._post(invite, mail, past, about)

    def _post(self, invite: InviteTable, mail: CalendarMail, past: Past, about: str = "") -> None:
        rendered = self._composer.calendar_mail(mail)
        key = f"{invite.uid}:{invite.sequence}:{mail.method.value}{about}"
        row = outbox_row(rendered, key, self._dispatch, invite, mail.method.value)
        if mail.method is Method.REQUEST:
            row.next_try_at = past.next_update_at(self._dispatch.now)
        self._session.add(row)
        self._session.flush()

    def _withdraw_unsent(self, invite: InviteTable, method: Method) -> bool:
        return method in OF_THE_INVITE and withdraw_unsent(
            self._session, invite.uid, self._dispatch.now
        )

    def _mail(
        self, invite: InviteTable, method: Method, past: Past, *, whole: bool
    ) -> CalendarMail:
        template = self._program.step(invite.step)
        person = self._people[invite.person]
        asking = method is Method.REQUEST
        language = person.language_in(self._program.language)
        mail = CalendarMail(
            method=method,
            uid=invite.uid,
            sequence=invite.sequence,
            stamped=max(self._dispatch.now, past.stamped or self._dispatch.now),
            created=invite.created_at,
            starts=invite.starts,
            ends=invite.ends,
            zone=invite.zone,
            reader_name=person.name,
            reader_email=invite.address or "",
            reader_zone=person.zone,
            title=title_of(template, self._program, language),
            where=self._where(template) if invite.place is None else invite.place,
            contact=contact_of(self._program, self._people),
            answer_url=self._answer_url(invite) if asking else None,
            language=language,
            texts=self._program.texts_in(language),
            whole=whole,
            private=template.kind in _NEUTRAL,
            counter_allowed=template.kind not in _FOR_ALL,
            previous=past.message_ids,
        )
        about = self._about(template, invite, language) if asking else {}
        return mail.model_copy(update=about)

    def _where(self, template: StepTemplate) -> str:
        team = self._team_names(template.key, self._program.language)
        return template.where.replace("{team}", team)

    def _about(
        self, template: StepTemplate, invite: InviteTable, language: Language
    ) -> dict[str, object]:
        """What an invite says of the step besides its time and place."""
        attendee = self._attendee(invite)
        seat = attendee.seat if attendee else None
        others = self._others(template, invite)
        state = self._dispatch.state
        return {
            **briefing(self._session, self._program, state, template, seat),
            "kind": template.kind,
            "seat": seat,
            "leader": self._leader.name,
            "team": self._team_names(template.key, language),
            "lens": attendee.lens if attendee else "",
            "observes": bool(attendee and attendee.observes),
            "others": others[:MOST_NAMES],
            "further": len(others[MOST_NAMES:]),
            **self._test_told(template, invite, language),
            "lines": asked_at(self._program, template, invite.rotation),
            "own": invite.person == self._leader.ref or not self._hosts,
        }

    def _test_told(
        self, template: StepTemplate, invite: InviteTable, language: Language
    ) -> dict[str, object]:
        """Which test a review is about, without a word of what was tried: where it was, and until when."""
        reviewing = template.kind is StepKind.RESULTS_REVIEW
        test = looked_at_in(self._session, invite.rotation) if reviewing else None
        if test is None or test.ends_at is None:
            return {}
        team = teams(self._session)[insight_row(self._session, test.insight).team]
        ended = test.ends_at.astimezone(zone_of(self._program.zone)).date()
        return {"team": team.name, "ended": said_day(ended, language)}

    def _attendee(self, invite: InviteTable) -> Attendee | None:
        step = self._dispatch.state.step(invite.step)
        mine = (a for a in step.attendees if a.person == invite.person) if step else ()
        return next(iter(mine), None)

    def _team_names(self, key: str, language: Language) -> str:
        step = self._dispatch.state.step(key)
        return names_of((self._hosts[n - 1] for n in self._stops_of(step)), language)

    def _stops_of(self, step: StepState | None) -> Iterable[int]:
        return self._dispatch.state.stops_of(step) if step and self._hosts else ()

    @property
    def _leader(self) -> Person:
        return self._people[self._dispatch.state.participant]

    def _others(self, template: StepTemplate, invite: InviteTable) -> tuple[str, ...]:
        step = self._dispatch.state.step(invite.step)
        if not template.names_shown or step is None:
            return ()
        others = (a.person for a in step.attendees if a.person != invite.person)
        return tuple(self._people[person].name for person in others)

    def _answer_url(self, invite: InviteTable) -> str:
        claim = LinkClaim(
            purpose=Purpose.ANSWER,
            person=invite.person,
            rotation=invite.rotation,
            about=invite.uid,
            step=invite.step,
        )
        return self._links.url(claim, invite.ends + LINK_LIFE)


def _news(change: Change | None, was: tuple[datetime, str] | None) -> dict[str, object]:
    """What a mail says of a change; the time before it only where the reader knows that time."""
    if change is Change.TIME and was:
        return {"change": change, "was": was[0], "was_zone": was[1]}
    return {"change": change}


def _standing(row: InviteTable) -> Standing:
    return Standing(
        uid=row.uid,
        person=row.person,
        address=row.address,
        revision=row.revision,
        sequence=row.sequence,
        starts=row.starts,
        ends=row.ends,
        zone=row.zone,
        wall=row.wall,
        host=row.host,
        place=row.place,
    )


def outbox_row(
    rendered: RenderedMail, key: str, dispatch: Dispatch, invite: InviteTable, kind: str
) -> OutboxTable:
    """Return the row of one calendar mail, due at once."""
    return OutboxTable(
        key=key,
        rotation=invite.rotation,
        step=invite.step,
        person=invite.person,
        kind=kind,
        uid=invite.uid,
        sequence=invite.sequence,
        message_id=rendered.message_id,
        sender=rendered.sender,
        recipient=rendered.recipient,
        raw=rendered.raw,
        created_at=dispatch.now,
        next_try_at=dispatch.now,
    )


def asked_at(program: Program, template: StepTemplate, rotation: str) -> tuple[str, ...]:
    """Return all questions of a rotation's step: those picked for the visit, then the program's own."""
    return (*program.questions_of(template, rotation), *template.prompts)


def briefing(
    session: Session,
    program: Program,
    state: RotationState,
    template: StepTemplate,
    seat: Seat | None,
) -> dict[str, Any]:
    """Return what somebody in that seat knows and sees to before a visit: ``what``, ``checklist``, ``goals``."""
    if seat is None:
        return {}
    visit = program.visit_of(template)
    of_type = {"what": visit.what, "checklist": visit.checklist(seat)} if visit else {}
    return of_type | {"goals": _goals_told(session, state, template, seat)}


def _goals_told(
    session: Session, state: RotationState, template: StepTemplate, seat: Seat
) -> tuple[str, ...]:
    """The lead who hosts reads them, once the participant agreed to them."""
    agreed = all(gate.passed_at for gate in state.gates if gate.gate is Gate.GOALS)
    if seat is not Seat.HOST_LEAD or template.kind not in VISITING or not agreed:
        return ()
    return tuple(goal.text for goal in goals_of(session, state.cohort, state.participant))


def contact_of(program: Program, everybody: People) -> str:
    """Return the human contact as ``Name, address``; empty when the coordinator has no mail."""
    person = coordinator_of(program, everybody)
    if person is None:
        return ""
    return f"{person.name}, {person.email}" if person.email else person.name


def public_title(template: StepTemplate, language: Language) -> str:
    """Return what anybody may read about a step, in a subject or over somebody's shoulder."""
    neutral = _NEUTRAL.get(template.kind)
    return neutral[language] if neutral else template.title


def title_of(template: StepTemplate, program: Program, language: Language) -> str:
    """Return what a step is called in calendars."""
    public = public_title(template, language)
    return public if template.kind in _NEUTRAL else f"{public} ({program.name})"

"""What pages and commands read: bounded queries over the projection, never used to decide."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.incoming import Verdict
from domain.links import LinkClaim
from domain.moments import short_time
from domain.moves import goes_with
from domain.people import HostTeam, Seat
from domain.planning import Attendee
from domain.program import AFTER, AT_HOST, OCCASIONS, Program, StepTemplate
from domain.rotation import (
    SETTLED,
    Answer,
    Concern,
    GateState,
    Phase,
    RotationState,
    StepState,
)
from domain.telling import Words, sentence
from store.attention import (
    A_PAGE,
    Needs,
    changes_in_need,
    longest_first,
    of_the_installation,
    questions,
    rotations_in_need,
    stale_calendars,
    unplaced,
    untold_voices,
)
from store.database import change_number, reading
from store.inviting import asked_at, briefing, contact_of
from store.letters import CONSENT_LETTERS
from store.pages import (
    EVERYBODY,
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
    Wanted,
    Writing,
)
from store.people import (
    OVER,
    People,
    coordinator_of,
    goals_of,
    meetings_of,
    names_of,
    people,
    program_followed,
    program_of,
    rotation_row,
    rotations_of,
    state_of,
    step_of,
    teams,
)
from store.planpages import PlanPage
from store.planviews import plan_page
from store.sentences import named
from store.tables.installation import AuditTable
from store.tables.mail import InviteTable, NewsTable, OutboxTable, RawMailTable
from store.tables.people import CohortTable, PersonTable
from store.tables.planning import PlanTable
from store.tables.rotations import RotationTable
from store.tables.words import DocumentTable
from store.tensions import takes_part

LONGEST_LOG = 200
"""Lines of a log that one page shows."""

SESSIONS = 12
"""Sessions of rituals that the overview shows."""

OCCASIONS_SHOWN = 50
"""Occasions under way that the overview shows; of more, their number."""

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

    def overview(
        self, cohort: str | None = None, wanted: Wanted = EVERYBODY, *, discreet: bool = False
    ) -> Overview:
        """Return the first page of one cohort, of the only or last imported one when None.

        A ``discreet`` one says nothing of who had a crisis or anything else to reflect on, and of no refusal.
        """
        with reading(self._engine) as session:
            found = cohort or session.scalars(select(CohortTable.key)).all()[-1:]
            key = found if isinstance(found, str) else next(iter(found), None)
            if key is None:
                attention = tuple(of_the_installation(session))
                return Overview(cohort=None, attention=attention, rotations=(), change=0)
            shown, sessions = _on_page(session, key, wanted), _newest_sessions(session, key)
            under_way = _occasions_under_way(key, discreet=discreet)
            occasions = _next_occasions(session, under_way)
            in_need = rotations_in_need(session, key, discreet=discreet)
            everything = in_need.union(shown, sessions, occasions)
            looks = _Looks(session, key, everything, discreet=discreet)
            attention = (
                *of_the_installation(session),
                *stale_calendars(session),
                *unplaced(session, key),
                *(() if discreet else questions(session, key)),
                *longest_first(
                    (
                        *looks.needs(in_need),
                        *changes_in_need(session, key),
                        *untold_voices(session, key),
                    )
                ),
            )
            return Overview(
                cohort=_cohort(session, key),
                attention=attention[:A_PAGE],
                more_attention=len(attention) > A_PAGE,
                rotations=looks.rows(shown),
                found=_count(session, _rotations_wanted(key, wanted)),
                sessions=looks.rows(sessions),
                occasions=looks.rows(occasions),
                more_occasions=_count(session, under_way) - len(occasions),
                change=change_number(self._engine),
            )

    def rotations(self, cohort: str) -> tuple[RotationRow, ...]:
        """Return every rotation of a cohort, those under way first, by name; for commands, not for pages."""
        with reading(self._engine) as session:
            program_of(session, cohort)
            every = session.scalars(_by_name(_rotations_wanted(cohort, EVERYBODY))).all()
            return _Looks(session, cohort, every).rows(every)

    def begun(self, cohort: str) -> int:
        """Return how many rotations of a cohort are under way or over."""
        query = rotations_of(cohort).with_only_columns(RotationTable.id)
        with reading(self._engine) as session:
            return _count(session, query.where(RotationTable.version >= 0))

    def state_of(self, rotation: str) -> RotationState:
        """Return a rotation's state as last projected; raises NotFound before it has started."""
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            if row.state is None:
                raise NotFound("This rotation has not started yet.")
            return RotationState.model_validate(row.state)

    def rotation(self, rotation: str, *, discreet: bool = False) -> RotationPage:
        """Return everything about one rotation; raises NotFound for an unknown id.

        A ``discreet`` page does not tell a consent that was refused from one that is open, and says
        nothing of who did what.
        """
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            return _Looks(session, row.cohort, (rotation,), discreet=discreet).page(row)

    def plan(self, cohort: str, number: int | None = None) -> PlanPage:
        """Return one plan version, the newest when None; raises NotFound when there is none."""
        with reading(self._engine) as session:
            return plan_page(session, cohort, number)

    def has_mail(self, person: str) -> bool:
        """Return whether a mail address is known of somebody."""
        with reading(self._engine) as session:
            known = people(session).get(person)
            return known is not None and known.email is not None

    def person(self, who: str) -> str:
        """Return the pseudonym of a folder id, mail address, pseudonym or name.

        Raises NotFound for nobody, and Refused for several people of one name or address.
        """
        asked = who.strip().casefold()
        with reading(self._engine) as session:
            everybody = tuple(people(session).values())
        known = [p for p in everybody if asked in {p.ref.casefold(), p.key.casefold()}]
        known = known or [p for p in everybody if p.email and asked == p.email.casefold()]
        known = known or [p for p in everybody if asked == p.name.casefold()]
        if not known:
            raise NotFound(f"Nobody is known as '{who}'.")
        if len(known) > 1:
            ids = ", ".join(sorted(person.key for person in known))
            raise Refused(f"'{who}' is {len(known)} people: {ids}. Say which of them by the id.")
        return known[0].ref

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

    def goes_with(self, rotation: str, step: str) -> tuple[str, ...]:
        """Return the keys of the steps that belong to one that is to be let go; raises Refused where it can't be."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            return tuple(other.key for other in goes_with(state, step_of(state, step)))

    def answer_page(self, claim: LinkClaim) -> AnswerPage:
        """Return what a signed link shows; raises NotFound when its step is gone."""
        with reading(self._engine) as session:
            row = rotation_row(session, claim.rotation)
            return _Looks(session, row.cohort, (claim.rotation,)).answer_page(row, claim)


class _Looks:
    """Some rows of one cohort, read once and joined in memory: a fixed number of queries."""

    def __init__(
        self, session: Session, cohort: str, rotations: Collection[str], *, discreet: bool = False
    ) -> None:
        self._session = session
        self._cohort = cohort
        self._discreet = discreet
        self._people: People = people(session)
        self._teams: Mapping[str, HostTeam] = teams(session)
        rows = session.scalars(select(RotationTable).where(RotationTable.id.in_(rotations)))
        self._rows = {row.id: row for row in rows}
        self._states = {
            row.id: RotationState.model_validate(row.state)
            for row in self._rows.values()
            if row.state
        }
        self._invites = self._standing_invites()
        self._deliveries = self._last_deliveries()
        self._needs = Needs(session, self._rows, self._invites)

    def rows(self, rotations: Iterable[str]) -> tuple[RotationRow, ...]:
        return tuple(self.row(self._rows[rotation]) for rotation in rotations)

    def needs(self, rotations: Iterable[str]) -> Iterator[AttentionRow]:
        states = (self._states.get(rotation) for rotation in rotations)
        return (need for state in states if state for need in self._needs_of(state))

    def _needs_of(self, state: RotationState) -> list[AttentionRow]:
        hidden = {Concern.GATE_REFUSED, Concern.GATE_SILENT} if self._discreet else set()
        return [need for need in self._needs.of(state) if need.concern not in hidden]

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
            occasion=row.ritual in OCCASIONS,
            stage=row.stage,
            sentence=sentence(state, self._words(row.id), discreet=self._discreet)
            if state
            else "Not started yet.",
            next_at=row.next_at,
            ending=state.ending if state else None,
            on_hold=state.on_hold if state else False,
            attention=len(self._needs_of(state)) if state else 0,
            steps=tuple(self._step(row.id, step) for step in state.steps) if state else (),
        )

    def _template(self, rotation: str, key: str) -> StepTemplate:
        """What a step says in the version of the program that its rotation keeps to."""
        return self._followed(rotation).step(key)

    def _followed(self, rotation: str) -> Program:
        return program_followed(self._session, self._cohort, rotation)

    def _team_names(self, state: RotationState, step: StepState | None = None) -> str:
        """Who is visited, in all or in a step; a ritual session is a meeting of the whole program."""
        stops = state.stops_of(step) if step else range(1, len(state.hosts) + 1)
        hosts = state.hosts and [state.hosts[stop - 1] for stop in stops]
        return names_of(self._teams[host] for host in hosts) or self._followed(state.rotation).name

    def _words(self, rotation: str) -> Words:
        """Names, titles, the program's time, and who has not accepted yet."""

        def silent(step: StepState) -> tuple[Attendee, ...]:
            return tuple(a for a in step.attendees if not self._accepted(rotation, step, a.person))

        return Words(
            silent=silent,
            person=lambda ref: self._people[ref].name if ref else "",
            step=lambda key: self._template(rotation, key).title if key else "",
            at=lambda moment: short_time(moment, self._followed(rotation).zone),
        )

    def page(self, row: RotationTable) -> RotationPage:
        state = self._states.get(row.id)
        goals = goals_of(self._session, self._cohort, row.participant)
        return RotationPage(
            cohort=self._cohort,
            row=self.row(row),
            goals=tuple((goal.text, goal.seen_by) for goal in goals),
            consents=tuple(self._consents(state)) if state else (),
            mails=tuple(self._mails(row.id)),
            attention=tuple(self._needs_of(state)) if state else (),
            reflections=tuple(self._documents(row.id)),
            refusals=tuple(self._refusals(row.id)),
            history=() if self._discreet else tuple(self._history(row.id)),
        )

    def answer_page(self, row: RotationTable, claim: LinkClaim) -> AnswerPage:
        state = self._states.get(row.id)
        step = state.step(claim.step or "") if state else None
        if state is None or step is None:
            raise NotFound("What this link is about does not exist any more.")
        invite = self._invites.get((row.id, step.key, claim.person))
        program = self._followed(row.id)
        template = program.step(step.key)
        own = [a for a in step.attendees if a.person == claim.person]
        seat = own[0].seat if own else None
        others = [a.person for a in step.attendees if a.person != claim.person]
        return AnswerPage(
            step=self._step(row.id, step),
            person=claim.person,
            lens="".join(a.lens for a in own),
            duty="".join(map(_duty, own)) if state.ritual else "",
            person_name=self._people[claim.person].name,
            visitor=claim.person == state.participant and not state.apart,
            program_name=program.name,
            prompts=asked_at(program, template, row.id),
            contact=contact_of(program, self._people),
            **briefing(self._session, program, state, template, seat),
            leader_name=self._people[state.participant].name,
            host_name=self._team_names(state, step),
            names=tuple(self._people[p].name for p in others) if template.names_shown else (),
            answer=Answer(invite.answer) if invite else Answer.NEEDS_ACTION,
            open=bool(invite) and step.phase not in SETTLED and not state.ending,
            occasion=state.occasion is not None,
            may_raise=program.tension_register and takes_part(state, claim.person),
        )

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
            delegated=step.delegated,
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
            "answered_by": named(invite.answered_by, self._people, self._teams),
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
            .where(InviteTable.rotation.in_(self._rows))
            .where(InviteTable.called_off_at.is_(None))
        )
        return {(i.rotation, i.step, i.person): i for i in self._session.scalars(query)}

    def _last_deliveries(self) -> dict[str, str]:
        last = select(func.max(OutboxTable.number)).where(
            OutboxTable.rotation.in_(self._rows), OutboxTable.uid.isnot(None)
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
            word, since = _open_or_given(gate) if self._discreet else _how_it_stands(gate)
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
        hidden = CONSENT_LETTERS.values() if self._discreet else ()
        shown = func.coalesce(OutboxTable.kind, "").not_in(hidden)
        out = select(OutboxTable).where(OutboxTable.rotation == rotation, shown)
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
            .where(or_(InviteTable.rotation == rotation, OutboxTable.rotation == rotation), shown)
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

    def _documents(self, rotation: str) -> Iterable[Writing]:
        query = select(DocumentTable).where(DocumentTable.rotation == rotation)
        for row in self._session.scalars(query):
            title = self._template(rotation, row.step).title
            yield Writing(title=title, at=row.written_at, late=row.late)

    def _refusals(self, rotation: str) -> Iterable[tuple[datetime, str]]:
        query = select(NewsTable).where(NewsTable.rotation == rotation, NewsTable.refusal != "")
        for row in self._session.scalars(query.order_by(NewsTable.number.desc()).limit(20)):
            yield row.told_at or row.created_at, row.refusal

    def _history(self, rotation: str) -> Iterable[tuple[datetime, str]]:
        query = select(AuditTable).where(AuditTable.rotation == rotation)
        for row in self._session.scalars(query.order_by(AuditTable.number.desc()).limit(100)):
            yield row.at, named(row.sentence, self._people, self._teams)


def _how_it_stands(gate: GateState) -> tuple[str, datetime | None]:
    known = {
        "given": gate.passed_at,
        "refused": gate.refused_at,
        "reminded": gate.reminded_at,
        "asked": gate.asked_at,
    }
    return next(((word, at) for word, at in known.items() if at), ("not asked", None))


def _open_or_given(gate: GateState) -> tuple[str, datetime | None]:
    return ("given", gate.passed_at) if gate.passed_at else ("open", None)


def _duty(attendee: Attendee) -> str:
    if attendee.required:
        return Seat.FACILITATOR.value
    return "observer" if attendee.observes else ""


def _rotations_wanted(cohort: str, wanted: Wanted) -> Select[str]:
    """Which rotations of a cohort are looked for, with whom they are."""
    query = rotations_of(cohort).with_only_columns(RotationTable.id)
    query = query.join(PersonTable, PersonTable.ref == RotationTable.participant)
    if wanted.name:
        query = query.where(PersonTable.name.icontains(wanted.name, autoescape=True))
    return query


def _by_name(query: Select[str]) -> Select[str]:
    over = RotationTable.stage.in_(OVER)
    return query.order_by(over, PersonTable.name, RotationTable.id)


def _on_page(session: Session, cohort: str, wanted: Wanted) -> Sequence[str]:
    query = _by_name(_rotations_wanted(cohort, wanted))
    return session.scalars(query.limit(A_PAGE).offset((wanted.page - 1) * A_PAGE)).all()


def _newest_sessions(session: Session, cohort: str) -> Sequence[str]:
    """Sessions of rituals, the latest first."""
    query = meetings_of(cohort).with_only_columns(RotationTable.id)
    query = query.where(RotationTable.ritual.not_in(OCCASIONS), RotationTable.version >= 0)
    return session.scalars(query.order_by(RotationTable.starts_at.desc()).limit(SESSIONS)).all()


def _occasions_under_way(cohort: str, *, discreet: bool) -> Select[str]:
    over = RotationTable.stage.in_(OVER)
    shown = OCCASIONS.keys() - AFTER.values() if discreet else OCCASIONS.keys()
    return select(RotationTable.id).where(
        RotationTable.cohort == cohort,
        RotationTable.ritual.in_(sorted(shown)),
        RotationTable.state.is_not(None),
        ~over,
    )


def _next_occasions(session: Session, under_way: Select[str]) -> Sequence[str]:
    query = under_way.order_by(RotationTable.starts_at)
    return session.scalars(query.limit(OCCASIONS_SHOWN)).all()


def _count(session: Session, query: Select[str]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


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


def _taken(mail: RawMailTable) -> str:
    """What became of an incoming mail, and what it says in words."""
    became = f"{_VERDICTS.get(mail.verdict or '', 'not read yet')}: {mail.reason}"
    if mail.vouched is not None:
        became += f"; its sender is {'genuine' if mail.vouched else 'forged'}, says our mail server"
    return f"{became}. “{mail.said}”" if mail.said else became

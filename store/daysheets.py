"""Day sheets: for each visit of a rotation, what its host lead and people without mail may print."""

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.daysheet import DaySheet, Meeting
from domain.errors import NotFound
from domain.language import Language
from domain.people import Seat
from domain.program import AT_HOST, VISITS, Program, StepKind, VoiceMode
from domain.rotation import Phase, RotationState, StepState
from domain.value import Moment, Value
from domain.voices import SPEAKING
from store.database import reading
from store.inviting import asked_at, briefing, contact_of, host_agreed, open_invites, public_title
from store.pages import Named
from store.people import host_of, people, program_followed, state_of, step_of, was_erased
from store.voices import ModePage, taken_around


class PrintableVisit(Value):
    """A visit that is invited to, and those for whom a sheet can be printed: the lead, then who has no mail."""

    step: str
    title: str
    starts: Moment
    ends: Moment
    zone: str
    readers: tuple[Named, ...]

    @property
    def without_mail(self) -> tuple[Named, ...]:
        return self.readers[1:]


class DaySheets:
    """Reads day sheets; ``kiosk`` is the address at which codes are entered."""

    def __init__(self, engine: Engine, kiosk: str) -> None:
        self._engine = engine
        self._kiosk = kiosk

    def visits(self, rotation: str) -> tuple[PrintableVisit, ...]:
        """Return the visits of a rotation in the order of time; none before anybody is invited."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            return tuple(
                _printable(session, state, step)
                for step in state.steps
                if _is_printable(state, step)
            )

    def of_lead(self, rotation: str, step: str, person: str) -> PrintableVisit | None:
        """Return the visit that a step is, for the lead of its host team; None for anybody else."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            found = state.step(step)
            if found is None or not _is_printable(state, found):
                return None
            lead = host_of(session, state, found.stop).lead
            return _printable(session, state, found) if person == lead else None

    def sheet(self, rotation: str, step: str, reader: str) -> DaySheet:
        """Return a sheet in its reader's language; raises NotFound for who has none."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            found = step_of(state, step)
            if not _is_printable(state, found) or reader not in _readers(session, state, found):
                raise NotFound("There is no day sheet for that person.")
            return self._sheet(session, state, found, reader)

    def _sheet(
        self, session: Session, state: RotationState, step: StepState, reader: str
    ) -> DaySheet:
        everybody, host = people(session), host_of(session, state, step.stop)
        program = program_followed(session, state.cohort, state.rotation)
        template, person = program.step(step.key), everybody[reader]
        language = person.language_in(program.language)
        is_lead = reader == host.lead
        seat = Seat.HOST_LEAD if is_lead else Seat.FRONTLINE
        others = tuple(_invited_besides(session, state, step, reader))
        taken = next(filter(None, (_taken(session, state, one) for one in others)), None)
        return DaySheet(
            reader_name=person.name,
            language=language,
            texts=program.texts_in(language),
            leader=everybody[state.participant].name,
            team=host.name,
            visit=_meeting(program, step, host.name, language),
            others=tuple(_meeting(program, one, host.name, language) for one in others),
            **briefing(session, program, state, template, seat),
            lines=asked_at(program, template, state.rotation),
            mode=taken.mode if taken else None,
            fixed=bool(taken and taken.fixed),
            closes=taken.closes if taken else None,
            passes_on=taken.reader_name if taken else "",
            lead="" if is_lead else everybody[host.lead].name,
            contact=contact_of(program, everybody),
            kiosk="" if person.email else self._kiosk,
        )


def _is_printable(state: RotationState, step: StepState) -> bool:
    return step.kind in VISITS and _is_told(state, step)


def _is_told(state: RotationState, step: StepState) -> bool:
    """Nothing is told to a team before its lead agreed and people are invited; a repair may bring in another team."""
    invited = step.invited_at is not None and step.phase is not Phase.CANCELLED
    return invited and host_agreed(state, step.stop)


def _printable(session: Session, state: RotationState, step: StepState) -> PrintableVisit:
    program = program_followed(session, state.cohort, state.rotation)
    everybody = people(session)
    return PrintableVisit(
        step=step.key,
        title=program.step(step.key).title,
        starts=step.starts,
        ends=step.ends,
        zone=step.zone,
        readers=tuple(
            Named(ref=person, name=everybody[person].name)
            for person in _readers(session, state, step)
        ),
    )


def _readers(session: Session, state: RotationState, step: StepState) -> tuple[str, ...]:
    everybody, lead = people(session), host_of(session, state, step.stop).lead
    around = (one for one in state.steps if one is step or _is_besides(state, one, step))
    invited = (
        person
        for one in around
        for person in _invited_to(session, state, one)
        if everybody[person].email is None and not was_erased(session, person)
    )
    return tuple(dict.fromkeys((lead, *invited)))


def _invited_besides(
    session: Session, state: RotationState, step: StepState, reader: str
) -> Iterator[StepState]:
    for one in state.steps:
        if _is_besides(state, one, step) and reader in _invited_to(session, state, one):
            yield one


def _is_besides(state: RotationState, one: StepState, step: StepState) -> bool:
    """Whether it is another meeting at the same team to which people are invited."""
    there = one.kind in AT_HOST and one.stop == step.stop and one.key != step.key
    return there and _is_told(state, one)


def _invited_to(session: Session, state: RotationState, step: StepState) -> tuple[str, ...]:
    """People of the team whose invite stands: a repair may seat some who have not agreed yet."""
    invites = {invite.person for invite in open_invites(session, state.rotation, step.key)}
    return tuple(a.person for a in step.attendees if a.seat in SPEAKING and a.person in invites)


def _meeting(program: Program, step: StepState, team: str, language: Language) -> Meeting:
    template = program.step(step.key)
    return Meeting(
        title=public_title(template, language),
        starts=step.starts,
        ends=step.ends,
        zone=step.zone,
        where=template.where.replace("{team}", team),
    )


def _taken(session: Session, state: RotationState, step: StepState) -> ModePage | None:
    """How points are taken; None where none are, or where nobody could pass them on."""
    if step.kind is not StepKind.LISTENING_SESSION:
        return None
    taken = taken_around(session, state.rotation, step.key)
    lost = taken and taken.mode is VoiceMode.FACILITATOR and not taken.reader_name
    return None if lost else taken

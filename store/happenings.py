"""Events after which somebody reflects: each leads to one invite, after a crisis only with the coordinator's word."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.happenings import BadEvent, EventKind, Happening
from domain.invites import LetterKind
from domain.links import LinkClaim, Purpose
from domain.moments import wall_time
from domain.occasions import id_of
from domain.people import Person
from domain.ports import Composer, Links
from domain.program import AFTER, Program
from domain.value import Moment, RotationId, Value
from store.audit import note
from store.database import reading, writing
from store.occasions import Occasions
from store.people import cohorts, coordinator_of, people, program_of
from store.posting import write_to
from store.tables.people import CohortTable, PersonTable
from store.tables.rotations import ASKING, DROPPED, OccasionTable, RotationTable

WAITS = timedelta(days=14)
"""So long the coordinator is waited for; silence is a no."""

_ASKED_FIRST = frozenset({EventKind.CRISIS})


class Taken(Value):
    """What an event led to."""

    occasion: RotationId
    asking: bool
    """True while the coordinator has not said whether the person may be invited."""
    first: bool
    """False where the same event had been told before."""


class Question(Value):
    """Whether somebody is invited to a reflection after a crisis."""

    occasion: RotationId
    person_name: str
    program_name: str
    zone: str
    happened_at: Moment | None
    asked_at: Moment
    open: bool
    invited: bool


class Happenings:
    """Takes events; ``now`` is when they came in (UTC)."""

    def __init__(
        self, engine: Engine, composer: Composer, links: Links, occasions: Occasions
    ) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links
        self._occasions = occasions

    def take(self, event: Happening, now: datetime) -> Taken:
        """Invite somebody to reflect on an event, or ask the coordinator first; the same event does so once.

        Raises BadEvent for somebody, or a cohort, that nobody knows.
        """
        with writing(self._engine) as session:
            told = select(OccasionTable).where(OccasionTable.about == event.about)
            known = session.scalar(told)
            if known:
                return Taken(occasion=known.id, asking=known.phase == ASKING, first=False)
            person = _person(session, event)
            cohort = _cohort(session, event, person)
            kind = event.kind.occasion
            identity = id_of(cohort, kind, event.about)
            row = self._occasions.asked(session, identity, cohort, kind, (person.ref,), now)
            row.about, row.happened_at = event.about, event.at
            if event.kind in _ASKED_FIRST:
                self._ask(session, row, person, now)
            else:
                self._occasions.begin(session, row, now)
            return Taken(occasion=identity, asking=row.phase == ASKING, first=True)

    def question(self, occasion: str) -> Question:
        """Return what the coordinator is asked; raises NotFound for an occasion that was not asked about."""
        with reading(self._engine) as session:
            return _question(session, _asked(session, occasion))

    def decide(self, occasion: str, *, invited: bool, now: datetime) -> None:
        """Invite the person, or let it be; the same again changes nothing.

        The first word stands: raises Refused, saying it, for another.
        """
        with writing(self._engine) as session:
            row = _asked(session, occasion)
            if row.phase != ASKING:
                _refuse_another(row, invited=invited)
                return
            if invited:
                self._occasions.begin(session, row, now)
            else:
                row.phase = DROPPED
            note(session, now, row.id, f"invite after a crisis: {'yes' if invited else 'no'}")

    def let_go(self, now: datetime) -> None:
        """Take the silence of coordinators for a no."""
        old = (OccasionTable.phase == ASKING) & (OccasionTable.asked_at < now - WAITS)
        with reading(self._engine) as session:
            if session.scalar(select(OccasionTable.id).where(old).limit(1)) is None:
                return
        with writing(self._engine) as session:
            session.execute(update(OccasionTable).where(old).values(phase=DROPPED))

    def _ask(self, session: Session, row: OccasionTable, person: Person, now: datetime) -> None:
        program, everybody = program_of(session, row.cohort), people(session)
        reader = coordinator_of(program, everybody)
        if reader is None:
            return
        claim = LinkClaim(
            purpose=Purpose.INVITE, person=reader.ref, rotation=row.id, about=row.kind
        )
        language = reader.language_in(program.language)
        happened = wall_time(row.happened_at or now, reader.zone, language)
        facts = {"program": program.name, "participant": person.name, "when": happened}
        kind = LetterKind.MAY_INVITE
        url = self._links.url(claim, now + WAITS)
        key = f"{row.id}:{kind.value}"
        write_to(session, self._composer, program, reader, kind, key, facts, now, url=url)


def open_questions(session: Session, program: Program, limit: int) -> tuple[Question, ...]:
    """Return what the coordinator of a cohort has not answered yet, the oldest first."""
    query = select(OccasionTable).where(
        OccasionTable.cohort == program.cohort,
        OccasionTable.kind == AFTER["crisis"],
        OccasionTable.phase == ASKING,
    )
    rows = session.scalars(query.order_by(OccasionTable.asked_at).limit(limit))
    return tuple(_question(session, row) for row in rows)


def _question(session: Session, row: OccasionTable) -> Question:
    program = program_of(session, row.cohort)
    return Question(
        occasion=row.id,
        person_name=people(session)[row.people[0]].name,
        program_name=program.name,
        zone=program.zone,
        happened_at=row.happened_at,
        asked_at=row.asked_at,
        open=row.phase == ASKING,
        invited=_is_invited(row),
    )


def _asked(session: Session, occasion: str) -> OccasionTable:
    row = session.get(OccasionTable, occasion)
    if row is None or row.kind != AFTER["crisis"]:
        raise NotFound("There is no such question.")
    return row


def _refuse_another(row: OccasionTable, *, invited: bool) -> None:
    if _is_invited(row) and not invited:
        raise Refused("This was answered already: they are invited, and may decline.")
    if invited and not _is_invited(row):
        raise Refused("This was answered already, or for too long not at all: nobody is invited.")


def _is_invited(row: OccasionTable) -> bool:
    return row.phase not in {ASKING, DROPPED}


def _person(session: Session, event: Happening) -> Person:
    row = session.scalar(select(PersonTable).where(PersonTable.key == event.person))
    if row is None or row.erased_at:
        raise BadEvent("data.person", f"Nobody has the id '{event.person}' in the program folder.")
    return people(session)[row.ref]


def _cohort(session: Session, event: Happening, person: Person) -> str:
    """The cohort that is named, else the last one that they take part in, else the only one."""
    if event.cohort is not None:
        if session.get(CohortTable, event.cohort) is None:
            raise BadEvent("data.cohort", f"There is no cohort '{event.cohort}'.")
        return event.cohort
    mine = select(RotationTable.cohort).where(
        RotationTable.participant == person.ref, RotationTable.ritual == ""
    )
    known = session.scalars(mine).all() or cohorts(session)
    if not known or (len(known) > 1 and not session.scalars(mine).first()):
        problem = f"'{event.person}' takes part in no cohort: say which one it is about."
        raise BadEvent("data.cohort", problem)
    return max(known, key=lambda cohort: program_of(session, cohort).starts_on)

"""The register of tensions: raised by anybody who takes part, looked at until a day, told of when that is past."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from random import Random
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, case, func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.invites import LetterKind
from domain.moments import zone_of
from domain.people import Lens, Seat
from domain.ports import Composer
from domain.program import Program, StepKind
from domain.rituals import Series, next_session, series_of
from domain.rotation import SETTLED, Phase, RotationState
from domain.tensions import (
    TEXTS,
    TensionState,
    is_decided_too_early,
    is_overdue,
    name_nobody,
    refuse_settling,
    what_is_wrong,
)
from domain.value import Moment, Value
from store.audit import note
from store.chance import UNGUESSABLE, short_id
from store.coordinating import tell_coordinator
from store.database import quietly, reading, writing
from store.pages import Named
from store.people import (
    cohorts,
    coordinator_of,
    hosts_of,
    people,
    program_followed,
    program_of,
    rotation_row,
    state_of,
)
from store.rituals import session_id
from store.tables.learning import TensionTable
from store.tables.people import PersonTable
from store.tables.rotations import RotationTable

A_PAGE = 50
"""Tensions that are shown at once."""

MOST_IN_A_FILE = 5000
"""Tensions in one download."""

MOST_OPEN = 20
"""Open tensions that one person raised."""

MOST_LOOKED_AT = 200
"""Tensions that one letter, and the note on the page, are made of."""

_OPEN = TensionTable.state == TensionState.OPEN.value


class WantedTensions(NamedTuple):
    """What somebody looks for; empty parts ask nothing."""

    state: str = ""
    lens: str = ""


class TensionRow(Value):
    """One tension as pages and files show it; who raised it is nobody's business."""

    id: str
    one: str
    other: str
    lens: str
    owner: str
    """The name of whoever looks at it."""
    due: date
    initiative: str
    decided_on: date | None
    discussed_on: date | None
    """When the session is held in which the initiative is discussed; None for none."""
    raised_at: Moment
    state: TensionState
    sentence: str
    settled_at: Moment | None
    overdue: bool
    early: bool
    """Its initiative is decided before it is discussed."""


class TensionPage(Value):
    """One page of the register: the overdue first, then what is open by its day, then the settled."""

    tensions: tuple[TensionRow, ...]
    found: int
    overdue: int
    early: int
    """In the whole register, whatever was asked for."""
    lenses: tuple[str, ...]


class TensionForm(Value):
    """What can be chosen where a tension is raised."""

    cohort: str
    lenses: tuple[str, ...]
    lens: str
    """Of whoever raises it, where they have one."""
    owners: tuple[Named, ...]
    """Empty where anybody can be named."""
    places: tuple[tuple[str, str], ...]
    """Sessions in which an initiative can be discussed: the key of each, and what it is called."""


class Tensions:
    """Takes, shows and watches over tensions; ``now`` is UTC."""

    def __init__(
        self, engine: Engine, composer: Composer, base_url: str, chance: Random = UNGUESSABLE
    ) -> None:
        self._engine = engine
        self._composer = composer
        self._page = f"{base_url.rstrip('/')}/tensions"
        self._chance = chance

    def form_of(self, rotation: str, person: str, now: datetime) -> TensionForm:
        """Return what somebody who takes part can choose; raises Refused for anybody else."""
        with reading(self._engine) as session:
            return _form_of(session, rotation, person, now)

    def form_for_managers(self, cohort: str, rotation: str, now: datetime) -> TensionForm:
        """Return what a program manager can choose; ``rotation`` adds its sessions, empty for none."""
        with reading(self._engine) as session:
            return _form_for_managers(session, cohort, rotation, now)

    def raise_by_link(
        self,
        rotation: str,
        person: str,
        typed: Mapping[str, str],
        now: datetime,
        *,
        nobody: bool = False,
    ) -> dict[str, str]:
        """Keep what somebody who takes part raises, and return a sentence for each field that is wrong.

        With ``nobody`` a word that is also a name means nobody.
        """
        with writing(self._engine) as session:
            form = _form_of(session, rotation, person, now)
            mine = select(func.count()).where(TensionTable.person == person, _OPEN)
            if (session.scalar(mine) or 0) >= MOST_OPEN:
                raise Refused(f"{MOST_OPEN} tensions of yours are open. Let one be settled first.")
            return self._keep(session, form, typed, person, now, nobody=nobody)

    def raise_by_manager(
        self,
        cohort: str,
        rotation: str,
        typed: Mapping[str, str],
        now: datetime,
        *,
        nobody: bool = False,
    ) -> dict[str, str]:
        """Keep what somebody who is signed in raises; ``owner`` is anybody's pseudonym."""
        with writing(self._engine) as session:
            form = _form_for_managers(session, cohort, rotation, now)
            return self._keep(session, form, typed, None, now, nobody=nobody)

    def _keep(
        self,
        session: Session,
        form: TensionForm,
        typed: Mapping[str, str],
        person: str | None,
        now: datetime,
        *,
        nobody: bool,
    ) -> dict[str, str]:
        program = program_of(session, form.cohort)
        places = [key for key, _ in form.places]
        wrong = what_is_wrong(typed, form.lenses, places, _today(program, now))
        if not _may_look(session, typed["owner"], form.owners):
            wrong["owner"] = "Name who looks at it."
        named = "" if nobody else _named(session, [typed[key] for key in TEXTS])
        if named:
            wrong["nobody"] = named
        if wrong:
            return wrong
        initiative = typed["initiative"]
        rotation, _, where = (typed["place"] if initiative else "").rpartition(":")
        row = TensionTable(
            id=short_id(self._chance),
            cohort=form.cohort,
            person=person,
            one=typed["one"],
            other=typed["other"],
            lens=typed["lens"],
            owner=typed["owner"],
            due=date.fromisoformat(typed["due"]),
            initiative=initiative,
            decided_on=date.fromisoformat(typed["decided_on"]) if initiative else None,
            rotation=rotation or None,
            session=where,
            raised_at=now,
        )
        session.add(row)
        note(session, now, None, f"tension {row.id} of {form.cohort} raised")
        return {}

    def settle(
        self,
        cohort: str,
        tension: str,
        state: TensionState,
        sentence: str,
        now: datetime,
        *,
        nobody: bool = False,
    ) -> None:
        """Say in a sentence how a tension was eased, or why it is accepted; raises Refused without one."""
        said = sentence.strip()
        with writing(self._engine) as session:
            row = session.get(TensionTable, tension)
            if row is None or row.cohort != cohort:
                raise NotFound("There is no such tension.")
            refuse_settling(TensionState(row.state), state, said)
            named = "" if nobody else _named(session, [said])
            if named:
                raise Refused(named)
            row.state, row.sentence, row.settled_at = state.value, said, now
            note(session, now, None, f"tension {tension} {state.value}")

    def find(
        self, cohort: str, wanted: WantedTensions, now: datetime, page: int = 1
    ) -> TensionPage:
        """Return one page of what was found, from 1; raises NotFound for an unknown cohort."""
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            conditions = list(_conditions(cohort, wanted))
            count = select(func.count()).select_from(TensionTable)
            late = (TensionTable.cohort == cohort, *_overdue(program, now))
            return TensionPage(
                tensions=tuple(
                    _rows(session, program, conditions, now, A_PAGE, (page - 1) * A_PAGE)
                ),
                found=session.scalar(count.where(*conditions)) or 0,
                overdue=session.scalar(count.where(*late)) or 0,
                early=len(_early(session, program)),
                lenses=_lenses(program),
            )

    def every(self, cohort: str, wanted: WantedTensions, now: datetime) -> tuple[TensionRow, ...]:
        """Return what was found for a file, at most ``MOST_IN_A_FILE``; raises NotFound."""
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            conditions = list(_conditions(cohort, wanted))
            return tuple(_rows(session, program, conditions, now, MOST_IN_A_FILE, 0))

    def tell_what_is_due(self, now: datetime) -> int:
        """Tell each coordinator once of what is overdue and of what is decided too early.

        Returns how many letters were written.
        """
        with reading(self._engine) as session:
            every = [program_of(session, cohort) for cohort in cohorts(session)]
            due = [program for program in every if any(_to_tell(session, program, now))]
        return sum(self._tell(program, now) for program in due)

    def _tell(self, program: Program, now: datetime) -> bool:
        """The coordinator hears numbers and a page, no words of anybody."""
        with quietly(self._engine) as session:
            overdue, early = _to_tell(session, program, now)
            ids = ",".join([*(row.id for row in overdue), "", *(row.id for row in early)])
            about = hashlib.sha256(ids.encode()).hexdigest()[:26]
            facts = {
                "program": program.name,
                "overdue": str(len(overdue)),
                "early": str(len(early)),
            }
            url = f"{self._page}/{program.cohort}"
            kind = LetterKind.TENSIONS_DUE
            told = bool(overdue + early) and tell_coordinator(
                session, self._composer, program, kind, about, facts, url, now
            )
            for row in overdue if told else ():
                row.overdue_told_at = now
            for row in early if told else ():
                row.early_told_at = now
            return told


def _today(program: Program, now: datetime) -> date:
    return now.astimezone(zone_of(program.zone)).date()


def _named(session: Session, texts: list[str]) -> str:
    names = session.scalars(select(PersonTable.name).where(PersonTable.erased_at.is_(None)))
    return name_nobody(texts, names.all())


def _may_look(session: Session, owner: str, owners: Collection[Named]) -> bool:
    if owners:
        return owner in {one.ref for one in owners}
    found = session.get(PersonTable, owner)
    return found is not None and found.erased_at is None


def _form_of(session: Session, rotation: str, person: str, now: datetime) -> TensionForm:
    state = state_of(session, rotation)
    program, everybody = program_of(session, state.cohort), people(session)
    lens = next((a.lens for s in state.steps for a in s.attendees if a.person == person), None)
    if not program.tension_register or not takes_part(state, person):
        raise Refused("There is no register of tensions here, or it is not yours.")
    coordinator = coordinator_of(program, everybody)
    owners = [
        *([coordinator.ref] if coordinator else []),
        *([everybody[person].manager] if everybody[person].manager else []),
        *(host.lead for host in hosts_of(session, state)),
        person,
    ]
    return TensionForm(
        cohort=state.cohort,
        lenses=_lenses(program),
        lens=lens or "",
        owners=tuple(
            Named(ref=ref, name=everybody[ref].name) for ref in dict.fromkeys(owners) if ref
        ),
        places=(*_sessions(session, state, now), *_rituals(program, now)),
    )


def takes_part(state: RotationState, person: str) -> bool:
    """Return whether somebody may raise a tension: a visitor, or whoever sits in a ritual session."""
    seats = {Seat.PARTICIPANT, Seat.FACILITATOR} if state.ritual else set()
    sits = any(a.person == person and a.seat in seats for s in state.steps for a in s.attendees)
    return sits or (person == state.participant and not state.ritual)


def _form_for_managers(session: Session, cohort: str, rotation: str, now: datetime) -> TensionForm:
    program = program_of(session, cohort)
    row = rotation_row(session, rotation) if rotation else None
    if row and row.cohort != cohort:
        raise NotFound("This rotation belongs to another cohort.")
    begun = RotationState.model_validate(row.state) if row and row.state else None
    sessions = _sessions(session, begun, now) if begun else ()
    return TensionForm(
        cohort=cohort,
        lenses=_lenses(program),
        lens="",
        owners=(),
        places=(*sessions, *_rituals(program, now)),
    )


def _lenses(program: Program) -> tuple[str, ...]:
    own = (lens for ritual in program.rituals for lens in ritual.lenses)
    return tuple(dict.fromkeys((*(lens.value for lens in Lens), *program.required_lenses, *own)))


def _sessions(session: Session, state: RotationState, now: datetime) -> Iterator[tuple[str, str]]:
    """Listening and ritual sessions to come."""
    program = program_followed(session, state.cohort, state.rotation)
    kinds = {StepKind.LISTENING_SESSION, StepKind.RITUAL_SESSION}
    for step in state.steps:
        if step.kind in kinds and step.phase not in SETTLED and step.starts > now:
            day = step.starts.astimezone(zone_of(step.zone)).date()
            yield f"{state.rotation}:{step.key}", f"{program.step(step.key).title}, {day}"


def _rituals(program: Program, now: datetime) -> Iterator[tuple[str, str]]:
    """The next session of each ritual."""
    for series in series_of(program):
        coming = next_session(series, now)
        if coming:
            day = coming.held.starts.astimezone(zone_of(series.zone)).date()
            yield f":{series.ritual.key}", f"{series.ritual.title}, {day}"


def _conditions(cohort: str, wanted: WantedTensions) -> Iterator[ColumnElement[bool]]:
    yield TensionTable.cohort == cohort
    if wanted.state:
        yield TensionTable.state == wanted.state
    if wanted.lens:
        yield TensionTable.lens == wanted.lens


def _overdue(program: Program, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _OPEN, TensionTable.due < _today(program, now)


def _rows(
    session: Session,
    program: Program,
    conditions: Iterable[ColumnElement[bool]],
    now: datetime,
    limit: int,
    skip: int,
) -> Iterator[TensionRow]:
    settled = case((_OPEN, 0), else_=1)
    query = select(TensionTable).where(*conditions)
    query = query.order_by(settled, TensionTable.due, TensionTable.raised_at, TensionTable.id)
    everybody, today = people(session), _today(program, now)
    for row in session.scalars(query.limit(limit).offset(skip)):
        state, discussed_on = TensionState(row.state), _discussed_on(session, program, row)
        yield TensionRow(
            id=row.id,
            one=row.one,
            other=row.other,
            lens=row.lens,
            owner=everybody[row.owner].name,
            due=row.due,
            initiative=row.initiative,
            decided_on=row.decided_on,
            discussed_on=discussed_on,
            raised_at=row.raised_at,
            state=state,
            sentence=row.sentence,
            settled_at=row.settled_at,
            overdue=is_overdue(state, row.due, today),
            early=state is TensionState.OPEN and _is_early(row, discussed_on),
        )


def _is_early(row: TensionTable, discussed_on: date | None) -> bool:
    if row.decided_on is None or not row.session:
        return False
    return is_decided_too_early(row.decided_on, discussed_on)


def _to_tell(
    session: Session, program: Program, now: datetime
) -> tuple[list[TensionTable], list[TensionTable]]:
    """What is overdue, and what is decided too early, of which nobody was told yet."""
    query = select(TensionTable).where(
        TensionTable.cohort == program.cohort,
        *_overdue(program, now),
        TensionTable.overdue_told_at.is_(None),
    )
    overdue = session.scalars(query.order_by(TensionTable.due).limit(MOST_LOOKED_AT)).all()
    return list(overdue), _early(session, program, TensionTable.early_told_at.is_(None))


def _early(
    session: Session, program: Program, *conditions: ColumnElement[bool]
) -> list[TensionTable]:
    """Open tensions whose initiative is decided before it is discussed; the first decided first."""
    query = select(TensionTable).where(
        TensionTable.cohort == program.cohort, _OPEN, TensionTable.session != "", *conditions
    )
    rows = session.scalars(query.order_by(TensionTable.decided_on).limit(MOST_LOOKED_AT))
    return [row for row in rows if _is_early(row, _discussed_on(session, program, row))]


def _discussed_on(session: Session, program: Program, row: TensionTable) -> date | None:
    """The day of the session as it is planned now; None where none will be held."""
    if not row.session:
        return None
    if row.rotation:
        starts = _start_of(session.get(RotationTable, row.rotation), row.session)
    else:
        starts = _start_of_ritual(session, program, row)
    return starts.astimezone(zone_of(program.zone)).date() if starts else None


def _start_of(rotation: RotationTable | None, key: str) -> datetime | None:
    state = RotationState.model_validate(rotation.state) if rotation and rotation.state else None
    step = state.step(key) if state else None
    return step.starts if step and step.phase is not Phase.CANCELLED else None


def _start_of_ritual(session: Session, program: Program, row: TensionTable) -> datetime | None:
    """The first session after the tension was raised: as it was moved, once it is open."""
    series: Series | None = next(
        (one for one in series_of(program) if one.ritual.key == row.session), None
    )
    coming = next_session(series, row.raised_at) if series else None
    if series is None or coming is None:
        return None
    opened = session.get(RotationTable, session_id(session, series, program.starts_on, coming))
    return _start_of(opened, row.session) if opened and opened.state else coming.held.starts

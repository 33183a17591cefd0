"""Loading a program folder: what it adds, what it changes, all of it or nothing."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.calendars import BusyTimes
from domain.difference import Reach, differences
from domain.folder import Folder, FolderPerson, FolderTeam, ImportReport, Rejection
from domain.naming import PERSON, TEAM, goal_of, person_of, team_of
from domain.people import HostTeam, Person
from domain.program import Program
from store.audit import imported, note
from store.busy import Kept, intervals_of, keep_intervals
from store.calendars import has_own, refresh_all
from store.chance import UNGUESSABLE, short_id
from store.database import reading, writing
from store.members import keep_lenses, keep_members
from store.people import meetings_of, rotations_of
from store.tables.people import CohortTable, GoalTable, PersonTable, TeamTable
from store.tables.planning import CalendarTable
from store.tables.rotations import RotationTable


class _Tally:
    """Counts what an import does, in the words of its report."""

    def __init__(self) -> None:
        self.added: list[str] = []
        self.changed: list[str] = []
        self.unchanged = 0

    def saw(self, what: str, before: object, after: object) -> None:
        if before is None:
            self.added.append(what)
        elif before != after:
            self.changed.append(what)
        else:
            self.unchanged += 1


def load_folder(
    engine: Engine,
    folder: Folder,
    *,
    dry_run: bool,
    now: datetime,
    chance: Random = UNGUESSABLE,
) -> ImportReport:
    """Load a checked folder in one transaction and report it; a dry run reports and keeps nothing.

    People and teams keep their pseudonyms and participants their rotation ids over every import.
    """
    tally = _Tally()
    with writing(engine) as session:
        rejected = tuple(_changes_under_way(session, folder.program))
        if rejected:
            session.rollback()
            return ImportReport(rejected=rejected)
        _load(session, folder, tally, now, chance)
        note(session, now, None, imported(folder.program.cohort))
        others = _others_under_way(session, folder.program.cohort)
        if dry_run:
            session.rollback()
    return ImportReport(
        cohort=folder.program.cohort,
        shared_with=others if any(_is_shared(name) for name in tally.changed) else (),
        added=tuple(tally.added),
        changed=tuple(tally.changed),
        unchanged=tally.unchanged,
    )


def under_way_since(engine: Engine, cohort: str) -> date | None:
    """Return the first day of a cohort whose plan is approved; None for any other."""
    with reading(engine) as session:
        found = session.get(CohortTable, cohort)
        if found is None or found.approved_plan is None:
            return None
        return Program.model_validate(found.program).starts_on


def _others_under_way(session: Session, cohort: str) -> tuple[str, ...]:
    query = select(CohortTable.key).where(
        CohortTable.key != cohort, CohortTable.approved_plan.is_not(None)
    )
    return tuple(session.scalars(query.order_by(CohortTable.key)))


def _is_shared(name: str) -> bool:
    """People and host teams are the same in every cohort."""
    return name.startswith(("person ", "host team "))


def _changes_under_way(session: Session, program: Program) -> Iterator[Rejection]:
    """Rotations under way know their steps by key and kind, and sessions their ritual; those stay."""
    cohort = session.get(CohortTable, program.cohort)
    if cohort is None or cohort.approved_plan is None:
        return
    running = Program.model_validate(cohort.program)
    if program.version < running.version:
        yield Rejection(
            file="program.toml",
            line=None,
            field="program.version",
            problem=f"cohort '{program.cohort}' follows version {running.version} already",
            remedy="import the folder of that version",
        )
    elif program.version > running.version:
        yield _next_version(running, program)
    else:
        yield from list(_what_stays(session, running, program)) or _same_version(running, program)


def _what_stays(session: Session, running: Program, program: Program) -> Iterator[Rejection]:
    """What no version of a cohort under way can change."""
    if running.starts_on != program.starts_on:
        yield Rejection(
            file="program.toml",
            line=None,
            field="program.starts-on",
            problem=f"cohort '{program.cohort}' is under way since {running.starts_on}",
            remedy="keep its first day, or give a new program its own cohort",
        )
    if running.continuous != program.continuous:
        goes_on = "without an end" if running.continuous else f"for {running.weeks} weeks"
        yield Rejection(
            file="program.toml",
            line=None,
            field="program.continuous",
            problem=f"cohort '{program.cohort}' is under way {goes_on}",
            remedy=f"write continuous = {str(running.continuous).lower()}",
        )
    if [(s.key, s.kind) for s in running.steps] != [(s.key, s.kind) for s in program.steps]:
        keys = ", ".join(step.key for step in running.steps)
        yield Rejection(
            file="program.toml",
            line=None,
            field="steps",
            problem=f"cohort '{program.cohort}' is under way with the steps {keys}",
            remedy="keep their keys, kinds and order, raise the version and let only what begins from "
            "now on follow it (sojourn program activate), or give a new program its own cohort",
        )
    dropped = {r.key for r in running.rituals} - {r.key for r in program.rituals}
    for ritual in sorted(dropped & _with_sessions(session, program.cohort)):
        yield Rejection(
            file="program.toml",
            line=None,
            field="rituals",
            problem=f"sessions of '{ritual}' keep to version {running.version}, which has to have it",
            remedy=f"write version = {running.version + 1} and let it be followed "
            f"(sojourn program activate DIR --cohort {program.cohort}): its sessions stay as they are",
        )


def _same_version(running: Program, new: Program) -> Iterator[Rejection]:
    """A version says the same whenever it is read; only what holds at once may change within it."""
    later = [one for one in differences(running, new) if one.reach is not Reach.SESSIONS]
    if later:
        yield Rejection(
            file="program.toml",
            line=None,
            field="program.version",
            problem=f"cohort '{running.cohort}' is under way with another version {running.version}: "
            f"{later[0].sentence}",
            remedy=f"write version = {running.version + 1}, look at what it would change "
            f"(sojourn program diff {running.cohort} DIR) and let it be followed "
            f"(sojourn program activate DIR --cohort {running.cohort})",
        )


def _next_version(running: Program, new: Program) -> Rejection:
    """What a new version changes, and for whom, is seen and agreed to before anything follows it."""
    cohort = running.cohort
    return Rejection(
        file="program.toml",
        line=None,
        field="program.version",
        problem=f"cohort '{cohort}' is under way with version {running.version}",
        remedy=f"look at what version {new.version} would change (sojourn program diff {cohort} DIR) and "
        f"let it be followed (sojourn program activate DIR --cohort {cohort}); to change people, teams "
        f"or goals before, write version = {running.version}",
    )


def _with_sessions(session: Session, cohort: str) -> set[str]:
    """Return the rituals that a session was opened of, whether or not it is over."""
    query = meetings_of(cohort).with_only_columns(RotationTable.ritual)
    return set(session.scalars(query.distinct()))


def _load(session: Session, folder: Folder, tally: _Tally, now: datetime, chance: Random) -> None:
    _load_program(session, folder, tally)
    refs = _refs(session, PersonTable, (p.key for p in folder.people), PERSON)
    for row in folder.people:
        _load_person(session, row, refs, tally)
    session.flush()
    teams = _refs(session, TeamTable, (t.key for t in folder.teams), TEAM)
    for team in folder.teams:
        _load_team(session, team, refs, teams, tally)
    session.flush()
    _load_goals(session, folder, refs, teams, tally)
    session.flush()
    keep_members(session)
    keep_lenses(session, folder.program.cohort)
    _load_calendars(session, folder, refs, tally, now)
    refresh_all(session, now)
    _open_rotations(session, folder, refs, tally, chance)


def _load_program(session: Session, folder: Folder, tally: _Tally) -> None:
    program = folder.program
    found = session.get(CohortTable, program.cohort)
    body = program.model_dump(mode="json")
    known = found and Program.model_validate(found.program)
    tally.saw(f"program {program.key} for cohort {program.cohort}", known, program)
    if found:
        found.program = body
    else:
        session.add(CohortTable(key=program.cohort, program=body))
        session.flush()


def _refs(
    session: Session, table: type[PersonTable | TeamTable], keys: Iterable[str], form: str
) -> dict[str, str]:
    known = {row.key: row.ref for row in session.execute(select(table.key, table.ref))}
    number = len(known)
    for key in keys:
        if key not in known:
            number += 1
            known[key] = form.format(number)
    return known


def _load_person(session: Session, row: FolderPerson, refs: dict[str, str], tally: _Tally) -> None:
    person = person_of(row, refs)
    found = session.get(PersonTable, person.ref)
    if found:
        person = _as_handed_over(person, Person.model_validate(found.facts))
    facts = person.model_dump(mode="json")
    tally.saw(f"person {row.key}", found and Person.model_validate(found.facts), person)
    record = found or PersonTable(ref=person.ref, key=row.key)
    record.name, record.email, record.facts = person.name, person.email, facts
    session.add(record)


def _as_handed_over(person: Person, known: Person) -> Person:
    """A folder that still names the manager of before does not take a hand-over back."""
    if person.manager is None or person.manager != known.manager_in_folder:
        return person
    kept = known.model_dump(include={"manager", "manager_in_folder"})
    return person.model_copy(update=kept)


def _load_team(
    session: Session,
    row: FolderTeam,
    refs: dict[str, str],
    teams: dict[str, str],
    tally: _Tally,
) -> None:
    team = team_of(row, refs, teams)
    facts = team.model_dump(mode="json")
    found = session.get(TeamTable, team.ref)
    tally.saw(f"host team {row.key}", found and HostTeam.model_validate(found.facts), team)
    record = found or TeamTable(ref=team.ref, key=row.key)
    record.name, record.facts = team.name, facts
    session.add(record)


def _load_goals(
    session: Session,
    folder: Folder,
    refs: dict[str, str],
    teams: dict[str, str],
    tally: _Tally,
) -> None:
    cohort = folder.program.cohort
    wanted = {}
    for position, row in enumerate(folder.goals):
        goal = goal_of(row, refs, teams)
        wanted[goal.participant, position] = (row.participant, goal.model_dump(mode="json"))
    found = {
        (row.person, row.position): row
        for row in session.scalars(select(GoalTable).where(GoalTable.cohort == cohort))
    }
    for gone in found.keys() - wanted.keys():
        session.delete(found[gone])
        tally.changed.append(f"goal {gone[1] + 1} removed")
    for (person, position), (key, facts) in wanted.items():
        known = found.get((person, position))
        tally.saw(f"goal {position + 1} of {key}", known and known.facts, facts)
        session.merge(GoalTable(cohort=cohort, person=person, position=position, facts=facts))


def _load_calendars(
    session: Session, folder: Folder, refs: dict[str, str], tally: _Tally, now: datetime
) -> None:
    """A calendar that a person gave is newer than the folder's, which then gives way."""
    cohort, changed = folder.program.cohort, {}
    for calendar in folder.calendars:
        person = refs[calendar.person]
        if has_own(session, cohort, person):
            tally.unchanged += 1
            continue
        found = session.get(CalendarTable, (cohort, person))
        times = BusyTimes(**calendar.model_dump(exclude={"person", "digest"}))
        intervals = intervals_of(session, cohort, person, times)
        tally.saw(f"calendar {calendar.person}", found and found.intervals, intervals)
        if found is None or found.intervals != intervals:
            changed[person] = Kept(intervals, calendar.digest)
    keep_intervals(session, cohort, changed, now)


def _open_rotations(
    session: Session, folder: Folder, refs: dict[str, str], tally: _Tally, chance: Random
) -> None:
    cohort = folder.program.cohort
    known = set(session.scalars(rotations_of(cohort).with_only_columns(RotationTable.participant)))
    for row in folder.people:
        if row.participates and refs[row.key] not in known:
            rotation = short_id(chance)
            session.add(
                RotationTable(
                    id=rotation,
                    cohort=cohort,
                    participant=refs[row.key],
                    workflow_id=f"rotation-{cohort}-{rotation}",
                )
            )
            tally.added.append(f"rotation of {row.key}")

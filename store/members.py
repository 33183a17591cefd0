"""Who works in which host team, and which lenses participants set out to see: as the folder's rows say, for whoever counts."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.tables.people import (
    GoalTable,
    PersonTable,
    TeamMemberTable,
    TeamTable,
    WantedLensTable,
)


def keep_members(session: Session) -> None:
    """Bring the members of host teams to what is known of people and teams; a repeat changes nothing."""
    known = {(row.team, row.person): row for row in session.scalars(select(TeamMemberTable))}
    wanted = set(_members(session))
    for gone in known.keys() - wanted:
        session.delete(known[gone])
    new = sorted(wanted - known.keys())
    session.add_all(TeamMemberTable(team=team, person=person) for team, person in new)


def keep_lenses(session: Session, cohort: str) -> None:
    """Bring the lenses that participants of a cohort set out to see to what their goals say."""
    rows = select(WantedLensTable).where(WantedLensTable.cohort == cohort)
    known = {(row.person, row.lens): row for row in session.scalars(rows)}
    goals = select(GoalTable.person, GoalTable.facts).where(GoalTable.cohort == cohort)
    wanted = {(person, facts["lens"]) for person, facts in session.execute(goals)}
    for gone in known.keys() - wanted:
        session.delete(known[gone])
    new = sorted(wanted - known.keys())
    session.add_all(WantedLensTable(cohort=cohort, person=p, lens=lens) for p, lens in new)


def _members(session: Session) -> Iterator[tuple[str, str]]:
    """Each team with its lead, its colleagues, and those whom the folder has in it."""
    of_key = {}
    for ref, key, facts in session.execute(select(TeamTable.ref, TeamTable.key, TeamTable.facts)):
        of_key[key] = ref
        yield from ((ref, person) for person in (facts["lead"], *facts["frontline"]))
    by_folder = select(PersonTable.ref, PersonTable.team).where(PersonTable.team.in_(of_key))
    for person, key in session.execute(by_folder):
        yield of_key[key], person

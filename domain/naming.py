"""Pseudonyms for what a program folder names: people ``P-0001``, teams ``H-01``, by folder key."""

from collections.abc import Mapping

from domain.folder import FolderGoal, FolderPerson, FolderTeam
from domain.moments import whole_days
from domain.people import HostTeam, LearningGoal, Person

PERSON, TEAM = "P-{:04d}", "H-{:02d}"
"""How pseudonyms are numbered."""


def person_of(row: FolderPerson, refs: Mapping[str, str]) -> Person:
    """Return the person of a row; ``refs`` has the pseudonym of every person in the folder."""
    return Person(
        ref=refs[row.key],
        manager=refs[row.manager] if row.manager else None,
        proxy=refs[row.proxy] if row.proxy else None,
        away=tuple(whole_days(days, row.zone) for days in row.away_days),
        visits_in=tuple(whole_days(days, row.zone) for days in row.visit_days),
        **row.model_dump(exclude={"manager", "proxy", "away_days", "visit_days"}),
    )


def team_of(row: FolderTeam, refs: Mapping[str, str], teams: Mapping[str, str]) -> HostTeam:
    """Return the host team of a row; closed days become whole local days of its zone."""
    return HostTeam(
        ref=teams[row.key],
        lead=refs[row.lead],
        frontline=tuple(refs[key] for key in row.frontline),
        closed=tuple(whole_days(days, row.zone) for days in row.closed_days),
        **row.model_dump(exclude={"lead", "frontline", "closed_days"}),
    )


def goal_of(row: FolderGoal, refs: Mapping[str, str], teams: Mapping[str, str]) -> LearningGoal:
    """Return the learning goal of a row."""
    return LearningGoal(
        participant=refs[row.participant],
        wished_team=teams[row.wished_team] if row.wished_team else None,
        **row.model_dump(exclude={"participant", "wished_team"}),
    )

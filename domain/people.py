"""The people and teams of a program, as the store knows them; nothing here ever enters workflow history."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from domain.language import Language
from domain.moments import Interval, WorkingHours
from domain.value import Key, PersonRef, TeamRef, Value


class Seat(StrEnum):
    """The part a person plays in a step."""

    PARTICIPANT = "participant"
    HOME_MANAGER = "home-manager"
    HOST_LEAD = "host-lead"
    FRONTLINE = "frontline"
    FACILITATOR = "facilitator"


class Lens(StrEnum):
    """The four lenses every program has."""

    CUSTOMER = "customer"
    OPERATIONAL = "operational"
    ENGINEERING = "engineering"
    FINANCE = "finance"


class Fact(StrEnum):
    """What of somebody's work says for whom they speak; never a protected attribute."""

    WORKS_AT = "works_at"
    SHIFT = "shift"
    LEVEL = "level"
    FUNCTION = "function"


def voices_of(facts: Mapping[Fact, str]) -> tuple[str, ...]:
    """Return for whom somebody speaks: each known fact of their work with its value."""
    return tuple(f"{fact}:{value}" for fact, value in facts.items() if value)


class Person(Value):
    """Somebody who takes part. ``email`` is None for people without mail; dates are None until they said yes."""

    ref: PersonRef
    key: Key
    name: str
    email: str | None
    zone: str
    country: str
    hours: tuple[WorkingHours, ...]
    team: str
    manager: PersonRef | None = None
    participates: bool = False
    subdivision: str | None = None
    language: Language | None = None
    """None for whatever a program's mails are written in."""
    released_on: date | None = None
    sessions_agreed_on: date | None = None
    proxy: PersonRef | None = None
    """Who may answer their invites, as the program folder says, where they have no mail."""
    manager_in_folder: PersonRef | None = None
    """Whom the program folder names, after another manager took over while rotations were under way."""
    away: tuple[Interval, ...] = ()
    """Days on which nothing is planned with them."""
    visits_in: tuple[Interval, ...] = ()
    """Days of which one has to be their first shadowing day; empty where any may."""
    sites: tuple[str, ...] = ()
    """Sites they can get to; empty for every site."""
    access: tuple[str, ...] = ()
    """What they hold: a badge, a clearance."""
    must_visit: tuple[Key, ...] = ()
    """Teams, by key, of which each is one of their stops."""
    never_visit: tuple[Key, ...] = ()
    met_customers_on: date | None = None
    """When they last met customers; None where nobody knows."""
    lens: str | None = None
    """What their own function looks at; None leaves it to the host team that they belong to."""
    works_at: str = ""
    """The site where they work, whichever sites they can get to; this and what follows is empty where unknown."""
    shift: str = ""
    level: str = ""
    function: str = ""

    @property
    def facts_of_work(self) -> Mapping[Fact, str]:
        return {fact: getattr(self, fact) for fact in Fact}

    @property
    def voices(self) -> tuple[str, ...]:
        """For whom they speak: each known fact of their work with its value."""
        return voices_of(self.facts_of_work)

    def language_in(self, usual: Language) -> Language:
        """Return the language to write to them in, where ``usual`` is a program's."""
        return self.language or usual


class HostTeam(Value):
    """A team that is visited. ``agreed_on`` is the day its lead said yes, None while nobody has."""

    ref: TeamRef
    key: Key
    name: str
    lenses: tuple[str, ...]
    customer_facing: bool
    lead: PersonRef
    frontline: tuple[PersonRef, ...]
    zone: str
    visits_per_week: int
    agreed_on: date | None = None
    closed: tuple[Interval, ...] = ()
    visits_per_day: int = 1
    site: str | None = None
    """Where it is met; None for a team that anybody can get to."""
    needs_access: tuple[str, ...] = ()
    """What a visitor has to hold."""

    def has(self, person: Person) -> bool:
        """Return whether somebody works in the team: as its lead, as a colleague, or by the folder."""
        return person.ref in {self.lead, *self.frontline} or person.team == self.key


class LearningGoal(Value):
    """What a participant wants to learn; ``seen_by`` says how they will know."""

    participant: PersonRef
    text: str
    seen_by: str
    lens: str
    weight: int = 1
    wished_team: TeamRef | None = None
    agreed_on: date | None = None

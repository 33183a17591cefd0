"""Calendar feeds: who has one, under which token, and what it says.

Tokens have 256 random bits. The database keeps their SHA-256 digests and looks feeds up by them, so
that neither a backup nor the time an answer takes tells anything about a token.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Set
from datetime import UTC, datetime, time
from random import Random

from sqlalchemy import Engine, Select, and_, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from domain.errors import NotFound, Refused
from domain.feeds import (
    KEEPS_CANCELLED,
    LOOKS_AHEAD,
    LOOKS_BACK,
    Feed,
    FeedEvent,
    Standing,
)
from domain.links import LinkOver
from domain.program import UNMET, Program, StepTemplate
from domain.value import Value
from store import audit
from store.database import quietly, reading, writing
from store.entries import enter_what_runs
from store.inviting import PRIVATE, title_of
from store.people import coordinator_of, names_of, people, program_followed, program_of, teams
from store.tables.installation import FeedEntryTable, FeedTable
from store.tables.people import CohortTable, PersonTable, TeamTable
from store.tables.rotations import RotationTable

_UNKNOWN = "There is no calendar at this address."
_REVOKED = "This calendar is not served any more. Unsubscribe from it, and ask for a new address."
_SHOWN_ONCE = (
    "and its address was shown when it was made. Make a new address instead, and the old one ends."
)
_PENCILLED = "Pencilled in: the invite follows by mail."


_PERSON, _TEAM = "P-", "H-"
"""How pseudonyms begin; keys of cohorts hold no capitals."""

_OPEN = FeedTable.revoked_at.is_(None)
_KINDS: tuple[tuple[str, InstrumentedAttribute[str], InstrumentedAttribute[str]], ...] = (
    ("cohort", CohortTable.key, CohortTable.key),
    ("host team", TeamTable.ref, TeamTable.name),
    ("person", PersonTable.ref, PersonTable.name),
)


A_PAGE = 50
"""Feeds, and people without one, that a page shows at once."""


class Subscriber(Value):
    """A cohort, a host team or a person, and since when there is a feed for them."""

    whose: str
    """Key of the cohort, or pseudonym."""
    kind: str
    name: str
    since: datetime | None


class Feeds:
    """Makes, revokes and reads feeds; ``address`` is what the pages' addresses start with."""

    def __init__(self, engine: Engine, chance: Random, address: str) -> None:
        self._engine = engine
        self._chance = chance
        self._pages = address.rstrip("/")

    def create(self, whose: str, now: datetime) -> str:
        """Make a feed for a person, a host team (by pseudonym) or a cohort (by key); return its address.

        The address is told this once. Raises Refused where there is a feed already, NotFound for
        nobody.
        """
        with writing(self._engine) as session:
            name = _name_of(session, whose)
            if _open_feed(session, whose):
                raise Refused(f"There is a feed for {name}, {_SHOWN_ONCE}")
            return self._create(session, whose, now)

    def rotate(self, whose: str, now: datetime) -> str:
        """Return a new address; the old one is gone at once. Raises NotFound without a feed."""
        with writing(self._engine) as session:
            self._revoke(session, whose, now)
            return self._create(session, whose, now)

    def revoke(self, whose: str, now: datetime) -> None:
        """End a feed: its subscribers are told that it is gone. Raises NotFound without a feed."""
        with writing(self._engine) as session:
            self._revoke(session, whose, now)

    def subscribed(self, name: str = "", page: int | None = None) -> tuple[Subscriber, ...]:
        """Return who is called so and has a feed: cohorts, host teams, people, each by name.

        A page of them, from 1; all of them without one.
        """
        query = _subscribers(name).where(FeedTable.whose.is_not(None))
        if page is not None:
            query = query.limit(A_PAGE).offset((page - 1) * A_PAGE)
        return self._found(query)

    def unsubscribed(self, name: str = "") -> tuple[Subscriber, ...]:
        """Return the first page of those who are called so and have no feed."""
        return self._found(_subscribers(name).where(FeedTable.whose.is_(None)).limit(A_PAGE))

    def _found(self, query: Select[str, str, str, datetime | None]) -> tuple[Subscriber, ...]:
        with reading(self._engine) as session:
            return tuple(
                Subscriber(whose=whose, kind=kind, name=name, since=since)
                for kind, whose, name, since in session.execute(query)
            )

    def read(self, token: str, now: datetime) -> Feed:
        """Return what a feed says today; raises NotFound for an unknown token, LinkOver for a revoked."""
        with reading(self._engine) as session:
            row = session.get(FeedTable, _digest(token))
            if row is None:
                raise NotFound(_UNKNOWN)
            if row.revoked_at:
                raise LinkOver(_REVOKED)
            return _Reader(session, row.whose, now, self._pages).feed(self._address(token))

    def served(self, token: str, etag: str, now: datetime) -> datetime:
        """Return since when a feed says what it says now, to the second."""
        with reading(self._engine) as session:
            row = session.get_one(FeedTable, _digest(token))
            if row.etag == etag and row.served_at:
                return row.served_at
        since = now.replace(microsecond=0)
        with quietly(self._engine) as session:
            row = session.get_one(FeedTable, _digest(token))
            row.etag, row.served_at = etag, since
        return since

    def _create(self, session: Session, whose: str, now: datetime) -> str:
        enter_what_runs(session, now)
        token = base64.urlsafe_b64encode(self._chance.randbytes(32)).decode().rstrip("=")
        session.add(FeedTable(digest=_digest(token), whose=whose, created_at=now))
        audit.note(session, now, None, f"A calendar feed was made for {whose}.")
        return self._address(token)

    def _revoke(self, session: Session, whose: str, now: datetime) -> None:
        found = _open_feed(session, whose)
        if found is None:
            raise NotFound(f"There is no feed for {_name_of(session, whose)}.")
        found.revoked_at = now
        audit.note(session, now, None, f"The calendar feed of {whose} was revoked.")
        session.flush()

    def _address(self, token: str) -> str:
        return f"{self._pages}/feeds/{token}.ics"


class _Reader:
    """What one feed says on the day of ``now`` (UTC)."""

    def __init__(self, session: Session, whose: str, now: datetime, pages: str) -> None:
        self._session = session
        self._whose = whose
        self._today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
        self._pages = pages
        self._people = people(session)
        self._teams = teams(session)
        self._cohorts: dict[str, tuple[Program, str]] = {}

    def feed(self, address: str) -> Feed:
        rows = self._rows()
        seated = self._seated({row.id for _, row in rows}) if _is_person(self._whose) else {}
        name, zone = self._name_and_zone()
        return Feed(
            name=name,
            zone=zone,
            address=address,
            day=self._today.date(),
            events=tuple(
                self._event(entry, row, seated.get((row.id, entry.step), [])) for entry, row in rows
            ),
        )

    def _rows(self) -> list[tuple[FeedEntryTable, RotationTable]]:
        query = (
            select(FeedEntryTable, RotationTable)
            .join(RotationTable, RotationTable.id == FeedEntryTable.rotation)
            .options(defer(RotationTable.state, raiseload=True))
            .where(
                FeedEntryTable.whose == self._whose,
                FeedEntryTable.ends > self._today - LOOKS_BACK,
                FeedEntryTable.starts < self._today + LOOKS_AHEAD,
                or_(
                    FeedEntryTable.gone_at.is_(None),
                    FeedEntryTable.gone_at >= self._today - KEEPS_CANCELLED,
                ),
            )
            .order_by(FeedEntryTable.starts, FeedEntryTable.uid)
        )
        return [(entry, row) for entry, row in self._session.execute(query)]

    def _seated(self, rotations: Set[str]) -> dict[tuple[str, str], list[str]]:
        """Return who sits in each step of these rotations."""
        query = (
            select(FeedEntryTable.rotation, FeedEntryTable.step, FeedEntryTable.whose)
            .where(FeedEntryTable.rotation.in_(rotations), FeedEntryTable.gone_at.is_(None))
            .where(FeedEntryTable.whose.startswith(_PERSON))
            .order_by(FeedEntryTable.whose)
        )
        found = defaultdict(list)
        for rotation, step, person in self._session.execute(query):
            found[rotation, step].append(person)
        return found

    def _event(self, entry: FeedEntryTable, row: RotationTable, seated: list[str]) -> FeedEvent:
        program = program_followed(self._session, row.cohort, row.id)
        template = program.step(entry.step)
        event = FeedEvent(
            uid=entry.uid,
            sequence=entry.sequence,
            created=entry.created_at,
            changed=entry.changed_at,
            starts=entry.starts,
            ends=entry.ends,
            zone=entry.zone,
            standing=_standing(entry),
            title=self._title(template, row),
            private=template.kind in PRIVATE,
            free=template.kind in UNMET,
        )
        if event.private or entry.gone_at:
            return event
        names = names_of(self._teams[team] for team in entry.teams)
        words = {
            "where": template.where.replace("{team}", names),
            "lines": tuple(self._lines(event, template, row, seated)),
            "url": f"{self._pages}/r/{row.id}" if _is_cohort(self._whose) else "",
        }
        return event.model_copy(update=words)

    def _title(self, template: StepTemplate, row: RotationTable) -> str:
        """Teams and program managers see whose step it is; a private one is just busy to all others."""
        hidden = template.kind in PRIVATE and self._whose != row.participant
        program = self._program(row.cohort)
        language = program.language
        if _is_person(self._whose):
            language = self._people[self._whose].language_in(language)
        title = "Busy" if hidden else title_of(template, program, language)
        if _is_person(self._whose) or row.ritual:
            return title
        return f"{self._people[row.participant].name}: {title}"

    def _lines(
        self, event: FeedEvent, template: StepTemplate, row: RotationTable, seated: list[str]
    ) -> Iterator[str]:
        if event.standing is Standing.TENTATIVE and not event.free:
            yield _PENCILLED
        if _is_person(self._whose):
            shown = seated if template.names_shown else [row.participant]
            others = [self._people[person].name for person in shown if person != self._whose]
            if others:
                yield f"With {', '.join(others)}."
        contact = self._contact(row.cohort)
        if contact and not _is_cohort(self._whose):
            yield f"Questions? Ask {contact}."

    def _name_and_zone(self) -> tuple[str, str]:
        if _is_person(self._whose):
            person = self._people[self._whose]
            return f"Rotation steps of {person.name}", person.zone
        if _is_cohort(self._whose):
            program = self._program(self._whose)
            return f"All steps of {program.name}", program.zone
        team = self._teams[self._whose]
        return f"Visits to {team.name}", team.zone

    def _program(self, cohort: str) -> Program:
        return self._known(cohort)[0]

    def _contact(self, cohort: str) -> str:
        return self._known(cohort)[1]

    def _known(self, cohort: str) -> tuple[Program, str]:
        if cohort not in self._cohorts:
            program = program_of(self._session, cohort)
            contact = coordinator_of(program, self._people)
            self._cohorts[cohort] = program, contact.name if contact else ""
        return self._cohorts[cohort]


def _standing(entry: FeedEntryTable) -> Standing:
    if entry.gone_at:
        return Standing.CANCELLED
    return Standing.TENTATIVE if entry.pencilled else Standing.CONFIRMED


def _is_person(whose: str) -> bool:
    return whose.startswith(_PERSON)


def _is_cohort(whose: str) -> bool:
    return not whose.startswith((_PERSON, _TEAM))


def _open_feed(session: Session, whose: str) -> FeedTable | None:
    return session.scalar(select(FeedTable).where(FeedTable.whose == whose, _OPEN))


def _subscribers(name: str) -> Select[str, str, str, datetime | None]:
    """Everybody who is called so and may have a feed, each with since when there is one."""
    every = union_all(
        *(
            select(literal(kind).label("kind"), whose.label("whose"), called.label("name"))
            for kind, whose, called in _KINDS
        )
    ).subquery()
    query = select(every.c.kind, every.c.whose, every.c.name, FeedTable.created_at)
    query = query.outerjoin(FeedTable, and_(FeedTable.whose == every.c.whose, _OPEN))
    if name:
        query = query.where(every.c.name.icontains(name, autoescape=True))
    return query.order_by(every.c.kind, every.c.name, every.c.whose)


def _name_of(session: Session, whose: str) -> str:
    for _, key, name in _KINDS:
        found = session.scalar(select(name).where(key == whose))
        if found:
            return found
    raise NotFound(f"No cohort, host team or person is known as '{whose}'.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

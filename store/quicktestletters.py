"""Letters of quick tests: to who looks after one, to everybody it concerns, to the coordinator."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.figures import figure
from domain.invites import LetterKind
from domain.links import LinkClaim, Purpose
from domain.moments import short_time
from domain.people import Person
from domain.policy import Verdict
from domain.ports import Composer, Links
from domain.quicktests import ANSWER_WITHIN, CourseErrand
from store.people import (
    coordinator_of,
    host_of,
    hosts_met,
    people,
    program_followed,
    state_of,
    step_of,
)
from store.posting import write_to
from store.quicktestrows import insight_row, quick_test_of, step_key
from store.rulings import TEST_VERDICTS, UNMEASURED
from store.tables.learning import QuickTestTable

_LINK_LIFE = ANSWER_WITHIN + timedelta(days=30)


class QuickTestLetters:
    """Writes the letters of one test into the outbox, each once by its business identity."""

    def __init__(
        self, session: Session, composer: Composer, links: Links, row: QuickTestTable, now: datetime
    ) -> None:
        self._session = session
        self._composer = composer
        self._links = links
        self._row = row
        self._now = now
        self._state = state_of(session, row.rotation)
        self._step = step_of(self._state, step_key(row.insight))
        self._program = program_followed(session, self._state.cohort, self._state.rotation)
        self._team = host_of(session, self._state, self._step.stop)

    @property
    def concerned(self) -> tuple[str, ...]:
        """Everybody of the host team who was met, and the participant."""
        met = hosts_met(self._session, self._state, self._step)
        return (*met, self._row.person)

    def tell_start(self) -> None:
        """Tell who looks after it, and the lead of the team where it is tried, that it has begun."""
        owner = quick_test_of(self._row).owner
        self._tell(LetterKind.TEST_STARTED, (owner, self._team.lead), but=self._row.person)

    def ask_result(self, *, reminder: bool = False) -> None:
        """Ask who looks after it what it showed, or remind them once."""
        owner = quick_test_of(self._row).owner
        claim = LinkClaim(
            purpose=Purpose.RESULT, person=owner, rotation=self._row.rotation, about=self._row.id
        )
        url = self._links.url(claim, self._now + _LINK_LIFE)
        verb = (CourseErrand.REMIND if reminder else CourseErrand.ASK).value
        self._write(LetterKind.ASK_RESULT, owner, verb, url=url, reminder=reminder)

    def tell_result(self) -> None:
        """Thank everybody it concerns with what it showed."""
        self._tell(LetterKind.TEST_RESULT, self.concerned)

    def tell_silence(self, page: str) -> None:
        """Tell the coordinator that nobody said what it showed."""
        reader = coordinator_of(self._program, people(self._session))
        if reader:
            kind = LetterKind.TEST_UNMEASURED
            self._write(kind, reader.ref, kind.value, url=page)

    def _tell(self, kind: LetterKind, readers: Iterable[str], but: str = "") -> None:
        for person in dict.fromkeys(readers):
            if person != but:
                self._write(kind, person, kind.value)

    def _write(
        self,
        kind: LetterKind,
        person: str,
        verb: str,
        *,
        url: str | None = None,
        reminder: bool = False,
    ) -> None:
        reader = people(self._session)[person]
        write_to(
            self._session,
            self._composer,
            self._program,
            reader,
            kind,
            f"{self._row.id}:{verb}:{person}",
            self._facts(reader),
            self._now,
            rotation=self._row.rotation,
            verb=verb,
            url=url,
            reminder=reminder,
        )

    def _facts(self, reader: Person) -> dict[str, str]:
        row, test, everybody = self._row, quick_test_of(self._row), people(self._session)
        language = reader.language_in(self._program.language)
        return {
            "program": self._program.name,
            "participant": everybody[row.person].name,
            "owner": everybody[test.owner].name,
            "team": self._team.name,
            "insight": insight_row(self._session, row.insight).text,
            "hypothesis": test.hypothesis,
            "adjustment": test.adjustment,
            "cost": test.cost,
            "metric": test.metric,
            "baseline": figure(test.baseline),
            "target": figure(test.target),
            "ends": short_time(row.ends_at, self._program.zone, language),
            "verdict": TEST_VERDICTS[language][Verdict(row.verdict)] if row.verdict else "",
            "measured": UNMEASURED[language] if row.measured is None else figure(row.measured),
            "learnt": row.learnt,
        }

"""Letters of a rotation: asking for consent, for words, or whether something took place."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errands import Dispatch
from domain.insights import Summary
from domain.invites import Letter, LetterKind
from domain.links import LinkClaim, Purpose
from domain.moments import wall_time
from domain.people import HostTeam
from domain.ports import Composer, Links
from domain.program import Gate, Program
from domain.rotation import Phase
from store.inviting import LINK_LIFE, contact_of
from store.people import People, goals_of, host_of, people, program_of
from store.posting import post
from store.reminding import reminder_due
from store.tables import DocumentTable, InviteTable, SummaryTable
from store.vault import Vault

_CONSENT_LIFE = timedelta(days=60)


class LetterDesk:
    """Writes letters into the outbox, each once by its business identity."""

    def __init__(
        self, session: Session, composer: Composer, links: Links, dispatch: Dispatch
    ) -> None:
        self._session = session
        self._composer = composer
        self._links = links
        self._dispatch = dispatch
        self._state = dispatch.state
        self._program: Program = program_of(session, dispatch.state.cohort)
        self._people: People = people(session)

    @property
    def _team(self) -> HostTeam:
        return host_of(self._session, self._state)

    def ask_consent(
        self, kind: LetterKind, gate: Gate, person: str, *, reminder: bool = False
    ) -> None:
        """Ask one person for one consent, or remind them once."""
        claim = LinkClaim(
            purpose=Purpose.CONSENT,
            person=person,
            rotation=self._state.rotation,
            about=gate.value,
        )
        url = self._links.url(claim, self._dispatch.now + _CONSENT_LIFE)
        verb = "remind-consent" if reminder else kind.value
        key = f"{self._state.rotation}:{verb}:{person}:{self._team.ref}"
        self._write(kind, person, key, verb, url=url, reminder=reminder)

    def ask(
        self,
        kind: LetterKind,
        purpose: Purpose,
        person: str,
        step: str | None,
        *,
        reminder: bool = False,
    ) -> None:
        """Ask one person about one step, with the signed page to answer."""
        found = self._state.step(step or "")
        if found is None:
            return
        claim = LinkClaim(
            purpose=purpose,
            person=person,
            rotation=self._state.rotation,
            about=found.key,
            step=found.key,
        )
        url = self._links.url(claim, found.ends + LINK_LIFE * 4)
        verb = f"remind-{purpose.value}" if reminder else kind.value
        key = f"{self._state.rotation}:{verb}:{found.key}:{person}:{found.revision}"
        self._write(kind, person, key, verb, url=url, step=found.key, reminder=reminder)

    def remind(self, invite: InviteTable) -> bool:
        """Remind somebody of an unanswered invite, once per step, moved or not; False when not now."""
        claim = LinkClaim(
            purpose=Purpose.ANSWER,
            person=invite.person,
            rotation=invite.rotation,
            about=invite.uid,
            step=invite.step,
        )
        url = self._links.url(claim, invite.ends + LINK_LIFE)
        key = f"{invite.rotation}:reminder:{invite.step}:{invite.person}"
        kind = LetterKind.REMINDER
        return self._write(kind, invite.person, key, kind.value, url=url, step=invite.step)

    def show_summary(self, step: str, *, reminder: bool = False) -> None:
        """Ask the host lead to read a summary before anybody else does, or remind them once."""
        self.ask(LetterKind.SHOW_SUMMARY, Purpose.RELEASE, self._team.lead, step, reminder=reminder)

    def share_summary(self, step: str) -> None:
        """Send a summary to the home manager and to those of the host team who were met.

        The host lead has read it already.
        """
        row = self._session.get(SummaryTable, (self._state.rotation, step))
        if row is None:
            return
        summary = Summary.model_validate(row.body)
        lines = (summary.words, *(f"- {insight.text}" for insight in summary.insights))
        manager = self._people[self._state.participant].manager
        met = [person for person in self._hosts_met() if person != self._team.lead]
        for person in dict.fromkeys((*([manager] if manager else ()), *met)):
            key = f"{self._state.rotation}:summary:{step}:{person}"
            self._write(LetterKind.SUMMARY, person, key, "summary", step=step, lines=lines)

    def deliver_thanks(self, vault: Vault, step: str) -> None:
        """Send the leader's own words to everybody of the host team whom they met."""
        query = select(DocumentTable).where(
            DocumentTable.rotation == self._state.rotation, DocumentTable.step == step
        )
        document = self._session.scalars(query).first()
        if document is None:
            return
        words = vault.open(self._session, document.person, document.sealed)
        for person in self._hosts_met():
            key = f"{self._state.rotation}:thanks:{person}"
            lines = tuple(words.splitlines())
            self._write(LetterKind.THANKS, person, key, "thanks", step=step, lines=lines)

    def _hosts_met(self) -> tuple[str, ...]:
        own = {self._team.lead, *self._team.frontline}
        held = (step for step in self._state.steps if step.phase is Phase.HELD)
        met = (a.person for s in held for a in s.attendees if a.person not in s.declined)
        return tuple(dict.fromkeys(person for person in met if person in own))

    def _write(
        self,
        kind: LetterKind,
        person: str,
        key: str,
        verb: str,
        *,
        url: str | None = None,
        step: str | None = None,
        lines: tuple[str, ...] = (),
        reminder: bool = False,
    ) -> bool:
        """Write one letter; False for somebody without mail and for a reminder that is one too many."""
        reader = self._people[person]
        if reader.email is None:
            return False
        due: datetime | None = self._dispatch.now
        if reminder or kind is LetterKind.REMINDER:
            due = reminder_due(self._session, reader, self._dispatch.now)
        if due is None:
            return False
        letter = Letter(
            kind=kind,
            key=key,
            written=self._dispatch.now,
            reader_name=reader.name,
            reader_email=reader.email,
            facts=tuple(self._facts(step).items()),
            lines=lines,
            contact=contact_of(self._program, self._people),
            url=url,
            reminder=reminder,
        )
        post(
            self._session,
            self._composer,
            letter,
            rotation=self._state.rotation,
            person=person,
            verb=verb,
            due=due,
            step=step,
        )
        return True

    def _facts(self, step: str | None) -> dict[str, str]:
        found = self._state.step(step or "")
        leader = self._people[self._state.participant]
        mine = goals_of(self._session, self._state.cohort, leader.ref)
        return {
            "program": self._program.name,
            "participant": leader.name,
            "team": self._team.name if self._state.host else self._program.name,
            "goals": "\n".join(goal.text for goal in mine),
            "step_title": self._program.step(found.key).title if found else "",
            "when": wall_time(found.starts, found.zone) if found else "",
        }

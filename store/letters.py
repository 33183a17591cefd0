"""Letters of a rotation: asking for consent, for words, or whether something took place."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errands import Dispatch
from domain.insights import Summary
from domain.invites import Letter, LetterKind
from domain.language import Language
from domain.links import LinkClaim, Purpose
from domain.moments import wall_time
from domain.people import HostTeam
from domain.ports import Composer, Links
from domain.program import Gate, Program
from domain.voices import KEPT
from store.inviting import LINK_LIFE, contact_of, public_title
from store.people import (
    People,
    goals_of,
    host_of,
    hosts_met,
    hosts_of,
    hosts_of_step,
    names_of,
    people,
    program_followed,
)
from store.posting import post
from store.reminding import reminder_due
from store.tables.learning import SummaryTable
from store.tables.mail import InviteTable, OutboxTable
from store.tables.words import DocumentTable
from store.vault import Vault

CONSENT_LETTERS = {
    Gate.GOALS: LetterKind.ASK_GOALS,
    Gate.RELEASE: LetterKind.ASK_RELEASE,
    Gate.HOST: LetterKind.ASK_HOST,
    Gate.COLLEAGUES: LetterKind.ASK_COLLEAGUE,
}

_CONSENT_LIFE = timedelta(days=60)


def old_answers_key(rotation: str, step: str, exercise: str, person: str, days: int) -> str:
    """Return the business identity of the letter that brings answers back after so many days."""
    return f"{rotation}:{LetterKind.OLD_ANSWERS.value}:{step}:{exercise}:{person}:{days}"


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
        state = dispatch.state
        self._program: Program = program_followed(session, state.cohort, state.rotation)
        self._people: People = people(session)

    def _team(self, stop: int) -> HostTeam:
        return host_of(self._session, self._state, stop)

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
        stop = self._stop_of(gate, person)
        key = self._asked_anew(
            f"{self._state.rotation}:{verb}:{person}:{self._team(stop).ref}", gate, person
        )
        of_the_team = gate in {Gate.HOST, Gate.COLLEAGUES}
        teams = (self._team(stop),) if of_the_team else hosts_of(self._session, self._state)
        self._write(kind, person, key, verb, url=url, teams=teams, reminder=reminder)

    def _asked_anew(self, key: str, gate: Gate, person: str) -> str:
        """A consent that is asked again, as of a manager who is named again, has letters of its own."""
        asked = self._state.consent_asked_at(gate, person)
        query = select(OutboxTable.created_at).where(OutboxTable.key == key)
        before = self._session.scalar(query)
        return f"{key}:{asked:%Y%m%dT%H%M%S}" if before and asked and before < asked else key

    def _stop_of(self, gate: Gate, person: str) -> int:
        asked = (g.stop for g in self._state.gates if (g.gate, g.person) == (gate, person))
        return next(asked, 1)

    def ask(
        self,
        kind: LetterKind,
        purpose: Purpose,
        person: str,
        step: str | None,
        *,
        reminder: bool = False,
        urls: tuple[str, ...] = (),
    ) -> None:
        """Ask one person about one step, with the signed page to answer.

        ``urls`` are further pages that the text speaks of.
        """
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
        self._write(kind, person, key, verb, url=url, urls=urls, step=found.key, reminder=reminder)

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

    def ask_whose_answer(self, invite: InviteTable, number: int) -> None:
        """Ask the invited person whether an answer from elsewhere is theirs; once per time of a step."""
        claim = LinkClaim(
            purpose=Purpose.VOUCH,
            person=invite.person,
            rotation=invite.rotation,
            about=str(number),
            step=invite.step,
        )
        url = self._links.url(claim, invite.ends + LINK_LIFE)
        kind = LetterKind.WHOSE_ANSWER
        key = f"{invite.uid}:{invite.sequence}:{kind.value}"
        self._write(kind, invite.person, key, kind.value, url=url, step=invite.step)

    def send_code(
        self, person: str, step: str, code: str, number: int, *, listed: bool = True
    ) -> None:
        """Send the code, the ``number``-th of the day, that lets somebody read what is kept for them once."""
        kind = LetterKind.READING_CODE
        key = f"{self._state.rotation}:{kind.value}:{person}:{self._dispatch.now.isoformat()}:{number}"
        self._write(kind, person, key, kind.value, step=step, lines=(code,), listed=listed)

    def return_answers(self, person: str, step: str, exercise: str, days: int) -> bool:
        """Tell somebody that what they wrote so many days ago can be read again; once. False without mail."""
        claim = LinkClaim(
            purpose=Purpose.PRACTISE,
            person=person,
            rotation=self._state.rotation,
            about=exercise,
            step=step,
        )
        url = self._links.url(claim, self._dispatch.now + _CONSENT_LIFE)
        kind = LetterKind.OLD_ANSWERS
        key = old_answers_key(self._state.rotation, step, exercise, person, days)
        return self._write(kind, person, key, kind.value, url=url, step=step)

    def offer_pack(self, person: str) -> None:
        """Send a participant the way to their review pack, once a day."""
        claim = LinkClaim(
            purpose=Purpose.PACK,
            person=person,
            rotation=self._state.rotation,
            about=Purpose.PACK.value,
        )
        url = self._links.url(claim, self._dispatch.now + _CONSENT_LIFE)
        kind = LetterKind.REVIEW_PACK
        key = f"{self._state.rotation}:{kind.value}:{person}:{self._dispatch.now.date()}"
        self._write(kind, person, key, kind.value, url=url)

    def ask_to_pass_on(self, person: str, step: str) -> None:
        """Tell who facilitates a session that something waits to be passed on; once."""
        kind = LetterKind.ASK_CONVEY
        key = f"{self._state.rotation}:{kind.value}:{step}:{person}"
        self._write(kind, person, key, kind.value, url=self.hear_url(person, step), step=step)

    def hear_url(self, person: str, step: str) -> str:
        """Return the page on which somebody opens what was said around a visit."""
        claim = LinkClaim(
            purpose=Purpose.HEAR,
            person=person,
            rotation=self._state.rotation,
            about=step,
            step=step,
        )
        return self._links.url(claim, self._dispatch.now + _CONSENT_LIFE)

    def tell_voice(
        self, person: str, step: str, about: str, lines: tuple[str, ...], *, listed: bool
    ) -> None:
        """Tell somebody what came of points of theirs; ``about`` says of which, and which word of it.

        Unless ``listed``, the rotation's page does not tell that they said something.
        """
        kind = LetterKind.VOICE_RECEIPT
        found = self._state.step(step)
        team = self._team(found.stop).ref if found else ""
        claim = LinkClaim(
            purpose=Purpose.LOG, person=person, rotation=self._state.rotation, about=team, step=step
        )
        url = self._links.url(claim, self._dispatch.now + KEPT)
        key = f"{self._state.rotation}:{kind.value}:{person}:{about}"
        self._write(kind, person, key, kind.value, url=url, step=step, lines=lines, listed=listed)

    def show_summary(self, step: str, *, reminder: bool = False) -> None:
        """Ask the host lead to read a summary before anybody else does, or remind them once."""
        found = self._state.step(step)
        if found:
            lead = self._team(found.stop).lead
            self.ask(LetterKind.SHOW_SUMMARY, Purpose.RELEASE, lead, step, reminder=reminder)

    def share_summary(self, step: str) -> None:
        """Send a summary to the home manager and to those of the host team who were met.

        The host lead has read it already.
        """
        row = self._session.get(SummaryTable, (self._state.rotation, step))
        found = self._state.step(step)
        if row is None or found is None:
            return
        summary = Summary.model_validate(row.body)
        lines = (summary.words, *(f"- {insight.text}" for insight in summary.insights))
        manager = self._people[self._state.participant].manager
        lead = self._team(found.stop).lead
        met = [person for person in hosts_met(self._session, self._state, found) if person != lead]
        for person in dict.fromkeys((*([manager] if manager else ()), *met)):
            key = f"{self._state.rotation}:summary:{step}:{person}"
            self._write(LetterKind.SUMMARY, person, key, "summary", step=step, lines=lines)

    def deliver_thanks(self, vault: Vault, step: str) -> None:
        """Send the leader's own words to everybody of the host teams whom they met."""
        query = select(DocumentTable).where(
            DocumentTable.rotation == self._state.rotation, DocumentTable.step == step
        )
        document = self._session.scalars(query).first()
        found = self._state.step(step)
        if document is None or found is None:
            return
        words = vault.open(self._session, document.person, document.sealed)
        for person in hosts_met(self._session, self._state, found):
            key = f"{self._state.rotation}:thanks:{step}:{person}"
            lines = tuple(words.splitlines())
            self._write(LetterKind.THANKS, person, key, "thanks", step=step, lines=lines)

    def _write(
        self,
        kind: LetterKind,
        person: str,
        key: str,
        verb: str,
        *,
        url: str | None = None,
        urls: tuple[str, ...] = (),
        step: str | None = None,
        teams: tuple[HostTeam, ...] = (),
        lines: tuple[str, ...] = (),
        reminder: bool = False,
        listed: bool = True,
    ) -> bool:
        """Write one letter; False for somebody without mail and for a reminder that is one too many.

        Unless ``listed``, it belongs to no rotation.
        """
        reader = self._people[person]
        if reader.email is None:
            return False
        due: datetime | None = self._dispatch.now
        if reminder or kind is LetterKind.REMINDER:
            due = reminder_due(self._session, reader, self._dispatch.now)
        if due is None:
            return False
        language = reader.language_in(self._program.language)
        letter = Letter(
            kind=kind,
            key=key,
            written=self._dispatch.now,
            reader_name=reader.name,
            reader_email=reader.email,
            facts=tuple(self._facts(step, teams, reader.zone, language).items()),
            lines=lines,
            contact=contact_of(self._program, self._people),
            url=url,
            urls=urls,
            reminder=reminder,
            language=language,
            texts=self._program.texts_in(language),
        )
        post(
            self._session,
            self._composer,
            letter,
            rotation=self._state.rotation if listed else None,
            person=person,
            verb=verb,
            due=due,
            step=step if listed else None,
        )
        return True

    def _facts(
        self, step: str | None, teams: tuple[HostTeam, ...], zone: str, language: Language
    ) -> dict[str, str]:
        found = self._state.step(step or "")
        told_of = teams or (hosts_of_step(self._session, self._state, found) if found else ())
        leader = self._people[self._state.participant]
        mine = goals_of(self._session, self._state.cohort, leader.ref)
        return {
            "program": self._program.name,
            "participant": leader.name,
            "team": names_of(told_of, language) or self._program.name,
            "goals": "\n".join(goal.text for goal in mine),
            "step_title": public_title(self._program.step(found.key), language) if found else "",
            "when": wall_time(found.starts, zone, language) if found else "",
        }

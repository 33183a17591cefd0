"""Simulated people: what somebody does about a mail, from what the mail itself says.

They read what a person reads: the invite in the calendar part, the link in the text. What they
decide to do lies ahead, in their own working hours.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from domain.moments import next_working_moment
from domain.people import Person
from domain.ports import QueuedMail
from domain.rotation import Answer
from invites.answering import CalendarCard, opened
from rehearsal.draws import Draws
from rehearsal.temper import Temper

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_LINK = re.compile(r"https?://\S+/t/(\S+)")


class Deed(StrEnum):
    """What a person does, by mail or on a signed page."""

    REPLY = "reply"
    PROPOSE_TIME = "propose-time"
    NOT_TODAY = "not-today"
    CONSENT = "consent"
    CONFIRM = "confirm"
    REFLECT = "reflect"
    THANK = "thank"
    SUMMARISE = "summarise"
    RELEASE = "release"
    PROPOSE = "propose"
    RAISE_CONCERN = "raise-concern"
    INVITE = "invite"
    CONVEY = "convey"
    CLOSE_TEST = "close-test"
    DECIDE = "decide"
    MEASURE = "measure"


@dataclass(frozen=True, order=True)
class Act:
    """One person's deed at a moment (UTC)."""

    at: datetime
    person: str
    deed: Deed
    said: str
    """The answer or the consent; empty where the deed says it all."""
    claim: LinkClaim = field(compare=False)
    card: CalendarCard | None = field(default=None, compare=False)
    """The invite that is answered by mail."""


@dataclass(frozen=True)
class Reader:
    """Decides what somebody does about a mail that has just arrived."""

    draws: Draws
    temper: Temper
    read: Callable[[str], LinkClaim]
    read_before: set[tuple[str, int]] = field(default_factory=set)
    """Invites that somebody has seen: who proposed a time and gets the same one again says yes or no."""

    def react(self, mail: QueuedMail, person: Person, now: datetime) -> Iterator[Act]:
        """Yield what the person will do about the mail; nothing for a note that asks nothing."""
        card, words = opened(mail.raw)
        if card and card.method != "REQUEST":
            return
        claim = self._claim(words)
        if claim is None:
            return
        if card:
            yield from self._about_invite(card, claim, person, now)
        elif claim.purpose is Purpose.ANSWER:
            yield from self._reminded(claim, person, now)
        else:
            yield from self._about_letter(claim, person, now)

    def _claim(self, text: str) -> LinkClaim | None:
        found = _LINK.search(text)
        try:
            return self.read(found.group(1)) if found else None
        except Refused:
            return None

    def _about_invite(
        self, card: CalendarCard, claim: LinkClaim, person: Person, now: datetime
    ) -> Iterator[Act]:
        about = (claim.rotation, claim.step, person.ref, card.sequence)
        at = self._soon(person, now, 2 * HOUR, 30 * HOUR, *about)
        if at >= card.starts:
            at = min(at, max(now + timedelta(minutes=5), card.starts - HOUR))
        what = self._answer(*about)
        if what == "propose" and (card.uid, card.sequence) in self.read_before:
            comes = self.draws.happens(0.5, "comes all the same", *about)
            what = Answer.ACCEPTED.value if comes else Answer.DECLINED.value
        self.read_before.add((card.uid, card.sequence))
        if what == "silent":
            return
        if what == "propose":
            yield Act(at, person.ref, Deed.PROPOSE_TIME, "", claim, card)
            return
        yield Act(at, person.ref, Deed.REPLY, what, claim, card)
        if what == "accepted" and self.draws.happens(self.temper.ill, "ill", *about):
            yield Act(card.starts - HOUR, person.ref, Deed.NOT_TODAY, "", claim)

    def _answer(self, *about: object) -> str:
        temper = self.temper
        accepts = 1 - temper.declines - temper.proposes - temper.silent
        shares = {
            "declined": temper.declines,
            "propose": temper.proposes,
            "silent": temper.silent,
            "accepted": accepts,
        }
        return self.draws.one_of(shares, "answer", *about)

    def _reminded(self, claim: LinkClaim, person: Person, now: datetime) -> Iterator[Act]:
        about = ("reminded", claim.about, person.ref)
        if self.draws.happens(self.temper.answers_when_reminded, *about):
            at = self._soon(person, now, HOUR, 20 * HOUR, *about)
            yield Act(at, person.ref, Deed.REPLY, Answer.ACCEPTED.value, claim)

    def _about_letter(self, claim: LinkClaim, person: Person, now: datetime) -> Iterator[Act]:
        """Do what a letter asks for, if anything; a reminder is another chance, and some only bring news."""
        about = (claim.purpose, claim.rotation, claim.about, person.ref)
        asked = {
            Purpose.CONSENT: (1 - self.temper.silent, HOUR, 2 * DAY, Deed.CONSENT),
            Purpose.HELD: (self.temper.confirms, HOUR, 20 * HOUR, Deed.CONFIRM),
            Purpose.REFLECT: (self.temper.writes_unasked, HOUR, 40 * HOUR, Deed.REFLECT),
            Purpose.SUMMARISE: (self.temper.writes_unasked, 4 * HOUR, 2 * DAY, Deed.SUMMARISE),
            Purpose.RELEASE: (1 - self.temper.silent, HOUR, 2 * DAY, Deed.RELEASE),
            Purpose.PROPOSE: (self.temper.writes_unasked, DAY, 4 * DAY, Deed.PROPOSE),
            Purpose.THANK: (self.temper.writes_unasked, DAY, 3 * DAY, Deed.THANK),
            Purpose.CONCERN: (self.temper.raises_concern, HOUR, 3 * DAY, Deed.RAISE_CONCERN),
            Purpose.INVITE: (1 - self.temper.silent, HOUR, DAY, Deed.INVITE),
            Purpose.DECIDE: (self.temper.writes_unasked, 2 * DAY, 10 * DAY, Deed.DECIDE),
            Purpose.HEAR: (1, HOUR, 2 * DAY, Deed.CONVEY),
            Purpose.RESULT: (self.temper.measures, HOUR, 3 * DAY, Deed.CLOSE_TEST),
            Purpose.MEASURE: (1, HOUR, 3 * DAY, Deed.MEASURE),
        }
        if claim.purpose not in asked:
            return
        rate, shortest, longest, deed = asked[claim.purpose]
        if self.draws.happens(rate, "does", now.date(), *about):
            at = self._soon(person, now, shortest, longest, *about)
            yield Act(at, person.ref, deed, self.choice(deed, *about), claim)

    def choice(self, deed: Deed, *about: object) -> str:
        """Return what the person says on a page that offers a choice; empty where it offers none."""
        if deed in {Deed.CONSENT, Deed.RELEASE, Deed.INVITE}:
            refuses = self.draws.happens(self.temper.refuses_consent, "refuses", *about)
            return "no" if refuses else "yes"
        if deed is Deed.DECIDE:
            return self.draws.one_of(dict(self.temper.decisions), "decides", *about)
        if deed is Deed.CLOSE_TEST:
            return self.draws.one_of(dict(self.temper.verdicts), "measures", *about)
        return ""

    def _soon(
        self, person: Person, now: datetime, shortest: timedelta, longest: timedelta, *about: object
    ) -> datetime:
        wanted = now + self.draws.wait(shortest, longest, *about)
        return next_working_moment(wanted, person.hours, person.zone)

"""What a signed link may open, and for whom."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from domain.errors import Refused
from domain.value import Key, Moment, PersonRef, RotationId, Silent, Value


class LinkOver(Refused):
    """The link was good once; its time is over or it was used up."""


class LinkExpired(LinkOver):
    """The time of a link is over; its signature holds, so ``claim`` is what it opened."""

    def __init__(self, sentence: str, claim: "LinkClaim") -> None:
        super().__init__(sentence)
        self.claim = claim


class Purpose(StrEnum):
    """One purpose, one salt: a link to answer never opens a reflection."""

    ANSWER = "answer"
    CONSENT = "consent"
    HELD = "held"
    REFLECT = "reflect"
    OBSERVE = "observe"
    PRACTISE = "practise"
    TRY = "try"
    RESULT = "result"
    TENSION = "tension"
    THANK = "thank"
    SUMMARISE = "summarise"
    RELEASE = "release"
    PROPOSE = "propose"
    CONCERN = "concern"
    DECIDE = "decide"
    MEASURE = "measure"
    VOUCH = "vouch"
    NOTE = "note"
    """The shared note of a peer debrief."""
    INVITE = "invite"
    """Whether somebody is invited to a reflection after a crisis."""
    PACK = "pack"
    SPEAK = "speak"
    """Say what should be heard around a session."""
    VOICE_MODE = "voice-mode"
    """Choose, as the lead, how points are taken."""
    HEAR = "hear"
    """Ask for a code that opens what was said."""
    WEIGH = "weigh"
    """For an hour after a code: answer each point."""
    CONVEY = "convey"
    """For an hour after a code: pass on a wording of each point."""
    PROXY = "proxy"
    """Answer an invite of somebody without mail, who lets the reader do so."""
    OWN_PAGES = "own-pages"
    """Everything that somebody can do at a kiosk, for as long as their code lasts there."""
    CHOOSE_PROXY = "choose-proxy"
    """Choose, at a kiosk, who may answer one's invites."""
    NEED = "need"
    """Read, as the coordinator, what would make a step work for somebody."""
    DAY_SHEET = "day-sheet"
    """A page of a visit to print, for the lead and for those of the team without mail."""
    LOG = "log"
    """Read what was decided about one's own team."""


BRIEFLY = timedelta(minutes=20)
"""How long the pages of somebody at a shared device work, from their code on."""


class LinkClaim(Value):
    """What a link says once its signature holds; ``about`` is a UID, a gate, a step key, an occasion, an insight, a test, a policy change, a team, whom a sheet is for, or ``pack``."""

    purpose: Purpose
    person: PersonRef
    rotation: RotationId | Literal[""]
    """Empty for the pages of somebody at a kiosk, which belong to no rotation."""
    about: str
    step: Key | None = None
    until: Silent[Moment | None] = None
    """When the visit to a shared device ends: it, and every link that follows from it, works no longer."""

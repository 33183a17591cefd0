"""What a signed link may open, and for whom."""

from enum import StrEnum

from domain.errors import Refused
from domain.value import Key, PersonRef, RotationId, Value


class LinkOver(Refused):
    """The link was good once; its time is over or it was used up."""


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


class LinkClaim(Value):
    """What a link says once its signature holds; ``about`` is a UID, a gate, a step key, an occasion, an insight, a test, a policy change or ``pack``."""

    purpose: Purpose
    person: PersonRef
    rotation: RotationId
    about: str
    step: Key | None = None

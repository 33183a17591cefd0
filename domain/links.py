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
    TENSION = "tension"
    THANK = "thank"
    SUMMARISE = "summarise"
    RELEASE = "release"
    PROPOSE = "propose"
    CONCERN = "concern"
    DECIDE = "decide"
    MEASURE = "measure"
    VOUCH = "vouch"


class LinkClaim(Value):
    """What a link says once its signature holds; ``about`` is a UID, a gate, a step key or a policy change."""

    purpose: Purpose
    person: PersonRef
    rotation: RotationId
    about: str
    step: Key | None = None

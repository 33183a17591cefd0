"""Voices: what people of a host team want heard around a listening session, safe to say and always answered."""

from datetime import datetime, timedelta

from domain.errors import Refused
from domain.people import Seat
from domain.policy import Disposition
from domain.program import StepKind, VoiceMode
from domain.rotation import Phase, RotationState, StepState
from domain.value import Moment, Value

OPENS = timedelta(days=1)
"""Before the session: from then on points are taken."""

CLOSES = timedelta(days=14)
"""After the end of the session: until then."""

POINTS_EACH = 5
"""Points that one person may say around one session."""

LONGEST_POINT = 500
"""Characters, of a point and of the reason that answers it."""

CROWD = 3
"""People among whom nobody is told apart: so many may speak at least, and by so many what is shown grows."""

KEPT = timedelta(days=365)
"""After the end of the session: so long a receipt can be read, and so long words are kept."""

SPEAKING = frozenset({Seat.HOST_LEAD, Seat.FRONTLINE})
"""Who says what should be heard."""

ANY_LANGUAGE = "und"
"""The tag of no language in particular."""

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "ar": "العربية",
    "cs": "Čeština",
    "da": "Dansk",
    "el": "Ελληνικά",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "tr": "Türkçe",
    "uk": "Українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
    ANY_LANGUAGE: "…",
}
"""Languages that somebody may write in, by their tag (BCP 47), each in its own words; the last is any other."""


class Weighed(Value):
    """What a leader makes of one point, and why; ``policy`` is the change that takes it up."""

    disposition: Disposition
    reason: str
    policy: str = ""


def mode_among(wanted: VoiceMode, speakers: int) -> VoiceMode:
    """Return how points are taken while so many people may speak: among too few nobody is anonymous."""
    if wanted is VoiceMode.ANONYMOUS and speakers < CROWD:
        return VoiceMode.FACILITATOR
    return wanted


def refuse_unheard(step: StepState, now: Moment) -> None:
    """Raise Refused, saying since or from when, unless points are taken around a session now."""
    if step.phase is Phase.CANCELLED:
        raise Refused("This session was called off; nothing is collected for it.")
    if now < step.starts - OPENS:
        raise Refused("This opens a day before the session.")
    if now > closes_at(step):
        raise Refused(
            f"This closed {CLOSES.days} days after the session. Tell the contact instead."
        )


def refuse_point(words: str) -> None:
    """Raise Refused for a point without words, or with too many."""
    if not words:
        raise Refused("Write what should be heard in a line or two.")
    if len(words) > LONGEST_POINT:
        raise Refused(f"Keep it to {LONGEST_POINT} characters; it has {len(words)}.")


def what_is_missing(weighed: Weighed, changes: frozenset[str]) -> str:
    """Return what an answer to a point still needs, as a sentence; empty for nothing.

    ``changes`` are the ids of those that may take it up.
    """
    if weighed.disposition is not Disposition.DECLINED and weighed.policy not in changes:
        return "Choose the change that takes it up."
    if not weighed.reason.strip():
        return "Write the reason in a line or two; it is told to whoever said this."
    if len(weighed.reason) > LONGEST_POINT:
        return f"Keep the reason to {LONGEST_POINT} characters; it has {len(weighed.reason)}."
    return ""


def closes_at(step: StepState) -> datetime:
    """Return until when points are taken around a session."""
    return step.ends + CLOSES


def sessions_before(state: RotationState, thanks: StepState) -> tuple[StepState, ...]:
    """Return the listening sessions whose points are answered before these thanks."""
    earlier = state.steps[: state.steps.index(thanks)]
    last = max((n for n, s in enumerate(earlier) if s.kind is StepKind.THANKS), default=-1)
    return tuple(s for s in earlier[last + 1 :] if s.kind is StepKind.LISTENING_SESSION)


def thanks_after(state: RotationState, session: StepState) -> StepState | None:
    """Return the thanks that close the visit of a listening session; None in a program without."""
    later = state.steps[state.steps.index(session) :]
    return next((step for step in later if step.kind is StepKind.THANKS), None)

"""The day sheet: what somebody of a host team may know of a visit, on a page to print."""

from datetime import timedelta

from domain.language import Language
from domain.program import VoiceMode
from domain.value import Moment, Value

BREAK_EVERY = timedelta(hours=2)
"""Half an hour of rest belongs to so much of a visit."""


class Meeting(Value):
    """One meeting of a visit: what it is called, and when and where it is."""

    title: str
    starts: Moment
    ends: Moment
    zone: str
    where: str


class DaySheet(Value):
    """What one reader of a host team is told of a visit; ``zone`` of each meeting is the team's."""

    reader_name: str
    language: Language
    texts: tuple[tuple[str, str], ...] = ()
    """Templates by name with which the program replaces those of Sojourn in this language."""
    leader: str
    """Whose visit it is."""
    team: str
    visit: Meeting
    others: tuple[Meeting, ...] = ()
    """What the reader is invited to besides, in the order of time."""
    what: str = ""
    """What this type of visit is, in a sentence."""
    goals: tuple[str, ...] = ()
    """What the visitor wants to learn, for who may read it."""
    checklist: tuple[str, ...] = ()
    """What the reader sees to before the visit."""
    lines: tuple[str, ...] = ()
    """Questions that the visitor may bring."""
    mode: VoiceMode | None = None
    """How what is said around the listening session is taken; None where nothing is collected."""
    fixed: bool = False
    """Whether that stays as it is: somebody has said something."""
    closes: Moment | None = None
    """When points are taken no more, and all of them are open at the latest."""
    passes_on: str = ""
    """Who passes a wording on where the visitor must not read the words themselves."""
    lead: str = ""
    """Who leads the team; empty where that is the reader."""
    contact: str = ""
    """The human to ask, as ``Name, address``."""
    kiosk: str = ""
    """Where a code opens the reader's own pages; empty for who has a mail address."""

    @property
    def breaks(self) -> int:
        """Half hours of rest that belong to the visit."""
        return (self.visit.ends - self.visit.starts) // BREAK_EVERY

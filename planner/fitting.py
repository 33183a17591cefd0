"""When the steps of one rotation can start at one host, whatever else is chosen: bits, no search.

Every step has the starts at which its people are free and its window is open; then, backwards,
starts from which the steps after it can't follow are struck out.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cached_property

from domain.coverage import in_turn
from domain.people import Seat
from domain.planning import Candidate, Host
from domain.program import HEARD_IN, StepTemplate
from domain.seating import required
from planner.diary import Diary
from planner.slots import stretch
from planner.windows import Terms, Windows

Route = tuple[Host, ...]
"""The hosts of a rotation's stops, in order."""


class Fit(Windows):
    """One rotation on its route, against one diary: seats, windows and the starts that are left.

    ``route`` has the host of every stop, in order.
    """

    def __init__(
        self, diary: Diary, candidate: Candidate, route: Route, terms: Terms | None = None
    ) -> None:
        self.diary = diary
        self.candidate = candidate
        self.route = route
        super().__init__(diary.calendars.order, terms or Terms())

    def possible(self) -> bool:
        """Return False when the steps can't follow one another at all; quick, and never wrongly so."""
        if not self.diary.calendars.knows(self.candidate.participant):
            return False
        return all(bits or self.is_fixed(n) for n, bits in enumerate(self.useful))

    def seats(self, template: StepTemplate) -> tuple[tuple[Seat, str | None], ...]:
        return required(self.diary.problem, template, self.candidate, self.host(template))

    def host(self, template: StepTemplate) -> Host:
        """Return the team of the stop that a step belongs to."""
        return self.route[template.stop - 1]

    def frontline(self, template: StepTemplate) -> list[str]:
        """Return the colleagues that can be asked."""
        host = self.host(template)
        own = {self.candidate.participant, self.candidate.manager, host.lead}
        out = own | self.terms.refused
        return [p for p in host.frontline if p not in out and self.diary.calendars.knows(p)]

    def in_turn(self, template: StepTemplate, free: Collection[str], sat: list[str]) -> list[str]:
        """Return those who sat there before, then others of these in turn, up to one more than the quorum.

        To be heard, among equals those come first for whom nobody has spoken yet.
        """
        voices = self.diary.calendars.voices if template.kind in HEARD_IN else _silent
        heard = self.diary.heard() | {voice for person in sat for voice in voices(person)}
        wanted = max(template.attendance.frontline_quorum + 1 - len(sat), 0)
        others = set(free) - set(sat)
        return [*sat, *in_turn(others, wanted, self.diary.sessions, voices, heard)]

    def together(self, template: StepTemplate) -> int:
        """Return the starts at which everybody who has to come is free, and a quorum of colleagues."""
        bits = self.quorum(template)
        for seat, person in self.seats(template):
            bits &= self.diary.starts(person, seat, template)
        return bits

    def quorum(self, template: StepTemplate) -> int:
        """Return the starts at which enough colleagues are free from start to end."""
        wanted = template.attendance.frontline_quorum
        if not wanted:
            return self.horizon.all
        return self.diary.enough(sorted(self.frontline(template)), wanted, template)

    def allowed(self, template: StepTemplate) -> int:
        """Return the starts that clocks and host team allow, whoever comes."""
        return self.diary.allowed(self.host(template), template)

    def clock(self, template: StepTemplate) -> int:
        """Return the starts from now on at the fixed wall time, or on the quarter hour."""
        return self.diary.calendars.clock(template, self.host(template).zone)

    def welcome(self, template: StepTemplate) -> int:
        """Return the starts at which the host team is not closed."""
        return self.diary.calendars.welcome(template, self.host(template).team)

    def reachable(self) -> Iterator[tuple[StepTemplate, int, int]]:
        """Yield each moving meeting with the starts its window reaches, and those that also fit."""
        for number, window, fits in self.following(self._fitting):
            if not self.order.written[number]:
                yield self.templates[number], window, fits

    @cached_property
    def _fitting(self) -> list[int]:
        """Each moving step's starts, whatever becomes of the other moving steps."""
        return [0 if self.is_fixed(n) else self._fitting_of(n) for n in range(len(self.templates))]

    def _fitting_of(self, number: int) -> int:
        template = self.templates[number]
        if self.order.written[number]:
            return self.anywhere(number)
        bits = self.allowed(template) & self.together(template)
        bits &= self.diary.asked(self.candidate, template)
        if template.key in self.terms.wished:
            bits &= self._exactly(self.terms.wished[template.key])
        return bits & self.beside_fixed(number)

    def _exactly(self, moment: datetime) -> int:
        slot = self.horizon.since(moment)
        return stretch(slot, slot + 1) if self.horizon.moment(slot) == moment else 0

    @cached_property
    def useful(self) -> list[int]:
        """Each moving step's starts from which the steps after it can follow."""
        return self.leading(self._fitting)


def _silent(_: str) -> tuple[str, ...]:
    return ()


def own_starts(diary: Diary, candidate: Candidate, terms: Terms) -> dict[str, int]:
    """Return when each moving step could start by its key, were every host team always there."""
    windows = Windows(diary.calendars.order, terms)
    fitting = [_own_fitting(diary, candidate, windows, n) for n in range(len(windows.templates))]
    useful = windows.leading(fitting)
    return {windows.templates[n].key: starts for n, _, starts in windows.following(useful)}


def _own_fitting(diary: Diary, candidate: Candidate, windows: Windows, number: int) -> int:
    template = windows.templates[number]
    if windows.is_fixed(number):
        return 0
    bits = windows.anywhere(number)
    if windows.order.written[number]:
        return bits
    for seat, person in required(diary.problem, template, candidate, None):
        if seat is not Seat.HOST_LEAD:
            bits &= diary.starts(person, seat, template)
    bits &= diary.asked(candidate, template)
    return bits & windows.beside_fixed(number)

"""What simulated people make of a visit: points that they want heard and answers to them, tests, tensions."""

from contextlib import suppress
from datetime import datetime, timedelta

from domain.errors import NotFound, Refused
from domain.policy import Disposition
from domain.program import StepKind
from domain.quicktests import Draft
from domain.rotation import Phase, RotationState, StepState
from domain.voices import SPEAKING, Weighed
from rehearsal.draws import Draws
from rehearsal.temper import Temper
from wiring import Office

_POINTS = (
    "We are asked for the same list by three departments.",
    "Nobody told us why the rule changed in spring.",
    "When it is full, the phone rings and nobody may answer.",
)
_ANSWERS = {
    Disposition.ADOPTED: "You are right, and it can be done without anybody else.",
    Disposition.DECLINED: "It would take a new system; that is decided next year.",
}
_TESTED_FOR = timedelta(days=14)
_TEST = {
    "hypothesis": "If the desk decides small cases, callers wait half as long.",
    "adjustment": "Cases below 20 are decided at the desk on two afternoons.",
    "cost": "two afternoons of one colleague",
    "reversible": "yes",
    "metric": "minutes until a case is decided",
    "baseline": "40",
    "target": "20",
}
_TENSION = {
    "one": "a short queue",
    "other": "time for who is new at the desk",
    "lens": "operational",
    "initiative": "",
    "decided_on": "",
    "place": "",
}
_LOOKED_AT_FOR = timedelta(days=21)


class Afterwards:
    """Looks each morning at the sessions that ended since yesterday, and at what waits for an answer."""

    def __init__(self, office: Office, draws: Draws, temper: Temper) -> None:
        self._office = office
        self._draws = draws
        self._temper = temper
        self._looked_back: set[str] = set()

    def round(self, state: RotationState, since: datetime, now: datetime) -> None:
        """Let people of the host team speak, and the participant answer and try something."""
        for step in state.steps:
            with suppress(Refused, NotFound):
                if step.kind is StepKind.LISTENING_SESSION and since < step.ends <= now:
                    self._speak(state, step, now)
                    self._raise_tension(state, now)
                if step.kind is StepKind.THANKS and step.phase is Phase.OPEN:
                    self._answer(state, step, now)
                if step.kind is StepKind.SUMMARY and step.phase is Phase.HELD:
                    self._try_something(state, now)

    def _speak(self, state: RotationState, step: StepState, now: datetime) -> None:
        for attendee in step.attendees:
            about = (state.rotation, step.key, attendee.person)
            speaks = self._draws.happens(self._temper.speaks, "speaks", *about)
            if attendee.seat in SPEAKING and speaks:
                words = _POINTS[int(self._draws.share("says", *about) * len(_POINTS))]
                receipt = "-".join(about)
                self._office.voices.say(*about, receipt, words, "en", now)

    def _answer(self, state: RotationState, thanks: StepState, now: datetime) -> None:
        """Every point gets an answer before thanks are handed in; a yes names the change that takes it up."""
        where = (state.rotation, thanks.key, state.participant)
        waiting = self._office.hearing.to_weigh(*where, now)
        change = next((policy for policy, _ in waiting.changes), "")
        said = Disposition.ADOPTED if change else Disposition.DECLINED
        weighed = Weighed(disposition=said, reason=_ANSWERS[said], policy=change)
        answers = {point.id: weighed for point in waiting.points if not point.decision}
        if answers:
            self._office.hearing.weigh(*where, answers, now)

    def _try_something(self, state: RotationState, now: datetime) -> None:
        """Some test the first insight that stands on a note, once."""
        if state.rotation in self._looked_back:
            return
        self._looked_back.add(state.rotation)
        if not self._draws.happens(self._temper.tests, "tests", state.rotation):
            return
        for offered in self._office.quick_tests.offered(state.rotation, state.participant):
            page = self._office.quick_tests.page(offered.insight, state.participant)
            if page.notes:
                draft = Draft(
                    **_TEST,
                    notes=(page.notes[0].id,),
                    owner=page.owners[0].ref,
                    ends_on=f"{(now + _TESTED_FOR).date()}",
                )
                self._office.quick_tests.keep(
                    offered.insight, state.participant, draft, now, start=True
                )
                return

    def _raise_tension(self, state: RotationState, now: datetime) -> None:
        if self._draws.happens(self._temper.tests, "tension", state.rotation):
            typed = {
                **_TENSION,
                "owner": state.participant,
                "due": f"{(now + _LOOKED_AT_FOR).date()}",
            }
            self._office.tensions.raise_by_link(state.rotation, state.participant, typed, now)

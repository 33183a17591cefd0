"""What simulated people write around a step that no letter asks for: observations, and the cards' exercises."""

from contextlib import suppress
from datetime import datetime, timedelta

from domain.decisionmap import DecisionMap, Mark, Spot, answer_of
from domain.errors import Refused
from domain.evidence import OBSERVED, Observation
from domain.program import Exercise, FieldKind, FormField
from domain.rotation import Phase, RotationState, StepState
from rehearsal.draws import Draws
from rehearsal.seen import SEEN
from rehearsal.temper import Temper
from wiring import Office

DAY = timedelta(days=1)
_AN_HOUR_IN = timedelta(hours=1)
_WORDS = (
    "Most of it is decided before anybody looks at the form.",
    "Ask at the desk first, then write the rule.",
    "I had thought that the queue was short.",
    "Two of us saw the same thing and called it by other names.",
)
_FEELINGS = ("uneasy", "impressed", "impatient", "")


Notes = dict[tuple[str, int], list[str]]
"""Ids of the observations of each rotation's stops."""

_A_MAP = DecisionMap(
    steps=("A return is asked for", "It is signed"),
    stakeholders=("Callers", "Finance"),
    spots=(
        (Spot(values="a quick answer", mark=Mark.ALIGN), Spot(values="no loss", mark=Mark.CLASH)),
        (Spot(values="an end to it", mark=Mark.CLASH), Spot(values="two pairs of eyes")),
    ),
)


class Habits:
    """Looks each morning at the steps that began since yesterday, and at those of the day to come."""

    def __init__(self, office: Office, draws: Draws, temper: Temper) -> None:
        self._office = office
        self._draws = draws
        self._temper = temper
        self.notes: Notes = {}

    def round(self, state: RotationState, since: datetime, now: datetime) -> None:
        """Let everybody in a step that is near write what their page offers them."""
        for step in state.steps:
            began = since < step.starts <= now
            if step.phase is Phase.CANCELLED or not (began or now < step.starts <= now + DAY):
                continue
            if began and step.kind in OBSERVED:
                self._take_notes(state, step, now)
            for person in {attendee.person: None for attendee in step.attendees}:
                self._practise(state.rotation, step.key, person, now)

    def _take_notes(self, state: RotationState, step: StepState, now: datetime) -> None:
        about = (state.rotation, step.key)
        for number in range(int(self._draws.share("notes", *about) * 4)):
            said, tag = SEEN[int(self._draws.share("noted", number, *about) * len(SEEN))]
            feeling = _FEELINGS[int(self._draws.share("felt", number, *about) * len(_FEELINGS))]
            observation = Observation(moment=said, feeling=feeling, tag=tag)
            name = f"{state.rotation}-{step.key}-{number}"
            with suppress(Refused):
                self._office.observations.keep(
                    name, *about, state.participant, observation, now, step.starts + _AN_HOUR_IN
                )
                self.notes.setdefault((state.rotation, step.stop), []).append(name)

    def _practise(self, rotation: str, step: str, person: str, now: datetime) -> None:
        for page in self._office.exercises.offered(rotation, step, person, now):
            about = (rotation, page.step, person, page.exercise.key)
            skips = not self._draws.happens(self._temper.practises, "practises", *about)
            if page.written or page.why_closed or skips:
                continue
            readers = page.exercise.readers
            reader = readers[int(self._draws.share("reader", *about) * len(readers))]
            answers = self._answers(page.exercise, *about)
            self._office.exercises.keep(
                rotation, page.step, page.exercise.key, person, answers, reader, now
            )

    def _answers(self, exercise: Exercise, *about: object) -> dict[str, str]:
        return {field.key: self._answer(field, *about) for field in exercise.fields}

    def _answer(self, field: FormField, *about: object) -> str:
        share = self._draws.share("writes", field.key, *about)
        if field.kind is FieldKind.CHOICE:
            return field.choices[int(share * len(field.choices))]
        if field.kind is FieldKind.NUMBER:
            return str(1 + int(share * 30))
        if field.kind is FieldKind.LINES:
            return "\n".join(said for said, _ in SEEN[: max(1, field.least)])
        if field.kind is FieldKind.MAP:
            return answer_of(_A_MAP)
        return _WORDS[int(share * len(_WORDS))]

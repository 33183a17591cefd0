"""Which of a visit's questions were asked: marked by the visitor, counted per program, read by nobody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.program import Program, StepTemplate
from domain.pulse import shown_mean
from domain.rotation import Phase, RotationState, StepState
from domain.value import Value
from store.audit import note
from store.database import reading, writing
from store.people import program_followed, program_of, state_of, step_of
from store.tables.rotations import RotationTable
from store.tables.words import VisitQuestionTable


class VisitQuestions(Value):
    """The questions of one visit as its visitor sees them."""

    picked: tuple[str, ...]
    asked: tuple[str, ...] | None
    """Those that the visitor marked; None before they have marked any."""
    open: bool
    """Whether they can be marked now."""


class CountedQuestion(Value):
    """One question of a bank, with so many of its visits as make whole cells."""

    visit: str
    title: str
    """The type of visit."""
    question: str
    visits: int
    """For which it was picked and that were marked; 0 while there are too few."""
    asked: int


class Questions:
    """Shows, takes and counts marks; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_visit(
        self, rotation: str, step: str, person: str, now: datetime
    ) -> VisitQuestions | None:
        """Return the questions picked for a step; None where there are none, and for others than the visitor."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            found = step_of(state, step)
            picked = _picked(session, state, found)
            if person != state.participant or not picked:
                return None
            asked = _marked(session, rotation, step)
            is_open = asked is None and not _why_closed(found, now)
            return VisitQuestions(picked=picked, asked=asked, open=is_open)

    def mark(
        self, rotation: str, step: str, person: str, asked: Collection[str], now: datetime
    ) -> None:
        """Keep which questions were asked, none included; the first marks stand, for they are counted.

        Raises Refused for anybody but the visitor, before the visit and for one that was called off.
        """
        with writing(self._engine) as session:
            state = state_of(session, rotation)
            found = step_of(state, step)
            if person != state.participant:
                raise Refused("Only the visitor marks what was asked.")
            why_closed = _why_closed(found, now)
            if why_closed:
                raise Refused(why_closed)
            if _marked(session, rotation, step) is not None:
                raise Refused("You have marked this already, and it is counted.")
            picked = _picked(session, state, found)
            if not picked or not set(asked) <= set(picked):
                raise Refused("These are not the questions of this visit. Open the page again.")
            session.add_all(
                VisitQuestionTable(
                    rotation=rotation, step=step, question=one, asked=one in asked, marked_at=now
                )
                for one in picked
            )
            note(session, now, rotation, f"{person} marked the questions of {step}")

    def counted(self, cohort: str) -> tuple[CountedQuestion, ...]:
        """Return every question of a program's banks with how often it was asked, in the banks' order.

        Figures are made of at least five visits and change by five at a time.
        """
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            marks = _marks(session, cohort)
            return tuple(
                CountedQuestion(
                    visit=visit.key,
                    title=visit.title,
                    question=question,
                    visits=shown.answers if shown else 0,
                    asked=round(shown.mean * shown.answers) if shown else 0,
                )
                for visit in program.visits
                for question in visit.questions
                for shown in [shown_mean(marks.get(question, ()))]
            )


def _picked(session: Session, state: RotationState, step: StepState) -> tuple[str, ...]:
    if state.ritual:
        return ()
    program: Program = program_followed(session, state.cohort, state.rotation)
    template: StepTemplate = program.step(step.key)
    return program.questions_of(template, state.rotation)


def _why_closed(step: StepState, now: datetime) -> str:
    if step.phase is Phase.CANCELLED:
        return "This visit was called off."
    return "This opens when the visit begins." if now < step.starts else ""


def _marked(session: Session, rotation: str, step: str) -> tuple[str, ...] | None:
    query = select(VisitQuestionTable).where(
        VisitQuestionTable.rotation == rotation, VisitQuestionTable.step == step
    )
    rows = session.scalars(query.order_by(VisitQuestionTable.question)).all()
    return tuple(row.question for row in rows if row.asked) if rows else None


def _marks(session: Session, cohort: str) -> dict[str, list[float]]:
    """By question, 1 for each visit that asked it and 0 for each that did not, as they were marked."""
    query = (
        select(VisitQuestionTable.question, VisitQuestionTable.asked)
        .join(RotationTable, RotationTable.id == VisitQuestionTable.rotation)
        .where(RotationTable.cohort == cohort)
        .order_by(VisitQuestionTable.marked_at, VisitQuestionTable.rotation)
    )
    found: dict[str, list[float]] = {}
    for question, asked in session.execute(query):
        found.setdefault(question, []).append(float(asked))
    return found

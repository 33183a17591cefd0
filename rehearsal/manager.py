"""The simulated program manager: looks every working morning at what needs a person, and helps.

Whatever a manager does here, a real one can do on the pages: ask in person and record the answer,
confirm, move a step, let it go, or end a rotation.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, select

from domain.errors import Refused
from domain.events import Cancel, Reschedule, Skip, Withdraw
from domain.happenings import EventKind, Happening
from domain.moments import at_wall_time, zone_of
from domain.policy import PolicyState
from domain.program import Gate, StepKind
from domain.quarters import CHANGES
from domain.rotation import Answer, Attention, Concern, RotationState
from domain.tensions import TensionState
from rehearsal.afterwards import Afterwards
from rehearsal.clockwork import Clockwork
from rehearsal.draws import Draws
from rehearsal.habits import Habits
from rehearsal.measuring import Figures
from rehearsal.packing import Packing
from rehearsal.people import Deed
from rehearsal.saying import Sayer
from store.database import reading
from store.learnings import Wanted
from store.proposing import ProposedTime
from store.tables.changes import PolicyTable
from store.tables.mail import InviteTable
from store.tables.people import PersonTable
from store.tables.rotations import RotationTable
from store.tensions import WantedTensions
from wiring import Office

MORNING = time(9)
LAST_TRIES = 10
"""Working days ahead that are tried by hand when no new time was found."""

_PATIENCE = timedelta(days=1)
"""A manager leaves people a day before asking in person."""

DAY = timedelta(days=1)

OPEN = WantedTensions(state="open")

_NO_CHANGE = "The proposals of this quarter are decided in the next one."
_EASED = "New colleagues answer beside an old one in the first two weeks."
_NOTHING_FOLLOWS = "It is known, and what it would cost is more than we have this year."


class Manager:
    """Does the morning round of one cohort, and lets everybody write what that day offers them."""

    def __init__(
        self,
        office: Office,
        clockwork: Clockwork,
        sayer: Sayer,
        habits: Habits,
        draws: Draws,
        figures: Figures,
    ) -> None:
        self._office = office
        self._figures = figures
        self._packing = Packing(office, draws, sayer.reader.temper)
        self._afterwards = Afterwards(office, draws, sayer.reader.temper)
        self._habits = habits
        self._last_round = clockwork.now
        self._clockwork = clockwork
        self._sayer = sayer
        self._draws = draws

    def round(self, now: datetime) -> None:
        """Take up everything that has needed a person since yesterday."""
        for workflow_id, state in list(self._rotations()):
            for attention in state.attention:
                if now - attention.since >= _PATIENCE:
                    with suppress(Refused):
                        self._help(workflow_id, state, attention, now)
            with suppress(Refused):
                self._invite_in_person(state, now)
            self._habits.round(state, self._last_round, now)
            self._afterwards.round(state, self._last_round, now)
        for wish in self._office.proposed_times.open():
            with suppress(Refused):
                self._settle(wish, now)
        for change in list(self._changes()):
            with suppress(Refused):
                self._ask_owner(change, now)
        for cohort in self._office.views.cohorts():
            self._figures.round(cohort.cohort, now.astimezone(zone_of(cohort.zone)).date(), now)
            self._close_quarters(cohort.cohort, now)
            self._pass_on_events(cohort.cohort, now)
            self._look_at_tensions(cohort.cohort, now)
            for policy, keys in self._office.by_word.owed(cohort.cohort).items():
                self._office.by_word.tell(policy, keys, now)
        self._office.look_after()
        self._last_round = now

    def _close_quarters(self, cohort: str, now: datetime) -> None:
        """Say what a quarter that is over stands for, and why nothing follows from the rest."""
        for row in self._office.quarters.ledger(cohort, now):
            if not row.over or row.closed:
                continue
            chosen = tuple(policy for policy, _ in row.listed[: CHANGES.stop - 1])
            reason = "" if len(chosen) in CHANGES else _NO_CHANGE
            self._office.quarters.close(cohort, row.quarter, chosen, reason, now)
            found = self._office.learnings.find(Wanted(quarter=row.quarter, only_open=True))
            for learning in found.learnings:
                if self._draws.happens(0.5, "nothing follows", learning.id):
                    self._office.learnings.nothing_follows(learning.id, _NOTHING_FOLLOWS, now)
            self._packing.share_some(cohort, now)

    def _pass_on_events(self, cohort: str, now: datetime) -> None:
        """Tell what has happened to participants, as another system would by its webhook."""
        for person in self._participants(cohort):
            about = (person, now.date())
            if self._draws.happens(self._sayer.reader.temper.lives_through, "event", *about):
                kinds = list(EventKind)
                kind = kinds[int(self._draws.share("kind", *about) * len(kinds))]
                event = Happening(
                    about=f"event:{person}:{now.date()}",
                    kind=kind,
                    person=person,
                    cohort=cohort,
                    at=now - DAY,
                )
                self._office.happenings.take(event, now)

    def _look_at_tensions(self, cohort: str, now: datetime) -> None:
        """What is overdue is talked about one of these mornings."""
        for tension in self._office.tensions.find(cohort, OPEN, now).tensions:
            about = ("tension", tension.id, now.date())
            if tension.overdue and self._draws.happens(0.1, *about):
                eased = TensionState.EASED
                self._office.tensions.settle(cohort, tension.id, eased, _EASED, now)

    def _participants(self, cohort: str) -> tuple[str, ...]:
        """Their ids in the program folder."""
        query = select(PersonTable.key).join(
            RotationTable, RotationTable.participant == PersonTable.ref
        )
        query = query.where(RotationTable.cohort == cohort, RotationTable.ritual == "")
        with reading(self._office.engine) as session:
            return tuple(session.scalars(query.order_by(PersonTable.key)))

    def _rotations(self) -> Iterator[tuple[str, RotationState]]:
        with reading(self._office.engine) as session:
            query = select(RotationTable.workflow_id, RotationTable.state)
            for workflow_id, state in session.execute(query.order_by(RotationTable.id)):
                if state and not state.get("ending"):
                    yield workflow_id, RotationState.model_validate(state)

    def _changes(self) -> Iterator[PolicyState]:
        with reading(self._office.engine) as session:
            for state in session.scalars(select(PolicyTable.state).order_by(PolicyTable.id)):
                if state and state.get("attention"):
                    yield PolicyState.model_validate(state)

    def _help(
        self, workflow_id: str, state: RotationState, about: Attention, now: datetime
    ) -> None:
        step = about.step or ""
        helps: dict[Concern, Callable[[], None]] = {
            Concern.GATE_SILENT: lambda: self._ask_consent(state, about, now),
            Concern.GATE_REFUSED: lambda: self._tell(workflow_id, "withdraw", state, Withdraw()),
            Concern.NO_ANSWER: lambda: self._call_the_silent(state, step, now),
            Concern.UNCONFIRMED: lambda: self._confirm(state, step, now),
            Concern.REFLECTION_MISSING: lambda: self._remind(Deed.REFLECT, state, step, now),
            Concern.THANKS_MISSING: lambda: self._remind(Deed.THANK, state, step, now),
            Concern.SUMMARY_MISSING: lambda: self._remind(Deed.SUMMARISE, state, step, now),
            Concern.PROPOSAL_MISSING: lambda: self._remind(Deed.PROPOSE, state, step, now),
            Concern.NOT_REPAIRED: lambda: self._find_a_time(workflow_id, state, step, now),
        }
        if about.concern in helps:
            helps[about.concern]()

    def _confirm(self, state: RotationState, step: str, now: datetime) -> None:
        self._office.sayings.took_place(state.rotation, step, None, now)

    def _tell(self, workflow_id: str, name: str, state: RotationState, event: object) -> None:
        update_id = f"manager:{name}:{workflow_id}:{state.version}"
        self._clockwork.update(workflow_id, name, update_id, event)

    def _ask_consent(self, state: RotationState, about: Attention, now: datetime) -> None:
        gate, person = Gate(about.step or ""), about.person or ""
        said = self._sayer.reader.choice(Deed.CONSENT, state.rotation, gate, person)
        self._office.sayings.consent(state.rotation, gate, person, agreed=said == "yes", now=now)

    def _call_the_silent(self, state: RotationState, step: str, now: datetime) -> None:
        for _, person in self._silent(state.rotation, InviteTable.step == step):
            self._record(state.rotation, step, person, now)

    def _invite_in_person(self, state: RotationState, now: datetime) -> None:
        """People without mail hear of their invites from the manager."""
        silent = self._silent(state.rotation, InviteTable.address.is_(None))
        for step in state.steps:
            for person in (person for key, person in silent if key == step.key):
                self._record(state.rotation, step.key, person, now)

    def _record(self, rotation: str, step: str, person: str, now: datetime) -> None:
        about = ("in person", rotation, step, person, now.date())
        declines = self._draws.happens(self._sayer.reader.temper.declines, *about)
        answer = Answer.DECLINED if declines else Answer.ACCEPTED
        self._office.sayings.answer_for(rotation, step, person, answer, now)

    def _silent(self, rotation: str, wanted: ColumnElement[bool]) -> tuple[tuple[str, str], ...]:
        """Return step and person of the standing invites that nobody has answered, by person."""
        query = select(InviteTable.step, InviteTable.person).where(
            InviteTable.rotation == rotation,
            InviteTable.called_off_at.is_(None),
            InviteTable.answer == Answer.NEEDS_ACTION.value,
            wanted,
        )
        with reading(self._office.engine) as session:
            found = session.execute(query.order_by(InviteTable.person))
            return tuple((step, person) for step, person in found)

    def _remind(self, deed: Deed, state: RotationState, step: str, now: datetime) -> None:
        """Asked in person, most write; the others are asked again the next morning."""
        if self._draws.happens(0.5, "asked in person", deed, state.rotation, now.date()):
            self._sayer.write(deed, state, step, now)

    def _find_a_time(self, workflow_id: str, state: RotationState, key: str, now: datetime) -> None:
        step = state.step(key)
        if step is None:
            self._tell(workflow_id, "withdraw", state, Withdraw())
            return
        if state.occasion:
            self._tell(workflow_id, "cancel", state, Cancel())
            return
        wall = step.starts.astimezone(zone_of(step.zone)).time()
        first = max(now, step.starts).date()
        for ahead in range(1, LAST_TRIES):
            starts = at_wall_time(first + ahead * DAY, wall, step.zone)
            if self._possible(state.rotation, step.key, starts, now):
                event = Reschedule(step=step.key, starts=starts)
                self._tell(workflow_id, "reschedule", state, event)
                return
        if step.kind in {StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION}:
            self._tell(workflow_id, "withdraw", state, Withdraw())
        else:
            self._tell(workflow_id, "skip", state, Skip(step=step.key))

    def _possible(self, rotation: str, step: str, starts: datetime, now: datetime) -> bool:
        if starts <= now or starts.weekday() > 4:
            return False
        return self._office.planning.why_not_then(rotation, step, starts, now) is None

    def _settle(self, wish: ProposedTime, now: datetime) -> None:
        """Follow somebody's wish for another time when nothing stands against it."""
        if self._possible(wish.rotation, wish.step, wish.starts, now):
            self._office.proposed_times.take(wish.number, now)
        else:
            self._office.proposed_times.decline(wish.number, now)

    def _ask_owner(self, change: PolicyState, now: datetime) -> None:
        for attention in change.attention:
            silent = attention.concern is Concern.DECISION_MISSING
            if silent and self._draws.happens(0.5, "asked owner", change.policy, now.date()):
                self._sayer.decide(change.policy, change.owner, now)

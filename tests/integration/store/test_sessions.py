"""Who belongs to an open session of a ritual: told once, whichever process speaks first."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from domain.due import catch_up
from domain.errands import Errand
from domain.events import Cancel, Event, MemberJoined, MemberLeft, Withdraw
from domain.folder import Folder
from domain.moves import apply
from domain.people import Lens
from domain.program import Ritual, Weekday
from domain.rituals import Series
from domain.rotation import Answer, Ending, Phase, RotationState
from intake.holidays import holiday_absences
from store.database import reading, writing
from store.erasing import Erasing
from store.importing import load_folder
from store.news import NewsDesk
from store.rituals import RitualDesk
from store.sayings import Sayings
from store.tables.people import CohortTable
from store.tables.rotations import RotationTable
from tests.builders import a_rotation, gates
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    a_folder,
    a_person,
    all_leave,
    calendar_mails,
    carry_out,
    invites,
    left,
)

ALL, STEP = ("mara", "ana", "ben", "cem"), "lenses"
MARA, ANA, BEN, CEM = "P-0001", "P-0004", "P-0005", "P-0007"

RITUAL = Ritual(
    key=STEP,
    title="Lenses",
    duration=timedelta(hours=1),
    weekday=Weekday.THURSDAY,
    starts_at="15:00",
    lenses=tuple(Lens),
)


@dataclass
class Cohort:
    """Four participants and the rotation of each, and a session of their ritual."""

    engine: Engine
    rotations: dict[str, RotationState]
    series: Series

    def says(self, person: str, **changes: object) -> None:
        """Somebody's rotation says how it is now."""
        state = self.rotations[person]
        state = state.model_copy(update=changes | {"version": state.version + 1})
        self.rotations[person] = state
        carry_out(self.engine, state)

    def withdraws(self, person: str) -> None:
        self.rotations[person], errands = apply(self.rotations[person], Withdraw(), NOW)
        carry_out(self.engine, self.rotations[person], *errands)

    def completes(self) -> None:
        """Every rotation is over; the ritual goes on."""
        for person in self.rotations:
            self.says(person, ending=Ending.COMPLETED)

    def opened(self) -> tuple[RotationState, tuple[Errand, ...]]:
        state = RitualDesk(self.engine, holiday_absences).next_session(self.series, NOW)
        assert state is not None
        return catch_up(state, NOW)

    def hears(self, state: RotationState) -> RotationState:
        """The session's workflow hears its news and carries out what follows, until none are left."""
        while pending := NewsDesk(self.engine).pending(NOW, 10):
            (news,) = pending
            NewsDesk(self.engine).told(news.number, NOW)
            event: Event = news.event  # type: ignore[assignment]
            state, errands = apply(state, event, NOW)
            carry_out(self.engine, state, *errands)
        return state

    @property
    def told(self) -> list[object]:
        return [news.event for news in NewsDesk(self.engine).pending(NOW, 10)]


def folder(*rituals: Ritual) -> Folder:
    found = a_folder(*(a_person(key, participates=key in ALL) for key in PEOPLE))
    program = found.program.model_copy(update={"rituals": rituals})
    return found.model_copy(update={"program": program})


@pytest.fixture
def cohort(engine: Engine) -> Cohort:
    load_folder(engine, folder(RITUAL), dry_run=False, now=NOW)
    with writing(engine) as session:
        session.get_one(CohortTable, "winter").approved_plan = 1
    with reading(engine) as session:
        rows = session.execute(select(RotationTable.participant, RotationTable.id)).all()
    rotations = {p: a_rotation(participant=p, rotation=r) for p, r in rows}
    (series,) = RitualDesk(engine, holiday_absences).series("winter")
    found = Cohort(engine, rotations, series)
    for person in (MARA, ANA, BEN):
        found.says(person)
    found.says(CEM, gates=gates(passed=False))
    return found


def test_who_leaves_is_called_off_and_the_others_keep_uid_and_answer(cohort: Cohort) -> None:
    cohort.says(CEM, gates=gates())
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    other, *leavers = (a.person for a in state.steps[0].attendees if not a.required)
    staying = (state.participant, other)
    uids = {i.person: i.uid for i in invites(cohort.engine, STEP)}
    for person in staying:
        Sayings(cohort.engine, VAULT).answer(uids[person], Answer.ACCEPTED, "link", NOW)
    state = cohort.hears(state)
    assert state.steps[0].phase is Phase.CONFIRMED

    all_leave(cohort.engine)

    for leaver in leavers:
        before = len(calendar_mails(cohort.engine))
        cohort.withdraws(leaver)
        state = cohort.hears(state)

        name = PEOPLE[int(leaver[-1]) - 1].capitalize()
        assert calendar_mails(cohort.engine)[before:] == [(name, "CANCEL", 1)]
        assert state.steps[0].phase is Phase.CONFIRMED
    standing = {i.person: (i.uid, i.answer) for i in invites(cohort.engine, STEP)}
    assert standing == {person: (uids[person], "accepted") for person in staying}


def test_who_agrees_is_invited_alone_and_heard_of_once(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    before = len(calendar_mails(cohort.engine))

    cohort.says(CEM, gates=gates())
    cohort.says(CEM, gates=gates())
    state = cohort.hears(state)

    assert calendar_mails(cohort.engine)[before:] == [("Cem", "REQUEST", 0)]
    lenses = [a.lens for a in state.steps[0].attendees]
    assert sorted(lenses) == sorted(Lens)


def test_who_left_before_the_session_first_spoke_is_not_kept(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    cohort.withdraws(BEN)
    cohort.says(CEM, gates=gates())
    assert cohort.told == []

    carry_out(cohort.engine, state, *errands)
    state = cohort.hears(state)

    assert {i.person for i in invites(cohort.engine, STEP)} == {MARA, ANA, CEM}


def test_who_leaves_before_their_joining_was_heard_of_is_not_kept(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    cohort.says(CEM, gates=gates())
    cohort.withdraws(CEM)

    state = cohort.hears(state)

    assert CEM not in {a.person for a in state.steps[0].attendees}
    assert CEM not in {i.person for i in invites(cohort.engine, STEP)}


def test_a_consent_that_is_asked_for_anew_takes_no_seat_away(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)

    cohort.says(BEN, gates=gates(passed=False))
    cohort.says(BEN, gates=gates())

    assert cohort.told == []


def test_who_waits_for_a_later_visit_alone_takes_part(cohort: Cohort) -> None:
    later = tuple(g.model_copy(update={"stop": 2}) for g in gates(passed=False))

    cohort.says(CEM, gates=(*gates(), *later))

    assert CEM in {a.person for a in cohort.opened()[0].steps[0].attendees}


def test_a_session_that_has_begun_hears_nothing(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    begun = state.steps[0].starts
    gone, _ = apply(cohort.rotations[BEN], Withdraw(), begun)

    carry_out(cohort.engine, gone, now=begun)

    assert cohort.told == []


def test_what_is_told_names_nobody(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    cohort.withdraws(BEN)

    assert cohort.told == [MemberLeft(step=STEP, person=BEN)]
    cohort.hears(state)
    cohort.says(CEM, gates=gates())
    (joined,) = cohort.told
    assert isinstance(joined, MemberJoined)
    assert joined.person == CEM
    assert joined.lens in set(Lens)


def test_a_ritual_that_has_had_a_session_stays_in_its_version(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    state, errands = apply(state, Cancel(), NOW)
    carry_out(cohort.engine, state, *errands)
    renamed = RITUAL.model_copy(update={"key": "four-lenses"})

    for rituals in ((), (renamed,)):
        report = load_folder(cohort.engine, folder(*rituals), dry_run=False, now=NOW)
        (rejected,) = report.rejected
        assert rejected.field == "rituals"
        assert "write version = 2" in rejected.remedy
        assert "sojourn program activate" in rejected.remedy


def test_a_ritual_without_a_session_is_left_out_by_an_import(cohort: Cohort) -> None:
    assert load_folder(cohort.engine, folder(), dry_run=False, now=NOW).rejected == ()
    assert RitualDesk(cohort.engine, holiday_absences).next_session(cohort.series, NOW) is None


def test_who_was_erased_has_no_seat_in_any_session(cohort: Cohort) -> None:
    cohort.completes()
    all_leave(cohort.engine)
    Erasing(cohort.engine).erase(BEN, NOW)

    state, _ = cohort.opened()

    assert {a.person for a in state.steps[0].attendees} == {MARA, ANA}


def test_erasing_the_facilitator_of_an_open_session_unseats_them_alone(cohort: Cohort) -> None:
    state, errands = cohort.opened()
    carry_out(cohort.engine, state, *errands)
    leads = state.participant
    others = {a.person for a in state.steps[0].attendees} - {leads}
    all_leave(cohort.engine)
    cohort.completes()

    Erasing(cohort.engine).erase(leads, NOW)
    assert cohort.told == [MemberLeft(step=STEP, person=leads)]
    state = cohort.hears(state)

    assert {a.person for a in state.steps[0].attendees} == others
    (heir,) = (a.person for a in state.steps[0].attendees if a.required)
    assert state.participant == heir
    name = PEOPLE[int(heir[-1]) - 1].capitalize()
    sent = [(m["reader_name"], m["sequence"]) for m in left(cohort.engine, NOW)]
    assert sent == [(name, 1)]
    assert {i.person for i in invites(cohort.engine, STEP)} == others
    cohort.says(CEM, gates=gates())
    assert leads not in {getattr(event, "person", "") for event in cohort.told}

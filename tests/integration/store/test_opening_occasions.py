"""Occasions in the store: opened once, at a free time, started once; debriefs, reviews and events that open them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from domain.due import catch_up
from domain.errors import NotFound, Refused
from domain.events import Event, Reschedule, Withdraw
from domain.happenings import BadEvent, EventKind, Happening
from domain.moments import Interval, WorkingHours
from domain.moves import apply
from domain.occasionmoves import MOST_TRIES
from domain.occasions import id_of
from domain.program import (
    AFTER,
    OCCASIONS,
    PEER_DEBRIEF,
    RESULTS_REVIEW,
    TEMPLATE_REVIEW,
    Occasion,
    Program,
    StepKind,
)
from domain.rotation import Answer, Concern, Ending, Phase, RotationState
from store.database import open_database, reading, writing
from store.erasing import Erasing
from store.happenings import WAITS, Happenings
from store.importing import load_folder
from store.news import NewsDesk
from store.occasions import Occasions
from store.openings import Openings
from store.people import state_of
from store.planning import PlanningDesk
from store.sayings import Sayings
from store.tables.people import CohortTable, PersonTable, ProgramVersionTable
from store.tables.planning import CalendarTable, PlanTable
from store.tables.rotations import OccasionTable, RotationTable
from store.views import OCCASIONS_SHOWN, Views
from tests.builders import LEADER, MANAGER, a_rotation
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    JsonComposer,
    PlainLinks,
    a_folder,
    a_person,
    all_leave,
    calendar_mails,
    carry_out,
    invites,
    left,
    letters,
    unreviewed,
)
from tests.migrated import give_schema

ALL = ("mara", "ana", "ben", "cem")
MARA, ANA, BEN, CEM = LEADER, "P-0004", "P-0005", "P-0007"
BOSS = MANAGER
"""Who coordinates."""
OFFICE = tuple(WorkingHours(weekday=n, starts=time(9), ends=time(17)) for n in range(5))
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HALF = HOUR / 2
WEDNESDAY = NOW.replace(day=25, hour=8)
"""09:00 in Berlin, the first working hour a day after now."""


def no_holidays(*_: object) -> tuple[Interval, ...]:
    return ()


@dataclass
class Company:
    """Four participants, each with a rotation; Ana reports to Ben."""

    engine: Engine
    rotations: dict[str, RotationState]

    def __post_init__(self) -> None:
        self.occasions = Occasions(self.engine, no_holidays)
        self.openings = Openings(self.engine, self.occasions)
        self.happenings = Happenings(self.engine, JsonComposer(), PlainLinks(), self.occasions)

    def follows(self, version: int, card: Occasion) -> None:
        """From now on the cohort follows a version with this card; what has begun keeps to its own."""
        with writing(self.engine) as session:
            row = session.get_one(CohortTable, "winter")
            old = Program.model_validate(row.program)
            if version > old.version:
                session.add(
                    ProgramVersionTable(
                        cohort="winter",
                        version=old.version,
                        program=row.program,
                        replaced_at=NOW,
                    )
                )
                kept = update(RotationTable).where(RotationTable.program_version.is_(None))
                session.execute(kept.values(program_version=old.version))
            new = old.model_copy(update={"version": version, "occasions": (card,)})
            row.program = new.model_dump(mode="json")

    def open(
        self, kind: str, *people: str, about: str = "x", within: timedelta | None = None
    ) -> RotationState:
        with writing(self.engine) as session:
            found = self.occasions.open(session, "winter", kind, people, about, within, NOW)
        return self.state(found)

    def state(self, occasion: str) -> RotationState:
        with reading(self.engine) as session:
            return state_of(session, occasion)

    def opened(self, kind: str) -> list[RotationState]:
        with reading(self.engine) as session:
            query = select(OccasionTable.id).where(OccasionTable.kind == kind)
            ids = session.scalars(query.order_by(OccasionTable.asked_at, OccasionTable.id)).all()
        return [self.state(one) for one in ids]

    def visits(self, person: str, held: Phase = Phase.HELD) -> None:
        """Somebody's rotation is projected with its day in this phase."""
        state = self.rotations[person]
        (day,) = (s for s in state.steps if s.kind is StepKind.SHADOWING_DAY)
        state = state.with_step(day.model_copy(update={"phase": held}))
        self.rotations[person] = state.model_copy(update={"version": state.version + 1})
        carry_out(self.engine, self.rotations[person])

    def withdraws(self, person: str) -> None:
        state, errands = apply(self.rotations[person], Withdraw(), NOW)
        self.rotations[person] = state
        carry_out(self.engine, state, *errands)

    def begins(self, state: RotationState, now: datetime = NOW) -> RotationState:
        """Its workflow does what is due at its start."""
        begun, errands = catch_up(state, now)
        carry_out(self.engine, begun, *errands, now=now)
        self.occasions.begun(state.rotation)
        return self.hears(begun, now)

    def hears(self, state: RotationState, now: datetime = NOW) -> RotationState:
        """The workflow hears its news and carries out what follows, until none are left."""
        while pending := NewsDesk(self.engine).pending(now, 10):
            for news in pending:
                NewsDesk(self.engine).told(news.number, now)
                event: Event = news.event  # type: ignore[assignment]
                if news.workflow_id.endswith(state.rotation):
                    state, errands = apply(state, event, now)
                    carry_out(self.engine, state, *errands, now=now)
        return state

    def declines(self, state: RotationState, person: str, now: datetime = NOW) -> RotationState:
        (uid,) = (i.uid for i in invites(self.engine, state.steps[0].key) if i.person == person)
        Sayings(self.engine, VAULT).answer(uid, Answer.DECLINED, "link", now)
        return self.hears(state, now)


def loaded(engine: Engine) -> Engine:
    """The company in the store, its plan approved and both cards switched on."""
    people = (
        a_person(
            key,
            participates=key in ALL,
            hours=OFFICE,
            manager={"ana": "ben"}.get(key, "boss" if key != "boss" else None),
        )
        for key in PEOPLE
    )
    found = a_folder(*people)
    program = found.program.model_copy(update={"cards": (PEER_DEBRIEF, TEMPLATE_REVIEW)})
    load_folder(engine, found.model_copy(update={"program": program}), dry_run=False, now=NOW)
    with writing(engine) as session:
        session.get_one(CohortTable, "winter").approved_plan = 1
        plan = PlanTable(cohort="winter", number=1, base=1, objective=0, cause="first", made_at=NOW)
        session.add(plan)
    return engine


def company_of(engine: Engine) -> Company:
    with reading(engine) as session:
        rows = session.execute(select(RotationTable.participant, RotationTable.id)).all()
    return Company(engine, {p: a_rotation(participant=p, rotation=r) for p, r in rows})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the company in it, migrated and loaded once."""
    path = tmp_path_factory.mktemp("company") / "store.db"
    engine = open_database(f"sqlite:///{path}")
    give_schema(engine)
    loaded(engine).dispose()
    return path


@pytest.fixture
def company(file: Path, tmp_path: Path) -> Iterator[Company]:
    engine = open_database(f"sqlite:///{shutil.copy(file, tmp_path)}")
    yield company_of(engine)
    engine.dispose()


def busy(engine: Engine, person: str, *hours: tuple[datetime, datetime]) -> None:
    times = [{"starts": s.isoformat(), "ends": e.isoformat()} for s, e in hours]
    with writing(engine) as session:
        session.add(
            CalendarTable(cohort="winter", person=person, digest="d", intervals={"busy": times})
        )


def test_practice_s28_a_debrief_is_at_the_first_time_at_which_both_are_free(
    company: Company,
) -> None:
    busy(company.engine, MARA, (WEDNESDAY, WEDNESDAY + HALF))
    busy(company.engine, BEN, (WEDNESDAY + HALF, WEDNESDAY + 3 * HALF))

    (step,) = company.open(PEER_DEBRIEF, MARA, BEN).steps

    assert (step.starts, step.ends) == (WEDNESDAY + 3 * HALF, WEDNESDAY + 4 * HALF)
    assert step.phase is Phase.PLANNED


def test_an_occasion_lies_over_no_step_and_over_no_other_occasion(company: Company) -> None:
    first = company.open(PEER_DEBRIEF, MARA, BEN).steps[0]
    second = company.open(PEER_DEBRIEF, MARA, CEM).steps[0]

    assert first.starts == WEDNESDAY
    assert company.open(PEER_DEBRIEF, MARA, BEN).steps[0] == first
    assert second == first
    third = company.open(PEER_DEBRIEF, MARA, CEM, about="y").steps[0]
    assert third.starts == WEDNESDAY + HALF


def test_opening_twice_opens_once_and_it_is_started_until_it_was(company: Company) -> None:
    state = company.open(RESULTS_REVIEW, MARA, ANA, about="test-7")
    again = company.open(RESULTS_REVIEW, BEN, about="test-7")

    assert again == state
    assert [s.rotation for s in company.occasions.pending(NOW, 10)] == [state.rotation]
    company.occasions.waiting(state.rotation, NOW)
    assert company.occasions.pending(NOW, 10) == ()
    (later,) = company.occasions.pending(NOW + timedelta(seconds=5), 10)
    company.occasions.begun(later.rotation)
    assert company.occasions.pending(NOW + DAY, 10) == ()
    with pytest.raises(Refused, match="Say who comes"):
        company.open(RESULTS_REVIEW, about="of nobody")


def test_practice_s22_a_results_review_invites_those_of_a_test(company: Company) -> None:
    state = company.begins(company.open(RESULTS_REVIEW, MARA, ANA, BEN, CEM, about="test-7"))

    assert state.steps[0].phase is Phase.INVITED
    assert [i.person for i in invites(company.engine, RESULTS_REVIEW)] == [MARA, ANA, BEN, CEM]
    mail = left(company.engine, NOW)[0]
    assert mail["title"] == "Results review (A day with the desk)"
    assert mail["others"] == ["Ana", "Ben", "Cem"]
    assert "@" not in company.state(state.rotation).model_dump_json()


def test_no_time_is_something_a_person_does_and_can_do(company: Company) -> None:
    busy(company.engine, MARA, (NOW, NOW + 30 * DAY))

    state = company.begins(company.open(PEER_DEBRIEF, MARA, BEN))

    assert calendar_mails(company.engine) == []
    assert [a.concern for a in state.attention] == [Concern.NOT_REPAIRED]
    said = [a.sentence for a in Views(company.engine).overview("winter").attention]
    assert "No new time was found for the peer debrief of Mara." in said
    desk = PlanningDesk(company.engine, None, unreviewed, None, no_holidays)  # type: ignore[arg-type]
    effect = desk.effect_of(state.rotation, PEER_DEBRIEF, NOW + 9 * DAY, NOW)
    assert (effect.why_not, effect.moved) == (None, (PEER_DEBRIEF,))


def test_a_no_finds_the_next_time_keeps_it_free_from_then_on_and_gives_up_in_the_end(
    company: Company,
) -> None:
    state = company.begins(company.open(PEER_DEBRIEF, MARA, BEN))
    all_leave(company.engine)
    starts = [state.steps[0].starts]

    for _ in range(MOST_TRIES):
        state = company.declines(state, MARA)
        starts.append(state.steps[0].starts)
        assert state.steps[0].phase is Phase.INVITED

    assert starts == [WEDNESDAY + n * DAY for n in (0, 1, 2, 5)]
    assert company.open(PEER_DEBRIEF, MARA, CEM, about="y").steps[0].starts == WEDNESDAY + HALF
    all_leave(company.engine)
    state = company.declines(state, BEN)
    assert [a.concern for a in state.attention] == [Concern.NOT_REPAIRED]
    sent = [(name, method) for name, method, _ in calendar_mails(company.engine)]
    assert sent[-2:] == [("Mara", "CANCEL"), ("Ben", "CANCEL")]
    assert {method for _, method in sent[:-2]} == {"REQUEST"}


def test_a_no_keeps_to_the_time_within_which_it_was_opened(company: Company) -> None:
    state = company.begins(company.open(PEER_DEBRIEF, MARA, BEN, within=2 * DAY))
    assert state.steps[0].starts == WEDNESDAY

    state = company.declines(state, MARA)

    assert [a.concern for a in state.attention] == [Concern.NOT_REPAIRED]
    moved, errands = apply(state, Reschedule(step=PEER_DEBRIEF, starts=WEDNESDAY + 9 * DAY), NOW)
    carry_out(company.engine, moved, *errands)
    assert [
        (i.person, i.sequence) for i in invites(company.engine, PEER_DEBRIEF) if not i.called_off_at
    ] == [
        (MARA, 0),
        (BEN, 0),
    ]


def test_a_no_finds_a_time_as_long_as_it_was_opened_for_whatever_a_new_version_says(
    company: Company,
) -> None:
    card = OCCASIONS[RESULTS_REVIEW].model_copy(update={"duration": 4 * HOUR})
    company.follows(1, card)
    state = company.begins(company.open(RESULTS_REVIEW, MARA, BEN))
    company.follows(2, card.model_copy(update={"duration": HALF}))
    busy(company.engine, BEN, (WEDNESDAY + DAY + HALF, WEDNESDAY + DAY + 8 * HOUR))

    (step,) = company.declines(state, MARA).steps

    assert (step.starts, step.ends) == (WEDNESDAY + 2 * DAY, WEDNESDAY + 2 * DAY + 4 * HOUR)


def test_half_an_hour_whose_words_are_written_before_it_is_called_off(company: Company) -> None:
    taken = company.happenings.take(told(), NOW)
    state = company.begins(company.state(taken.occasion))
    all_leave(company.engine)

    Sayings(company.engine, VAULT).write(taken.occasion, state.steps[0].key, MARA, "Now", NOW)

    assert company.hears(state).ending is Ending.COMPLETED
    assert calendar_mails(company.engine)[-1][:2] == ("Mara", "CANCEL")


def test_news_of_what_has_not_begun_waits_for_it(company: Company) -> None:
    """Cem leaves before the process of the debrief is there to hear it."""
    state = company.open(PEER_DEBRIEF, BEN, CEM)
    company.visits(CEM)
    company.withdraws(CEM)
    desk = NewsDesk(company.engine)
    assert desk.pending(NOW + DAY, 10) == ()

    company.occasions.begun(state.rotation)

    (news,) = desk.pending(NOW + DAY, 10)
    assert news.workflow_id.endswith(state.rotation)


def test_the_same_no_looks_once_however_often_it_is_carried_out(company: Company) -> None:
    state = company.begins(company.open(PEER_DEBRIEF, MARA, BEN))
    (uid,) = (i.uid for i in invites(company.engine, PEER_DEBRIEF) if i.person == BEN)
    Sayings(company.engine, VAULT).answer(uid, Answer.DECLINED, "link", NOW)
    (news,) = NewsDesk(company.engine).pending(NOW, 10)
    NewsDesk(company.engine).told(news.number, NOW)
    state, errands = apply(state, news.event, NOW)  # type: ignore[arg-type]

    carry_out(company.engine, state, *errands)
    carry_out(company.engine, state, *errands)

    assert len(NewsDesk(company.engine).pending(NOW, 10)) == 1
    assert company.hears(state).steps[0].starts == WEDNESDAY + DAY


def test_practice_s28_visits_lead_to_debriefs_each_once_and_never_with_a_manager(
    company: Company,
) -> None:
    for person in company.rotations:
        company.visits(person, Phase.PLANNED)
    assert company.openings.open_due(WEDNESDAY + 6 * DAY) == 0
    company.visits(ANA)
    company.visits(BEN)
    assert company.openings.open_due(WEDNESDAY + 6 * DAY) == 0

    company.visits(CEM)
    assert company.openings.open_due(WEDNESDAY + 6 * DAY) == 1
    company.visits(MARA)
    assert company.openings.open_due(WEDNESDAY + 7 * DAY) == 1
    assert company.openings.open_due(WEDNESDAY + 8 * DAY) == 0

    groups = [{a.person for a in s.steps[0].attendees} for s in company.opened(PEER_DEBRIEF)]
    assert len(groups) == 2
    assert set.union(*groups) == set(company.rotations)
    assert {ANA, BEN} not in groups


def test_an_odd_one_makes_three_once_nobody_is_to_come(company: Company) -> None:
    for person in (MARA, BEN, CEM):
        company.visits(person)
    company.visits(ANA, Phase.PLANNED)
    company.withdraws(ANA)

    assert company.openings.open_due(WEDNESDAY + 7 * DAY) == 1

    (state,) = company.opened(PEER_DEBRIEF)
    assert [a.person for a in state.steps[0].attendees] == [MARA, BEN, CEM]


def test_who_is_left_alone_by_a_withdrawal_gets_another_partner(company: Company) -> None:
    for person in (MARA, CEM):
        company.visits(person)
    for person in (ANA, BEN):
        company.visits(person, Phase.PLANNED)
    company.openings.open_due(WEDNESDAY + 7 * DAY)
    (state,) = company.opened(PEER_DEBRIEF)
    state = company.begins(state, WEDNESDAY + 7 * DAY)
    assert state.steps[0].phase is Phase.INVITED

    company.withdraws(CEM)
    state = company.hears(state)
    assert state.steps[0].phase is Phase.CANCELLED
    company.visits(BEN)
    company.openings.open_due(WEDNESDAY + 8 * DAY)

    assert {MARA, BEN} in [
        {a.person for a in s.steps[0].attendees} for s in company.opened(PEER_DEBRIEF)
    ]


def test_who_was_erased_is_nobodys_partner_and_leaves_none_without(company: Company) -> None:
    for person in (MARA, CEM):
        company.visits(person)
    for person in (ANA, BEN):
        company.visits(person, Phase.PLANNED)
    with writing(company.engine) as session:
        session.get_one(PersonTable, CEM).erased_at = NOW
    assert company.openings.open_due(WEDNESDAY + 7 * DAY) == 0

    company.open(PEER_DEBRIEF, MARA, CEM)
    company.visits(BEN)

    assert company.openings.open_due(WEDNESDAY + 8 * DAY) == 1
    assert {MARA, BEN} in [
        {a.person for a in s.steps[0].attendees} for s in company.opened(PEER_DEBRIEF)
    ]


def test_without_the_card_nobody_has_a_debrief_or_a_review(company: Company) -> None:
    with writing(company.engine) as session:
        row = session.get_one(CohortTable, "winter")
        row.program = {**row.program, "cards": []}
    company.visits(MARA)
    company.visits(BEN)

    assert company.openings.open_due(datetime.fromisoformat("2026-12-15T12:00Z")) == 0


def test_practice_s58_once_a_quarter_the_program_itself_is_looked_at(company: Company) -> None:
    early, near, late = (
        datetime.fromisoformat(f"2026-12-{day}T12:00:00+00:00") for day in ("09", "10", "18")
    )
    assert company.openings.open_due(early) == 0
    assert company.openings.open_due(near) == 1
    assert company.openings.open_due(late) == 0

    (state,) = company.opened(TEMPLATE_REVIEW)
    (step,) = state.steps
    assert [a.person for a in step.attendees] == [BOSS]
    assert step.starts == datetime.fromisoformat("2026-12-11T12:00:00+00:00")
    assert step.ends <= datetime.fromisoformat("2026-12-31T23:00:00+00:00")


def test_practice_s58_a_program_that_goes_on_is_looked_at_in_every_quarter(
    company: Company,
) -> None:
    years_later = datetime.fromisoformat("2028-03-15T12:00:00+00:00")
    assert company.openings.open_due(years_later) == 0
    with writing(company.engine) as session:
        row = session.get_one(CohortTable, "winter")
        row.program = {**row.program, "continuous": True}

    assert company.openings.open_due(years_later) == 1
    assert company.openings.open_due(years_later) == 0

    assert len(company.opened(TEMPLATE_REVIEW)) == 1


def told(
    kind: EventKind = EventKind.DECISION,
    about: str = "event:a",
    person: str = "mara",
    cohort: str | None = None,
) -> Happening:
    return Happening(about=about, kind=kind, person=person, cohort=cohort, at=NOW)


def test_practice_s25_each_event_yields_one_invite_once(company: Company) -> None:
    first = company.happenings.take(told(), NOW)
    again = company.happenings.take(told(), NOW + DAY)
    other = company.happenings.take(told(EventKind.CONVERSATION, "event:b"), NOW)
    corrected = company.happenings.take(told(EventKind.CRISIS, person="nobody"), NOW)

    assert (first.first, again.first, other.first) == (True, False, True)
    assert first.occasion == again.occasion == corrected.occasion
    for state in company.occasions.pending(NOW, 10):
        begun = company.begins(state)
        assert company.begins(begun) == begun
    assert calendar_mails(company.engine) == [("Mara", "REQUEST", 0)] * 2
    sent = left(company.engine, NOW)
    assert {(m["title"], m["private"]) for m in sent} == {("Rotation: quiet half hour", True)}
    assert sorted(m["lines"][0].partition(":")[0] for m in sent) == [
        "The conversation you had",
        "The decision you took",
    ]


def test_practice_s25_after_a_crisis_the_coordinator_is_asked_first(company: Company) -> None:
    taken = company.happenings.take(told(EventKind.CRISIS), NOW)

    assert taken.asking
    assert company.occasions.pending(NOW, 10) == ()
    assert letters(company.engine, "may-invite") == ["Boss"]
    said = [a for a in Views(company.engine).overview("winter").attention if a.question]
    assert [a.question for a in said] == [taken.occasion]
    company.withdraws(MARA)
    with pytest.raises(Refused, match="still open"):
        Erasing(company.engine).erase(MARA, NOW)

    for _ in range(2):
        company.happenings.decide(taken.occasion, invited=True, now=NOW + DAY)
    with pytest.raises(Refused, match="answered already: they are invited"):
        company.happenings.decide(taken.occasion, invited=False, now=NOW + DAY)

    (state,) = company.occasions.pending(NOW + DAY, 10)
    assert state.occasion == AFTER["crisis"]
    assert not company.happenings.question(taken.occasion).open
    assert company.happenings.take(told(EventKind.CRISIS), NOW + DAY).first is False


def test_a_no_or_two_weeks_of_silence_invite_nobody(company: Company) -> None:
    one = company.happenings.take(told(EventKind.CRISIS), NOW)
    two = company.happenings.take(told(EventKind.CRISIS, "event:b"), NOW)
    company.happenings.decide(one.occasion, invited=False, now=NOW)

    company.happenings.let_go(NOW + WAITS)
    assert company.happenings.question(two.occasion).open
    company.happenings.let_go(NOW + WAITS + HALF)
    with pytest.raises(Refused, match="for too long not at all: nobody is invited"):
        company.happenings.decide(two.occasion, invited=True, now=NOW + WAITS + DAY)

    assert company.occasions.pending(NOW + 99 * DAY, 10) == ()
    assert not Views(company.engine).overview("winter").attention


def test_who_is_not_known_is_named(company: Company) -> None:
    for event, field in (
        (told(person="nobody"), "data.person"),
        (told(cohort="summer"), "data.cohort"),
    ):
        with pytest.raises(BadEvent) as wrong:
            company.happenings.take(event, NOW)
        assert wrong.value.field == field
    assert company.happenings.take(told(person="boss"), NOW).first
    with pytest.raises(NotFound):
        company.happenings.question("abcdefgh")


def test_practice_s11_a_reflection_is_written_by_its_event_alone_and_late_is_said(
    company: Company,
) -> None:
    taken = company.happenings.take(told(), NOW)
    (pending,) = company.occasions.pending(NOW, 1)
    state = company.begins(pending)
    (step,) = state.steps
    sayings, late = Sayings(company.engine, VAULT), step.ends + 8 * DAY

    with pytest.raises(NotFound):
        sayings.write(id_of("winter", AFTER["decision"], "event:z"), step.key, MARA, "x", NOW)
    sayings.write(taken.occasion, step.key, MARA, "In time", NOW)
    (in_time,) = Views(company.engine).rotation(taken.occasion).reflections
    assert not sayings.is_late(taken.occasion, step.key, NOW)
    sayings.write(taken.occasion, step.key, MARA, "Too late", late)
    (too_late,) = Views(company.engine).rotation(taken.occasion).reflections

    assert (in_time.title, in_time.late) == ("Reflection after a decision", False)
    assert too_late.late
    assert sayings.is_late(taken.occasion, step.key, late)


def test_the_first_page_shows_occasions_under_way_and_is_not_flooded(company: Company) -> None:
    for number in range(OCCASIONS_SHOWN + 1):
        company.open(PEER_DEBRIEF, MARA, BEN, about=f"{number}")
    over = company.open(PEER_DEBRIEF, ANA, CEM, about="over")
    done = over.model_copy(update={"ending": Ending.COMPLETED, "version": 1})
    carry_out(company.engine, done)

    page = Views(company.engine).overview("winter")

    assert len(page.occasions) == OCCASIONS_SHOWN
    assert page.more_occasions == 1
    assert page.sessions == ()
    assert over.rotation not in {row.rotation for row in page.occasions}
    assert {row.rotation for row in page.rotations} == {
        s.rotation for s in company.rotations.values()
    }


def test_a_review_goes_on_without_who_was_erased(company: Company) -> None:
    company.visits(CEM)
    company.withdraws(CEM)
    review = company.begins(company.open(RESULTS_REVIEW, CEM, BEN, MARA))
    all_leave(company.engine)

    Erasing(company.engine).erase(CEM, NOW)
    review = company.hears(review)

    assert [a.person for a in review.steps[0].attendees] == [BEN, MARA]
    assert review.participant == BEN
    assert {i.person for i in invites(company.engine, RESULTS_REVIEW)} == {BEN, MARA}


def test_a_review_of_the_program_is_held_by_one_alone(company: Company) -> None:
    company.visits(CEM)
    company.withdraws(CEM)
    review = company.begins(company.open(TEMPLATE_REVIEW, CEM, BOSS))
    all_leave(company.engine)
    Erasing(company.engine).erase(CEM, NOW)
    review = company.hears(review)
    assert (review.participant, review.steps[0].phase) == (BOSS, Phase.INVITED)


@pytest.mark.parametrize("people", [(BEN, CEM), (CEM,)])
def test_an_occasion_that_nobody_is_left_for_is_called_off_when_somebody_is_erased(
    company: Company, people: tuple[str, ...]
) -> None:
    company.visits(CEM)
    company.withdraws(CEM)
    kind = PEER_DEBRIEF if len(people) > 1 else AFTER["decision"]
    state = company.begins(company.open(kind, *people))
    all_leave(company.engine)

    Erasing(company.engine).erase(CEM, NOW)

    assert company.hears(state).steps[0].phase is Phase.CANCELLED
    assert invites(company.engine, kind) == []


def test_every_occasion_can_be_opened_and_invited_to_in_either_database(engine: Engine) -> None:
    company = company_of(loaded(engine))
    for number, kind in enumerate(sorted(OCCASIONS)):
        state = company.begins(company.open(kind, MARA, BEN, about=f"{number}"))

        assert state.steps[0].phase is Phase.INVITED
        assert state.patience == company.rotations[MARA].patience
    assert len(calendar_mails(engine)) == 2 * len(OCCASIONS)
    state = company.declines(company.opened(PEER_DEBRIEF)[0], BEN)
    assert state.steps[0].sought == 1
    company.happenings.take(told(EventKind.CRISIS, person="ana"), NOW)
    company.happenings.let_go(NOW + WAITS + DAY)
    company.visits(MARA)
    company.visits(CEM)
    assert company.openings.open_due(WEDNESDAY + 7 * DAY) == 1
    assert len(Views(engine).overview("winter").occasions) == len(OCCASIONS) + 1
    over = state.model_copy(update={"ending": Ending.CANCELLED, "version": state.version + 1})
    carry_out(engine, over)
    assert len(Views(engine).overview("winter").occasions) == len(OCCASIONS)
    assert len(company.occasions.pending(NOW + 99 * DAY, 99)) == 1

"""Points in the store, on both databases: who said an anonymous one can't be told, and all get an answer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, select, text, update
from sqlalchemy.orm import Session

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.language import Language
from domain.links import LinkOver, Purpose
from domain.people import Seat
from domain.planning import Attendee
from domain.policy import Disposition, PolicyPhase, PolicyState, Verdict
from domain.policymoves import PolicyDispatch, PolicyErrand
from domain.program import VoiceMode
from domain.rotation import Ending, Phase, RotationState, StepState
from domain.voices import CLOSES, KEPT, LONGEST_POINT, OPENS, POINTS_EACH, Weighed
from store.changeviews import ChangeViews
from store.database import open_database, reading, writing
from store.erasing import GONE, Erasing
from store.hearing import Hearing, Unanswered
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.pages import RotationPage
from store.policies import PolicyDesk
from store.reading_codes import ReadingCodes
from store.receipts import Receipts
from store.sayings import Sayings
from store.tables.changes import PolicyTable
from store.tables.installation import AuditTable
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable, PersonTable, ProgramVersionTable
from store.tables.rotations import RotationTable
from store.tables.voices import SpentAllowanceTable, VoiceTable
from store.vault import Vault
from store.views import Views
from store.voices import NameInPoint, Voices
from tests.builders import (
    ANA,
    BEN,
    CEM,
    COLLEAGUES,
    DAY,
    HOST,
    HOUR,
    LEAD,
    LEADER,
    MANAGER,
    PARTICIPANT,
    a_proposal,
    steps_of_a_rotation,
)
from tests.integration.store.world import (
    NOW,
    VAULT,
    JsonComposer,
    PlainLinks,
    a_folder,
    carry_out,
    invited,
    letters,
    loaded_again,
    mails,
    the_step,
)
from tests.migrated import give_schema

SESSION, THANKS = "listening-session", "thanks"
CANARY = "the stamp is locked away on Mondays"
POLICY = "abcdefgh"
NO = Weighed(disposition=Disposition.DECLINED, reason="A law asks for it.")
YES = Weighed(disposition=Disposition.ADOPTED, reason="You see it every day.", policy=POLICY)
COMPOSER, LINKS = JsonComposer(), PlainLinks()


@dataclass
class World:
    """A visit whose listening session has just begun, with three people who may speak."""

    engine: Engine
    state: RotationState
    now: datetime
    receipts: int = 0

    @property
    def voices(self) -> Voices:
        return Voices(self.engine, VAULT, COMPOSER, LINKS)

    @property
    def hearing(self) -> Hearing:
        codes = ReadingCodes(VAULT, COMPOSER, LINKS)
        return Hearing(self.engine, VAULT, COMPOSER, LINKS, codes)

    @property
    def told(self) -> Receipts:
        return Receipts(self.engine, VAULT, COMPOSER, LINKS)

    @property
    def rotation(self) -> str:
        return self.state.rotation

    @property
    def session(self) -> StepState:
        return the_step(self.state, SESSION)

    def say(self, person: str, words: str, *, nobody_meant: bool = False) -> str:
        """Say one thing and return its receipt."""
        self.receipts += 1
        receipt = f"{self.receipts:b}".translate(str.maketrans("01", "ab")).rjust(26, "x")
        self.voices.say(
            self.rotation,
            SESSION,
            person,
            receipt,
            words,
            "en",
            self.now,
            nobody_meant=nobody_meant,
        )
        return receipt

    def shown(self) -> list[str]:
        page = self.hearing.to_weigh(self.rotation, SESSION, LEADER, self.now)
        return sorted(point.text for point in page.points)

    def weigh(self, *answers: Weighed) -> dict[str, str]:
        """Answer the open points, in the order of their words."""
        page = self.hearing.to_weigh(self.rotation, SESSION, LEADER, self.now)
        waiting = sorted((p for p in page.points if not p.decision), key=lambda p: p.text)
        given = {point.id: one for point, one in zip(waiting, answers, strict=False)}
        return self.hearing.weigh(self.rotation, SESSION, LEADER, given, self.now).missing

    def thank(self) -> None:
        Sayings(self.engine, VAULT).write(self.rotation, THANKS, LEADER, "Thank you.", self.now)

    def change(self, version: int, *errands: PolicyErrand, **changes: object) -> None:
        """What the process of a change of this visit says of it."""
        policy = PolicyState(
            policy=POLICY,
            cohort="winter",
            rotation=self.rotation,
            participant=LEADER,
            host="H-01",
            owner=MANAGER,
            co_authors=(ANA,),
            voices=(ANA,),
            proposed_at=NOW,
            decide_by=NOW + 14 * DAY,
            version=version,
        ).model_copy(update=changes)
        with writing(self.engine) as session:
            if session.get(PolicyTable, POLICY) is None:
                session.add(
                    PolicyTable(
                        id=POLICY,
                        rotation=self.rotation,
                        cohort="winter",
                        workflow_id=f"policy-{POLICY}",
                        proposal=a_proposal(MANAGER, ANA, NOW).model_dump(mode="json"),
                        proposed_at=NOW,
                        team="H-01",
                    )
                )
        dispatch = PolicyDispatch(state=policy, errands=errands, now=self.now, sentence="As it is.")
        PolicyDesk(self.engine, COMPOSER, LINKS, VAULT).carry_out(dispatch)

    def rows(self, table: Any) -> list[Any]:
        with reading(self.engine) as session:
            return list(session.scalars(select(table)))

    def receipts_of(self, name: str) -> list[str]:
        return [
            line
            for mail in mails(self.engine)
            if mail.get("kind") == "voice-receipt" and mail["reader_name"] == name
            for line in mail["lines"]
        ]

    def page(self) -> RotationPage:
        return Views(self.engine).rotation(self.rotation)

    def moved(self, days: int) -> None:
        """The session lies so many days later."""
        later = {"starts": self.session.starts + days * DAY, "ends": self.session.ends + days * DAY}
        self.shown_as(self.session.model_copy(update=later))

    def shown_as(self, session: StepState) -> None:
        """The rotation has another word of its session."""
        state = self.state.with_step(session)
        self.state = state.model_copy(update={"version": state.version + 1})
        carry_out(self.engine, self.state)

    def without_mail(self, person: str) -> None:
        with writing(self.engine) as session:
            row = session.get_one(PersonTable, person)
            row.email, row.facts = None, {**row.facts, "email": None}

    def followed_by(self, **changes: object) -> None:
        """Another version of the program is followed from now on; the rotation keeps to the first."""
        with writing(self.engine) as session:
            cohort = session.get_one(CohortTable, "winter")
            session.add(
                ProgramVersionTable(
                    cohort="winter", version=1, program=cohort.program, replaced_at=NOW
                )
            )
            cohort.program = {**cohort.program, "version": 2, **changes}
            session.get_one(RotationTable, self.rotation).program_version = 1


def begun(engine: Engine, mode: VoiceMode | None, **changes: object) -> World:
    folder = a_folder()
    program = folder.program.model_copy(update={"voice_mode": mode, **changes})
    load_folder(engine, folder.model_copy(update={"program": program}), dry_run=False, now=NOW)
    *first, session, reflection, thanks = steps_of_a_rotation()
    talk = session.model_copy(update={"attendees": (PARTICIPANT, HOST, *COLLEAGUES)})
    state = invited(loaded_again(engine, steps=(*first, talk, reflection, thanks)), SESSION)
    carry_out(engine, state, Errand(kind=ErrandKind.INVITE, step=SESSION))
    return World(engine, state, talk.starts)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path}/quick.db", durable=False)
    give_schema(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def named(quick: Engine) -> World:
    return begun(quick, VoiceMode.NAMED)


@pytest.fixture
def anonymous(quick: Engine) -> World:
    return begun(quick, VoiceMode.ANONYMOUS)


@pytest.fixture
def private(quick: Engine) -> World:
    return begun(quick, VoiceMode.FACILITATOR)


def test_practice_s6_how_points_are_taken_can_be_chosen_until_the_first_was_said(
    anonymous: World,
) -> None:
    choose = anonymous.voices.choose
    for mode in (VoiceMode.FACILITATOR, VoiceMode.NAMED):
        choose(anonymous.rotation, SESSION, LEAD, mode, anonymous.now)
        assert (
            anonymous.voices.page(anonymous.rotation, SESSION, ANA, anonymous.now).how.mode is mode
        )
    anonymous.say(ANA, "The forms are too long.")

    with pytest.raises(Refused, match="stays as everybody read it"):
        choose(anonymous.rotation, SESSION, LEAD, VoiceMode.ANONYMOUS, anonymous.now)

    how = anonymous.voices.how(anonymous.rotation, SESSION, LEAD)
    assert (how.mode, how.fixed) == (VoiceMode.NAMED, True)


def test_practice_s6_only_the_lead_chooses(named: World) -> None:
    for person in (ANA, LEADER, MANAGER):
        with pytest.raises(NotFound, match="lead of the host team"):
            named.voices.choose(named.rotation, SESSION, person, VoiceMode.NAMED, named.now)
        assert named.voices.to_choose(named.rotation, 1, person) == ()
    assert named.voices.to_choose(named.rotation, 1, LEAD) == (SESSION,)


def test_practice_s6_among_fewer_than_three_nobody_is_promised_to_be_anonymous(
    anonymous: World,
) -> None:
    talk = anonymous.session
    fewer = talk.model_copy(update={"attendees": (PARTICIPANT, *COLLEAGUES)})
    state = anonymous.state.with_step(fewer)
    state = state.model_copy(update={"version": state.version + 1})
    carry_out(anonymous.engine, state)

    how = anonymous.voices.page(anonymous.rotation, SESSION, ANA, anonymous.now).how

    assert (how.wanted, how.mode) == (VoiceMode.ANONYMOUS, VoiceMode.FACILITATOR)
    assert how.reader_name == "Boss"


def test_practice_s6_nothing_says_who_said_an_anonymous_point_or_when(anonymous: World) -> None:
    for person in (ANA, BEN, LEAD):
        anonymous.say(person, f"{CANARY}, says one of us {len(person)}")
        anonymous.now += HOUR
    anonymous.say(BEN, "And the key is with somebody who left.")

    points, spent = anonymous.rows(VoiceTable), anonymous.rows(SpentAllowanceTable)
    exported = anonymous.hearing.listed(anonymous.rotation, anonymous.now)

    assert [point.person for point in points] == [None] * 4
    assert {point.kept_until for point in points} == {anonymous.session.ends + KEPT}
    assert {one.until for one in spent} == {anonymous.session.ends + 2 * CLOSES}
    assert {one.by for one in exported} == {""}
    assert not any("P-0" in one.model_dump_json() for one in exported)
    assert {point.language for point in points} == {"und"}
    assert not any("language" in one.model_dump() for one in exported)
    said = [row.sentence for row in anonymous.rows(AuditTable)]
    assert not any("should be heard" in sentence for sentence in said)
    assert CANARY not in everything(anonymous.engine)


def test_practice_s6_neither_order_nor_transaction_joins_points_with_who_spoke(
    engine: Engine,
) -> None:
    anonymous = begun(engine, VoiceMode.ANONYMOUS)
    for number in range(9):
        anonymous.say((ANA, BEN, LEAD)[number % 3], f"Point number {number} of this session")

    kind = anonymous.engine.dialect.name
    for table, key in (("voice", "id"), ("spent_allowance", "digest")):
        with anonymous.engine.connect() as opened:
            if kind == "sqlite":
                made = opened.execute(
                    text("SELECT sql FROM sqlite_master WHERE name = :n"), {"n": table}
                ).scalar_one()
                assert "WITHOUT ROWID" in made
            else:
                rows = opened.execute(text(f"SELECT xmin::text, {key} FROM {table} ORDER BY ctid"))
                written, keys = zip(*rows, strict=True)
                assert len(set(written)) == 1
                assert list(keys) == sorted(keys)


def test_practice_s6_a_session_that_moves_tells_nobody_apart_by_when_they_spoke(
    engine: Engine,
) -> None:
    world = begun(engine, VoiceMode.ANONYMOUS)
    world.say(ANA, CANARY)
    world.moved(3)
    world.now += 3 * DAY
    world.say(BEN, "Nobody reads the board.")

    assert {row.kept_until for row in world.rows(VoiceTable)} == {world.session.ends + KEPT}
    lasting = {row.until for row in world.rows(SpentAllowanceTable)}
    assert lasting == {world.session.ends + 2 * CLOSES}


def test_nobody_gets_more_points_where_a_session_moves(engine: Engine) -> None:
    world = begun(engine, VoiceMode.ANONYMOUS)
    for number in range(POINTS_EACH):
        world.say(ANA, f"Thing number {number}")
    first_end = world.session.ends
    world.moved(30)
    world.now = world.session.starts

    world.voices.forget(first_end + 2 * CLOSES + HOUR)

    with pytest.raises(Refused, match="said 5 things"):
        world.say(ANA, "One more.")
    world.voices.forget(world.session.ends + 2 * CLOSES + HOUR)
    assert world.rows(SpentAllowanceTable) == []


def test_an_allowance_that_is_gone_is_the_next_to_be_spent(anonymous: World) -> None:
    for number in range(3):
        anonymous.say(ANA, f"Thing number {number}")
    for gone in anonymous.rows(SpentAllowanceTable)[:2]:
        with writing(anonymous.engine) as session:
            session.delete(session.get_one(SpentAllowanceTable, gone.digest))
        anonymous.say(ANA, f"Thing in place of {gone.digest}")

    left = anonymous.voices.page(anonymous.rotation, SESSION, ANA, anonymous.now).left
    assert left == POINTS_EACH - 3


def test_points_from_before_this_was_known_are_alike_after_the_migration(engine: Engine) -> None:
    world = begun(engine, VoiceMode.ANONYMOUS)
    for person in (ANA, BEN):
        world.say(person, f"{CANARY}, says {person[-1]}")
    unmigrate(engine, "0034")
    point, spent = world.rows(VoiceTable)[0], world.rows(SpentAllowanceTable)[0]
    with writing(engine) as session:
        said = session.get_one(VoiceTable, point.id)
        said.language, said.kept_until = "de", point.kept_until - 3 * DAY
        allowance = session.get_one(SpentAllowanceTable, spent.digest)
        allowance.until = spent.until - 3 * DAY

    migrate(engine)

    points = world.rows(VoiceTable)
    assert {row.kept_until for row in points} == {world.session.ends + KEPT}
    assert {row.language for row in points} == {"und"}
    assert {row.until for row in world.rows(SpentAllowanceTable)} == {spent.until}


def test_words_of_a_session_that_moved_last_a_year_from_its_end(anonymous: World) -> None:
    anonymous.say(ANA, CANARY)
    first_end = anonymous.session.ends
    anonymous.moved(30)

    anonymous.voices.forget(first_end + KEPT + HOUR)

    (point,) = anonymous.rows(VoiceTable)
    assert point.sealed
    assert point.kept_until == anonymous.session.ends + KEPT


def test_practice_s6_without_the_key_of_the_installation_nobody_knows_who_spoke(
    anonymous: World,
) -> None:
    anonymous.say(ANA, CANARY)
    other = Voices(anonymous.engine, Vault(b"x" * 32), COMPOSER, LINKS)

    left = [
        voices.page(anonymous.rotation, SESSION, ANA, anonymous.now).left
        for voices in (anonymous.voices, other)
    ]

    assert left == [POINTS_EACH - 1, POINTS_EACH]


def test_practice_s6_anonymous_points_open_by_three_people_at_a_time(anonymous: World) -> None:
    anonymous.say(ANA, "First of all, the forms.")
    anonymous.say(ANA, "Second, the phones.")
    anonymous.say(BEN, "Third, the shifts.")
    assert anonymous.shown() == []
    assert anonymous.hearing.listed(anonymous.rotation, anonymous.now) == ()

    anonymous.say(LEAD, "Fourth, the stamps.")
    assert len(anonymous.shown()) == 4
    anonymous.say(LEAD, "Fifth, the keys.")
    assert len(anonymous.shown()) == 4

    anonymous.now = anonymous.session.ends + CLOSES + HOUR
    assert len(anonymous.shown()) == 5


def test_everybody_may_say_five_things_and_nobody_one_more(anonymous: World) -> None:
    for number in range(POINTS_EACH):
        anonymous.say(ANA, f"Thing number {number}")
    with pytest.raises(Refused, match="said 5 things"):
        anonymous.say(ANA, "One more.")
    anonymous.say(BEN, "One of mine.")
    assert len(anonymous.rows(VoiceTable)) == POINTS_EACH + 1


def test_a_form_that_is_sent_twice_says_it_once(anonymous: World) -> None:
    receipt = anonymous.say(ANA, CANARY)
    again = (anonymous.rotation, SESSION, ANA, receipt)

    anonymous.voices.say(*again, CANARY, "en", anonymous.now)
    with pytest.raises(Refused, match="sent before"):
        anonymous.voices.say(*again, "Something else.", "en", anonymous.now)

    assert len(anonymous.rows(VoiceTable)) == len(anonymous.rows(SpentAllowanceTable)) == 1


def test_who_is_not_of_the_team_or_not_invited_says_nothing(named: World) -> None:
    for person in (LEADER, MANAGER, CEM):
        with pytest.raises(NotFound, match="not asked of you"):
            named.say(person, CANARY)
    with pytest.raises(NotFound):
        named.voices.page(named.rotation, "shadowing-day", LEAD, named.now)


def test_a_program_that_collects_nothing_offers_nothing(quick: Engine) -> None:
    silent = begun(quick, None)
    assert not silent.voices.offered(silent.rotation, SESSION, ANA)
    assert not silent.hearing.offered(silent.rotation, SESSION, LEADER)
    assert silent.voices.to_choose(silent.rotation, 1, LEAD) == ()
    with pytest.raises(NotFound):
        silent.say(ANA, CANARY)


def test_points_are_taken_from_a_day_before_until_two_weeks_after(named: World) -> None:
    starts, ends = named.session.starts, named.session.ends
    for moment, sentence in (
        (starts - OPENS - HOUR, "opens a day before"),
        (ends + CLOSES + HOUR, "closed 14 days after"),
    ):
        named.now = moment
        with pytest.raises(Refused, match=sentence):
            named.say(ANA, CANARY)
        assert sentence in named.voices.page(named.rotation, SESSION, ANA, moment).why_closed
    for moment in (starts - OPENS, ends + CLOSES):
        named.now = moment
        named.say(ANA, f"{CANARY} {moment}")


def test_what_is_no_point_is_refused(named: World) -> None:
    for words, sentence in (("", "in a line or two"), ("x" * (LONGEST_POINT + 1), "500")):
        with pytest.raises(Refused, match=sentence):
            named.say(ANA, words)
    assert named.rows(SpentAllowanceTable) == []


def test_nobody_names_others(named: World) -> None:
    with pytest.raises(NameInPoint, match="Name nobody: Ben"):
        named.say(ANA, "Ben keeps the key.")
    named.say(ANA, "I, Ana, keep the key.")
    named.say(ANA, "Ben Nevis is far away.", nobody_meant=True)


def test_in_an_anonymous_session_nobody_names_themselves(anonymous: World) -> None:
    with pytest.raises(NameInPoint, match="Ana"):
        anonymous.say(ANA, "I, Ana, keep the key.")


def test_practice_s6_what_is_for_the_facilitator_reaches_the_visitor_in_other_words(
    private: World,
) -> None:
    private.say(ANA, CANARY)
    private.say(BEN, "Nobody reads the board.")
    assert letters(private.engine, "ask-convey") == ["Boss"]
    assert private.shown() == []
    with pytest.raises(NotFound):
        private.hearing.to_pass_on(private.rotation, SESSION, LEADER)

    waiting = private.hearing.to_pass_on(private.rotation, SESSION, MANAGER)
    ids = {point.by: point.id for point in waiting}
    wrong = private.hearing.pass_on(
        private.rotation,
        SESSION,
        MANAGER,
        {ids["Ana"]: "A tool is not there when it is needed.", ids["Ben"]: "Ben wants a board."},
        private.now,
    )

    assert list(wrong) == [ids["Ben"]]
    assert "It names Ben." in wrong[ids["Ben"]]
    (point,) = private.hearing.to_weigh(private.rotation, SESSION, LEADER, private.now).points
    assert (point.text, point.by) == ("A tool is not there when it is needed.", "")
    assert private.weigh(NO) == {}
    assert "A tool is not there when it is needed." in private.receipts_of("Ana")[0]
    assert not any(CANARY in json.dumps(mail) for mail in mails(private.engine))
    private.now = the_step(private.state, THANKS).starts
    with pytest.raises(Unanswered, match="Boss has yet to pass on"):
        private.thank()
    assert {one.by for one in private.hearing.listed(private.rotation, private.now)} == {""}


def test_no_log_of_a_rotation_tells_who_said_something_to_the_facilitator_alone(
    private: World,
) -> None:
    private.say(ANA, CANARY)
    points = private.hearing.to_pass_on(private.rotation, SESSION, MANAGER)
    wording = {points[0].id: "A tool is not there when it is needed."}
    private.hearing.pass_on(private.rotation, SESSION, MANAGER, wording, private.now)
    private.change(1)
    private.weigh(YES)
    private.change(2, phase=PolicyPhase.IN_FORCE, decided_at=NOW, in_force_at=NOW + 7 * DAY)
    private.told.tell_in_force(NOW + 8 * DAY)

    assert len(private.receipts_of("Ana")) == 2
    page = private.page()
    assert not any("Ana" in said for _, said in page.history)
    assert not any(mail.person_name == "Ana" for mail in page.mails if mail.kind == "voice receipt")


def test_who_spoke_by_name_is_in_the_logs_of_the_rotation(named: World) -> None:
    named.say(ANA, CANARY)
    named.weigh(NO)

    page = named.page()
    assert any("Ana said what should be heard" in said for _, said in page.history)
    assert [m.person_name for m in page.mails if m.kind == "voice receipt"] == ["Ana"]


def test_logs_from_before_this_was_known_forget_who_spoke_to_the_facilitator(
    engine: Engine,
) -> None:
    private = begun(engine, VoiceMode.FACILITATOR)
    private.say(ANA, CANARY)
    (point,) = private.hearing.to_pass_on(private.rotation, SESSION, MANAGER)
    wording = {point.id: "A tool is not there when it is needed."}
    private.hearing.pass_on(private.rotation, SESSION, MANAGER, wording, private.now)
    private.weigh(NO)
    unmigrate(engine, "0041")
    told = f"{ANA} said what should be heard around {SESSION}"
    with writing(engine) as session:
        session.add(AuditTable(at=NOW, rotation=private.rotation, sentence=told))
        receipts = OutboxTable.kind == "voice-receipt"
        listed = {"rotation": private.rotation, "step": SESSION}
        session.execute(update(OutboxTable).where(receipts).values(listed))
        session.add(heard_of_a_change(session, private, ANA))

    migrate(engine)

    page = private.page()
    assert not any("Ana" in said for _, said in page.history)
    assert not any(mail.kind == "tell decision" for mail in page.mails)
    assert not any(mail.person_name == "Ana" for mail in page.mails if mail.kind == "voice receipt")


def heard_of_a_change(session: Session, world: World, person: str) -> OutboxTable:
    """A letter about a change that takes up what somebody said, as it was listed before."""
    policy = "abcdefgh"
    row = PolicyTable(
        id=policy,
        rotation=world.rotation,
        cohort="winter",
        workflow_id=f"policy-{policy}",
        proposal={},
        proposed_at=NOW,
        state={"voices": [BEN], "participant": LEADER},
    )
    session.add(row)
    session.flush()
    session.execute(update(VoiceTable).where(VoiceTable.person == person).values(policy=policy))
    return OutboxTable(
        key=f"{policy}:tell-decision:{person}:0",
        rotation=world.rotation,
        person=person,
        kind="tell-decision",
        message_id="<a@sojourn.example>",
        sender="a@sojourn.example",
        recipient="b@sojourn.example",
        raw=b"",
        created_at=NOW,
        next_try_at=NOW,
    )


def test_who_is_to_pass_it_on_is_who_its_writer_read_of(private: World) -> None:
    how = private.voices.page(private.rotation, SESSION, ANA, private.now).how
    with writing(private.engine) as session:
        cohort = session.get_one(CohortTable, "winter")
        cohort.program = {**cohort.program, "coordinator": "cem"}

    said = (private.rotation, SESSION, ANA, "x" * 26, CANARY, "en", private.now)
    with pytest.raises(Refused, match="has changed since you opened the page"):
        private.voices.say(*said, read_by=how.reader)
    private.voices.say(*said, read_by=CEM)


def test_who_facilitates_without_a_mail_address_leaves_it_to_the_coordinator(
    private: World,
) -> None:
    facilitator = Attendee(person=CEM, seat=Seat.FACILITATOR, required=False)
    seated = (*private.session.attendees, facilitator)
    private.shown_as(private.session.model_copy(update={"attendees": seated}))
    private.without_mail(CEM)

    private.say(ANA, CANARY)

    assert letters(private.engine, "ask-convey") == ["Boss"]
    assert private.hearing.to_pass_on(private.rotation, SESSION, MANAGER)


def test_nothing_is_taken_that_nobody_could_pass_on(anonymous: World, private: World) -> None:
    private.without_mail(MANAGER)

    with pytest.raises(Refused, match=r"Nobody could pass this on\. It needs a coordinator with"):
        private.say(ANA, CANARY)
    page = private.voices.page(private.rotation, SESSION, ANA, private.now)
    assert "Nobody could pass this on" in page.why_closed
    chosen = (private.rotation, SESSION, LEAD)
    with pytest.raises(Refused, match="needs a coordinator with a mail address"):
        private.voices.choose(*chosen, VoiceMode.FACILITATOR, private.now)
    private.voices.choose(*chosen, VoiceMode.NAMED, private.now)
    private.say(ANA, CANARY)


def test_thanks_say_what_is_to_be_done_when_nobody_is_left_who_could_pass_on(
    private: World,
) -> None:
    private.say(ANA, CANARY)
    private.without_mail(MANAGER)
    private.now = the_step(private.state, THANKS).starts

    with pytest.raises(Unanswered, match="needs a coordinator with a mail address"):
        private.thank()


def test_nothing_is_taken_that_its_visitor_could_not_open(named: World) -> None:
    named.say(ANA, CANARY)
    named.without_mail(LEADER)

    with pytest.raises(Refused, match="Mara has no mail address"):
        named.say(BEN, "Nobody reads the board.")
    named.now = the_step(named.state, THANKS).starts
    with pytest.raises(Unanswered, match=r"Give them a mail address in people\.csv"):
        named.thank()


def test_who_passes_on_from_now_on_is_asked_once_and_nobody_twice(engine: Engine) -> None:
    private = begun(engine, VoiceMode.FACILITATOR)
    private.say(ANA, CANARY)
    with writing(engine) as session:
        cohort = session.get_one(CohortTable, "winter")
        cohort.program = {**cohort.program, "coordinator": "cem"}

    for _ in range(2):
        private.voices.ask_to_pass_on(private.now)

    assert letters(engine, "ask-convey") == ["Boss", "Cem"]
    (point,) = private.hearing.to_pass_on(private.rotation, SESSION, CEM)
    wording = {point.id: "A tool is not there when it is needed."}
    private.hearing.pass_on(private.rotation, SESSION, CEM, wording, private.now)
    with writing(engine) as session:
        cohort = session.get_one(CohortTable, "winter")
        cohort.program = {**cohort.program, "coordinator": "lead2"}
    private.voices.ask_to_pass_on(private.now)
    assert letters(engine, "ask-convey") == ["Boss", "Cem"]


def test_nobody_is_asked_to_pass_on_what_a_visit_that_ended_left(private: World) -> None:
    private.say(ANA, CANARY)
    ended = private.state.model_copy(
        update={"ending": Ending.WITHDRAWN, "version": private.state.version + 1}
    )
    carry_out(private.engine, ended)
    with writing(private.engine) as session:
        cohort = session.get_one(CohortTable, "winter")
        cohort.program = {**cohort.program, "coordinator": "cem"}

    private.voices.ask_to_pass_on(private.now)

    assert letters(private.engine, "ask-convey") == ["Boss"]


def test_a_rotation_keeps_to_the_language_and_coordinator_of_its_version(quick: Engine) -> None:
    world = begun(quick, VoiceMode.FACILITATOR, language=Language.GERMAN)
    world.followed_by(language="en", coordinator="cem")
    world.change(1)

    world.say(ANA, CANARY)
    (point,) = world.hearing.to_pass_on(world.rotation, SESSION, MANAGER)
    wording = {point.id: "Ein Stempel fehlt."}
    world.hearing.pass_on(world.rotation, SESSION, MANAGER, wording, world.now)
    world.weigh(YES)
    world.change(2, phase=PolicyPhase.IN_FORCE, decided_at=NOW, in_force_at=NOW + 7 * DAY)
    world.told.tell_in_force(NOW + 8 * DAY)

    answered, in_force = world.receipts_of("Ana")
    assert "Antwort: Es wird aufgenommen." in answered
    assert "In Kraft seit" in in_force
    page = world.voices.page(world.rotation, SESSION, BEN, world.now)
    assert page.language == "de"


def test_practice_s7_what_was_said_is_answered_though_a_newer_version_collects_nothing(
    named: World,
) -> None:
    named.say(ANA, CANARY)
    named.followed_by(voice_mode=None)

    assert named.hearing.offered(named.rotation, SESSION, LEADER)
    assert named.weigh(NO) == {}
    with pytest.raises(NotFound):
        named.say(ANA, "Something else.")


def test_practice_s7_thanks_wait_until_every_point_has_its_answer(named: World) -> None:
    named.say(ANA, "A first thing.")
    named.say(BEN, "B second thing.")
    named.now = the_step(named.state, THANKS).starts
    carry_out(
        named.engine,
        named.state,
        Errand(kind=ErrandKind.ASK_THANKS, step=THANKS, people=(LEADER,)),
        now=named.now,
    )

    with pytest.raises(Unanswered, match="2 points that were said to you have no answer yet"):
        named.thank()
    with pytest.raises(Unanswered):
        named.hearing.refuse_to_close(named.rotation, THANKS, named.now)
    named.weigh(NO)
    with pytest.raises(Unanswered, match="One point"):
        named.thank()
    named.weigh(NO)
    named.thank()

    named.hearing.refuse_to_close(named.rotation, "reflection", named.now)
    (asked,) = [m for m in mails(named.engine) if m.get("kind") == "ask-thanks"]
    assert asked["urls"] == [f"http://127.0.0.1/hear/{LEADER}/{THANKS}"]
    with pytest.raises(Refused, match="visit is over"):
        named.say(ANA, "Something I forgot.")


def test_practice_s7_thanks_wait_for_what_nobody_may_read_yet(anonymous: World) -> None:
    anonymous.say(ANA, CANARY)
    anonymous.now = the_step(anonymous.state, THANKS).starts

    with pytest.raises(Unanswered, match="opens to you by"):
        anonymous.thank()
    anonymous.now = anonymous.session.ends + CLOSES + HOUR
    with pytest.raises(Unanswered, match="One point"):
        anonymous.thank()
    anonymous.weigh(NO)
    anonymous.thank()


def test_practice_s7_a_change_that_was_declined_takes_nothing_up(named: World) -> None:
    named.say(ANA, "The key is lost.")
    named.change(1)
    open_ones = named.hearing.to_weigh(named.rotation, SESSION, LEADER, named.now).changes
    named.change(2, phase=PolicyPhase.DECLINED)

    over = named.hearing.to_weigh(named.rotation, SESSION, LEADER, named.now).changes
    taken = Weighed(disposition=Disposition.ADOPTED, reason="It is right.", policy=POLICY)

    assert [policy for policy, _ in open_ones] == [POLICY]
    assert over == ()
    assert named.weigh(taken)


def test_practice_s7_an_answer_says_which_change_takes_it_up_and_why(named: World) -> None:
    named.say(ANA, CANARY)
    (point,) = named.hearing.to_weigh(named.rotation, SESSION, LEADER, named.now).points
    for answer, sentence in (
        (YES, "Choose the change"),
        (NO.model_copy(update={"reason": " "}), "Write the reason"),
        (NO.model_copy(update={"reason": "x" * 501}), "500 characters"),
    ):
        assert sentence in named.weigh(answer)[point.id]
    named.change(1)

    assert named.weigh(YES) == {}
    assert named.weigh(NO) == {}

    (listed,) = named.hearing.listed(named.rotation, named.now)
    assert (listed.by, listed.disposition, listed.change) == (ANA, "adopted", POLICY)
    with pytest.raises(NotFound):
        named.hearing.to_weigh(named.rotation, SESSION, ANA, named.now)


def test_first_f3_every_point_of_a_closed_rotation_has_a_disposition_and_a_receipt(
    engine: Engine,
) -> None:
    world = begun(engine, VoiceMode.NAMED)
    said = ((ANA, "A desk is free."), (ANA, "A phone is not."), (BEN, "B."), (LEAD, "C."))
    receipts = [world.say(person, words) for person, words in said]
    world.change(1)
    world.weigh(YES, NO, NO, YES)
    world.now = the_step(world.state, THANKS).starts
    world.thank()

    rows = world.rows(VoiceTable)
    assert len(rows) == len(receipts)
    assert all(row.disposition and row.reason for row in rows)
    told = {name: world.receipts_of(name) for name in ("Ana", "Ben", "Lead")}
    assert [len(lines) for lines in told.values()] == [2, 1, 1]
    assert len(letters(engine, "voice-receipt")) == 3
    assert "You said: A desk is free.\nAnswer: It is taken up." in "".join(told["Ana"])
    for receipt in receipts:
        story = world.told.story(receipt, world.now)
        assert story.decision
        assert story.reason


def test_first_f3_a_writer_hears_again_when_the_change_is_decided_in_force_and_measured(
    engine: Engine,
) -> None:
    named = begun(engine, VoiceMode.NAMED)
    named.say(BEN, CANARY)
    named.change(1)
    named.weigh(YES)
    decided: dict[str, object] = {
        "phase": PolicyPhase.IN_FORCE,
        "disposition": Disposition.ADOPTED,
        "decided_at": named.now,
        "in_force_at": named.now + 7 * DAY,
    }
    named.change(2, PolicyErrand.TELL_DECISION, **decided)
    for moment in (named.now, named.now + 8 * DAY, named.now + 9 * DAY):
        named.told.tell_in_force(moment)
    measured = decided | {
        "phase": PolicyPhase.KEPT,
        "verdict": Verdict.MET,
        "verdict_at": named.now,
    }
    named.change(3, PolicyErrand.TELL_VERDICT, **measured)

    heard = [m for m in mails(named.engine) if m["reader_name"] == "Ben" and m.get("lines")]
    assert [m["kind"] for m in heard] == [
        "voice-receipt", "decision-receipt", "voice-receipt", "verdict-receipt",
    ]  # fmt: skip
    assert all(f"You said: {CANARY}" in m["lines"][0] for m in heard)
    assert "In force since" in heard[2]["lines"][0]


@pytest.mark.parametrize("phase", [PolicyPhase.ROLLED_BACK, PolicyPhase.DECLINED])
def test_nobody_is_told_that_something_is_in_force_which_is_not(
    named: World, phase: PolicyPhase
) -> None:
    named.say(BEN, CANARY)
    named.change(1)
    named.weigh(YES)
    began = None if phase is PolicyPhase.DECLINED else named.now + 2 * DAY
    named.change(2, phase=phase, decided_at=named.now, in_force_at=began)

    for _ in range(2):
        named.told.tell_in_force(named.now + 8 * DAY)

    assert len(named.receipts_of("Ben")) == 1
    assert not any(row.awaits_force for row in named.rows(VoiceTable))


def test_first_f3_a_receipt_shows_how_an_anonymous_point_stands_for_a_year(
    anonymous: World,
) -> None:
    receipt = anonymous.say(ANA, CANARY)
    anonymous.change(1)
    story = anonymous.told.story(receipt, anonymous.now)
    assert (story.said, story.decision, story.change) == (CANARY, "", None)
    anonymous.now = anonymous.session.ends + CLOSES + HOUR
    anonymous.weigh(YES)

    story = anonymous.told.story(receipt, anonymous.now)
    assert (story.decision, story.reason) == ("It is taken up.", YES.reason)
    assert story.change
    assert story.change.policy == POLICY
    assert letters(anonymous.engine, "voice-receipt") == []
    last = anonymous.session.ends + KEPT
    assert anonymous.told.story(receipt, last).said == CANARY
    with pytest.raises(LinkOver, match="which is over"):
        anonymous.told.story(receipt, last + HOUR)
    with pytest.raises(NotFound, match="Nothing is known"):
        anonymous.told.story("a" * 26, anonymous.now)


def test_what_was_said_is_forgotten_after_a_year_and_who_spoke_after_a_month(
    anonymous: World,
) -> None:
    anonymous.say(ANA, CANARY)
    ends = anonymous.session.ends

    anonymous.voices.forget(ends + CLOSES)
    assert len(anonymous.rows(SpentAllowanceTable)) == 1
    anonymous.voices.forget(ends + 2 * CLOSES + HOUR)
    assert anonymous.rows(SpentAllowanceTable) == []
    assert anonymous.rows(VoiceTable)[0].sealed
    anonymous.voices.forget(ends + KEPT + HOUR)
    assert anonymous.rows(VoiceTable)[0].sealed == b""


def test_a_point_of_somebody_erased_is_gone_and_holds_nothing_up(named: World) -> None:
    receipt = named.say(ANA, CANARY)
    held = named.state.with_step(named.session.model_copy(update={"phase": Phase.HELD}))
    steps = [s.model_copy(update={"phase": Phase.HELD}) for s in held.steps[:2]]
    for step in steps:
        held = held.with_step(step)
    held = held.model_copy(update={"version": held.version + 1})
    now = the_step(held, THANKS).starts
    carry_out(named.engine, held, now=now)
    with named.engine.begin() as opened:
        opened.execute(OutboxTable.__table__.update().values(state="sent"))  # type: ignore[attr-defined]

    Erasing(named.engine).erase(ANA, now)

    named.now = now
    assert named.told.story(receipt, now).said == GONE
    named.thank()


def test_practice_s34_people_of_a_team_read_what_was_decided_about_it(named: World) -> None:
    named.change(1)
    views = ChangeViews(named.engine)

    team, changes = views.of_team("H-01", ANA)

    assert team == "The desk"
    assert [change.policy for change in changes] == [POLICY]
    assert views.of_team("H-02", CEM)[1] == ()
    for person in (CEM, LEADER, MANAGER):
        with pytest.raises(NotFound, match="people of that team"):
            views.of_team("H-01", person)
    assert views.team_of(named.rotation, 1, ANA) == "H-01"
    assert views.team_of(named.rotation, 1, LEADER) == ""


def test_a_code_opens_what_was_said_to_its_reader_alone(named: World) -> None:
    named.say(ANA, CANARY)
    asked = (named.rotation, SESSION, LEADER)
    with pytest.raises(NotFound):
        named.hearing.ask_code(named.rotation, SESSION, BEN, named.now)

    named.hearing.ask_code(*asked, named.now)
    (code,) = next(m["lines"] for m in mails(named.engine) if m.get("kind") == "reading-code")
    with pytest.raises(Refused, match="wrong or too old"):
        named.hearing.open(*asked, "nonsense", named.now)

    assert named.hearing.open(*asked, code, named.now) is Purpose.WEIGH
    with pytest.raises(Refused):
        named.hearing.open(*asked, code, named.now)


def everything(engine: Engine) -> str:
    """All rows of all tables as text."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as opened:
        return "\n".join(
            value.decode("utf-8", "replace")
            if isinstance(value, bytes)
            else json.dumps(value, default=str)
            for table in tables.sorted_tables
            for row in opened.execute(select(table))
            for value in row
        )

"""What a decision sends, to whom, and what a repeat or a late one must not send."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import ConsentWanted, GateAnswered, Withdraw
from domain.incoming import Incoming, Kind
from domain.moments import WorkingHours
from domain.moves import apply
from domain.planning import Attendee
from domain.program import Gate, StepKind
from domain.rotation import Answer, Phase, RotationState
from store.answers import ANSWERS_PER_DAY
from store.database import writing
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.sayings import Sayings
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable
from store.views import Views
from tests.builders import (
    ANA,
    BEN,
    COLLEAGUES,
    DAY,
    HOST,
    HOUR,
    LEADER,
    MONDAY,
    PARTICIPANT,
    a_step,
)
from tests.builders import seat as a_seat
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    a_folder,
    a_person,
    all_leave,
    answered,
    answers_of,
    calendar_mails,
    carry_out,
    invited,
    invites,
    inviting,
    letters,
    loaded,
    loaded_again,
    mails,
    outbox_of,
    replanned,
    the_step,
)

SESSION, DAY_BESIDE = "listening-session", "shadowing-day"
LATER = {"starts": MONDAY + 6 * DAY, "ends": MONDAY + 6 * DAY + HOUR}
LEAD2, CEM = "P-0006", "P-0007"


def invite_to(*keys: str) -> tuple[Errand, ...]:
    return tuple(Errand(kind=ErrandKind.INVITE, step=key) for key in keys)


def say(engine: Engine, person: str, answer: Answer, step: str = SESSION) -> None:
    (uid,) = (i.uid for i in invites(engine, step) if i.person == person)
    Sayings(engine, VAULT).answer(uid, answer, "link", NOW)


def test_the_same_decision_carried_out_twice_writes_nothing_twice(engine: Engine) -> None:
    state = invited(loaded(engine), SESSION)
    errands = (
        *invite_to(SESSION),
        Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.RELEASE, people=("P-0002",)),
    )
    carry_out(engine, state, *errands)
    once = mails(engine), [invite.uid for invite in invites(engine, SESSION)]

    carry_out(engine, state, *errands)

    assert (mails(engine), [invite.uid for invite in invites(engine, SESSION)]) == once
    assert calendar_mails(engine) == [(who, "REQUEST", 0) for who in ("Mara", "Ana", "Ben")]


def test_only_those_whose_step_moved_get_mail_and_keep_their_uid(engine: Engine) -> None:
    state = inviting(engine, DAY_BESIDE, SESSION)
    uids = {invite.person: invite.uid for invite in invites(engine, SESSION)}
    say(engine, ANA, Answer.ACCEPTED)
    before = len(mails(engine))

    moved, errands = apply(state, replanned(state, listening_session=LATER), NOW)
    carry_out(engine, moved, *errands)

    assert calendar_mails(engine, before) == [(w, "REQUEST", 1) for w in ("Mara", "Ana", "Ben")]
    assert {invite.person: invite.uid for invite in invites(engine, SESSION)} == uids
    assert {invite.answer for invite in invites(engine, SESSION)} == {"needs-action"}


def test_an_exchanged_colleague_alone_is_called_off_and_the_others_keep_their_answer(
    engine: Engine,
) -> None:
    state = inviting(engine, SESSION)
    say(engine, BEN, Answer.ACCEPTED)
    gone = next(invite.uid for invite in invites(engine, SESSION) if invite.person == ANA)
    before = len(mails(engine))

    others: tuple[Attendee, ...] = (PARTICIPANT, COLLEAGUES[1])
    state, errands = apply(state, replanned(state, listening_session={"attendees": others}), NOW)
    carry_out(engine, state, *errands)
    back: tuple[Attendee, ...] = (PARTICIPANT, *COLLEAGUES)
    state, errands = apply(state, replanned(state, listening_session={"attendees": back}), NOW)
    carry_out(engine, state, *errands)

    assert calendar_mails(engine, before) == [("Ana", "CANCEL", 1), ("Ana", "REQUEST", 0)]
    assert not mails(engine)[before]["whole"]
    assert answered(engine) == {
        LEADER: Answer.NEEDS_ACTION,
        ANA: Answer.NEEDS_ACTION,
        BEN: Answer.ACCEPTED,
    }
    assert gone not in {invite.uid for invite in invites(engine, SESSION)}


def test_a_late_repeat_invites_nobody_as_it_once_was(engine: Engine) -> None:
    first = inviting(engine, SESSION)
    alone: tuple[Attendee, ...] = (PARTICIPANT, COLLEAGUES[1])
    second, errands = apply(first, replanned(first, listening_session={"attendees": alone}), NOW)
    carry_out(engine, second, *errands)
    before = len(mails(engine))

    carry_out(engine, first, *invite_to(SESSION))

    assert mails(engine)[before:] == []
    assert [invite.person for invite in invites(engine, SESSION)] == [LEADER, BEN]


def test_a_late_repeat_does_not_invite_to_a_rotation_that_is_over(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    over, errands = apply(state, Withdraw(), NOW)
    carry_out(engine, over, *errands)
    before = len(mails(engine))

    carry_out(engine, state, *invite_to(SESSION))

    assert mails(engine)[before:] == []
    assert Views(engine).rotation(state.rotation).row.stage == "withdrawn"


def another_team(state: RotationState, **session: object) -> RotationState:
    """The rotation after a repair that found its place with the second team."""
    lead = HOST.model_copy(update={"person": LEAD2})
    cem = COLLEAGUES[0].model_copy(update={"person": CEM})
    change = replanned(
        state,
        "H-02",
        shadowing_day={"attendees": (PARTICIPANT, lead)},
        listening_session={"attendees": (PARTICIPANT, cem), "quorum": 1} | session,
    )
    consents = (ConsentWanted(Gate.HOST, LEAD2), ConsentWanted(Gate.COLLEAGUES, CEM))
    changed, _ = apply(state, change.model_copy(update={"consents": consents}), NOW)
    return changed


def test_nobody_of_a_new_team_is_invited_before_its_lead_agreed(engine: Engine) -> None:
    state = inviting(engine, DAY_BESIDE, SESSION)
    before = len(mails(engine))

    moved = another_team(state)
    carry_out(engine, moved, *invite_to(DAY_BESIDE, SESSION))
    asking = Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.HOST, people=(LEAD2,))
    carry_out(engine, moved, asking)

    told = [who for who, *_ in calendar_mails(engine, before)]
    assert told == ["Lead", "Mara", "Ana", "Ben", "Mara"]
    assert letters(engine, "ask-host") == ["Lead2"]
    assert {mail["reader_name"] for mail in mails(engine)} & {"Lead2", "Cem"} == {"Lead2"}


def test_each_is_invited_as_soon_as_their_consent_is_there(engine: Engine) -> None:
    moved = another_team(inviting(engine, DAY_BESIDE, SESSION))
    carry_out(engine, moved, *invite_to(DAY_BESIDE, SESSION))
    before = len(mails(engine))

    lead, _ = apply(moved, GateAnswered(gate=Gate.HOST, person=LEAD2, agreed=True), NOW)
    carry_out(engine, lead)
    after_lead = calendar_mails(engine, before)
    colleague, _ = apply(lead, GateAnswered(gate=Gate.COLLEAGUES, person=CEM, agreed=True), NOW)
    carry_out(engine, colleague)

    assert after_lead == [("Lead2", "REQUEST", 0)]
    assert calendar_mails(engine, before)[1:] == [("Cem", "REQUEST", 0)]


def test_another_place_at_the_same_time_is_a_new_sequence(engine: Engine) -> None:
    state = inviting(engine, DAY_BESIDE)
    before = len(mails(engine))

    carry_out(engine, another_team(state), *invite_to(DAY_BESIDE))

    assert calendar_mails(engine, before) == [("Lead", "CANCEL", 1), ("Mara", "REQUEST", 1)]
    assert mails(engine)[-1]["where"] == "The shop, at the desk"


def test_people_without_mail_are_invited_without_a_mail(engine: Engine) -> None:
    state = invited(loaded(engine), SESSION)
    strangers = (*the_step(state, SESSION).attendees, a_seat("P-0008", HOST.seat))
    from_the_desk = the_step(state, SESSION).model_copy(update={"attendees": strangers})
    with_zoe(engine)

    carry_out(engine, state.with_step(from_the_desk), *invite_to(SESSION))

    assert [invite.person for invite in invites(engine, SESSION)][-1] == "P-0008"
    assert "Zoe" not in {mail["reader_name"] for mail in mails(engine)}


def with_zoe(engine: Engine) -> None:
    from_folder = [a_person(key) for key in PEOPLE]
    folder = a_folder(*from_folder, a_person("zoe", email=None))
    load_folder(engine, folder, dry_run=False, now=NOW)


def test_a_withdrawal_calls_off_every_standing_invite_once(engine: Engine) -> None:
    state = inviting(engine, DAY_BESIDE, SESSION)
    before = len(mails(engine))
    over, errands = apply(state, Withdraw(), NOW)

    carry_out(engine, over, *errands)
    carry_out(engine, over, *errands)

    called_off = calendar_mails(engine, before)
    assert sorted(called_off) == sorted(
        (who, "CANCEL", 1) for who in ("Mara", "Lead", "Mara", "Ana", "Ben")
    )
    assert all(mail["whole"] for mail in mails(engine)[before:])


REMIND = Errand(kind=ErrandKind.REMIND, step=SESSION)


def test_who_is_silent_or_unsure_is_reminded_once_even_when_the_step_moves(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    say(engine, ANA, Answer.ACCEPTED)
    say(engine, BEN, Answer.TENTATIVE)
    carry_out(engine, state, REMIND)
    all_leave(engine, NOW + DAY)
    carry_out(engine, state, REMIND, now=NOW + DAY)

    moved, errands = apply(state, replanned(state, listening_session=LATER), NOW)
    carry_out(engine, moved, *errands)
    carry_out(engine, moved, REMIND, now=NOW + 30 * DAY)

    assert letters(engine, "reminder") == ["Mara", "Ben", "Ana"]


@pytest.mark.parametrize(("days", "reminded"), [(1, 2), (8, 3)])
def test_nobody_gets_more_than_two_reminders_of_any_kind_in_a_week(
    engine: Engine, days: int, reminded: int
) -> None:
    state = inviting(engine, "goal-talk", DAY_BESIDE, SESSION)
    consent = Errand(kind=ErrandKind.REMIND_CONSENT, gate=Gate.GOALS, people=(LEADER,))
    thanks = Errand(kind=ErrandKind.REMIND_THANKS, step="thanks", people=(LEADER,))
    for late, errand in ((0, consent), (1, thanks)):
        carry_out(engine, state, errand, now=NOW + timedelta(hours=late))
        all_leave(engine, NOW + timedelta(hours=late + 1))

    carry_out(engine, state, REMIND, now=NOW + days * DAY)

    to_mara = [mail for mail in mails(engine) if mail["reader_name"] == "Mara"]
    reminders = [m for m in to_mara if m.get("reminder") or m.get("kind") == "reminder"]
    assert len(reminders) == reminded


def test_a_reminder_waits_for_working_hours_and_is_taken_back_by_an_answer(
    engine: Engine,
) -> None:
    office = tuple(WorkingHours(weekday=d, starts=time(9), ends=time(17)) for d in range(5))
    people = tuple(a_person(key, hours=office) for key in PEOPLE)
    load_folder(engine, a_folder(*people), dry_run=False, now=NOW)
    state = invited(loaded_again(engine), SESSION)
    carry_out(engine, state, *invite_to(SESSION))
    outbox = outbox_of(engine)
    for mail in outbox.due(NOW, 99):
        outbox.delivered(mail.number, NOW)
    morning = datetime(2026, 11, 24, 8, tzinfo=UTC)

    carry_out(engine, state, REMIND)
    say(engine, ANA, Answer.ACCEPTED)

    assert outbox.due(morning - timedelta(seconds=1), 99) == ()
    reminded = {mail.recipient for mail in outbox.due(morning, 99)}
    assert reminded == {"mara@example.org", "ben@example.org"}


def test_thanks_reach_only_those_who_were_met(engine: Engine) -> None:
    state = inviting(engine, DAY_BESIDE, SESSION)
    phases = {DAY_BESIDE: Phase.CANCELLED, SESSION: Phase.HELD}
    for key, phase in phases.items():
        declined = (BEN,) if key == SESSION else ()
        changed = the_step(state, key).model_copy(update={"phase": phase, "declined": declined})
        state = state.with_step(changed)
    late = MONDAY + 9 * DAY
    carry_out(engine, state.model_copy(update={"version": 9}), now=late)
    Sayings(engine, VAULT).write(state.rotation, "thanks", LEADER, "Thank you.", late)

    carry_out(engine, state, Errand(kind=ErrandKind.DELIVER_THANKS, step="thanks"), now=late)

    assert letters(engine, "thanks") == ["Ana"]


def test_each_thanks_reach_those_who_were_met_also_for_the_second_time(engine: Engine) -> None:
    state = twice_thanking(engine, inviting(engine, DAY_BESIDE, SESSION))
    late = MONDAY + 22 * DAY
    carry_out(engine, state, now=late)
    for step in ("thanks", "thanks-again"):
        Sayings(engine, VAULT).write(state.rotation, step, LEADER, f"Words of {step}", late)
        for _ in range(2):
            errand = Errand(kind=ErrandKind.DELIVER_THANKS, step=step)
            carry_out(engine, state, errand, now=late)

    said = [line for m in mails(engine) if m.get("kind") == "thanks" for line in m["lines"]]
    assert sorted(said) == ["Words of thanks"] * 2 + ["Words of thanks-again"] * 2


def twice_thanking(engine: Engine, state: RotationState) -> RotationState:
    """The colleagues were met in a session and once more in a return visit; thanks follow both."""
    with writing(engine) as session:
        cohort = session.get_one(CohortTable, state.cohort)
        steps = cohort.program["steps"]
        of_thanks = steps[-1]
        more = ({**of_thanks, "key": key} for key in ("return-visit", "thanks-again"))
        cohort.program = {**cohort.program, "steps": [*steps, *more]}
    thanks = the_step(state, "thanks")
    again = a_step(
        "return-visit",
        kind=StepKind.RETURN_VISIT,
        starts=MONDAY + 20 * DAY,
        attendees=(PARTICIPANT, *COLLEAGUES),
    )
    after = {"key": "thanks-again", "starts": MONDAY + 21 * DAY, "ends": MONDAY + 21 * DAY}
    held = {"phase": Phase.HELD}
    state = state.with_step(the_step(state, SESSION).model_copy(update=held))
    both = (again.model_copy(update=held), thanks.model_copy(update=after))
    return state.model_copy(update={"steps": (*state.steps, *both), "version": 9})


def test_a_repeat_of_thanks_that_were_sent_before_the_migration_sends_nothing(
    engine: Engine,
) -> None:
    state = inviting(engine, DAY_BESIDE, SESSION)
    held = the_step(state, SESSION).model_copy(update={"phase": Phase.HELD})
    state = state.with_step(held).model_copy(update={"version": 9})
    late = MONDAY + 9 * DAY
    carry_out(engine, state, now=late)
    Sayings(engine, VAULT).write(state.rotation, "thanks", LEADER, "Thank you.", late)
    errand = Errand(kind=ErrandKind.DELIVER_THANKS, step="thanks")
    carry_out(engine, state, errand, now=late)
    unmigrate(engine, "0041")
    with writing(engine) as session:
        for mail in session.scalars(select(OutboxTable).where(OutboxTable.kind == "thanks")):
            mail.key = f"{state.rotation}:thanks:{mail.person}"

    migrate(engine)
    carry_out(engine, state, errand, now=late)

    assert letters(engine, "thanks") == ["Ana", "Ben"]


def test_an_invite_answered_all_day_long_is_answered_no_more(engine: Engine) -> None:
    inviting(engine, SESSION)
    for number in range(ANSWERS_PER_DAY):
        say(engine, ANA, Answer.TENTATIVE if number % 2 else Answer.ACCEPTED)

    with pytest.raises(Refused, match="very often"):
        say(engine, ANA, Answer.ACCEPTED)


def test_a_mail_about_an_invite_that_was_not_taken_is_shown_until_there_is_an_answer(
    engine: Engine,
) -> None:
    state = inviting(engine, SESSION)
    (uid,) = (i.uid for i in invites(engine, SESSION) if i.person == ANA)
    answers = answers_of(engine)

    answers.settle(
        answers.keep(b"1", "imap", NOW),
        Incoming(kind=Kind.FOREIGN, reason="METHOD ADD", uid=uid),
        NOW,
    )

    page = Views(engine).rotation(state.rotation)
    assert [a.sentence for a in page.attention] == [
        "A mail about the invite of Ana to the listening-session of Mara was not taken: METHOD ADD."
    ]
    say(engine, ANA, Answer.ACCEPTED)
    assert Views(engine).rotation(state.rotation).attention == ()

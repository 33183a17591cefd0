"""Reminders to one person that fall due together are one mail."""

from datetime import timedelta

from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.events import Delivery
from domain.moves import apply
from domain.program import Gate
from domain.rotation import Answer, RotationState
from store.database import reading, writing
from store.news import NewsDesk
from store.reminding import GATHERED
from store.sayings import Sayings
from store.tables.mail import OutboxTable
from store.tables.people import PersonTable
from tests.builders import HOUR
from tests.integration.store.world import (
    NOW,
    VAULT,
    all_leave,
    carry_out,
    invites,
    inviting,
    left,
    outbox_of,
    replanned,
    the_step,
)

LEADER = "P-0001"
SESSION = "listening-session"

GOALS = Errand(kind=ErrandKind.REMIND_CONSENT, gate=Gate.GOALS, people=(LEADER,))
REMIND = Errand(kind=ErrandKind.REMIND, step=SESSION)
TALK = Errand(kind=ErrandKind.REMIND, step="goal-talk")


def three_open(engine: Engine) -> RotationState:
    """Mara is reminded of her goals, the talk and the session, a few minutes after one another."""
    state = inviting(engine, "goal-talk", SESSION)
    for minutes, errand in enumerate((GOALS, TALK, REMIND)):
        carry_out(engine, state, errand, now=NOW + timedelta(minutes=5 * minutes))
    return state


def states(engine: Engine) -> list[tuple[str, str]]:
    """What became of Mara's reminders."""
    query = select(OutboxTable.kind, OutboxTable.state).where(
        OutboxTable.person == LEADER, OutboxTable.asks.is_not(None)
    )
    with reading(engine) as session:
        rows = session.execute(query.order_by(OutboxTable.number))
        return [(kind, state) for kind, state in rows if "remind" in kind]


def test_reminders_of_an_hour_leave_as_one_mail_that_links_each(engine: Engine) -> None:
    three_open(engine)

    too_early = [mail["reader_name"] for mail in left(engine, NOW + GATHERED / 2)]
    (mail,) = (m for m in left(engine, NOW + GATHERED) if m["reader_name"] == "Mara")

    assert too_early == []
    assert mail["kind"] == "reminders"
    assert dict(mail["facts"])["count"] == "3"
    assert [line.rpartition("/")[0].partition("http")[2] for line in mail["lines"]] == [
        "://127.0.0.1/consent/P-0001",
        "://127.0.0.1/answer/P-0001",
        "://127.0.0.1/answer/P-0001",
    ]
    assert {state for _, state in states(engine)} == {"sent"}


def test_one_reminder_alone_is_the_mail_it_always_was(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    carry_out(engine, state, REMIND)

    assert [m["kind"] for m in left(engine, NOW + GATHERED)] == ["reminder"] * 3


def test_what_was_answered_meanwhile_is_not_in_it(engine: Engine) -> None:
    three_open(engine)
    (mine,) = (i for i in invites(engine, SESSION) if i.person == LEADER)
    Sayings(engine, VAULT).answer(mine.uid, Answer.ACCEPTED, "link", NOW)

    (mail,) = (m for m in left(engine, NOW + GATHERED) if m["reader_name"] == "Mara")

    assert dict(mail["facts"])["count"] == "2"


def test_several_in_one_mail_count_once_in_a_week(engine: Engine) -> None:
    state = three_open(engine)
    all_leave(engine, NOW + 2 * GATHERED)
    thanks = Errand(kind=ErrandKind.REMIND_THANKS, step="thanks", people=(LEADER,))
    carry_out(engine, state, thanks, now=NOW + timedelta(days=1))

    (mail,) = left(engine, NOW + timedelta(days=2))

    assert mail["kind"] == "ask-thanks"


def test_a_mail_that_was_handed_out_stays_as_it_is(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", SESSION)
    carry_out(engine, state, GOALS)
    carry_out(engine, state, TALK)
    due, later = NOW + GATHERED, NOW + GATHERED + timedelta(minutes=1)
    first = [m for m in outbox_of(engine).due(due, 99) if m.recipient == "mara@example.org"]
    carry_out(engine, state, REMIND, now=due)

    again = outbox_of(engine).due(later + 2 * GATHERED, 99)

    to_mara = [mail for mail in again if mail.recipient == "mara@example.org"]
    assert to_mara[0].raw == first[0].raw
    assert to_mara[0].message_id == first[0].message_id
    assert len(to_mara) == 2


def test_an_answer_does_not_take_back_a_mail_that_speaks_for_others(engine: Engine) -> None:
    three_open(engine)
    outbox = outbox_of(engine)
    (mail,) = (m for m in outbox.due(NOW + GATHERED, 99) if m.recipient == "mara@example.org")
    for step in ("goal-talk", SESSION):
        (mine,) = (i for i in invites(engine, step) if i.person == LEADER)
        Sayings(engine, VAULT).answer(mine.uid, Answer.ACCEPTED, "link", NOW)

    assert mail.number in [one.number for one in outbox.due(NOW + GATHERED, 99)]


def test_an_address_that_refuses_it_is_told_for_each(engine: Engine) -> None:
    three_open(engine)
    outbox, news = outbox_of(engine), NewsDesk(engine)
    (mail,) = (m for m in outbox.due(NOW + GATHERED, 99) if m.recipient == "mara@example.org")

    outbox.refused(mail.number, "550 nobody", NOW + GATHERED)

    heard = []
    while pending := news.pending(NOW + GATHERED, 10):
        heard += [one.event for one in pending]
        news.told(pending[0].number, NOW + GATHERED)
    assert heard == [
        Delivery(person=LEADER, step=step, delivered=False) for step in (None, "goal-talk", SESSION)
    ]
    assert {state for _, state in states(engine)} == {"refused"}


def test_a_mail_whose_every_question_is_answered_while_it_waits_does_not_leave(
    engine: Engine,
) -> None:
    state = inviting(engine, "goal-talk", SESSION)
    carry_out(engine, state, TALK)
    carry_out(engine, state, REMIND)
    outbox, later = outbox_of(engine), NOW + 4 * GATHERED
    (mail,) = (m for m in outbox.due(NOW + GATHERED, 99) if m.recipient == "mara@example.org")
    outbox.postponed(mail.number, "451 later", NOW + GATHERED)
    for step in (SESSION, "goal-talk"):
        assert mail.number in [one.number for one in outbox.due(later, 99)]
        (mine,) = (i for i in invites(engine, step) if i.person == LEADER)
        Sayings(engine, VAULT).answer(mine.uid, Answer.ACCEPTED, "link", NOW)

    assert mail.number not in [one.number for one in outbox.due(later, 99)]
    assert {state for _, state in states(engine)} <= {"withdrawn"}


def test_a_reminder_gives_way_to_the_new_time_of_its_step(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    carry_out(engine, state, REMIND)
    before = the_step(state, SESSION)
    later = {"starts": before.starts + HOUR, "ends": before.ends + HOUR}

    moved, errands = apply(state, replanned(state, listening_session=later), NOW)
    carry_out(engine, moved, *errands)
    first = left(engine, NOW + GATHERED)
    carry_out(engine, moved, REMIND, now=NOW + timedelta(days=3))
    second = left(engine, NOW + timedelta(days=4))

    assert {mail.get("method") for mail in first} == {"REQUEST"}
    assert [mail["kind"] for mail in second] == ["reminder"] * 3


def test_a_step_that_is_called_off_reminds_nobody(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    carry_out(engine, state, REMIND)
    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))

    assert {mail.get("method") for mail in left(engine, NOW + GATHERED)} == {"CANCEL"}


def test_reminders_to_two_addresses_of_one_person_stay_two_mails(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", SESSION)
    carry_out(engine, state, TALK)
    with writing(engine) as session:
        row = session.get_one(PersonTable, LEADER)
        row.facts = {**row.facts, "email": "mara.new@example.org"}
    carry_out(engine, state, REMIND)

    due = outbox_of(engine).due(NOW + GATHERED, 99)

    assert sorted(mail.recipient for mail in due if "mara" in mail.recipient) == [
        "mara.new@example.org",
        "mara@example.org",
    ]


def test_one_mail_carries_all_however_few_a_relay_takes_at_once(engine: Engine) -> None:
    three_open(engine)
    outbox, got = outbox_of(engine), []
    while due := outbox.due(NOW + GATHERED, 1):
        got += [mail.recipient for mail in due]
        outbox.delivered(due[0].number, NOW + GATHERED)

    assert got.count("mara@example.org") == 1


def test_every_step_of_a_mail_hears_that_its_address_works_again(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", SESSION, left=False)
    outbox, news = outbox_of(engine), NewsDesk(engine)
    for mail in outbox.due(NOW, 99):
        if mail.recipient == "mara@example.org":
            outbox.refused(mail.number, "552 full", NOW)
        else:
            outbox.delivered(mail.number, NOW)
    carry_out(engine, state, TALK)
    carry_out(engine, state, REMIND)
    all_leave(engine, NOW + GATHERED)

    heard: list[object] = []
    while pending := news.pending(NOW + GATHERED, 10):
        heard += [one.event for one in pending]
        news.told(pending[0].number, NOW)
    assert [Delivery(person=LEADER, step=s, delivered=True) for s in ("goal-talk", SESSION)] == [
        event for event in heard if isinstance(event, Delivery) and event.delivered
    ]

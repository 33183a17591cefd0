"""What becomes of incoming mails beside plain answers: proposals, resends, bounces, notes, mails held back."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.events import Answered, Delivery, Event, Reschedule
from domain.incoming import Guest, Incoming, Kind, Verdict
from domain.moves import apply
from domain.program import Gate
from domain.rotation import Answer, RotationState
from store.database import reading
from store.news import NewsDesk
from store.proposing import ProposedTimes
from store.tables.mail import AliasTable, InviteTable, OutboxTable
from store.views import Views
from tests.builders import ANA, BEN, DAY, HOUR, MONDAY
from tests.integration.store.world import (
    NOW,
    JsonComposer,
    PlainLinks,
    answers_of,
    carry_out,
    invites,
    inviting,
    letters,
    mails,
    outbox_of,
    replanned,
)

SESSION = "listening-session"
ELSEWHERE = "ana.larch@elsewhere.example"


def proposed(engine: Engine) -> ProposedTimes:
    return ProposedTimes(engine, JsonComposer(), PlainLinks())


def invite_of(engine: Engine, person: str = ANA) -> InviteTable:
    return next(i for i in invites(engine, SESSION) if i.person == person)


def a_mail(
    engine: Engine, kind: Kind = Kind.REPLY, partstat: str = "ACCEPTED", **changes: object
) -> Incoming:
    invite = invite_of(engine)
    facts: dict[str, object] = {
        "kind": kind,
        "method": kind.value.upper(),
        "uid": invite.uid,
        "sequence": invite.sequence,
        "stamped": NOW,
        "guests": (Guest(address=invite.address or "", partstat=partstat),),
        "sender": invite.address,
    }
    return Incoming.model_validate(facts | changes)


def arrives(engine: Engine, mail: Incoming, name: bytes = b"1") -> Verdict:
    answers = answers_of(engine)
    number = answers.keep(name, "imap", NOW)
    return answers.settle(number, mail, NOW).verdict


def all_sent(engine: Engine) -> None:
    outbox = outbox_of(engine)
    while due := outbox.due(NOW, 50):
        for mail in due:
            outbox.delivered(mail.number, NOW)


def sent_about(engine: Engine, uid: str) -> list[tuple[str, bytes]]:
    with reading(engine) as session:
        query = select(OutboxTable).where(OutboxTable.uid == uid).order_by(OutboxTable.number)
        return [(row.kind, row.raw) for row in session.scalars(query)]


def news(engine: Engine) -> list[Event]:
    return [one.event for one in NewsDesk(engine).pending(NOW, 50)]  # type: ignore[misc]


def another_time(state: RotationState, engine: Engine) -> None:
    """A repair moves the session by a day; everybody is asked again."""
    starts = state.step(SESSION).starts + DAY  # type: ignore[union-attr]
    change = replanned(state, listening_session={"starts": starts, "ends": starts + HOUR})
    moved, errands = apply(state, change, NOW)
    carry_out(engine, moved, *errands)


def wish(engine: Engine, **changes: object) -> Incoming:
    facts = {"proposed_starts": MONDAY + 8 * DAY, "comment": "I teach in the morning."}
    return a_mail(engine, Kind.COUNTER, "TENTATIVE", **(facts | changes))


def test_apply_a16_a_proposal_waits_for_the_manager_and_the_rotation_hears_a_maybe(
    engine: Engine,
) -> None:
    state = inviting(engine, SESSION)

    assert arrives(engine, wish(engine)) is Verdict.APPLY

    (one,) = proposed(engine).open()
    assert (one.person, one.step, one.starts) == (ANA, SESSION, MONDAY + 8 * DAY)
    (heard,) = news(engine)
    assert isinstance(heard, Answered)
    assert heard.answer is Answer.TENTATIVE
    (shown,) = [a for a in Views(engine).rotation(state.rotation).attention if a.proposal]
    assert "proposes" in shown.sentence
    assert "I teach in the morning." in shown.sentence


def test_apply_a16_a_newer_proposal_takes_the_place_of_the_one_before(engine: Engine) -> None:
    inviting(engine, SESSION)
    arrives(engine, wish(engine))
    later = NOW + timedelta(minutes=1)

    arrives(engine, wish(engine, proposed_starts=MONDAY + 9 * DAY, stamped=later), b"2")

    (one,) = proposed(engine).open()
    assert one.starts == MONDAY + 9 * DAY


def test_a_proposal_that_is_taken_moves_the_step_once(engine: Engine) -> None:
    inviting(engine, SESSION)
    arrives(engine, wish(engine))
    (one,) = proposed(engine).open()

    proposed(engine).take(one.number, NOW)

    with reading(engine) as session:
        events = [n.event for n in NewsDesk(engine).pending(NOW, 50)]
        del session
    assert proposed(engine).open() == ()
    with pytest.raises(Refused, match="settled"):
        proposed(engine).take(one.number, NOW)
    with pytest.raises(NotFound, match="settled"):
        proposed(engine).get(one.number)
    assert len(events) == 1


def test_the_rotation_hears_of_the_time_that_was_taken(engine: Engine) -> None:
    inviting(engine, SESSION)
    arrives(engine, wish(engine))
    (one,) = proposed(engine).open()
    desk = NewsDesk(engine)
    for said in desk.pending(NOW, 50):
        desk.told(said.number, NOW)

    proposed(engine).take(one.number, NOW)

    assert news(engine) == [Reschedule(step=SESSION, starts=MONDAY + 8 * DAY)]


def test_a_proposal_that_is_declined_is_told_to_who_made_it_alone(engine: Engine) -> None:
    inviting(engine, SESSION)
    all_sent(engine)
    arrives(engine, wish(engine))
    before = len(mails(engine))
    (one,) = proposed(engine).open()

    proposed(engine).decline(one.number, NOW)

    invite = invite_of(engine)
    kinds = [kind for kind, _ in sent_about(engine, invite.uid)]
    assert kinds == ["REQUEST", "DECLINECOUNTER", "REQUEST"]
    assert len(mails(engine)) == before + 2
    assert invite.sequence == 0
    assert proposed(engine).open() == ()


def test_scenario_e9_a_proposal_for_a_time_that_is_past_is_stale(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    old = wish(engine)
    another_time(state, engine)

    assert arrives(engine, old) is Verdict.STALE
    assert proposed(engine).open() == ()


def test_a_proposal_goes_when_the_step_has_another_time(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    arrives(engine, wish(engine))
    another_time(state, engine)

    assert proposed(engine).open() == ()
    assert not [a for a in Views(engine).rotation(state.rotation).attention if a.proposal]


def test_apply_a3_an_answer_to_an_earlier_time_brings_the_current_invite_once(
    engine: Engine,
) -> None:
    state = inviting(engine, SESSION)
    old = a_mail(engine)
    another_time(state, engine)
    all_sent(engine)
    invite = invite_of(engine)
    before = sent_about(engine, invite.uid)

    arrives(engine, old)
    arrives(engine, old.model_copy(update={"stamped": NOW + HOUR}), b"2")

    after = sent_about(engine, invite.uid)
    assert after == [*before, before[-1]]
    assert invite_of(engine).answer == "needs-action"


def test_apply_a17_a_refresh_brings_the_invite_at_most_once_an_hour(engine: Engine) -> None:
    inviting(engine, SESSION)
    all_sent(engine)
    invite = invite_of(engine)

    for name in (b"1", b"2", b"3"):
        assert arrives(engine, a_mail(engine, Kind.REFRESH), name) is Verdict.APPLY

    assert [kind for kind, _ in sent_about(engine, invite.uid)] == ["REQUEST", "REQUEST"]


def test_apply_a17_a_stranger_who_asks_for_the_invite_gets_nothing(engine: Engine) -> None:
    inviting(engine, SESSION)
    all_sent(engine)
    before = len(mails(engine))

    arrives(engine, a_mail(engine, Kind.REFRESH, sender="eve@example.net", guests=()))

    assert len(mails(engine)) == before


def test_scenario_e13_an_answer_after_the_cancellation_brings_that_once(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    answer = a_mail(engine)
    left = tuple(a for a in state.step(SESSION).attendees if a.person != ANA)  # type: ignore[union-attr]
    changed, errands = apply(state, replanned(state, listening_session={"attendees": left}), NOW)
    carry_out(engine, changed, *errands)
    all_sent(engine)

    for name in (b"1", b"2"):
        assert arrives(engine, answer, name) is Verdict.IGNORE

    kinds = [kind for kind, _ in sent_about(engine, answer.uid)]
    assert kinds == ["REQUEST", "CANCEL", "CANCEL"]


def test_dsn_d1_a_mail_that_came_back_is_a_failed_delivery(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    all_sent(engine)
    with reading(engine) as session:
        mine = session.scalars(select(OutboxTable).where(OutboxTable.person == ANA)).one()
    bounce = Incoming(kind=Kind.BOUNCE, refers_to=(mine.message_id,), sender="mailer-daemon@x")

    assert arrives(engine, bounce.model_copy(update={"lasting": False})) is Verdict.IGNORE
    assert arrives(engine, bounce, b"2") is Verdict.APPLY

    assert news(engine) == [Delivery(person=ANA, step=SESSION, delivered=False)]
    page = Views(engine).rotation(state.rotation)
    assert any(m.state == "refused it came back" for m in page.mails)


def test_dsn_d4_what_somebody_writes_back_reaches_the_program_manager(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    all_sent(engine)
    with reading(engine) as session:
        mine = session.scalars(select(OutboxTable).where(OutboxTable.person == ANA)).one()
    note = Incoming(
        kind=Kind.NOTE,
        comment="Thursday instead?",
        refers_to=(mine.message_id,),
        sender=mine.recipient,
    )

    arrives(engine, note.model_copy(update={"sender": "eve@example.net", "comment": "Buy!"}), b"2")
    arrives(engine, note)

    page = Views(engine).rotation(state.rotation)
    assert [a.sentence for a in page.attention] == [
        "Ana wrote about the listening-session of Mara: “Thursday instead?”"
    ]


def test_dsn_d4_words_about_a_letter_or_after_a_yes_wait_until_they_are_read(
    engine: Engine,
) -> None:
    state = inviting(engine, SESSION)
    ask = Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.RELEASE, people=("P-0002",))
    carry_out(engine, state, ask)
    all_sent(engine)
    arrives(engine, a_mail(engine), b"yes")
    with reading(engine) as session:
        wanted = select(OutboxTable).where(OutboxTable.person.in_((ANA, "P-0002")))
        sent = session.scalars(wanted.order_by(OutboxTable.person)).all()
    for number, mail in enumerate(sent):
        words = Incoming(
            kind=Kind.NOTE,
            comment=f"Call me, {number}.",
            refers_to=(mail.message_id,),
            sender=mail.recipient,
            vouched=True,
        )
        arrives(engine, words, b"words %d" % number)

    page = Views(engine).rotation(state.rotation)
    numbers = {a.sentence: a.mail for a in page.attention}
    for read in numbers.values():
        with pytest.raises(NotFound):
            answers_of(engine).seen(read or 0, "another", NOW)
        answers_of(engine).seen(read or 0, state.rotation, NOW)

    assert list(numbers) == [
        "Boss wrote about the visit of Mara: “Call me, 0.”",
        "Ana wrote about the listening-session of Mara: “Call me, 1.”",
    ]
    assert Views(engine).rotation(state.rotation).attention == ()
    came = [(m.person_name, m.step) for m in page.mails if m.direction == "in"]
    assert sorted(came, key=str) == [("Ana", SESSION), ("Ana", SESSION), ("Boss", None)]
    assert sum("its sender is genuine" in m.state for m in page.mails) == 2


def test_mails_that_nobody_understands_are_counted_by_the_program_that_wrote_them(
    engine: Engine,
) -> None:
    for number, product in enumerate(("-//Odd//Mailer//EN", "", "-//Odd//Mailer//EN")):
        unread = Incoming(kind=Kind.UNREADABLE, reason="it ends early", product=product)
        arrives(engine, unread, b"odd %d" % number)

    assert answers_of(engine).not_understood() == {"-//Odd//Mailer//EN": 2, "": 1}


def from_elsewhere(engine: Engine) -> Incoming:
    return a_mail(engine, sender=ELSEWHERE, guests=(Guest(address=ELSEWHERE, partstat="DECLINED"),))


def test_trust_r7_who_answers_from_elsewhere_is_asked_at_the_known_address_once(
    engine: Engine,
) -> None:
    inviting(engine, SESSION)

    for name in (b"1", b"2"):
        assert arrives(engine, from_elsewhere(engine), name) is Verdict.QUARANTINE

    assert letters(engine, "whose-answer") == ["Ana"]
    assert invite_of(engine).answer == "needs-action"


def test_trust_r7_the_invited_persons_word_makes_it_count_and_the_address_known(
    engine: Engine,
) -> None:
    inviting(engine, SESSION)
    arrives(engine, from_elsewhere(engine))
    answers = answers_of(engine)
    (held,) = answers.held()

    with pytest.raises(Refused, match="invited person"):
        answers.vouch(held.number, BEN, from_elsewhere(engine), NOW)
    answers.vouch(held.number, ANA, from_elsewhere(engine), NOW)

    assert invite_of(engine).answer == "declined"
    assert answers.held() == ()
    again = from_elsewhere(engine).model_copy(
        update={
            "stamped": NOW + timedelta(minutes=1),
            "guests": (Guest(address=ELSEWHERE, partstat="ACCEPTED"),),
        }
    )
    assert arrives(engine, again, b"2") is Verdict.APPLY


def test_an_assistants_address_does_not_become_somebody_elses(engine: Engine) -> None:
    inviting(engine, SESSION)
    ben = invite_of(engine, BEN).address or ""
    by_ben = a_mail(engine, sender=ben)
    arrives(engine, by_ben)
    answers = answers_of(engine)
    (held,) = answers.held()

    answers.vouch(held.number, ANA, by_ben, NOW)

    assert invite_of(engine).answer == "accepted"
    with reading(engine) as session:
        assert session.scalars(select(AliasTable)).all() == []


def test_a_mail_held_back_is_let_through_or_dropped_by_the_manager(engine: Engine) -> None:
    inviting(engine, SESSION)
    arrives(engine, from_elsewhere(engine))
    arrives(engine, from_elsewhere(engine), b"2")
    answers = answers_of(engine)
    first, second = answers.held()

    answers.drop(first.number, NOW)
    answers.release(second.number, from_elsewhere(engine), NOW)

    assert invite_of(engine).answer == "declined"
    assert answers.held() == ()
    with pytest.raises(NotFound, match="quarantine list"):
        answers.drop(first.number, NOW)


def test_what_is_out_of_date_can_not_be_let_through(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    held_back = from_elsewhere(engine)
    arrives(engine, held_back)
    another_time(state, engine)
    answers = answers_of(engine)
    (held,) = answers.held()

    with pytest.raises(Refused, match="newer invite"):
        answers.release(held.number, held_back, NOW)


def test_trust_r9_a_stranger_changes_nothing_and_nobody_else_hears_of_it(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    before = len(mails(engine))
    crasher = a_mail(
        engine,
        sender="eve@example.net",
        guests=(Guest(address="eve@example.net", partstat="ACCEPTED"),),
    )

    assert arrives(engine, crasher) is Verdict.QUARANTINE

    assert news(engine) == []
    assert len(mails(engine)) == before + 1
    assert letters(engine, "whose-answer") == ["Ana"]
    assert {a.person for a in state.step(SESSION).attendees} == {  # type: ignore[union-attr]
        i.person for i in invites(engine, SESSION)
    }


def test_words_are_let_go_after_thirty_days_and_what_became_of_them_stays(engine: Engine) -> None:
    inviting(engine, SESSION)
    arrives(engine, wish(engine))
    arrives(engine, from_elsewhere(engine), b"2")
    answers = answers_of(engine)
    (held,) = answers.held()

    early = answers.forget(NOW + 29 * DAY)
    late = answers.forget(NOW + 31 * DAY)
    again = answers.forget(NOW + 31 * DAY)

    assert (early, late, again) == (0, 2, 0)
    assert answers.held() == ()
    with pytest.raises(NotFound):
        answers.raw(held.number)
    assert [one.comment for one in proposed(engine).open()] == [""]
    assert answers.keep(b"2", "imap", NOW + 32 * DAY) == held.number

"""The outbox: who may send which mail, and what the rotation hears of it."""

import threading
from datetime import timedelta

from sqlalchemy import Engine

from domain.errands import Errand, ErrandKind
from domain.events import Delivery
from store.database import change_number
from store.lease import take
from store.news import NewsDesk
from store.outbox import CLAIM
from tests.integration.store.world import NOW, carry_out, inviting, loaded, outbox_of

SOON = NOW + timedelta(minutes=1)


def claimed(engine: Engine, rounds: int) -> list[int]:
    """The numbers that one relay gets in some rounds, leaving all of them unsettled."""
    outbox = outbox_of(engine)
    return [mail.number for _ in range(rounds) for mail in outbox.due(NOW, 2)]


def test_two_relays_at_once_never_get_the_same_mail(engine: Engine) -> None:
    inviting(engine, "goal-talk", "shadowing-day", "listening-session", left=False)
    taken: list[list[int]] = []
    together = threading.Barrier(4)

    def relay() -> None:
        together.wait()
        taken.append(claimed(engine, 1))

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(number for mine in taken for number in mine) == [1, 2, 3, 4, 5, 6, 7]


def test_a_relay_that_died_loses_its_mails_to_the_next_one(engine: Engine) -> None:
    inviting(engine, "goal-talk", left=False)
    first, second = outbox_of(engine), outbox_of(engine)
    mails = first.due(NOW, 10)

    assert first.due(NOW, 10) == mails
    assert second.due(NOW, 10) == ()
    assert second.due(NOW + CLAIM, 10) == mails
    assert first.due(NOW + CLAIM, 10) == ()


def test_a_newer_revision_waits_for_the_older_one(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", left=False)
    outbox = outbox_of(engine)
    first, second = outbox.due(NOW, 10)
    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step="goal-talk"))

    outbox.postponed(first.number, "451 later", NOW)
    outbox.delivered(second.number, NOW)

    assert [mail.number for mail in outbox.due(NOW, 10)] == [4]
    assert [mail.number for mail in outbox.due(SOON, 10)] == [1, 4]


def test_an_address_that_works_again_is_told_once(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", left=False)
    outbox, news = outbox_of(engine), NewsDesk(engine)
    invite = outbox.due(NOW, 1)[0]
    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step="goal-talk"))
    outbox.refused(invite.number, "550 nobody", NOW)
    after = [mail for mail in outbox.due(SOON, 10) if mail.recipient == invite.recipient]

    outbox.delivered(after[0].number, SOON)
    outbox.delivered(after[0].number, SOON)

    heard = []
    while pending := news.pending(SOON, 10):
        heard += [one.event for one in pending]
        news.told(pending[0].number, SOON)
    person = "P-0001"
    assert heard == [
        Delivery(person=person, step="goal-talk", delivered=False),
        Delivery(person=person, step="goal-talk", delivered=True),
    ]


def test_a_page_need_not_look_again_for_a_lease_or_a_claim(engine: Engine) -> None:
    loaded(engine)
    inviting(engine, "goal-talk")
    before = change_number(engine)

    take(engine, "mail", "one", 15, NOW)
    outbox_of(engine).due(NOW, 10)

    assert change_number(engine) == before


def test_of_many_processes_one_gets_the_lease(engine: Engine) -> None:
    got: list[bool] = []
    together = threading.Barrier(5)

    def process(number: int) -> None:
        together.wait()
        got.append(take(engine, "mail", str(number), 15, NOW))

    threads = [threading.Thread(target=process, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == [False, False, False, False, True]

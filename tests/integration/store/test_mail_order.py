"""Mails in any order, again, at once, or from strangers: the same answers in the end."""

import random
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from domain.errors import NotFound
from domain.incoming import Guest, Incoming, Kind, Verdict
from invites.reading import read_mail
from store.database import open_database, reading
from store.tables.mail import AliasTable, AnswerTable, InviteTable, ProposedTimeTable, RawMailTable
from tests.builders import ANA, DAY, MONDAY
from tests.integration.store.test_incoming import (
    SESSION,
    a_mail,
    all_sent,
    arrives,
    from_elsewhere,
    invite_of,
    proposed,
    sent_about,
    wish,
)
from tests.integration.store.world import NOW, answers_of, inviting, letters
from tests.migrated import give_schema
from tests.unit.invites.letterbox import ANN, UID
from tests.unit.invites.mutations import mutated

MINUTE = timedelta(minutes=1)
STRANGER = "eve@example.net"


@pytest.fixture(scope="module")
def invited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which everybody is invited to a session."""
    path = tmp_path_factory.mktemp("invited") / "store.db"
    engine = open_database(f"sqlite:///{path}", durable=False)
    give_schema(engine)
    inviting(engine, SESSION)
    all_sent(engine)
    engine.dispose()
    return path


@contextmanager
def fresh(invited: Path) -> Iterator[Engine]:
    """A copy of it."""
    path = invited.with_name(f"{random.getrandbits(64)}.db")
    shutil.copy(invited, path)
    engine = open_database(f"sqlite:///{path}", durable=False)
    yield engine
    engine.dispose()


def state(engine: Engine) -> object:
    """What everybody answered, and which proposals wait."""
    with reading(engine) as session:
        rows = session.scalars(select(InviteTable).order_by(InviteTable.uid))
        answers = [(i.uid, i.answer, i.answered_sequence, i.answered_stamp) for i in rows]
    return answers, [(w.person, w.starts, w.comment) for w in proposed(engine).open()]


def said(minutes: int, what: str) -> Callable[[Engine], Incoming]:
    """An answer stamped so many minutes before now; ``what`` is a status, or the day of a proposal."""
    stamped = NOW - minutes * MINUTE

    def mail(engine: Engine) -> Incoming:
        if what.isdigit():
            return wish(engine, stamped=stamped, proposed_starts=MONDAY + int(what) * DAY)
        return a_mail(engine, partstat=what, stamped=stamped)

    return mail


_WHATS = st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION", "8", "9"])
_LETTERS = st.dictionaries(st.integers(1, 30), _WHATS, min_size=1, max_size=5)


@given(_LETTERS, st.randoms(use_true_random=False))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_apply_a22_the_latest_answer_counts_in_whatever_order_they_come(
    invited: Path, letters: dict[int, str], chance: random.Random
) -> None:
    in_order = [said(minutes, letters[minutes]) for minutes in sorted(letters, reverse=True)]
    mixed = [*in_order, *chance.choices(in_order, k=3)]
    chance.shuffle(mixed)

    with fresh(invited) as one, fresh(invited) as other:
        for engine, mails in ((one, in_order), (other, mixed)):
            for number, mail in enumerate(mails):
                arrives(engine, mail(engine), f"{number}".encode())
        assert state(one) == state(other)


def test_replay_o2_the_stored_mailbox_gives_the_same_answers_again(invited: Path) -> None:
    with fresh(invited) as engine, fresh(invited) as again:
        uid, address = invite_of(engine).uid, invite_of(engine).address or ""
        for number, raw in enumerate(mutated(300, seed=5)):
            ours = raw.replace(UID.encode(), uid.encode()).replace(ANN.encode(), address.encode())
            ours = ours.replace(b"SEQUENCE:1", b"SEQUENCE:0")
            kept = answers_of(engine).keep(ours, "imap", NOW + number * MINUTE)
            answers_of(engine).settle(kept, read_mail(ours), NOW + number * MINUTE)
        with reading(engine) as session:
            box = [
                (row.raw, row.received_at)
                for row in session.scalars(select(RawMailTable).order_by(RawMailTable.number))
            ]
        for raw, received in box:
            kept = answers_of(again).keep(raw, "imap", received)
            answers_of(again).settle(kept, read_mail(raw), received)

        assert invite_of(engine).answer != "needs-action"
        assert state(engine) == state(again)


def test_trust_r5_no_mutated_mail_of_a_stranger_changes_an_answer(invited: Path) -> None:
    with fresh(invited) as engine:
        before = state(engine)
        uid, address = invite_of(engine).uid, invite_of(engine).address or ""
        for raw in mutated(400, seed=6):
            ours = raw.replace(UID.encode(), uid.encode()).replace(ANN.encode(), address.encode())
            read = read_mail(f"From: {STRANGER}\n".encode() + ours.lstrip())
            if read.sender == STRANGER:
                arrives(engine, read, ours)

        with reading(engine) as session:
            for table in (AnswerTable, AliasTable, ProposedTimeTable):
                assert session.scalars(select(table)).all() == []
            verdicts = set(session.scalars(select(RawMailTable.verdict)))
        assert state(engine) == before
        assert Verdict.QUARANTINE.value in verdicts


def test_trust_r9_a_stranger_who_never_stops_brings_one_mail(engine: Engine) -> None:
    inviting(engine, SESSION)
    all_sent(engine)
    invite = invite_of(engine)
    before = sent_about(engine, invite.uid)
    kinds = (Kind.REPLY, Kind.COUNTER, Kind.REFRESH)

    for number in range(60):
        guest = Guest(address=f"x{number}@example.net", partstat="DECLINED")
        mail = a_mail(
            engine,
            kinds[number % 3],
            sender=f"e{number}@example.net",
            guests=(guest,),
            sequence=number % 2,
            proposed_starts=MONDAY,
        )
        arrives(engine, mail, f"{number}".encode())

    assert sent_about(engine, invite.uid) == before
    assert letters(engine, "whose-answer") == ["Ana"]


def test_apply_a21_a_proposal_that_was_declined_does_not_come_back_with_its_copy(
    engine: Engine,
) -> None:
    inviting(engine, SESSION)
    assert arrives(engine, wish(engine)) is Verdict.APPLY
    (one,) = proposed(engine).open()
    proposed(engine).decline(one.number, NOW)

    assert arrives(engine, wish(engine), b"2") is Verdict.DUPLICATE

    assert proposed(engine).open() == ()


def test_apply_a22_a_proposal_older_than_the_answer_changes_nothing(engine: Engine) -> None:
    inviting(engine, SESSION)
    arrives(engine, a_mail(engine))

    assert arrives(engine, wish(engine, stamped=NOW - MINUTE), b"2") is Verdict.STALE

    assert invite_of(engine).answer == "accepted"
    assert proposed(engine).open() == ()


def test_trust_r7_an_attendee_that_a_server_rewrote_is_confirmed_once(engine: Engine) -> None:
    inviting(engine, SESSION)
    alias = "ana.larch@example.org"
    rewritten = a_mail(engine, guests=(Guest(address=alias, partstat="ACCEPTED"),))
    assert arrives(engine, rewritten) is Verdict.QUARANTINE
    (held,) = answers_of(engine).held()

    answers_of(engine).vouch(held.number, ANA, rewritten, NOW)

    later = rewritten.model_copy(update={"stamped": NOW + MINUTE})
    assert arrives(engine, later, b"2") is Verdict.APPLY


def test_a_mail_that_is_released_and_vouched_for_at_once_counts_once(engine: Engine) -> None:
    inviting(engine, SESSION)
    mail = from_elsewhere(engine)
    arrives(engine, mail)
    (held,) = answers_of(engine).held()

    def settle(number: int) -> str:
        try:
            if number % 2:
                answers_of(engine).release(held.number, mail, NOW)
            else:
                answers_of(engine).vouch(held.number, ANA, mail, NOW)
        except NotFound:
            return "too late"
        return "counted"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(settle, range(6)))

    assert outcomes == ["counted", *["too late"] * 5]
    with reading(engine) as session:
        assert len(session.scalars(select(AnswerTable)).all()) == 1

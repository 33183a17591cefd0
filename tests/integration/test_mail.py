"""Our mails read by others, and others' answers read by us."""

import asyncio
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from imap_tools.errors import MailboxLoginError
from pydantic import SecretStr

from domain.incoming import Incoming, Judgement, Kind, Verdict
from domain.ports import Answers, QueuedMail
from domain.rotation import Answer
from invites.answering import invite_in, reply_to
from invites.delivery import serve_lmtp
from invites.ingest import ingest
from invites.mailbox import ROUNDS, ImapServer, Inbox, Withheld
from invites.relay import Relay, SmtpServer
from invites.sink import serve_sink
from settings import Settings
from store.migrating import migrate
from tests.odd_imap import OddImap
from tests.servers import Dovecot, free_port, gnus_reply, mail_with
from tests.unit.invites.test_invites import COMPOSER, an_invite, calendar_of
from wiring import Office

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ORGANISER = "rotations@sojourn.example"
HELLO = b"From: ann@example.net\r\nTo: x@example.org\r\nSubject: hello\r\n\r\nThursday?\r\n"


@dataclass
class KeptAnswers:
    """A fake of our own port that remembers what was kept and settled."""

    kept: dict[bytes, int] = field(default_factory=dict)
    settled: dict[int, Incoming] = field(default_factory=dict)

    def keep(self, raw: bytes, source: str, now: datetime) -> int:
        return self.kept.setdefault(raw, len(self.kept) + 1)

    def unread(self, limit: int) -> tuple[tuple[int, bytes], ...]:
        return tuple((n, raw) for raw, n in self.kept.items() if n not in self.settled)

    def settle(self, number: int, read: Incoming, now: datetime) -> Judgement:
        self.settled[number] = read
        return Judgement(verdict=Verdict.APPLY, reason="")


@dataclass
class ReadMailboxes:
    """A fake of our own port: how far each mailbox was read, by its name."""

    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def read_up_to(self, mailbox: str, validity: int) -> int:
        known, uid = self.places.get(mailbox, (0, 0))
        return uid if known == validity else 0

    def has_read(self, mailbox: str, validity: int, uid: int) -> None:
        self.places[mailbox] = (validity, uid)


@dataclass
class ListedOutbox:
    """A fake of our own port: mails in a list, and what became of each."""

    mails: tuple[QueuedMail, ...]
    became: dict[int, str] = field(default_factory=dict)

    def due(self, now: datetime, limit: int) -> tuple[QueuedMail, ...]:
        return tuple(m for m in self.mails if m.number not in self.became)

    def delivered(self, number: int, now: datetime) -> None:
        self.became[number] = "delivered"

    def refused(self, number: int, reply: str, now: datetime) -> None:
        self.became[number] = f"refused {reply[:3]}"

    def postponed(self, number: int, reason: str, now: datetime) -> None:
        self.became[number] = "postponed"


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("accepted", Answer.ACCEPTED),
        ("tentative", Answer.TENTATIVE),
        ("declined", Answer.DECLINED),
    ],
)
def test_a_genuine_answer_of_gnus_is_understood(tmp_path: Path, word: str, answer: Answer) -> None:
    text = calendar_of(COMPOSER.calendar_mail(an_invite()).raw)
    reply = gnus_reply(tmp_path, text, "ann@example.net", word)
    answers = KeptAnswers()
    answers.keep(mail_with(reply, "ann@example.net", ORGANISER), "test", NOW)

    ingest(answers, NOW)

    found = answers.settled[1]
    assert found.kind is Kind.REPLY, found
    assert found.guest is not None
    assert found.guest is not None
    assert (found.uid, found.sequence) == ("abcdefgh@sojourn.example", 0)
    assert found.guest.answer == answer


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Dovecot]:
    server = Dovecot(ORGANISER)
    yield server
    server.stop()


@pytest.fixture
def server(mailbox: Dovecot) -> ImapServer:
    return ImapServer(
        host="127.0.0.1",
        port=mailbox.imap,
        user=mailbox.user,
        password=SecretStr(mailbox.password),
        tls=False,
    )


def test_answers_are_taken_from_a_mailbox_once(mailbox: Dovecot, server: ImapServer) -> None:
    mailbox.deliver(HELLO)
    answers, read = KeptAnswers(), ReadMailboxes()

    inbox = Inbox(answers, read, server)
    assert inbox.fetch(NOW) == 1
    assert inbox.fetch(NOW) == 0

    assert len(answers.kept) == 1
    assert (mailbox.count("INBOX"), mailbox.count("Processed")) == (0, 1)


def test_a_mail_that_no_library_can_write_again_does_not_block_the_next(
    mailbox: Dovecot, server: ImapServer
) -> None:
    head = b"From: ann@example.net\r\nMIME-Version: 1.0\r\n"
    odd = (
        head + b'Content-Type: multipart/mixed; boundary="\xff\xfe"\r\n\r\n--\xff\xfe\r\n\r\nx\r\n'
    )
    mailbox.deliver(odd)
    mailbox.deliver(head + b"\r\nThursday?\r\n")
    answers = KeptAnswers()

    assert Inbox(answers, ReadMailboxes(), server).fetch(NOW) == 2

    assert any(b"\xff\xfe" in raw for raw in answers.kept)
    assert mailbox.count("INBOX") == 0


def test_find_i1_a_mail_that_cannot_be_moved_is_read_once(
    mailbox: Dovecot, server: ImapServer
) -> None:
    refused = "a name longer than any server has" * 20
    nowhere = server.model_copy(update={"processed": refused, "failed": refused})
    mailbox.deliver(HELLO)
    answers, read = KeptAnswers(), ReadMailboxes()

    assert Inbox(answers, read, nowhere).fetch(NOW) == 1
    assert Inbox(answers, read, nowhere).fetch(NOW) == 0
    mailbox.deliver(HELLO.replace(b"hello", b"again"))
    assert Inbox(answers, read, nowhere).fetch(NOW) == 1

    assert len(answers.kept) == 2
    assert mailbox.count("INBOX") == 2
    mailbox.empty("INBOX")


def test_find_i1_a_mailbox_restored_from_an_older_backup_is_read_anew(
    mailbox: Dovecot, server: ImapServer
) -> None:
    answers, read = KeptAnswers(), ReadMailboxes()
    mailbox.deliver(HELLO)
    Inbox(answers, read, server).fetch(NOW)
    validity, _ = read.places[server.name]
    read.places[server.name] = (validity, 4_000_000)
    mailbox.deliver(HELLO.replace(b"hello", b"anew"))

    assert Inbox(answers, read, server).fetch(NOW) == 1
    assert len(answers.kept) == 2


def test_find_i1_under_another_uidvalidity_everything_is_new(
    mailbox: Dovecot, server: ImapServer
) -> None:
    answers, read = KeptAnswers(), ReadMailboxes()
    Inbox(answers, read, server).fetch(NOW)
    read.places = dict.fromkeys([server.name], (1, 4000000000))
    mailbox.deliver(HELLO)

    assert Inbox(answers, read, server).fetch(NOW) == 1
    assert read.places[server.name][0] > 1


def test_find_i1_a_mail_that_is_too_large_to_store_goes_to_failed(
    mailbox: Dovecot, server: ImapServer
) -> None:
    mailbox.deliver(HELLO + b"0123456789abcdef" * 16 + b"\r\n" + b"x" * 900 + b"\r\n" * 10_100_000)
    mailbox.deliver(HELLO)
    answers = KeptAnswers()

    assert Inbox(answers, ReadMailboxes(), server).fetch(NOW) == 2

    assert list(answers.kept.values()) == [1]
    assert (mailbox.count("INBOX"), mailbox.count("Failed")) == (0, 1)


THREE = {uid: HELLO.replace(b"hello", b"hello %d" % uid) for uid in (4, 5, 9)}


def odd(*oddities: str) -> tuple[OddImap, KeptAnswers, Inbox]:
    imap, answers = OddImap(dict(THREE), *oddities), KeptAnswers()
    password = SecretStr("secret")
    there = ImapServer(host="127.0.0.1", port=imap.port, user="us", password=password, tls=False)
    return imap, answers, Inbox(answers, ReadMailboxes(), there)


@pytest.mark.parametrize("oddity", ["no-list", "no-copy", "no-delete", "chatty"])
def test_find_i1_whatever_else_a_server_says_every_mail_is_read_once(oddity: str) -> None:
    imap, answers, inbox = odd(oddity)

    rounds = [inbox.fetch(NOW) for _ in range(3)]

    assert rounds == [3, 0, 0]
    assert sorted(answers.kept) == sorted(THREE.values())
    assert len(imap.copies) <= 3


def test_find_i1_a_mail_that_is_withheld_for_a_moment_is_not_lost() -> None:
    imap, answers, inbox = odd("withholds")
    with pytest.raises(Withheld):
        inbox.fetch(NOW)
    imap.oddities.clear()

    assert inbox.fetch(NOW) == 3
    assert sorted(answers.kept) == sorted(THREE.values())


def test_find_i1_a_mail_that_is_withheld_for_good_does_not_keep_the_others_back() -> None:
    _, answers, inbox = odd("withholds", "no-delete")
    for _ in range(ROUNDS - 1):
        with pytest.raises(Withheld):
            inbox.fetch(NOW)

    assert inbox.fetch(NOW) == 3
    assert sorted(answers.kept) == sorted(raw for uid, raw in THREE.items() if uid > min(THREE))


def test_a_mailbox_that_cannot_be_read_is_shown_until_it_can(
    mailbox: Dovecot, tmp_path: Path
) -> None:
    chosen = {"local": True, "data": tmp_path, "organiser": ORGANISER, "imap_host": "127.0.0.1"}
    account = {"imap_tls": False, "imap_user": mailbox.user, "imap_port": mailbox.imap}
    wrong = Settings.model_validate(chosen | account | {"imap_password": "wrong"})
    right = Settings.model_validate(chosen | account | {"imap_password": mailbox.password})
    migrate(Office(wrong).engine)

    for _ in range(2):
        with pytest.raises(MailboxLoginError):
            Office(wrong).read_mailbox()
    (shown,) = Office(wrong).views.overview().attention
    Office(right).read_mailbox()

    assert "mailbox for answers can't be read" in shown.sentence
    assert "sojourn doctor" in shown.what_to_do
    assert Office(right).views.overview().attention == ()


def queued(number: int, recipient: str) -> QueuedMail:
    rendered = COMPOSER.calendar_mail(an_invite(reader_email=recipient))
    return QueuedMail(
        number=number,
        message_id=rendered.message_id,
        sender=rendered.sender,
        recipient=recipient,
        raw=rendered.raw,
        attempts=0,
    )


async def test_the_relay_sends_the_stored_bytes_and_says_who_refused() -> None:
    kept: list[tuple[str, bytes]] = []
    port = free_port()
    server = await serve_sink("127.0.0.1", port, lambda _, to, raw: kept.append((to, raw)))
    mails = (queued(1, "ann@example.net"), queued(2, "refused@example.net"))
    outbox = ListedOutbox(mails)
    relay = Relay(outbox, SmtpServer(host="127.0.0.1", port=port), lambda: NOW)

    await asyncio.to_thread(relay.relay_once)
    server.close()

    assert outbox.became == {1: "delivered", 2: "refused 550"}
    assert kept == [("ann@example.net", mails[0].raw)]


class _Unpaid:
    """A server that wants somebody else to sign in first."""

    async def handle_MAIL(self, server: SMTP, *_: object) -> str:  # noqa: N802
        del server
        return "530 5.7.0 Authentication required"


async def test_a_server_that_refuses_the_sender_leaves_every_mail_waiting() -> None:
    port = free_port()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Unpaid()), "127.0.0.1", port)
    outbox = ListedOutbox((queued(1, "ann@example.net"), queued(2, "ben@example.net")))

    relay = Relay(outbox, SmtpServer(host="127.0.0.1", port=port), lambda: NOW)
    await asyncio.to_thread(relay.relay_once)
    server.close()

    assert outbox.became == {1: "postponed", 2: "postponed"}


def test_a_server_that_is_away_leaves_every_mail_waiting() -> None:
    outbox = ListedOutbox((queued(1, "ann@example.net"), queued(2, "ben@example.net")))

    Relay(outbox, SmtpServer(host="127.0.0.1", port=free_port()), lambda: NOW).relay_once()

    assert outbox.became == {1: "postponed", 2: "postponed"}


@dataclass
class FullDisk(KeptAnswers):
    """A store that can't take anything."""

    def keep(self, raw: bytes, source: str, now: datetime) -> int:
        raise OSError("no space left")


async def lmtp(answers: Answers, *recipients: str) -> list[tuple[int, str]]:
    """Hand one answer over by LMTP; returns what the server says to each recipient, in their order."""
    port = free_port()
    server = await serve_lmtp("127.0.0.1", port, answers, lambda: NOW, ORGANISER)
    invite = invite_in(COMPOSER.calendar_mail(an_invite()).raw)
    _, _, raw = reply_to(invite, Answer.ACCEPTED, NOW)

    def hand_over() -> list[tuple[int, str]]:
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.ehlo_or_helo_if_needed()
            client.mail("ann@example.net")
            said = [client.rcpt(recipient) for recipient in recipients]
            if any(code == 250 for code, _ in said):
                accepted = [n for n, (code, _) in enumerate(said) if code == 250]
                said[accepted[0]] = client.data(raw)
                for number in accepted[1:]:
                    said[number] = client.getreply()
            return [(code, text.decode()) for code, text in said]

    try:
        return await asyncio.to_thread(hand_over)
    finally:
        server.close()


async def test_find_i1_a_mail_handed_over_is_stored_before_it_is_acknowledged() -> None:
    answers = KeptAnswers()
    local, _, domain = ORGANISER.partition("@")
    tagged = f"{local}+tag@{domain}"

    said = await lmtp(answers, ORGANISER, "else@example.org", tagged)

    assert [code for code, _ in said] == [250, 550, 250]
    ingest(answers, NOW)
    found = list(answers.settled.values())
    assert {read.kind for read in found} == {Kind.REPLY}
    assert {read.recipients[0] for read in found} == {ORGANISER, tagged}


async def test_find_i1_what_can_not_be_stored_stays_with_the_mail_server() -> None:
    ((code, _),) = await lmtp(FullDisk(), ORGANISER)

    assert code == 451

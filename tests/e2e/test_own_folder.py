"""A company's own folder on PostgreSQL, answered by Gnus through a real mailbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation
from tests.mill import ORGANISER, write_folder
from tests.servers import Dovecot, Postgres, gnus_reply, mail_with
from tests.unit.invites.test_invites import calendar_of


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Dovecot]:
    server = Dovecot(ORGANISER)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, mailbox: Dovecot
) -> Iterator[Installation]:
    folder = write_folder(tmp_path_factory.mktemp("mill"))
    settings = {
        "SOJOURN_DATABASE": postgres.database("mill"),
        "SOJOURN_ORGANISER": ORGANISER,
        "SOJOURN_IMAP_HOST": "127.0.0.1",
        "SOJOURN_IMAP_PORT": str(mailbox.imap),
        "SOJOURN_IMAP_TLS": "false",
        "SOJOURN_IMAP_USER": mailbox.user,
        "SOJOURN_IMAP_PASSWORD": mailbox.password,
        "SOJOURN_IMAP_SECONDS": "1",
    }
    running = Installation(tmp_path_factory.mktemp("home"), folder, settings)
    running.start()
    yield running
    running.stop()


def step(installation: Installation, key: str) -> dict[str, object]:
    steps = installation.rotations()[0]["steps"]
    assert isinstance(steps, list)
    found: dict[str, object] = next(s for s in steps if s["key"] == key)
    return found


def answer_by_gnus(
    installation: Installation, mailbox: Dovecot, folder: Path, who: str, key: str, word: str
) -> None:
    """Read the newest invite to a step from the mailbox of ``who`` and answer it."""
    attendees = step(installation, key)["attendees"]
    assert isinstance(attendees, list)
    uids = {a["uid"] for a in attendees}
    mail = next(m for m in reversed(installation.mails()) if m["to"] == who and m["uid"] in uids)
    raw = installation.web.get(f"/inbox/messages/{mail['id']}.eml").content
    reply = gnus_reply(folder, calendar_of(raw), who, word)
    mailbox.deliver(mail_with(reply, who, ORGANISER))


def test_genuine_answers_confirm_a_step_and_move_another(
    installation: Installation, mailbox: Dovecot, tmp_path: Path
) -> None:
    assert step(installation, "talk")["phase"] == "invited"

    answer_by_gnus(installation, mailbox, tmp_path, "vera@mill.example", "talk", "accepted")
    answer_by_gnus(installation, mailbox, tmp_path, "otto@mill.example", "talk", "accepted")
    installation.until(lambda: step(installation, "talk")["phase"] == "confirmed", 60)

    before = step(installation, "day")["starts"]
    answer_by_gnus(installation, mailbox, tmp_path, "karl@mill.example", "day", "declined")
    installation.until(lambda: step(installation, "day")["starts"] != before, 60)

    assert step(installation, "talk")["phase"] == "confirmed"
    assert mailbox.count("INBOX") == 0


def test_a_forwarded_invite_answered_by_a_stranger_changes_nothing(
    installation: Installation, mailbox: Dovecot, tmp_path: Path
) -> None:
    attendees = step(installation, "listen")["attendees"]
    assert isinstance(attendees, list)
    invited = next(a for a in attendees if a["name"] == "Lisa Huber")
    mail = next(m for m in installation.mails() if m["uid"] == invited["uid"])
    raw = installation.web.get(f"/inbox/messages/{mail['id']}.eml").content
    reply = gnus_reply(tmp_path, calendar_of(raw), "lisa@mill.example", "declined")

    mailbox.deliver(mail_with(reply, "eve@elsewhere.example", ORGANISER))

    rotation = installation.rotations()[0]["rotation"]
    installation.until(
        lambda: "set aside" in installation.command("show", str(rotation), "--json").stdout
    )
    still = step(installation, "listen")["attendees"]
    assert isinstance(still, list)
    assert next(a for a in still if a["name"] == "Lisa Huber")["answer"] == "needs-action"

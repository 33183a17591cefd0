"""Answers from an IMAP mailbox: stored first, then moved out of the way."""

import logging
from datetime import datetime

from imap_tools import BaseMailBox, MailBox, MailboxFolderCreateError, MailBoxUnencrypted
from imap_tools.errors import UnexpectedCommandStatusError
from pydantic import SecretStr

from domain.ports import Answers, Mailboxes
from domain.value import Value
from invites.delivery import LARGEST_MAIL

BATCH = 50

log = logging.getLogger("mailbox")


class ImapServer(Value):
    """Where answers arrive; the folders for what was read are made when they do not exist."""

    host: str
    port: int
    user: str
    password: SecretStr
    tls: bool = True
    folder: str = "INBOX"
    processed: str = "Processed"
    failed: str = "Failed"
    """For mails that can't be stored: those the server does not give out, and those over 20 MB."""

    @property
    def name(self) -> str:
        """The mailbox, as its place in it is remembered."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


def fetch_into(answers: Answers, mailboxes: Mailboxes, server: ImapServer, now: datetime) -> int:
    """Keep every new mail of the folder and move it on; returns how many there were.

    A crash between the two keeps the same mail again, which changes nothing. A mail that can't be moved
    is not read again: its UID is remembered for as long as the folder's UIDVALIDITY lasts
    (RFC 9051 section 2.3.1.1).
    """
    with _opened(server) as box:
        validity = _validity(box)
        last = mailboxes.read_up_to(server.name, validity)
        uids = sorted(map(int, box.uids()))
        new = [uid for uid in uids if uid > last][:BATCH]
        for uid in new:
            raw = _raw(box, uid)
            if raw:
                answers.keep(raw, "imap", now)
            else:
                log.warning(
                    "a mail can't be read and goes to the folder for those", extra={"uid": uid}
                )
            _move(box, [uid], server.processed if raw else server.failed)
            mailboxes.has_read(server.name, validity, uid)
        _move(box, [uid for uid in uids if uid <= last], server.processed)
        return len(new)


def mails_in(server: ImapServer) -> int:
    """Return how many mails are in the folder; raises OSError, IMAP4.error or ImapToolsError."""
    with _opened(server) as box:
        return len(box.uids())


def _opened(server: ImapServer) -> BaseMailBox:
    kind = MailBox if server.tls else MailBoxUnencrypted
    box: BaseMailBox = kind(server.host, port=server.port, timeout=20)
    password = server.password.get_secret_value()
    return box.login(server.user, password, initial_folder=server.folder)


def _validity(box: BaseMailBox) -> int:
    _, (value,) = box.client.response("UIDVALIDITY")
    return int(value or 0)


def _raw(box: BaseMailBox, uid: int) -> bytes:
    """Return a mail's own bytes: parsing and writing it again fails for some, and alters others.

    Empty for a mail that is too large, or that the server does not give out.
    """
    _, sized = box.client.uid("FETCH", str(uid), "(RFC822.SIZE)")
    if _size_in(sized) > LARGEST_MAIL:
        return b""
    _, found = box.client.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")


def _size_in(answer: list[bytes | None]) -> int:
    words = b" ".join(part for part in answer if part).rstrip(b")").split()
    return int(words[words.index(b"RFC822.SIZE") + 1]) if b"RFC822.SIZE" in words else 0


def _move(box: BaseMailBox, uids: list[int], folder: str) -> None:
    """Move the mails on; where the server refuses, they stay where they are."""
    if not uids:
        return
    try:
        box.move(map(str, uids), _made(box, folder))
    except UnexpectedCommandStatusError as refused:
        log.warning("mails could not be moved", extra={"reason": type(refused).__name__})


def _made(box: BaseMailBox, folder: str) -> str:
    """Return the folder's name, made where needed; some servers have folders below INBOX only."""
    below = f"INBOX{box.folder.list()[0].delim}{folder}"
    for name in (folder, below):
        if box.folder.exists(name):
            return name
    try:
        box.folder.create(folder)
    except MailboxFolderCreateError:
        box.folder.create(below)
        return below
    return folder

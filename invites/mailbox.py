"""Answers from an IMAP mailbox: stored first, then moved out of the way."""

import imaplib
import logging
import re
from collections import Counter
from datetime import datetime

from imap_tools import BaseMailBox, MailBox, MailboxFolderCreateError, MailBoxUnencrypted
from imap_tools.errors import UnexpectedCommandStatusError
from pydantic import SecretStr

from domain.ports import Answers, Mailboxes
from domain.value import Value
from invites.delivery import LARGEST_MAIL

BATCH = 50

ROUNDS = 20
"""So often the server is asked for a mail that it does not give out, before the mail is left aside."""

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")

log = logging.getLogger("mailbox")


class Withheld(Exception):
    """The server has a mail and does not give it out now."""


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


class Inbox:
    """One mailbox as it is read round by round; remembers which mails the server would not give out."""

    def __init__(self, answers: Answers, mailboxes: Mailboxes, server: ImapServer) -> None:
        self._answers = answers
        self._mailboxes = mailboxes
        self._server = server
        self._refused: Counter[int] = Counter()

    def fetch(self, now: datetime) -> int:
        """Keep every new mail of the folder and move it on; returns how many there were.

        A crash between the two keeps the same mail again, which changes nothing. A mail that can't be
        moved stays and is not read again: its UID is remembered for as long as the folder's UIDVALIDITY
        lasts (RFC 9051 section 2.3.1.1). One that the server does not give out is asked for again in
        later rounds, those behind it wait. Raises OSError, IMAP4.error, ImapToolsError or Withheld.
        """
        server = self._server
        with _opened(server) as box:
            validity, uids = _number_said(box, "UIDVALIDITY"), sorted(map(int, box.uids()))
            last = self._mailboxes.read_up_to(server.name, validity)
            if 0 < _number_said(box, "UIDNEXT") <= last:
                last = 0
            new = [uid for uid in uids if uid > last][:BATCH]
            for uid in new:
                kept = self._keep(box, uid, now)
                _move(box, uid, server.processed if kept else server.failed)
                self._mailboxes.has_read(server.name, validity, uid)
            return len(new)

    def _keep(self, box: BaseMailBox, uid: int, now: datetime) -> bool:
        """Store a mail; False for one that is too large, or was withheld in many rounds."""
        try:
            raw = _raw(box, uid)
        except Withheld:
            self._refused[uid] += 1
            if self._refused[uid] < ROUNDS:
                raise
            raw = None
        if raw is None:
            log.warning(
                "a mail can't be stored and goes to the folder for those", extra={"uid": uid}
            )
            return False
        if raw:
            self._answers.keep(raw, "imap", now)
        return True


def mails_in(server: ImapServer) -> int:
    """Return how many mails are in the folder; raises OSError, IMAP4.error or ImapToolsError."""
    with _opened(server) as box:
        return len(box.uids())


def _opened(server: ImapServer) -> BaseMailBox:
    kind = MailBox if server.tls else MailBoxUnencrypted
    box: BaseMailBox = kind(server.host, port=server.port, timeout=20)
    password = server.password.get_secret_value()
    return box.login(server.user, password, initial_folder=server.folder)


def _number_said(box: BaseMailBox, name: str) -> int:
    """What the server said of the folder when it was opened; 0 where it said nothing."""
    _, values = box.client.response(name)
    return next((int(value) for value in values if value), 0)


def _raw(box: BaseMailBox, uid: int) -> bytes | None:
    """Return a mail's own bytes: parsing and writing it again fails for some, and alters others.

    Empty for one that somebody has just deleted, None for one that is too large; raises Withheld.
    """
    sized = _SIZE.search(b" ".join(_fetched(box, uid, "(RFC822.SIZE)")))
    if sized and int(sized[1]) > LARGEST_MAIL:
        return None
    return max(_fetched(box, uid, "(BODY.PEEK[])"), key=len, default=b"") if sized else b""


def _fetched(box: BaseMailBox, uid: int, what: str) -> list[bytes]:
    """What a FETCH brings, literals of their own."""
    status, parts = box.client.uid("FETCH", str(uid), what)
    if status != "OK":
        raise Withheld(f"the mail server does not give out mail {uid}")
    return [
        piece
        for part in parts
        if part
        for piece in (part if isinstance(part, tuple) else (part,))
        if isinstance(piece, bytes)
    ]


def _move(box: BaseMailBox, uid: int, folder: str) -> None:
    """Move a mail on; where the server refuses, it stays where it is."""
    try:
        box.move(str(uid), _made(box, folder))
    except (UnexpectedCommandStatusError, imaplib.IMAP4.error) as refused:
        if isinstance(refused, imaplib.IMAP4.abort):
            raise
        log.warning("a mail could not be moved", extra={"reason": type(refused).__name__})


def _made(box: BaseMailBox, folder: str) -> str:
    """Return the folder's name, made where needed; some servers have folders below INBOX only."""
    known = {one.name for one in box.folder.list()}
    delimiter = next((one.delim for one in box.folder.list() if one.delim), "")
    below = f"INBOX{delimiter}{folder}"
    for name in (folder, below):
        if name in known:
            return name
    try:
        box.folder.create(folder)
    except (MailboxFolderCreateError, imaplib.IMAP4.error) as refused:
        if isinstance(refused, imaplib.IMAP4.abort) or not delimiter:
            raise
        box.folder.create(below)
        return below
    return folder

"""Answers from an IMAP mailbox: stored first, then moved out of the way."""

from datetime import datetime

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from pydantic import SecretStr

from domain.ports import Answers
from domain.value import Value

BATCH = 50


class ImapServer(Value):
    """Where answers arrive; ``processed`` is made when it does not exist."""

    host: str
    port: int
    user: str
    password: SecretStr
    tls: bool = True
    folder: str = "INBOX"
    processed: str = "Processed"


def fetch_into(answers: Answers, server: ImapServer, now: datetime) -> int:
    """Keep every mail of the folder and move it on; returns how many there were.

    A crash between the two keeps the same mail again, which changes nothing.
    """
    kind = MailBox if server.tls else MailBoxUnencrypted
    box: BaseMailBox = kind(server.host, port=server.port, timeout=20)
    with box.login(server.user, server.password.get_secret_value(), initial_folder=server.folder):
        if not box.folder.exists(server.processed):
            box.folder.create(server.processed)
        uids = box.uids()[:BATCH]
        for uid in uids:
            answers.keep(_raw(box, uid), "imap", now)
            box.move(uid, server.processed)
        return len(uids)


def _raw(box: BaseMailBox, uid: str) -> bytes:
    """Return a mail's own bytes: parsing and writing it again fails for some, and alters others."""
    _, found = box.client.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")

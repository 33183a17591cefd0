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
        mails = [(m.uid, m.obj.as_bytes()) for m in box.fetch(limit=BATCH, mark_seen=False)]
        for uid, raw in mails:
            answers.keep(raw, "imap", now)
            if uid:
                box.move(uid, server.processed)
        return len(mails)

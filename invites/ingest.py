"""Ingest: every stored mail is read once and judged once."""

from datetime import datetime

from domain.incoming import Incoming, Kind
from domain.ports import Answers
from invites.reading import read_mail

BATCH = 50


def ingest(answers: Answers, now: datetime, *, authority: str = "") -> int:
    """Read and settle what has come in; returns how many mails were settled.

    ``authority`` names the mail server whose Authentication-Results are believed; empty for none.
    """
    unread = answers.unread(BATCH)
    for number, raw in unread:
        try:
            answers.settle(number, read_mail(raw, authority=authority), now)
        except ValueError as unstorable:
            reason = f"the answer can't be kept ({type(unstorable).__name__})"
            answers.settle(number, Incoming(kind=Kind.UNREADABLE, reason=reason), now)
    return len(unread)

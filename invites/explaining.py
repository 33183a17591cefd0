"""What an incoming mail is and what would become of it, as ``sojourn mail explain`` says it."""

from collections.abc import Callable
from datetime import date, datetime

from domain.incoming import Incoming, Judgement
from domain.value import Value
from invites.reading import read_mail


class Explanation(Value):
    """One mail in plain facts; times are UTC in ISO 8601, what a mail does not say is None."""

    file: str
    kind: str
    method: str | None
    uid: str | None
    sequence: int | None
    dtstamp: datetime | None
    attendee: str | None
    partstat: str | None
    recurrence_id: datetime | date | None
    comment: str | None
    proposed_start: datetime | None
    proposed_end: datetime | None
    prodid: str | None
    verdict: str
    reason: str


def explain(
    file: str, raw: bytes, judge: Callable[[Incoming], Judgement], *, authority: str = ""
) -> Explanation:
    """Read a mail, or a bare calendar, and say what ``judge`` would make of it; nothing changes."""
    read = read_mail(raw, authority=authority)
    judgement = judge(read)
    guest = read.guest
    in_a_calendar = bool(read.method or read.product)
    return Explanation(
        file=file,
        kind=read.kind.value,
        method=read.method or None,
        uid=read.uid or None,
        sequence=read.sequence if in_a_calendar else None,
        dtstamp=read.stamped,
        attendee=guest.address if guest else None,
        partstat=(guest.partstat or None) if guest else None,
        recurrence_id=read.recurrence_id,
        comment=read.comment or None,
        proposed_start=read.proposed_starts,
        proposed_end=read.proposed_ends,
        prodid=read.product or None,
        verdict=judgement.verdict.value,
        reason=judgement.reason,
    )

"""Who hears what of a step: from the invites that stand and from what the step is now."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.invites import Change, Method
from domain.moments import wall_clock
from domain.value import Moment, PersonRef, TeamRef, Value


class Standing(Value):
    """One person's invite as its newest mail says it, whether that mail has left or not."""

    uid: str
    person: PersonRef
    address: str | None
    """None for somebody without mail, whose invite is told in person."""
    revision: int
    sequence: int
    starts: Moment
    ends: Moment
    zone: str
    wall: str | None = None
    """What clocks there show when it begins, as the mail says; None for invites from before this was kept."""
    host: TeamRef | None = None
    place: str | None = None
    """None for invites from before team and place were kept."""


class Guest(Value):
    """Somebody who is to come. Who has not ``agreed`` yet hears nothing."""

    person: PersonRef
    address: str | None
    agreed: bool = True
    new_part: bool = False
    """Whether what they do there is new, such as to facilitate."""


class Meeting(Value):
    """What a step is now; ``revision`` rises with each change."""

    revision: int
    starts: Moment
    ends: Moment
    zone: str
    host: TeamRef | None
    place: str
    guests: tuple[Guest, ...]


class Sending(Value):
    """What one person is sent; ``method`` None is nothing."""

    person: PersonRef
    method: Method | None
    uid: str | None
    """Of the invite that stands; None for a new one, which gets a UID of its own."""
    sequence: int
    change: Change | None = None
    whole: bool = True


def sendings(
    standing: Iterable[Standing], meeting: Meeting | None, now: datetime
) -> tuple[Sending, ...]:
    """Return what everybody concerned is sent: cancellations first, then guests in their order.

    ``meeting`` None is one that does not take place. Nobody is sent anything about what is over.

    Source: RFC 5546 sections 2.1.4, 3.2.2 and 3.2.5.
    """
    if meeting is None:
        return tuple(_cancel(one, whole=True) if one.ends > now else _keep(one) for one in standing)
    known = {one.person: one for one in standing}
    if meeting.ends <= now:
        return tuple(map(_keep, known.values()))
    return (*_excluded(known, meeting), *_included(known, meeting))


def _excluded(known: dict[str, Standing], meeting: Meeting) -> Iterator[Sending]:
    """Who comes no more, or can be reached elsewhere: that invite, and the right to answer it, is over."""
    guests = {guest.person: guest for guest in meeting.guests}
    for one in known.values():
        guest = guests.get(one.person)
        if guest is None or not _reached_by(one, guest):
            yield _cancel(one, whole=False)


def _included(known: dict[str, Standing], meeting: Meeting) -> Iterator[Sending]:
    for guest in meeting.guests:
        one = known.get(guest.person)
        if one and _reached_by(one, guest):
            yield _revise(one, guest, meeting)
        elif guest.agreed:
            yield Sending(person=guest.person, method=Method.REQUEST, uid=None, sequence=0)


def _reached_by(one: Standing, guest: Guest) -> bool:
    return (one.address or "").lower() == (guest.address or "").lower()


def _revise(one: Standing, guest: Guest, meeting: Meeting) -> Sending:
    change = _change(one, guest, meeting)
    if change is None or not guest.agreed:
        return _keep(one)
    return _send(one, Method.REQUEST, change=change)


def _change(one: Standing, guest: Guest, meeting: Meeting) -> Change | None:
    """A new time, place or team is heard of; another's coming or going is not."""
    if one.revision >= meeting.revision:
        return None
    if (one.starts, one.ends) != (meeting.starts, meeting.ends):
        return Change.CLOCKS if _same_hour(one, meeting) else Change.TIME
    sent = (one.host, one.place, one.zone)
    if one.place is not None and sent != (meeting.host, meeting.place, meeting.zone):
        return Change.PLACE
    return Change.PART if guest.new_part else None


def _same_hour(one: Standing, meeting: Meeting) -> bool:
    """Whether it begins at another instant because the zone has new rules, and for no other reason."""
    here = (wall_clock(meeting.starts, meeting.zone), meeting.zone)
    return one.starts != meeting.starts and (one.wall, one.zone) == here


def _cancel(one: Standing, *, whole: bool) -> Sending:
    return _send(one, Method.CANCEL, whole=whole)


def _send(
    one: Standing, method: Method, *, change: Change | None = None, whole: bool = True
) -> Sending:
    return Sending(
        person=one.person,
        method=method,
        uid=one.uid,
        sequence=one.sequence + 1,
        change=change,
        whole=whole,
    )


def _keep(one: Standing) -> Sending:
    return Sending(person=one.person, method=None, uid=one.uid, sequence=one.sequence)

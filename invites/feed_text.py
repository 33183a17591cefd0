"""A calendar feed as iCalendar text (RFC 5545, RFC 7986): published, nobody is asked to answer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate

from icalendar import Calendar, Event, Timezone, vDuration

from domain.feeds import Feed, FeedEvent, Standing
from invites.calendar_text import PRODUCT, one_line, wall
from invites.words import when
from invites.zones import understood

LARGEST = 1_000_000
"""Bytes; calendar programs give up on feeds that are larger than some limit of their own."""

REFRESH = timedelta(hours=1)
"""How often subscribers are asked to look again; some look once a day, whatever they are asked."""

_COLOR = "teal"
_END = b"END:VCALENDAR\r\n"


@lru_cache(maxsize=256)
def feed_text(feed: Feed) -> bytes:
    """Return the VCALENDAR: CRLF lines of at most 75 octets, the same bytes for the same feed.

    It has no METHOD, as PUBLISH asks for an ORGANIZER (RFC 5546 section 3.2.1). One that would be
    larger than LARGEST loses the events that are farthest from its day.
    """
    known = [understood(event.zone, event.starts, event.ends) for event in feed.events]
    zones = {event.zone: zone for event, zone in zip(feed.events, known, strict=True) if zone}
    head = _head(feed, zones.values())
    texts = [_event(e, local=zone is not None) for e, zone in zip(feed.events, known, strict=True)]
    kept = _nearest(feed, texts, LARGEST - len(head) - len(_END))
    return head + b"".join(texts[n] for n in kept) + _END


def _head(feed: Feed, zones: Iterable[Timezone]) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", one_line(feed.name))
    calendar.add("x-wr-calname", one_line(feed.name))
    calendar.add("x-wr-timezone", feed.zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    calendar.add("source", feed.address, parameters={"VALUE": "URI"})
    calendar.add("color", _COLOR)
    for zone in zones:
        calendar.add_component(zone)
    return bytes(calendar.to_ical(sorted=False)).removesuffix(_END)


def _event(event: FeedEvent, *, local: bool) -> bytes:
    cancelled = event.standing is Standing.CANCELLED
    text = Event()
    text.add("uid", event.uid)
    text.add("dtstamp", event.changed.astimezone(UTC))
    text.add("created", event.created.astimezone(UTC))
    text.add("last-modified", event.changed.astimezone(UTC))
    text.add("sequence", event.sequence)
    for name, moment in _moments(event):
        text.add(name, wall(moment, event.zone) if local else moment.astimezone(UTC))
    text.add("summary", one_line(f"Cancelled: {event.title}" if cancelled else event.title))
    if event.where:
        text.add("location", event.where)
    text.add("description", "\n\n".join((when(event.starts, event.ends, event.zone), *event.lines)))
    if event.url:
        text.add("url", event.url)
    text.add("class", "PRIVATE" if event.private else "PUBLIC")
    text.add("status", event.standing.value)
    text.add("transp", "TRANSPARENT" if cancelled or event.free else "OPAQUE")
    return bytes(text.to_ical(sorted=False))


def _moments(event: FeedEvent) -> Iterator[tuple[str, datetime]]:
    """An event that takes no time has no end: DTEND has to be later than DTSTART (RFC 5545 3.8.2.2)."""
    yield "dtstart", event.starts
    if event.ends > event.starts:
        yield "dtend", event.ends


def _nearest(feed: Feed, texts: Sequence[bytes], room: int) -> list[int]:
    """Return the places, in order, of the events nearest to the feed's day that fit."""
    today = datetime.combine(feed.day, time(), tzinfo=UTC)
    by_distance = sorted(range(len(texts)), key=lambda n: abs(feed.events[n].starts - today))
    sizes = accumulate(len(texts[n]) for n in by_distance)
    return sorted(n for n, size in zip(by_distance, sizes, strict=True) if size <= room)

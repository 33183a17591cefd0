"""Every kind of calendar mail in every zone means the same instants to readers that are not ours."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from domain.invites import CalendarMail, Method
from invites.zones import vtimezone
from tests import readers
from tests.readers import ICAL_JS, Times, read_by_ical_js, read_by_libical
from tests.unit.invites.test_outgoing import SENT, text_of

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Nuuk",
    "America/Havana",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "UTC",
)
DAYS = tuple(
    datetime.fromisoformat(day)
    for day in (
        "2026-12-02T09:00Z",
        "2027-02-20T12:30Z",  # Ramadan: clocks in Casablanca are an hour back
        "2027-03-28T00:30Z",  # half an hour before summer time in Berlin
        "2027-07-01T09:00Z",
        "2027-10-31T01:30Z",  # the second half past two in Berlin
        "2039-06-01T09:00Z",  # beyond 32 bits
    )
)
LENGTH = timedelta(hours=1)


def mails() -> list[CalendarMail]:
    return [
        mail.model_copy(update={"zone": zone, "starts": day, "ends": day + LENGTH})
        for mail in SENT.values()
        for zone in ZONES
        for day in DAYS
    ]


def meant(mail: CalendarMail) -> Times:
    return () if mail.method is Method.DECLINECOUNTER else (mail.starts, mail.ends)


@pytest.mark.parametrize("read", [read_by_ical_js, read_by_libical])
def test_content_c17_every_mail_is_read_as_it_is_meant(read: object) -> None:
    sent = mails()

    found: list[Times] = read([text_of(mail).decode() for mail in sent])  # type: ignore[operator]

    wrong = {
        (mail.zone, mail.starts.isoformat())
        for mail, times in zip(sent, found, strict=True)
        if times != meant(mail)
    }
    assert wrong == set()


def test_content_c17_without_node_a_browser_reads_the_same() -> None:
    sent = mails()[:: len(DAYS)]

    found = readers._in_chromium([text_of(mail).decode() for mail in sent])

    assert list(map(readers._times, found)) == list(map(meant, sent))


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Asia/Gaza", "Africa/Cairo"])
def test_content_c17_a_zone_whose_clocks_change_by_decree_is_written_in_utc(zone: str) -> None:
    for mail in mails():
        if mail.zone == zone and mail.starts < datetime(2028, 1, 1, tzinfo=UTC):
            assert b"TZID" not in text_of(mail)


def test_content_c17_a_zone_without_summer_time_is_one_rule() -> None:
    rules = vtimezone("Asia/Kolkata")

    assert rules is not None
    assert [part.name for part in rules.subcomponents] == ["STANDARD"]


def test_what_is_vendored_is_what_its_manifest_says() -> None:
    manifest = json.loads((ICAL_JS.parent / "MANIFEST.json").read_text())

    for name, facts in manifest.items():
        found = hashlib.sha256((ICAL_JS.parent / name).read_bytes()).hexdigest()
        assert found == facts["sha256"], name

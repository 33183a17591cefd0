"""Feeds as calendar programs fetch and read them, and as program managers make them."""

import gzip
import json
import os
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import app
from domain.due import catch_up
from domain.events import Withdraw
from domain.feeds import Feed
from domain.moves import apply
from domain.roles import Role
from domain.rotation import RotationState
from domain.telling import dispatch
from invites.feed_text import feed_text
from settings import read_settings
from tests.installation import SOJOURN, wait_until
from tests.migrated import give_schema
from tests.mill import write_folder
from tests.servers import free_port
from tests.unit.invites.test_feed_text import a_feed, an_event
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

URL = "https://rotations.mill.example"

LIBICAL = """
import sys, json, gi
gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as I
calendar = I.Parser.parse_string(open(sys.argv[1], newline="").read())
utc = I.Timezone.get_utc_timezone()
events, kind = [], I.ComponentKind.VEVENT_COMPONENT
event = calendar.get_first_component(kind)
while event is not None:
    moments = [moment.convert_to_zone(utc).as_ical_string() for moment in (event.get_dtstart(), event.get_dtend())]
    events.append([event.get_uid(), *moments, event.get_sequence(), event.get_summary()])
    event = calendar.get_next_component(kind)
print(json.dumps([calendar.count_errors(), I.restriction_check(calendar), events]))
"""


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A server, where strangers see nothing but what their links and tokens open."""
    environment = {
        "SOJOURN_DATA": str(tmp_path),
        "SOJOURN_TEMPORAL": f"127.0.0.1:{free_port()}",
        "SOJOURN_WEB_HOST": "0.0.0.0",
        "SOJOURN_WEB_URL": URL,
        "SOJOURN_ORGANISER": "rotations@mill.example",
        "SOJOURN_KEYS": f"k1:{'s' * 32}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = Office(read_settings(environment), clock)
    give_schema(found.engine)
    write_folder(tmp_path)
    found.load(tmp_path, dry_run=False, today=clock().date())
    found.planning.make_plan("spring", clock())
    return found


@pytest.fixture
def rotation(office: Office) -> RotationState:
    """The one rotation, with its first invites out."""
    office.planning.approve("spring", 1, office.now())
    (state,) = office.planning.rotations("spring", 1)
    begun, errands = catch_up(state, office.now())
    office.correspondence.carry_out(dispatch(begun, errands, office.now()))
    return begun


@pytest.fixture
async def program(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A calendar program: no cookies, no sign-in."""
    async with await opened(office) as found:
        yield found


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A program manager's browser."""
    async with await opened(office) as found:
        await sign_in(office, found, Role.PROGRAM_MANAGER)
        yield found


async def opened(office: Office) -> httpx.AsyncClient:
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))
    return httpx.AsyncClient(transport=pages, base_url=URL, follow_redirects=True)


async def sign_in(office: Office, browser: httpx.AsyncClient, role: Role) -> None:
    token = office.visitors.invite("Iris Kern", role, timedelta(hours=1), office.now())
    await browser.post(f"/sign-in/{token}")


def read_by_libical(folder: Path, text: bytes) -> tuple[int, int, list[list[object]]]:
    """What libical finds: errors, whether RFC 5546 is kept, and each event with its instants in UTC."""
    script, file = folder / "read.py", folder / "feed.ics"
    script.write_text(LIBICAL)
    file.write_bytes(text)
    done = subprocess.run(
        ["/usr/bin/python3", str(script), str(file)], capture_output=True, text=True, check=True
    )
    return cast("tuple[int, int, list[list[object]]]", tuple(json.loads(done.stdout)))


def as_written(feed: Feed) -> list[list[object]]:
    return [
        [
            event.uid,
            f"{event.starts.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"{event.ends.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            event.sequence,
            event.title,
        ]
        for event in feed.events
    ]


@pytest.mark.parametrize("kind", ["person", "host team", "cohort"])
def test_feed_f7_libical_reads_every_kind_of_feed_without_a_fault(
    tmp_path: Path, office: Office, rotation: RotationState, kind: str
) -> None:
    whose = {"person": rotation.participant, "host team": rotation.host or "", "cohort": "spring"}
    token = office.feeds.create(whose[kind], office.now()).rpartition("/")[2].removesuffix(".ics")
    feed = office.feeds.read(token, office.now())

    assert len(feed.events) >= 2
    assert read_by_libical(tmp_path, feed_text(feed)) == (0, 1, as_written(feed))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Jerusalem"])  # fmt: skip
def test_feed_f7_libical_finds_the_same_instants_around_changes_of_clocks(
    tmp_path: Path, zone: str
) -> None:
    changes = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (4, 4), (10, 3), (10, 25), (11, 1))]  # fmt: skip
    starts = [day + timedelta(minutes=30 * n) for day in changes for n in range(20)]
    feed = a_feed(
        *(
            an_event(uid=f"feed-{n}@mill.example", starts=moment, zone=zone)
            for n, moment in enumerate(starts)
        )
    )

    assert read_by_libical(tmp_path, feed_text(feed)) == (0, 1, as_written(feed))


async def test_feed_f1_a_calendar_program_reads_a_feed_without_signing_in(
    office: Office, rotation: RotationState, program: httpx.AsyncClient
) -> None:
    address = office.feeds.create(rotation.participant, office.now())

    read, looked = await program.get(address), await program.head(address)

    assert (read.status_code, looked.status_code) == (200, 200)
    assert read.headers["content-type"] == "text/calendar; charset=utf-8"
    assert read.headers["content-disposition"] == 'inline; filename="sojourn.ics"'
    assert read.headers["cache-control"].startswith("private, max-age=")
    assert read.headers["referrer-policy"] == "no-referrer"
    assert read.headers["x-robots-tag"] == "noindex"
    assert looked.headers == read.headers
    assert f"SOURCE;VALUE=URI:{address}" in read.text.replace("\r\n ", "")
    assert "set-cookie" not in read.headers
    assert (await program.get("/calendars")).status_code == 401


async def test_feed_f4_an_unchanged_feed_is_answered_with_304(
    office: Office, rotation: RotationState, program: httpx.AsyncClient, clock: Clock
) -> None:
    address = office.feeds.create(rotation.participant, office.now())
    first = await program.get(address)
    clock.moment += timedelta(hours=8)
    tag, date = first.headers["etag"], first.headers["last-modified"]

    for condition in ({"If-None-Match": tag}, {"If-None-Match": f'"x", W/{tag}'}, {"If-None-Match": "*"}, {"If-Modified-Since": date}):  # fmt: skip
        again = await program.get(address, headers=condition)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["last-modified"]) == (tag, date)
    assert (await program.get(address)).content == first.content
    for condition in ({"If-None-Match": '"x"', "If-Modified-Since": date}, {"If-Modified-Since": "yesterday"}):  # fmt: skip
        assert (await program.get(address, headers=condition)).status_code == 200


async def test_feed_f4_a_change_is_served_with_another_tag_and_date(
    office: Office, rotation: RotationState, program: httpx.AsyncClient, clock: Clock
) -> None:
    address = office.feeds.create(rotation.participant, office.now())
    first = await program.get(address)
    clock.moment += timedelta(hours=8)
    state, errands = apply(rotation, Withdraw(), clock())
    office.correspondence.carry_out(dispatch(state, errands, clock()))

    for condition in ({"If-None-Match": first.headers["etag"]}, {"If-Modified-Since": first.headers["last-modified"]}):  # fmt: skip
        changed = await program.get(address, headers=condition)
        assert changed.status_code == 200
        assert changed.headers["last-modified"] == "Tue, 24 Nov 2026 17:00:00 GMT"
        assert changed.text.count("STATUS:CANCELLED") == changed.text.count("BEGIN:VEVENT")


async def test_feed_f8_it_is_compressed_for_whoever_can_read_that(
    office: Office, rotation: RotationState, program: httpx.AsyncClient
) -> None:
    address = office.feeds.create("spring", office.now())

    async with program.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    plain = await program.get(address, headers={"Accept-Encoding": "identity"})

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == answer.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != answer.headers["etag"]


async def test_feed_f10_a_revoked_feed_is_gone_and_all_other_addresses_look_the_same(
    office: Office, rotation: RotationState, program: httpx.AsyncClient
) -> None:
    address = office.feeds.create(rotation.participant, office.now())
    office.feeds.revoke(rotation.participant, office.now())

    gone = await program.get(address)
    unknown = [
        await program.get(f"/feeds/{token}.ics")
        for token in ("A" * 43, "A", "A" * 5000, "%20", "é")
    ]

    assert (gone.status_code, gone.headers["cache-control"]) == (410, "no-store")
    assert "Unsubscribe" in gone.text
    assert {(one.status_code, one.text, str(sorted(one.headers.items()))) for one in unknown} == {
        (404, unknown[0].text, str(sorted(unknown[0].headers.items())))
    }


def test_feed_f1_no_token_is_written_to_a_log(
    office: Office, rotation: RotationState, tmp_path: Path
) -> None:
    address = office.feeds.create(rotation.participant, office.now())
    gone = office.feeds.create("spring", office.now())
    office.feeds.revoke("spring", office.now())
    paths = [one.removeprefix(URL) for one in (address, gone, f"{URL}/feeds/{'A' * 43}.ics")]
    port, log = free_port(), tmp_path / "web.log"
    with log.open("wb") as output:
        served = subprocess.Popen(
            [SOJOURN, "web"],
            env=os.environ | {"SOJOURN_WEB_PORT": str(port), "SOJOURN_WEB_HOST": "127.0.0.1"},
            stdout=output,
            stderr=output,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            wait_until(lambda: client.get("/healthz").status_code == 200)
            answers = [client.get(path).status_code for path in paths]
            answers.append(client.post(paths[0]).status_code)
    finally:
        served.terminate()
        served.wait(timeout=20)

    assert answers == [200, 410, 404, 405]
    assert "/feeds/" not in log.read_text()


async def test_a_program_manager_makes_a_feed_and_sees_its_address_once(
    office: Office, rotation: RotationState, browser: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    empty = await browser.get("/calendars")
    made = await browser.post("/calendars", data={"whose": rotation.participant})
    address = made.text.partition("<pre><code>")[2].partition("</code>")[0]
    again = await browser.post("/calendars", data={"whose": rotation.participant})
    listed = await browser.get("/calendars")

    assert "None yet." in empty.text
    assert (await program.get(address)).status_code == 200
    assert f'href="webcal:{address.removeprefix("https:")}"' in made.text
    assert "8 to 24 hours" in made.text
    assert (made.headers["cache-control"], made.headers["referrer-policy"]) == (
        "no-store",
        "no-referrer",
    )
    assert again.status_code == 409
    assert "Make a new address instead" in again.text
    assert address not in listed.text
    assert "Vera Lang" in listed.text


async def test_a_new_address_ends_the_old_one_and_revoking_ends_both(
    office: Office, rotation: RotationState, browser: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    first = office.feeds.create("spring", office.now())
    rotated = await browser.post("/calendars/spring/rotate")
    second = rotated.text.partition("<pre><code>")[2].partition("</code>")[0]

    assert [(await program.get(a)).status_code for a in (first, second)] == [410, 200]
    assert (await browser.post("/calendars/spring/revoke")).url.path == "/calendars"
    assert [(await program.get(a)).status_code for a in (first, second)] == [410, 410]
    assert (await browser.post("/calendars/spring/revoke")).status_code == 404
    assert (await browser.post("/calendars", data={"whose": "nobody"})).status_code == 404


async def test_among_many_a_name_is_looked_for(
    office: Office, rotation: RotationState, browser: httpx.AsyncClient
) -> None:
    office.feeds.create(rotation.participant, office.now())
    everybody = await browser.get("/calendars")
    called_so = await browser.get("/calendars?name=vERA")
    nobody = await browser.get("/calendars?name=%25")

    assert "<td>person</td>" in everybody.text
    assert "Vera Lang" in called_so.text
    assert "spring</option>" in everybody.text
    assert "spring</option>" not in called_so.text
    assert "Nobody is called so" in nobody.text


async def test_an_observer_makes_no_feed(office: Office, rotation: RotationState) -> None:
    async with await opened(office) as browser:
        await sign_in(office, browser, Role.OBSERVER)

        assert "Make the feed" not in (await browser.get("/calendars")).text
        refused = await browser.post("/calendars", data={"whose": rotation.participant})
        assert refused.status_code == 403
    assert office.feeds.subscribed() == ()


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), standalone_mode=False)
    return done.output + str(done.exception or "")


async def test_commands_make_list_rotate_and_revoke_feeds(
    office: Office, rotation: RotationState, program: httpx.AsyncClient
) -> None:
    made = [
        said("feed", "create", *words).splitlines()[0]
        for words in (("--person", "Vera Lang"), ("--team", "mill"), ("--cohort", "spring"))
    ]
    assert [(await program.get(address)).status_code for address in made] == [200, 200, 200]
    listed = json.loads(said("feed", "list", "--json"))
    assert [(one["kind"], one["whose"]) for one in listed] == [
        ("cohort", "spring"),
        ("host team", rotation.host),
        ("person", rotation.participant),
    ]
    anew = said("feed", "rotate", "--team", "mill").splitlines()[0]
    assert "is revoked" in said("feed", "revoke", "--person", "vera@mill.example", "--yes")
    assert [(await program.get(a)).status_code for a in (*made, anew)] == [410, 410, 200, 200]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create",), "one of --person, --team or --cohort"),
        (("create", "--team", "mill", "--cohort", "spring"), "one of --person, --team or --cohort"),
        (("create", "--person", "Nobody"), "Nobody is known as 'Nobody'"),
        (("create", "--cohort", "autumn"), "There is no cohort 'autumn'"),
        (("revoke", "--person", "Vera Lang", "--yes"), "There is no feed for Vera Lang"),
    ],
)
def test_a_command_says_what_is_wrong(
    office: Office, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in said("feed", *words)

"""Calendars fetched over HTTP from real servers on loopback: well-behaved, failing, and hostile ones."""

import gzip
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from domain.calendars import CalendarAddress, CalendarSource, Seen, Weeks
from domain.moments import Interval
from intake.addresses import PrivateAddress, Reach
from intake.busy import read_busy
from intake.fetching import LARGEST, Fetcher, NotFetched, Resolve
from tests.servers import Answering, FeedServer, Radicale

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WEEKS = Weeks(
    cohort="winter", first=date(2026, 11, 29), last=date(2027, 1, 10), mail_domain="sojourn.example"
)
HERE = Reach(["127.0.0.1/32"])
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261201T100000Z\r\n"
    b"DURATION:PT1H\r\nSUMMARY:Secret\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
SECRET = "very-secret-token"

Serve = Callable[..., FeedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that answer as they are told."""
    running = []

    def start(say: Callable[[Answering], None], tls: ssl.SSLContext | None = None) -> FeedServer:
        running.append(FeedServer(say, tls))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def source(url: str, *, seen: Seen | None = None, **address: object) -> CalendarSource:
    facts = {"url": SecretStr(url), **address}
    return CalendarSource(
        person="P-0001",
        zone="Europe/Berlin",
        address=CalendarAddress.model_validate(facts),
        weeks=(WEEKS,),
        added_at=NOW,
        seen=seen,
    )


def leading_to(*addresses: str) -> Resolve:
    """A name server that gives another address each time it is asked."""
    left = list(addresses)

    async def resolve(_host: str, _port: int) -> list[str]:
        return [left.pop(0)]

    return resolve


async def refused(fetcher: Fetcher, wanted: CalendarSource) -> str:
    with pytest.raises(NotFetched) as failed:
        await fetcher.fetch(wanted)
    return str(failed.value)


async def test_a_feed_is_fetched_and_not_again_until_it_changes(serve: Serve) -> None:
    def say(asked: Answering) -> None:
        known = asked.headers["If-None-Match"], asked.headers["If-Modified-Since"]
        if known == ('"v1"', "Tue, 24 Nov 2026 09:00:00 GMT"):
            return asked.give(304)
        return asked.give(200, CALENDAR, ETag='"v1"', Last_Modified="Tue, 24 Nov 2026 09:00:00 GMT")

    server = serve(say)
    found = await Fetcher(HERE).fetch(source(server.url))

    assert found is not None
    raw, seen = found
    assert raw == CALENDAR
    assert await Fetcher(HERE).fetch(source(server.url, seen=seen)) is None
    assert len(server.requests) == 2


async def test_the_same_text_from_a_server_that_keeps_no_tags_is_no_news(serve: Serve) -> None:
    server = serve(lambda asked: asked.give(200, CALENDAR))
    found = await Fetcher(HERE).fetch(source(server.url))
    assert found is not None

    assert await Fetcher(HERE).fetch(source(server.url, seen=found[1])) is None


async def test_a_tag_that_can_not_be_sent_back_is_not_kept(serve: Serve) -> None:
    server = serve(lambda asked: asked.give(200, CALENDAR, ETag='"caf\u00e9"'))
    found = await Fetcher(HERE).fetch(source(server.url))
    assert found is not None

    assert await Fetcher(HERE).fetch(source(server.url, seen=found[1])) is None


async def test_a_packed_feed_is_unpacked(serve: Serve) -> None:
    packed = gzip.compress(CALENDAR)
    server = serve(lambda asked: asked.give(200, packed, Content_Encoding="gzip"))

    found = await Fetcher(HERE).fetch(source(server.url))

    assert found is not None
    assert found[0] == CALENDAR


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * (LARGEST + 1), {}),
        (gzip.compress(b"\0" * 300_000_000), {"Content_Encoding": "gzip"}),
    ],
    ids=["large", "large once it is unpacked"],
)
async def test_a_feed_that_is_too_large_is_left_alone(
    serve: Serve, body: bytes, headers: dict[str, str]
) -> None:
    server = serve(lambda asked: asked.give(200, body, **headers))

    assert await refused(Fetcher(HERE), source(server.url)) == "it is larger than 5 MB"


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_what_can_not_be_unpacked_is_left_alone(serve: Serve, encoding: str) -> None:
    server = serve(lambda asked: asked.give(200, CALENDAR, Content_Encoding=encoding))

    assert "pack" in await refused(Fetcher(HERE), source(server.url))


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nBEGIN:"])
async def test_a_feed_that_never_ends_is_given_up(serve: Serve, first: bytes) -> None:
    over = threading.Event()

    def drip(asked: Answering) -> None:
        asked.wfile.write(first)
        while not over.wait(0.05):
            asked.wfile.write(b"x")

    server = serve(drip)
    said = await refused(Fetcher(HERE, seconds=0.6), source(server.url))
    over.set()

    assert said.startswith("it was not there after")


async def test_a_feed_may_lead_on_three_times(serve: Serve) -> None:
    def say(asked: Answering) -> None:
        left = int(asked.path.strip("/") or 0)
        if left:
            return asked.give(302, Location=f"/{left - 1}")
        return asked.give(200, CALENDAR)

    server = serve(say)

    assert await Fetcher(HERE).fetch(source(f"{server.url}/3")) is not None
    assert "more than 3 times" in await refused(Fetcher(HERE), source(f"{server.url}/4"))


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("https://127.0.0.2/x.ics", "private address"),
        ("https://[::1]/x.ics", "private address"),
        ("https://169.254.169.254/latest/meta-data", "private address"),
        ("http://192.0.2.1/x.ics", "only https"),
        ("file:///etc/passwd", "not a web address"),
        ("https://me:pass@127.0.0.1/", "user and password"),
    ],
)
async def test_a_feed_may_not_lead_into_private_networks(
    serve: Serve, target: str, why: str
) -> None:
    server = serve(lambda asked: asked.give(301, Location=target))

    assert why in await refused(Fetcher(HERE), source(server.url))


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.2", "0.0.0.0", "100.64.0.1"),
        *("169.254.169.254", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1"),
        *("::ffff:10.1.2.3", "2002:a01:203::", "64:ff9b::a01:203", "ff02::1", "::"),
    ],
)
def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    with pytest.raises(PrivateAddress, match="SOJOURN_CALENDAR_NETWORKS"):
        HERE.allowed([address], encrypted=True)
    with pytest.raises(PrivateAddress):
        HERE.allowed(["93.184.216.34", address], encrypted=True)


def test_public_addresses_are_reached_over_https_alone() -> None:
    assert [str(a) for a in HERE.allowed(["93.184.216.34"], encrypted=True)] == ["93.184.216.34"]
    with pytest.raises(PrivateAddress, match="only https"):
        HERE.allowed(["93.184.216.34"], encrypted=False)


async def test_a_name_is_looked_up_once_and_the_address_that_was_judged_is_reached(
    serve: Serve,
) -> None:
    server = serve(lambda asked: asked.give(200, CALENDAR))
    rebinding = Fetcher(HERE, leading_to("127.0.0.1", "127.0.0.2"))

    found = await rebinding.fetch(source(f"http://cal.example:{server.server_port}/x"))

    assert found is not None
    ((_, _, headers),) = server.requests
    assert headers["Host"] == f"cal.example:{server.server_port}"
    assert "private address" in await refused(rebinding, source("https://cal.example/x"))


async def test_a_certificate_has_to_be_for_the_name(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda asked: asked.give(200, CALENDAR), _tls(tmp_path, "cal.example"))
    there = leading_to("127.0.0.1")

    unknown = await refused(
        Fetcher(HERE, there), source(f"https://cal.example:{server.server_port}/")
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    found = await Fetcher(HERE, leading_to("127.0.0.1")).fetch(
        source(f"https://cal.example:{server.server_port}/")
    )
    other = await refused(
        Fetcher(HERE, leading_to("127.0.0.1")),
        source(f"https://other.example:{server.server_port}/"),
    )

    assert unknown == other == "its certificate is not to be trusted"
    assert found is not None


async def test_credentials_go_to_the_server_they_are_for_and_to_no_other(serve: Serve) -> None:
    other = serve(lambda asked: asked.give(200, CALENDAR))
    first = serve(lambda asked: asked.give(302, Location=f"{other.url}/x"))

    await Fetcher(HERE).fetch(source(first.url, user="mara", password=SecretStr("pass")))

    assert [bool(headers["Authorization"]) for _, _, headers in first.requests] == [True]
    assert [bool(headers["Authorization"]) for _, _, headers in other.requests] == [False]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, "the server wants a user and password (401); add it again with --user"),
        (403, "the server does not let Sojourn read it (403)"),
        (404, "there is no calendar at this address any more (404)"),
        (503, "the server has trouble of its own (503)"),
        (304, "the server refuses (304)"),
    ],
)
async def test_what_a_server_refuses_is_said_in_plain_words_and_holds_no_secret(
    serve: Serve, caplog: pytest.LogCaptureFixture, status: int, why: str
) -> None:
    server = serve(lambda asked: asked.give(status))

    with caplog.at_level(logging.INFO):
        said = await refused(Fetcher(HERE), source(f"{server.url}/{SECRET}.ics"))

    assert said == why
    assert SECRET not in caplog.text
    assert SECRET not in repr(source(f"{server.url}/{SECRET}.ics"))


async def test_a_server_that_is_not_there_is_said_in_plain_words(serve: Serve) -> None:
    gone = serve(lambda asked: asked.give(200))
    gone.stop()

    def hang_up(asked: Answering) -> None:
        asked.connection.shutdown(socket.SHUT_RDWR)

    rude = serve(hang_up)

    assert await refused(Fetcher(HERE), source(gone.url)) == "its server can't be reached"
    assert await refused(Fetcher(HERE), source(rude.url)) == "the server breaks the connection"
    nowhere = source("https://no-such-name.invalid/x")
    assert await refused(Fetcher(HERE), nowhere) == "its server's name is not known"


@pytest.mark.parametrize(
    "url", ["", "calendar.ics", "ftp://x.example/a", "https://", "https://x.example:no/"]
)
async def test_what_is_no_web_address_says_so(url: str) -> None:
    assert "not a web address" in await refused(Fetcher(HERE), source(url))


async def test_webcal_addresses_are_https() -> None:
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["10.0.0.1"]

    await refused(Fetcher(HERE, resolve), source("webcal://cal.example/x.ics"))

    assert asked == [("cal.example", 443)]


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    server = Radicale(tmp_path_factory.mktemp("radicale"))
    yield server
    server.stop()


def caldav(server: Radicale, password: str = Radicale.password) -> CalendarSource:
    return source(server.url, caldav=True, user=server.user, password=SecretStr(password))


async def test_a_caldav_server_is_asked_for_free_and_busy_alone(radicale: Radicale) -> None:
    radicale.put("1", CALENDAR)
    weekly = CALENDAR.replace(b"UID:1", b"UID:2").replace(b"1201T10", b"1202T14")
    radicale.put("2", weekly.replace(b"END:VEVENT", b"RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT"))
    radicale.put("3", CALENDAR.replace(b"UID:1", b"UID:3\r\nTRANSP:TRANSPARENT"))

    found = await Fetcher(HERE).fetch(caldav(radicale))

    assert found is not None
    assert b"Secret" not in found[0]
    times = read_busy(found[0], "Europe/Berlin", WEEKS)
    tenth = datetime(2026, 12, 1, 10, tzinfo=UTC)
    starts = [tenth, *(tenth + timedelta(days=1 + 7 * n, hours=4) for n in range(3))]
    assert times.unnamed == tuple(Interval(starts=s, ends=s + timedelta(hours=1)) for s in starts)


async def test_a_caldav_server_refuses_a_wrong_password(radicale: Radicale) -> None:
    said = await refused(Fetcher(HERE), caldav(radicale, "wrong"))

    assert said == "the server wants another user and password (401)"


async def test_what_is_no_caldav_server_says_so(serve: Serve) -> None:
    server = serve(lambda asked: asked.give(405))

    said = await refused(Fetcher(HERE), source(server.url, caldav=True))

    assert said == "the server gives no free/busy of it; is it a CalDAV collection (405)"


def _tls(folder: Path, name: str) -> ssl.SSLContext:
    """A server's TLS with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    form, hidden = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, hidden))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context

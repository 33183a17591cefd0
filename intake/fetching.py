"""Fetching people's calendars: feeds by GET, CalDAV collections by a free-busy-query (RFC 4791 section 7.10).

A server gets a bounded time, sends a bounded text and leads on at most three times, and nothing is
fetched from private addresses that no admin has named. Addresses are secrets: they stand in no log
and in no sentence of an error.
"""

import asyncio
import hashlib
import logging
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date

import httpx

from domain.calendars import CalendarAddress, CalendarSource, Seen
from domain.errors import DomainError
from intake.addresses import Address, PrivateAddress, Reach

LARGEST = 5_000_000
MOST_REDIRECTS = 3
PATIENCE = 30.0
"""Seconds for one calendar, from its name to its last byte."""

Resolve = Callable[[str, int], Awaitable[list[str]]]

# It writes every address that it requests, with whatever secret is in it.
logging.getLogger("httpx").setLevel(logging.WARNING)

_QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">
<C:time-range start="{first:%Y%m%d}T000000Z" end="{last:%Y%m%d}T000000Z"/>
</C:free-busy-query>
"""

_REASONS = {
    401: "the server wants another user and password",
    403: "the server does not let Sojourn read it",
    404: "there is no calendar at this address any more",
    410: "there is no calendar at this address any more",
    429: "the server says it is asked too often",
}


class NotFetched(DomainError):
    """A calendar that could not be fetched now, and why in plain words."""


class Fetcher:
    """Fetches calendars, one connection each; ``seconds`` is the most that one may take."""

    def __init__(
        self, reach: Reach, resolve: Resolve | None = None, seconds: float = PATIENCE
    ) -> None:
        self._reach = reach
        self._resolve = resolve or _resolved
        self._seconds = seconds

    async def fetch(self, source: CalendarSource) -> tuple[bytes, Seen] | None:
        """Return the calendar's text, None when it is the one that was seen; raises NotFetched."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._followed(source)
        except TimeoutError as late:
            raise NotFetched(f"it was not there after {self._seconds:.0f} seconds") from late
        except PrivateAddress as private:
            raise NotFetched(str(private)) from None
        except httpx.HTTPError as failed:
            raise NotFetched(_why(failed)) from None
        except httpx.InvalidURL:
            raise NotFetched("the server leads on to what is no address") from None
        except zlib.error:
            raise NotFetched("what it sends can't be unpacked") from None

    async def _followed(self, source: CalendarSource) -> tuple[bytes, Seen] | None:
        first = url = url_of(source.address)
        for _ in range(MOST_REDIRECTS + 1):
            request = _request(source, url, trusted=_origin(url) == _origin(first))
            async with self._answered(request) as answer:
                if not answer.has_redirect_location:
                    return await _read(answer, source)
                url = checked(url.join(answer.headers["Location"]))
        raise NotFetched(f"the server leads on more than {MOST_REDIRECTS} times")

    @asynccontextmanager
    async def _answered(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        """Connect to the very address that was judged, under the name that its certificate has to be for."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolve(url.host, port)
        addresses = self._reach.allowed(found, encrypted=url.scheme == "https")
        trusted = httpx.create_ssl_context()
        async with httpx.AsyncClient(
            verify=trusted, trust_env=False, timeout=self._seconds
        ) as client:
            answer = await _first_to_answer(client, request, addresses)
            try:
                yield answer
            finally:
                await answer.aclose()


async def _first_to_answer(
    client: httpx.AsyncClient, request: httpx.Request, addresses: list[Address]
) -> httpx.Response:
    name = request.url.host
    request.extensions = {**request.extensions, "sni_hostname": name}
    for address in addresses:
        request.url = request.url.copy_with(host=str(address))
        try:
            return await client.send(request, stream=True)
        except httpx.ConnectError:
            if address == addresses[-1]:
                raise
    raise NotFetched("its server has no address")


def url_of(address: CalendarAddress) -> httpx.URL:
    """Return the address as it is fetched; raises NotFetched for what can't be one."""
    text = address.url.get_secret_value().strip()
    try:
        url = httpx.URL(text)
        return checked(url.copy_with(scheme="https") if url.scheme == "webcal" else url)
    except httpx.InvalidURL:
        raise NotFetched("it is not a web address, such as https://cal.example.org/x.ics") from None


def checked(url: httpx.URL) -> httpx.URL:
    """Return a web address that names no user; raises NotFetched for any other."""
    if url.scheme not in {"http", "https"} or not url.host:
        raise NotFetched("it is not a web address, such as https://cal.example.org/x.ics")
    if url.userinfo:
        raise NotFetched("user and password don't belong into the address; give them with --user")
    return url


def _request(source: CalendarSource, url: httpx.URL, *, trusted: bool) -> httpx.Request:
    """Credentials are for the server they were given for, not for others that it leads to."""
    address, seen = source.address, source.seen
    headers = {"Accept-Encoding": "gzip", "User-Agent": "Sojourn"}
    body = None
    if address.caldav:
        headers |= {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        body = _query(*source.span)
    elif seen:
        known = {"If-None-Match": seen.etag, "If-Modified-Since": seen.modified}
        headers |= {name: value for name, value in known.items() if value}
    request = httpx.Request(
        "REPORT" if address.caldav else "GET", url, headers=headers, content=body
    )
    if address.user and trusted:
        auth = httpx.BasicAuth(address.user, address.password.get_secret_value())
        request = next(auth.auth_flow(request))
    return request


def _query(first: date, last: date) -> bytes:
    return _QUERY.format(first=first, last=last).encode()


async def _read(answer: httpx.Response, source: CalendarSource) -> tuple[bytes, Seen] | None:
    if answer.status_code == httpx.codes.NOT_MODIFIED and source.seen:
        return None
    if answer.status_code != httpx.codes.OK:
        raise NotFetched(_said(answer.status_code, source.address))
    raw = await _bounded(answer)
    seen = Seen(
        etag=_ascii(answer.headers.get("ETag", "")),
        modified=_ascii(answer.headers.get("Last-Modified", "")),
        digest=hashlib.sha256(raw).hexdigest(),
    )
    return None if source.seen and source.seen.digest == seen.digest else (raw, seen)


def _ascii(header: str) -> str:
    """What can't be sent back is not kept."""
    return header if header.isascii() else ""


async def _bounded(answer: httpx.Response) -> bytes:
    """Unpack no more than is allowed, however much a small text unpacks to."""
    packed = answer.headers.get("Content-Encoding", "identity").lower()
    if packed not in {"identity", "gzip", "x-gzip"}:
        raise NotFetched("the server packs it in a way that was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed != "identity" else None
    found = bytearray()
    async for chunk in answer.aiter_raw():
        found += unpack.decompress(chunk, LARGEST + 1 - len(found)) if unpack else chunk
        if len(found) > LARGEST:
            raise NotFetched(f"it is larger than {LARGEST // 1_000_000} MB")
    return bytes(found)


def _said(status: int, address: CalendarAddress) -> str:
    if status == httpx.codes.UNAUTHORIZED and not address.user:
        return "the server wants a user and password (401); add it again with --user"
    reason = _REASONS.get(status)
    if reason is None:
        reason = "the server has trouble of its own" if status >= 500 else "the server refuses"
        if address.caldav and status < 500:
            reason = "the server gives no free/busy of it; is it a CalDAV collection"
    return f"{reason} ({status})"


def _why(failed: httpx.HTTPError) -> str:
    """Never the library's own sentence, which may hold the address."""
    cause: BaseException | None = failed
    while cause:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not to be trusted"
        cause = cause.__cause__ or cause.__context__
    if isinstance(failed, httpx.TimeoutException):
        return "the server does not answer in time"
    if isinstance(failed, httpx.ConnectError):
        return "its server can't be reached"
    return "the server breaks the connection"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _resolved(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
    except (OSError, UnicodeError):
        raise NotFetched("its server's name is not known") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))

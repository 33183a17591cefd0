"""A mail as it lies there: its headers, its parts and their bytes, within bounds that no mail needs.

Python's parser takes a time that grows with the square of a hostile mail: in the number of its
parts, their depth, and the parameters of a header. All are bounded while it parses.
"""

import base64
import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Policy, compat32
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from itertools import count

LARGEST_MAIL = 10_000_000
MOST_LINES = 150_000
"""Bytes and lines that are read of one mail; what lies behind is not looked at."""
MOST_MESSAGES = 1000
"""Parts of a mail, at any depth, that are still parsed."""
MOST_PARTS = 50
"""Parts that are looked into."""
DEEPEST = 10
MOST_HEADERS = 500

_LONGEST_HEADER = 20_000
_LONGEST_PARAMETERS = 2000
_LONGEST_SUBJECT = 1000
_MOST_ADDRESSES = 20
_BLANK = b"\xef\xbb\xbf \r\n\t"
_BASE64_CALENDAR = "QkVHSU46VkNBTEVOREFS"
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ODD_CODECS = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode"})
"""Python reads them, but no mail program writes them."""
_MEANT = {
    "ascii": "utf-8",
    "iso8859-1": "windows-1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""What is written under a charset's name; the first is a subset of the second."""
_NAMED_OTHERWISE = {"unicode": "utf-16-le", "windows-949": "cp949", "x-gbk": "gb18030"}


class OutOfBounds(ValueError):
    """A mail of more parts than anybody would write; says so in one sentence."""


class _Bounded(Message):
    """A part that cuts its headers short and knows how deep it lies."""

    depth = 0
    _payload: object

    @property
    def body(self) -> str:
        """What it holds, as it was sent: Python would decode it, and fails for some charsets."""
        return self._payload if isinstance(self._payload, str) else ""

    def set_raw(self, name: str, value: str) -> None:
        described = name.lower().startswith("content-")
        if name.lower() == "content-transfer-encoding":
            value = str(value).split(";")[0].strip()
        if len(self) < MOST_HEADERS:
            super().set_raw(name, value[: _LONGEST_PARAMETERS if described else _LONGEST_HEADER])

    def attach(self, payload: Message) -> None:  # type: ignore[override]
        if isinstance(payload, _Bounded):
            payload.depth = self.depth + 1
        if self.depth == DEEPEST:
            raise OutOfBounds("it is nested too deeply")
        super().attach(payload)


def opened(raw: bytes) -> Message:
    """Return the mail in some bytes; raises OutOfBounds for one with too many parts."""
    numbers = count()

    def part(policy: Policy = compat32) -> _Bounded:
        if next(numbers) > MOST_MESSAGES:
            raise OutOfBounds("it has too many parts")
        return _Bounded(policy)

    text = raw[:LARGEST_MAIL].lstrip(_BLANK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = text.split(b"\n", MOST_LINES)[:MOST_LINES]
    return BytesParser(part, policy=compat32).parsebytes(b"\n".join(lines))


def own_parts(message: Message) -> Iterator[Message]:
    """Yield a mail's parts, itself first; a mail within the mail is one part."""
    yield message
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for child in message.get_payload():
            if isinstance(child, Message):
                yield from own_parts(child)


def leaves(message: Message) -> list[Message]:
    """Return the parts with something in them; of a mail within the mail only what a list wraps.

    Mailing lists whose members' servers forbid a changed mail send it whole in one of their own.
    """
    wraps = any(message.get(header) for header in ("List-Id", "List-Post"))
    return _leaves(message, wraps=wraps)[:MOST_PARTS]


def _leaves(message: Message, *, wraps: bool) -> list[Message]:
    kind = message.get_content_type()
    if kind == "multipart/digest" or (kind == "message/rfc822" and not wraps):
        return []
    if not message.is_multipart():
        return [message]
    found: list[Message] = []
    for child in message.get_payload():
        if isinstance(child, Message) and len(found) < MOST_PARTS:
            found += _leaves(child, wraps=wraps)
    return found


def body_of(part: Message) -> str:
    """Return what a part holds, as it was sent; empty for a part of parts."""
    return part.body if isinstance(part, _Bounded) else ""


def begins_as_calendar(part: Message) -> bool:
    """Return whether a part is a calendar whatever its headers say."""
    body = body_of(part)[:200].lstrip("\ufeff \r\n\t")
    return body[:15].upper() == "BEGIN:VCALENDAR" or body.startswith(_BASE64_CALENDAR)


def payload_of(part: Message) -> bytes:
    """Return what a part holds, without its transfer encoding; lines that do not belong are left out."""
    body = body_of(part)
    encoding = str(part.get("Content-Transfer-Encoding", "")).lower()
    if encoding == "base64" or body.lstrip().startswith(_BASE64_CALENDAR):
        return _from_base64(body.encode("utf-8", "surrogateescape"))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _from_base64(body: bytes) -> bytes:
    lines = (line.strip() for line in body.splitlines())
    digits = b"".join(line for line in lines if _BASE64_LINE.fullmatch(line)).split(b"=")[0]
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def decoded(payload: bytes, charset: str | None) -> str:
    """Return bytes as text: as their first bytes show, as they claim, as UTF-8, or as Windows wrote them."""
    for name in (_shown_by(payload) or _codec(charset), "utf-8", "windows-1252"):
        try:
            return storable(payload.decode(name))
        except ValueError:
            continue
    return storable(payload.decode("latin-1"))


def _shown_by(payload: bytes) -> str:
    if payload[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if payload[1:4:2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if payload[:3:2] == b"\0\0" else ""


def _codec(charset: str | None) -> str:
    """The codec of a charset; UTF-8 where that is unknown, odd, or would have shown."""
    named = (charset or "utf-8").strip().lower()
    try:
        found = codecs.lookup(_NAMED_OTHERWISE.get(named, named)).name
    except (LookupError, ValueError):
        return "utf-8"
    odd = found.replace("_", "-") in _ODD_CODECS or found.startswith(("utf-16", "utf-32"))
    return "utf-8" if odd or not _is_text(found) else _MEANT.get(found, found)


def _is_text(codec: str) -> bool:
    try:
        return b"".decode(codec) == ""
    except (LookupError, ValueError):
        return False


def storable(text: str) -> str:
    """Return the text without lone surrogates and control characters but tabs and line ends.

    No database takes the former, and a terminal obeys the latter.
    """
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode("utf-8")


def text_of(part: Message, most: int) -> str:
    """Return the text of a part, from at most so many bytes."""
    return decoded(payload_of(part)[:most], part.get_content_charset())


def parameter_of(part: Message, name: str) -> str:
    """Return a parameter of Content-Type, in whatever way it is quoted or encoded (RFC 2231)."""
    found = part.get_param(name)
    return storable(collapse_rfc2231_value(found)).strip() if found else ""


def subject_of(message: Message) -> str:
    """Return the subject, decoded (RFC 2047) and in one line."""
    raw = str(message.get("Subject", ""))[:_LONGEST_SUBJECT]
    try:
        found = str(make_header(decode_header(raw)))
    except (ValueError, LookupError, MessageError):
        found = raw
    return " ".join(storable(found).split())


def sender_of(message: Message) -> str:
    """Return the address in From, lower case; empty without one.

    An unquoted comma in somebody's name makes two of it, of which one is no address.
    """
    found = _addresses([str(message.get("From", ""))])
    return next((a for a in found if "@" in a), next(iter(found), ""))


def recipients_of(message: Message) -> tuple[str, ...]:
    """Return the addresses that a mail was sent to, lower case: as delivered first, then as written."""
    named = [
        str(value)
        for header in ("Delivered-To", "X-Original-To", "To")
        for value in message.get_all(header, [])[:5]
    ]
    return _addresses(named)


def _addresses(values: list[str]) -> tuple[str, ...]:
    found = (storable(address.strip().lower()) for _, address in getaddresses(values))
    return tuple(dict.fromkeys(address for address in found if address))[:_MOST_ADDRESSES]


def date_of(message: Message) -> datetime | None:
    """Return Date in UTC; None without a date that exists."""
    try:
        found = parsedate_to_datetime(str(message.get("Date", "")))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def references_of(message: Message) -> tuple[str, ...]:
    """Return the Message-IDs that a mail answers."""
    named = f"{message.get('In-Reply-To', '')} {message.get('References', '')}"
    return tuple(dict.fromkeys(re.findall(r"<[^<>\s]{1,300}>", storable(named))))[:20]

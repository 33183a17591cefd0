"""Mails that come back: delivery status notifications (RFC 3464) and what looks like them."""

import re
from collections.abc import Iterator
from email.message import Message
from email.utils import getaddresses

from domain.incoming import Guest, Incoming, Kind

_ROBOT = re.compile(r"^(mailer-daemon|postmaster|mail-daemon)(@|$)", re.IGNORECASE)
_RETURNED = re.compile(
    r"undeliver|delivery (status|failure|delayed)|returned mail|failure notice|mail delivery failed"
    r"|unzustellbar|nicht zugestellt|non remis",
    re.IGNORECASE,
)
_UID = re.compile(r"^UID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[\w.+=-]+@[\w.-]+\.\w+")


def bounce_of(message: Message) -> Incoming | None:
    """Return the bounce that a mail is, or None.

    The calendar object in the mail that came back is never an answer: only its UID is read.
    """
    report = message.get_content_type() == "multipart/report"
    kind = str(message.get_param("report-type") or "").lower()
    statuses = list(_statuses(message))
    if not statuses and not (report and kind == "delivery-status") and not _looks_returned(message):
        return None
    lost = [status for status in statuses if _word(status, "Action") in {"failed", "expired"}]
    told = lost or statuses
    returned = _returned(message)
    uid = _UID.search(returned)
    return Incoming(
        kind=Kind.BOUNCE,
        reason="" if lost or not statuses else "the server is still trying",
        uid=uid.group(1)[:255] if uid else "",
        guests=tuple(Guest(address=a) for a in _recipients(told, message))[:20],
        refers_to=tuple(dict.fromkeys(_MESSAGE_ID.findall(returned)))[:5],
        lasting=bool(lost) or not statuses,
    )


def _statuses(message: Message) -> Iterator[Message]:
    """Yield what the server says about each recipient."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload() if part.is_multipart() else ():
                if isinstance(block, Message) and block.get("Action"):
                    yield block


def _recipients(statuses: list[Message], message: Message) -> list[str]:
    named = []
    for status in statuses:
        for header in ("Original-Recipient", "Final-Recipient"):
            _, _, address = str(status.get(header, "")).rpartition(";")
            if "@" in address:
                named.append(address.strip().strip("<>").lower())
                break
    if not named:
        named = [a.lower() for _, a in getaddresses([str(message.get("X-Failed-Recipients", ""))])]
    return list(dict.fromkeys(a for a in named if a)) or _first_address(message)


def _first_address(message: Message) -> list[str]:
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if part.get_content_type() == "text/plain" and isinstance(payload, bytes):
            found = _ADDRESS.search(payload[:20_000].decode("utf-8", "replace"))
            return [found.group().lower()] if found else []
    return []


def _returned(message: Message) -> str:
    """The mail that came back, or its headers, as text."""
    found = []
    for part in message.walk():
        if part is not message and part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            found.append(payload.decode("utf-8", "replace") if isinstance(payload, bytes) else "")
        if part.get_content_type() == "message/rfc822":
            inner = next(iter(part.walk()), part)
            found += [f"Message-ID: {m.get('Message-ID', '')}" for m in (*part.walk(), inner)][1:3]
        if part.get_content_type() == "text/rfc822-headers":
            found.append(str(part.get_payload()))
    return "\n".join(found)[:200_000]


def _looks_returned(message: Message) -> bool:
    senders = [address for _, address in getaddresses([str(message.get("From", ""))])]
    robot = any(_ROBOT.match(address) for address in senders)
    nobody = str(message.get("Return-Path", "-")).strip() == "<>"
    subject = bool(_RETURNED.search(str(message.get("Subject", ""))))
    return (robot and (subject or nobody)) or (nobody and subject)


def _word(status: Message, header: str) -> str:
    return str(status.get(header, "")).strip().split(" ")[0].split(";")[0].lower()

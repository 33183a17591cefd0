"""Mails that come back: delivery status notifications (RFC 3464) and what looks like them."""

import re
from collections.abc import Iterator
from email.message import Message
from email.utils import getaddresses

from domain.incoming import Guest, Incoming, Kind
from invites.envelope import (
    own_parts,
    parameter_of,
    payload_of,
    recipients_of,
    sender_of,
    storable,
    subject_of,
    text_of,
)

_ROBOT = re.compile(r"(mailer-daemon|postmaster|mail-daemon|microsoftexchange[0-9a-f]+)(@|$)")
_RETURNED = re.compile(
    r"undeliver|delivery (?:status|failure|delayed|notification|has failed)|returned mail|failure notice"
    r"|mail delivery (?:failed|failure)|mail delivery system|message delayed|delayed mail|could not be delivered"
    r"|warning: message \S+ delayed|unzustellbar|nicht zugestellt|nicht zustellbar|zustellung fehlgeschlagen"
    r"|non remis|échec de la remise|no se puede entregar|no entregado|non recapitabile|recapito non riuscito"
    r"|onbestelbaar|não entregue|não é possível entregar|kan inte levereras|kan ikke leveres|uleverbar"
    r"|ei voitu toimittaa|niedostarcz|nie można dostarczyć|nedoručiteln|配信不能|配信できません",
    re.IGNORECASE,
)
_STILL_TRYING = re.compile(r"delayed|warning|still being retried|verzögert", re.IGNORECASE)
_UID = re.compile(r"^UID:[ \t]*(\S{1,255})", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(r"^Message-ID:\s{0,20}(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_FAILED = frozenset({"failed", "expired"})
_WAITING = frozenset({"delayed"})
_TEXT = 50_000


def bounce_of(message: Message) -> Incoming | None:
    """Return the bounce that a mail is, or None.

    The calendar object in the mail that came back is never an answer: only its UID is read.
    """
    statuses = list(_statuses(message))
    if not statuses and not _is_report(message) and not _looks_returned(message):
        return None
    lost = [status for status in statuses if _action(status) in _FAILED]
    why = "" if lost else _why_not_lost(statuses, message)
    returned = _returned(message)
    uid = _UID.search(returned)
    return Incoming(
        kind=Kind.BOUNCE,
        reason=why,
        uid=uid.group(1) if uid else "",
        guests=tuple(Guest(address=a[:320]) for a in _recipients(lost or statuses, message))[:20],
        refers_to=tuple(dict.fromkeys(_MESSAGE_ID.findall(returned)))[:5],
        lasting=not why,
    )


def _is_report(message: Message) -> bool:
    report = message.get_content_type() == "multipart/report"
    return report and parameter_of(message, "report-type").lower() == "delivery-status"


def _why_not_lost(statuses: list[Message], message: Message) -> str:
    """Why no mail is lost for good, as far as the server tells; empty when one may be."""
    if any(_action(status) in _WAITING for status in statuses):
        return "the server is still trying"
    if statuses:
        return "the server says that it handed the mail on"
    return "the server is still trying" if _STILL_TRYING.search(subject_of(message)) else ""


def _statuses(message: Message) -> Iterator[Message]:
    """Yield what the server says about each recipient."""
    for part in own_parts(message):
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload() if part.is_multipart() else ():
                if isinstance(block, Message) and _action(block):
                    yield block


def _action(status: Message) -> str:
    """What became of a mail; where only its enhanced status code is told (RFC 3463), what that means."""
    told = _word(status, "Action")
    return told or {"5": "failed", "4": "delayed", "2": "delivered"}.get(
        _word(status, "Status")[:1], ""
    )


def _recipients(statuses: list[Message], message: Message) -> list[str]:
    named = []
    for status in statuses:
        for header in ("Original-Recipient", "Final-Recipient"):
            _, _, address = str(status.get(header, "")).rpartition(";")
            if "@" in address:
                named.append(storable(address).strip().strip("<>").lower())
                break
    if not named:
        failed = str(message.get("X-Failed-Recipients", ""))
        named = [storable(address.lower()) for _, address in getaddresses([failed])]
    return list(dict.fromkeys(a for a in named if a)) or _first_address(message)


def _first_address(message: Message) -> list[str]:
    """The first address that the server writes about which is neither its own nor ours."""
    others = {sender_of(message), *recipients_of(message)}
    for text in _texts(message):
        named = (found.group().lower() for found in _ADDRESS.finditer(text))
        first = next((address for address in named if address not in others), None)
        return [first] if first else []
    return []


def _texts(message: Message) -> Iterator[str]:
    for part in own_parts(message):
        if part.get_content_type() == "text/plain":
            yield text_of(part, _TEXT)


def _returned(message: Message) -> str:
    """The mail that came back, or its headers, as text; older servers write it below their own words."""
    found = []
    for part in message.walk():
        kind = part.get_content_type()
        if part is not message and kind == "text/calendar":
            found.append(payload_of(part)[:_TEXT].decode("utf-8", "replace"))
        if kind == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            named = inner.get("Message-ID", "") if isinstance(inner, Message) else ""
            found.append(f"Message-ID: {named}")
        if kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            found.append(text_of(part, _TEXT))
    return storable("\n".join(found or _texts(message)))[:200_000]


def _looks_returned(message: Message) -> bool:
    robot = bool(_ROBOT.match(sender_of(message)))
    nobody = str(message.get("Return-Path", "-")).strip() == "<>"
    subject = bool(_RETURNED.search(subject_of(message)))
    failed = message.get("X-Failed-Recipients") is not None
    return failed or (robot and (subject or nobody)) or (nobody and subject)


def _word(status: Message, header: str) -> str:
    return str(status.get(header, "")).strip().split(" ")[0].split(";")[0].lower()

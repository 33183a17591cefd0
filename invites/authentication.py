"""What our own mail server found out about who sent a mail (Authentication-Results, RFC 8601)."""

import re
from email.message import Message

_RESULT = re.compile(r"\s*(dmarc|dkim|spf)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_SAID_BY_OTHERS = re.compile(r'"(?:[^"\\]|\\.)*"|\([^()]*\)')
"""Quoted words and comments: whoever sent the mail may have chosen them."""
_FAILED = frozenset({"fail", "permerror", "policy"})


def vouched_for(message: Message, authority: str) -> bool | None:
    """Return True when that server says that the sender is genuine, False when it says not, else None.

    Only the topmost header of the named server counts: those below may come with the mail. DMARC
    decides; without it, one of DKIM and SPF is enough.
    """
    if not authority:
        return None
    for header in message.get_all("Authentication-Results", []):
        server, _, results = _SAID_BY_OTHERS.sub(" ", str(header)).partition(";")
        if server.strip().split(" ")[0].lower() == authority.lower():
            found = (_RESULT.match(result) for result in results.split(";"))
            return _verdict([(m.group(1).lower(), m.group(2).lower()) for m in found if m])
    return None


def _verdict(results: list[tuple[str, str]]) -> bool | None:
    dmarc = [result for name, result in results if name == "dmarc" and result != "none"][:1]
    found = dmarc or [result for name, result in results if name != "dmarc"]
    if "pass" in found:
        return True
    return False if any(result in _FAILED for result in found) else None

"""Mails as bytes (RFC 5322, RFC 2045): what is the same in each stands as it is, names and words are encoded."""

import base64
import binascii

from invites.headers import SMTP

_SHORT_LINE = 78
"""Octets, of a header that need not be folded."""
_LONGEST_LINE = 998
"""Octets, of a line that is sent as it stands (RFC 5322 section 2.1.1)."""


def header(name: str, value: str) -> bytes:
    """Return a header line, folded, and encoded where it is not ASCII; raises ValueError on a line break."""
    line = f"{name}: {value}"
    if line.isascii() and line.isprintable() and len(line) <= _SHORT_LINE:
        return f"{line}\r\n".encode()
    folded: str = SMTP.header_factory(name, value).fold(policy=SMTP)
    return folded.encode()


def text_part(subtype: str, words: str) -> bytes:
    """Return words as a part, in whichever encoding is shortest and needs seven bits only."""
    text = "\r\n".join([*words.splitlines(), ""]).encode("utf-8", "replace")
    if _is_plain(text):
        return _part(f'text/{subtype}; charset="utf-8"', "7bit", text)
    quoted, encoded = binascii.b2a_qp(text, istext=True), _base64(text)
    if len(quoted) <= len(encoded):
        return _part(f'text/{subtype}; charset="utf-8"', "quoted-printable", quoted)
    return _part(f'text/{subtype}; charset="utf-8"', "base64", encoded)


def base64_part(kind: str, content: bytes, *more: str) -> bytes:
    """Return content of a type, with its parameters, byte for byte; ``more`` are further header lines."""
    return _part(kind, "base64", _base64(content), *more)


def multipart(subtype: str, boundary: str, *parts: bytes) -> bytes:
    """Return parts as one; the boundary must occur in none of them."""
    line = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _part(kind: str, encoding: str, body: bytes, *more: str) -> bytes:
    lines = (f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}", *more, "", "")
    return "\r\n".join(lines).encode() + body


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _is_plain(text: bytes) -> bool:
    return (
        text.isascii() and b"\0" not in text and max(map(len, text.split(b"\r\n"))) <= _LONGEST_LINE
    )

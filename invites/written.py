"""What somebody wrote by hand: the first words of a mail, without what they quote."""

import re
from email.message import Message
from html import unescape

from mailparser_reply import EmailReplyParser

from invites.envelope import text_of

LONGEST = 2000
"""Characters that are kept."""

_READ = 3000
"""Characters that are parsed: the parser's time grows with the cube of what it reads."""
_BYTES = 100_000
_LANGUAGES = ["en", "cs", "da", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "sv", "zh"]
_TAG = re.compile(r"<(/?\w*)[^<>]*>")
_BLOCKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "hr"})
"""A line begins with each."""
_HIDDEN = frozenset({"head", "script", "style", "title"})
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n\s*\n")
_QUOTE = re.compile(
    r"(?:(?:\A|\n\n)(?:[^\n>][^\n]*\n){1,3}(?<=:\n)\n?)?(?:^>[^\n]*\n?)+", re.MULTILINE
)
"""Quoted lines, and the paragraph before them that ends in a colon and says who wrote them."""
_NOTE = re.compile(r"\A[^\n]{1,300}:\n+(.{1,2000}?)(?:\n\n|\Z)", re.DOTALL)


def said_in(parts: list[Message]) -> str:
    """Return what somebody wrote in a mail of these parts; empty when nothing."""
    text = shown_in(parts)
    reply = EmailReplyParser(languages=_LANGUAGES).parse_reply(text=text) or text
    return _QUOTE.sub("\n\n", f"{reply}\n").strip()[:LONGEST]


def note_in(parts: list[Message]) -> str:
    """Return the note that Google puts into the words beside an answer, and nowhere else.

    It stands behind a first line that ends in a colon, in whatever language.
    """
    found = _NOTE.match(shown_in(parts))
    return found.group(1).strip(" \n\"'“”„«»")[:LONGEST] if found else ""


def shown_in(parts: list[Message]) -> str:
    """Return the first characters of the text that a mail shows, plain text before HTML."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind:
                text = text_of(part, _BYTES)
                plain = _without_tags(text) if kind == "text/html" else text
                lines = _SPACES.sub(" ", plain.replace("\r\n", "\n").replace("\r", "\n"))
                found = _GAPS.sub("\n\n", lines.replace("\n ", "\n").replace(" \n", "\n")).strip()
                if found:
                    return found[:_READ]
    return ""


def _without_tags(text: str) -> str:
    """The text of HTML up to the first quotation."""
    shown, hidden = [], ""
    pieces = _TAG.split(text)
    for tag, words in zip(["", *(t.lower() for t in pieces[1::2])], pieces[::2], strict=True):
        if tag == "blockquote":
            break
        if hidden:
            hidden = "" if tag == f"/{hidden}" else hidden
        elif tag in _HIDDEN:
            hidden = tag
        if not hidden:
            shown += ["\n" if tag in _BLOCKS else "", words.replace("\n", " ")]
    return unescape("".join(shown))

"""The chain from what was seen to the effect of a change: links that each hold the digests of those they stand on.

Words of people who spoke are not in it: in their place stands a seal, a digest under a key of its
writer, so that the writer can prove the words and nobody can guess them. Whoever alters a link, or
takes one out, changes a digest that is also in the history of the change's own process.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC
from enum import StrEnum

from pydantic import JsonValue

from domain.value import Moment, RotationId, Value


class LinkKind(StrEnum):
    """What a link of the chain records."""

    OBSERVATION = "observation"
    SUMMARY = "summary"
    HYPOTHESIS = "hypothesis"
    """What a quick test expects, and how it is judged, as it was when the test started."""
    RESULT = "result"
    """What a quick test showed."""
    PROPOSAL = "proposal"
    CONCERN = "concern"
    DECISION = "decision"
    EFFECT = "effect"


STANDS_ON: dict[LinkKind, frozenset[LinkKind]] = {
    LinkKind.OBSERVATION: frozenset(),
    LinkKind.SUMMARY: frozenset({LinkKind.OBSERVATION}),
    LinkKind.HYPOTHESIS: frozenset({LinkKind.SUMMARY, LinkKind.OBSERVATION}),
    LinkKind.RESULT: frozenset({LinkKind.HYPOTHESIS}),
    LinkKind.PROPOSAL: frozenset({LinkKind.SUMMARY, LinkKind.RESULT}),
    LinkKind.CONCERN: frozenset({LinkKind.PROPOSAL}),
    LinkKind.DECISION: frozenset({LinkKind.PROPOSAL, LinkKind.CONCERN}),
    LinkKind.EFFECT: frozenset({LinkKind.DECISION}),
}
"""Which kinds of link each kind may stand on."""

_ROOTED = frozenset(
    {
        LinkKind.HYPOTHESIS,
        LinkKind.RESULT,
        LinkKind.CONCERN,
        LinkKind.DECISION,
        LinkKind.EFFECT,
    }
)
"""Kinds that can't begin a chain."""


class ChainLink(Value):
    """One thing that was recorded, immutable; ``digest`` is over everything else in it."""

    kind: LinkKind
    about: str
    """Which one of its kind: an id in the store."""
    at: Moment
    before: tuple[str, ...] = ()
    """Digests of the links that it stands on, in order."""
    says: dict[str, JsonValue]
    digest: str


class Chain(Value):
    """All links behind one policy change and after it, each after those that it stands on."""

    policy: RotationId
    links: tuple[ChainLink, ...]


def linked(
    kind: LinkKind, about: str, at: Moment, before: Iterable[str], says: dict[str, JsonValue]
) -> ChainLink:
    """Return the link with its digest."""
    draft = ChainLink(kind=kind, about=about, at=at, before=tuple(before), says=says, digest="")
    return draft.model_copy(update={"digest": digest_of(draft)})


def digest_of(link: ChainLink) -> str:
    """Return 26 letters: 128 bits of SHA-256 over the link without its digest, as canonical JSON."""
    facts = link.model_dump(mode="json", exclude={"digest", "at"})
    facts["at"] = link.at.astimezone(UTC).isoformat()
    return short_digest(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode())


def short_digest(said: bytes) -> str:
    """Return 26 lower-case letters and digits, 128 bits of SHA-256."""
    return letters_of(hashlib.sha256(said).digest())


def letters_of(digest: bytes) -> str:
    """Return the first 128 bits as 26 lower-case base32 letters (RFC 4648 section 6)."""
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def faults(chain: Chain) -> tuple[str, ...]:
    """Return a sentence for everything that is wrong with a chain by itself; none for a whole one."""
    found: list[str] = []
    known: dict[str, LinkKind] = {}
    for link in chain.links:
        name = f"The {link.kind} {link.about}"
        if digest_of(link) != link.digest:
            found.append(f"{name} is not as it was recorded.")
        if missing := [one for one in link.before if one not in known]:
            found.append(f"{name} stands on {', '.join(missing)}, which is not in the chain.")
        if any(known[one] not in STANDS_ON[link.kind] for one in link.before if one in known):
            found.append(f"{name} stands on something that it can't stand on.")
        if not link.before and link.kind in _ROOTED:
            found.append(f"{name} stands on nothing.")
        if link.digest in known:
            found.append(f"{name} is in the chain twice.")
        known[link.digest] = link.kind
    proposals = [link.about for link in chain.links if link.kind is LinkKind.PROPOSAL]
    if proposals != [chain.policy]:
        found.append(f"The chain is not that of the policy change {chain.policy}.")
    return tuple(found)


def differences(chain: Chain, recorded: Iterable[str], where: str) -> tuple[str, ...]:
    """Return a sentence for each recorded digest that the chain lacks; ``where`` says who recorded it."""
    digests = {link.digest for link in chain.links}
    missing = (one for one in dict.fromkeys(recorded) if one not in digests)
    return tuple(f"{where} recorded {one}, which is not in the chain." for one in missing)

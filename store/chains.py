"""Chains of evidence as they are recorded: append-only, in the transaction of what they record.

A repeat records nothing new, for a link that says the same has the same digest. Of a change that was
proposed before chains were kept nothing is recorded, and its digests are empty.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.chain import Chain, ChainLink, LinkKind, linked
from domain.events import Decided
from domain.insights import Summary
from domain.policy import Verdict
from domain.proposal import Proposal, Ruling
from domain.quicktests import QuickTest
from store.tables.changes import ChainLinkTable, ConcernTable, PolicyTable
from store.tables.learning import QuickTestTable
from store.tables.words import ObservationTable
from store.vault import Vault


def record_summary(
    session: Session,
    vault: Vault,
    rotation: str,
    step: str,
    person: str,
    body: Summary,
    at: datetime,
) -> str:
    """Record a summary that others may read, and the observations it stands on; return its digest."""
    named = [one for insight in body.insights for one in insight.evidence]
    query = select(ObservationTable).where(ObservationTable.id.in_(named))
    seen = {row.id: _observed(session, vault, row) for row in session.scalars(query)}
    insights: list[JsonValue] = [
        {"tag": i.tag.value, "seal": vault.mark(session, person, i.text), "from": list(i.evidence)}
        for i in body.insights
    ]
    says: dict[str, JsonValue] = {
        "words": vault.mark(session, person, body.words),
        "insights": insights,
    }
    before = [seen[one] for one in named if one in seen]
    about = f"{rotation}:{step}"
    return _record(session, rotation, None, linked(LinkKind.SUMMARY, about, at, before, says))


def record_hypothesis(
    session: Session, vault: Vault, row: QuickTestTable, test: QuickTest, at: datetime
) -> str:
    """Record what a test expects and how it is judged, sealed by its writer's key; return its digest."""
    summary, _, number = row.insight.rpartition(":")
    before = _digests(session, LinkKind.SUMMARY, summary)[-1:]
    if not before:
        return ""
    before += [one for note in test.notes for one in _digests(session, LinkKind.OBSERVATION, note)]
    words = test.model_dump_json(include={"hypothesis", "adjustment", "cost", "metric"})
    figures = test.model_dump(mode="json", include={"reversible", "baseline", "target", "ends_on"})
    says = {"insight": int(number), "seal": vault.mark(session, row.person, words), **figures}
    link = linked(LinkKind.HYPOTHESIS, row.id, at, before, says)
    return _record(session, row.rotation, None, link)


def record_result(session: Session, vault: Vault, row: QuickTestTable, at: datetime) -> str:
    """Record what a test showed, or that nobody measured; return its digest."""
    before = _digests(session, LinkKind.HYPOTHESIS, row.id)
    if not before:
        return ""
    learnt = vault.mark(session, row.owner, row.learnt) if row.owner and row.learnt else ""
    says: dict[str, JsonValue] = {
        "verdict": row.verdict,
        "measured": row.measured,
        "learnt": learnt,
    }
    return _record(session, row.rotation, None, linked(LinkKind.RESULT, row.id, at, before, says))


def record_proposal(session: Session, row: PolicyTable, proposal: Proposal, at: datetime) -> str:
    """Record a proposal on the summaries and tests that it says it stands on; return its digest."""
    steps = dict.fromkeys(one.rpartition(":")[0] for one in proposal.insights)
    before = [
        digest
        for step in steps
        for digest in _digests(session, LinkKind.SUMMARY, f"{row.rotation}:{step}")[-1:]
    ]
    before += [one for test in proposal.tests for one in _digests(session, LinkKind.RESULT, test)]
    says = proposal.model_dump(mode="json", exclude={"owner"})
    return _record(
        session, row.rotation, row.id, linked(LinkKind.PROPOSAL, row.id, at, before, says)
    )


def record_concern(session: Session, vault: Vault, row: PolicyTable, concern: ConcernTable) -> str:
    """Record what speaks against a proposal, sealed by its writer's key; return its digest."""
    before = _digests(session, LinkKind.PROPOSAL, row.id)
    if not before:
        return ""
    says: dict[str, JsonValue] = {"seal": vault.mark(session, concern.person, concern.text)}
    link = linked(LinkKind.CONCERN, concern.id, concern.raised_at, before, says)
    return _record(session, row.rotation, row.id, link)


def record_decision(
    session: Session,
    row: PolicyTable,
    ruling: Ruling,
    concerns: Mapping[str, Ruling],
    event: Decided,
    at: datetime,
) -> str:
    """Record what was decided about the whole and each concern, and why; return its digest."""
    proposed = _digests(session, LinkKind.PROPOSAL, row.id)
    if not proposed:
        return ""
    raised = [digest for id_ in concerns for digest in _digests(session, LinkKind.CONCERN, id_)]
    before = [*proposed, *raised]
    says: dict[str, JsonValue] = {
        "disposition": ruling.disposition.value,
        "reason": ruling.reason.strip(),
        "in_force_at": event.model_dump(mode="json")["in_force_at"],
        "wording": row.wording,
        "concerns": {id_: one.model_dump(mode="json") for id_, one in concerns.items()},
    }
    return _record(
        session, row.rotation, row.id, linked(LinkKind.DECISION, row.id, at, before, says)
    )


def record_effect(
    session: Session,
    row: PolicyTable,
    verdict: Verdict,
    at: datetime,
    *,
    extended: int,
    measured: float | None = None,
    learnt: str = "",
) -> str:
    """Record what the measure said, or that nobody measured; return its digest."""
    proposal = Proposal.model_validate(row.proposal)
    says: dict[str, JsonValue] = {
        "verdict": verdict.value,
        "metric": proposal.metric,
        "baseline": proposal.baseline,
        "target": proposal.target,
        "measured": measured,
        "learnt": learnt,
    }
    before = _digests(session, LinkKind.DECISION, row.id)
    if not before:
        return ""
    link = linked(LinkKind.EFFECT, f"{row.id}:{extended}", at, before, says)
    return _record(session, row.rotation, row.id, link)


def chain_of(session: Session, policy: str) -> Chain:
    """Return every link of a policy change and all that they stand on, in the order of their recording."""
    query = select(ChainLinkTable).where(ChainLinkTable.policy == policy)
    found = {row.digest: row for row in session.scalars(query)}
    fresh = found
    while fresh:
        wanted = {one for row in fresh.values() for one in row.before} - found.keys()
        query = select(ChainLinkTable).where(ChainLinkTable.digest.in_(wanted))
        fresh = {row.digest: row for row in session.scalars(query)} if wanted else {}
        found |= fresh
    rows = sorted(found.values(), key=lambda row: row.number)
    return Chain(policy=policy, links=tuple(map(_as_link, rows)))


def _observed(session: Session, vault: Vault, row: ObservationTable) -> str:
    words = vault.open(session, row.person, row.sealed)
    says: dict[str, JsonValue] = {"tag": row.tag, "seal": vault.mark(session, row.person, words)}
    link = linked(LinkKind.OBSERVATION, row.id, row.noted_at, (), says)
    return _record(session, row.rotation, None, link)


def _record(session: Session, rotation: str, policy: str | None, link: ChainLink) -> str:
    known = select(ChainLinkTable.number).where(ChainLinkTable.digest == link.digest)
    if session.scalar(known) is None:
        facts = link.model_dump(mode="json")
        session.add(
            ChainLinkTable(
                digest=link.digest,
                rotation=rotation,
                policy=policy,
                kind=link.kind.value,
                about=link.about,
                at=link.at,
                before=facts["before"],
                says=facts["says"],
            )
        )
        session.flush()
    return link.digest


def _digests(session: Session, kind: LinkKind, about: str) -> list[str]:
    query = select(ChainLinkTable.digest).where(
        ChainLinkTable.kind == kind.value, ChainLinkTable.about == about
    )
    return list(session.scalars(query.order_by(ChainLinkTable.number)))


def _as_link(row: ChainLinkTable) -> ChainLink:
    return ChainLink(
        kind=LinkKind(row.kind),
        about=row.about,
        at=row.at,
        before=tuple(row.before),
        says=row.says,
        digest=row.digest,
    )

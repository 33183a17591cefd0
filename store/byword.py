"""What people without mail hear of changes from a person: owed until a program manager says that they were told."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.policymoves import PolicyErrand
from domain.proposal import Proposal
from domain.value import Value
from store.audit import note
from store.changecounts import owed_in_person
from store.changes import policy_row
from store.database import reading, writing
from store.pages import AttentionRow
from store.people import people
from store.sentences import UNTOLD
from store.tables.changes import PolicyTable, ReceiptTable

WHAT = {
    PolicyErrand.SHOW_PROPOSAL: "what is proposed, and until when they can say what speaks against it",
    PolicyErrand.TELL_DECISION: "what was decided, and why",
    PolicyErrand.TELL_VERDICT: "what came of it",
}
"""What is to be told, in the order in which it comes."""


class Untold(Value):
    """One thing that somebody is to be told."""

    key: str
    person_name: str
    what: str


class InPerson(Value):
    """Who of a change's voices was told what was decided, and who is to be told what."""

    told: int
    to_be_told: int
    """Of the decision."""
    untold: tuple[Untold, ...]


class ByWord:
    """Shows what is to be told in person, and takes that it was; ``now`` is the moment of saying so (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, policy: str) -> InPerson:
        """Return who has heard of a change and who has not."""
        with reading(self._engine) as session:
            mine = select(ReceiptTable).where(ReceiptTable.policy == policy)
            rows = session.scalars(mine).all()
            owed = session.scalars(mine.where(owed_in_person())).all()
            everybody, decided = people(session), PolicyErrand.TELL_DECISION.value
            untold = [
                Untold(key=row.key, person_name=everybody[row.person].name, what=WHAT[errand])
                for errand in WHAT
                for row in sorted(owed, key=lambda row: row.key)
                if row.errand == errand.value
            ]
            of_decision = sum(row.errand == decided for row in owed)
            return InPerson(
                told=sum(row.errand == decided for row in rows) - of_decision,
                to_be_told=of_decision,
                untold=tuple(sorted(untold, key=lambda one: one.person_name)),
            )

    def owed(self, cohort: str) -> dict[str, list[str]]:
        """Return the keys of what is to be told in a cohort, by change."""
        query = select(ReceiptTable.policy, ReceiptTable.key)
        query = query.where(ReceiptTable.cohort == cohort, owed_in_person())
        found = dict[str, list[str]]()
        with reading(self._engine) as session:
            for policy, key in session.execute(query.order_by(ReceiptTable.key)):
                found.setdefault(policy, []).append(key)
        return found

    def tell(self, policy: str, keys: Collection[str], now: datetime) -> None:
        """Note that people were told this of a change; the same again changes nothing.

        Raises Refused where nobody is chosen.
        """
        if not keys:
            raise Refused("Choose whom you have told.")
        with writing(self._engine) as session:
            rotation = policy_row(session, policy).rotation
            for row in _owed(session, policy, keys):
                row.told_at = now
                said = f"{row.person} was told of {policy} in person: {row.errand}"
                note(session, now, rotation, said)


def untold_row(
    change: PolicyTable, owed: Sequence[PolicyErrand], names: Collection[str]
) -> AttentionRow:
    """Return that people are to be told of a change, what is owed in its order, as a sentence with their names."""
    begun = {
        PolicyErrand.SHOW_PROPOSAL: change.proposed_at,
        PolicyErrand.TELL_DECISION: change.decided_at,
    }
    return AttentionRow(
        sentence=UNTOLD.format(
            names=", ".join(names),
            what=WHAT[owed[-1]],
            title=Proposal.model_validate(change.proposal).title,
        ),
        since=begun.get(owed[0]) or change.decided_at or change.proposed_at,
        concern=None,
        rotation=change.rotation,
        policy=change.id,
        what_to_do="They have no mail address. Tell them in person, and say so on the page of the change.",
    )


def _owed(session: Session, policy: str, keys: Collection[str]) -> Iterator[ReceiptTable]:
    query = select(ReceiptTable).where(ReceiptTable.policy == policy, owed_in_person())
    yield from session.scalars(query.where(ReceiptTable.key.in_(keys)).order_by(ReceiptTable.key))

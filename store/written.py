"""What was written in exercises, row by row: opened for whom it may be, and proven not to have changed."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.value import Moment, Value
from store.tables.words import ExerciseEntryTable, ExerciseSealTable
from store.vault import Unreadable, Vault


class Seal(Value):
    """The mark that was made of an exercise before its step, and the one that its words have now."""

    mark: str
    """Empty where none was made in time."""
    sealed_at: Moment
    mark_now: str = ""
    """Empty while nobody has opened it, and for words that no key opens."""

    @property
    def holds(self) -> bool:
        """Whether what is kept is what was sealed."""
        return bool(self.mark) and self.mark == self.mark_now


def as_words(answers: Mapping[str, str]) -> str:
    """Return answers as they are sealed."""
    return json.dumps(answers, ensure_ascii=False, sort_keys=True)


def as_answers(words: str) -> dict[str, str]:
    """Return the answers in what was sealed."""
    found: dict[str, str] = json.loads(words)
    return found


def opened(session: Session, vault: Vault, row: ExerciseEntryTable) -> dict[str, str]:
    """Return the answers in a row; raises Unreadable for those that no key opens."""
    return as_answers(vault.open(session, row.person, row.sealed))


def readable(
    session: Session, vault: Vault, rows: Iterable[ExerciseEntryTable]
) -> Iterator[tuple[ExerciseEntryTable, dict[str, str]]]:
    """Return rows with their answers, without those that no key of the installation opens any more."""
    for row in rows:
        with suppress(Unreadable):
            yield row, opened(session, vault, row)


def record_seal(session: Session, row: ExerciseEntryTable) -> None:
    """Record the mark of what was just finished, beside those of what stood there before."""
    session.add(
        ExerciseSealTable(
            rotation=row.rotation,
            step=row.step,
            exercise=row.exercise,
            person=row.person,
            mark=row.mark,
            sealed_at=row.written_at,
        )
    )


def seal_of(session: Session, row: ExerciseEntryTable, starts: datetime) -> Seal:
    """Return the last mark that was made of a finished exercise before its step began."""
    query = (
        select(ExerciseSealTable)
        .where(
            ExerciseSealTable.rotation == row.rotation,
            ExerciseSealTable.step == row.step,
            ExerciseSealTable.exercise == row.exercise,
            ExerciseSealTable.person == row.person,
            ExerciseSealTable.sealed_at < starts,
        )
        .order_by(ExerciseSealTable.number.desc())
        .limit(1)
    )
    found = session.scalar(query)
    if found is None:
        return Seal(mark="", sealed_at=row.written_at)
    return Seal(mark=found.mark, sealed_at=found.sealed_at)

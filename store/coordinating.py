"""Letters to a program's coordinator about the program as a whole, each once by its business identity."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from domain.invites import LetterKind
from domain.ports import Composer
from domain.program import Program
from store.people import coordinator_of, people
from store.posting import write_to


def tell_coordinator(
    session: Session,
    composer: Composer,
    program: Program,
    kind: LetterKind,
    about: str,
    facts: Mapping[str, str],
    url: str,
    now: datetime,
    lines: Sequence[str] = (),
) -> bool:
    """Write to the coordinator; False for a repeat about the same, and where they have no mail address."""
    reader = coordinator_of(program, people(session))
    if reader is None:
        return False
    key = f"{program.cohort}:{kind.value}:{about}"
    return write_to(
        session, composer, program, reader, kind, key, facts, now, url=url, lines=tuple(lines)
    )

"""Letters to a program's coordinator about the program as a whole, each once by its business identity."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from domain.invites import Letter, LetterKind
from domain.ports import Composer
from domain.program import Program
from store.inviting import contact_of
from store.people import coordinator_of, people
from store.posting import post


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
    everybody = people(session)
    reader = coordinator_of(program, everybody)
    if reader is None or reader.email is None:
        return False
    language = reader.language_in(program.language)
    letter = Letter(
        kind=kind,
        key=f"{program.cohort}:{kind.value}:{about}",
        written=now,
        reader_name=reader.name,
        reader_email=reader.email,
        facts=tuple(facts.items()),
        lines=tuple(lines),
        contact=contact_of(program, everybody),
        url=url,
        language=language,
        texts=program.texts_in(language),
    )
    return post(
        session, composer, letter, rotation=None, person=reader.ref, verb=kind.value, due=now
    )

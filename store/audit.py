"""Who did what: one line per deed, in pseudonyms, beside the change itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from store.tables.installation import AuditTable


def note(session: Session, at: datetime, rotation: str | None, sentence: str) -> None:
    """Add a line to the audit trail in the caller's transaction."""
    session.add(AuditTable(at=at, rotation=rotation, sentence=sentence))


def imported(cohort: str) -> str:
    """Return the line of an import."""
    return f"imported folder of cohort {cohort}"

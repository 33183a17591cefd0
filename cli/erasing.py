"""Erasing a person at their wish."""

from typing import Annotated

import typer

from cli.options import Yes, confirm, office
from cli.showing import console, count, errors


def erase(
    who: Annotated[str, typer.Argument(help="Name, mail address, id in people.csv or pseudonym.")],
    yes: Yes = False,
) -> None:
    """Erase somebody: their key, words, name, address, calendar and mails. This can't be undone.

    Their pseudonym, counts and decisions stay. Backups made before still hold what was erased, sealed
    by a key that they hold too: see docs/threat-model.md.

    Example: sojourn person erase "Mara Stein"
    """
    found = office()
    person = found.views.person(who)
    found.erasing.refuse(person)
    confirm(yes, f"Erase {found.views.named(person)} ({person}) for good?")
    gone = found.erasing.erase(person, found.now())
    console.print(
        f"{person} is erased: {count(gone.writings, 'writing')}, {count(gone.mails, 'mail')} and "
        f"{count(gone.calendars, 'calendar entry', 'calendar entries')}. Take them out of people.csv too.",
        markup=False,
    )
    if not gone.file_is_new:
        errors.print(
            "Another process held the database: bytes of what was erased may be left in its file. "
            "Stop Sojourn and run this once more.",
            markup=False,
        )

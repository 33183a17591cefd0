"""What came in by mail: explained without doing anything, and what is held back let count or dropped."""

import json as json_text
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cli.leaving import ATTENTION, FAILURE, OK, leave
from cli.options import Json, office, settings
from cli.showing import as_json, console, errors, table
from domain.errors import DomainError
from domain.incoming import Incoming, Judgement, judge
from domain.moments import short_time
from invites.explaining import Explanation, explain
from store.database import check_migrated
from wiring import Office, utc_now

Number = Annotated[int, typer.Argument(help="Number of the mail, as the list shows it.")]

LARGEST = 50_000_000
"""Bytes of a file that are read; no mail that a server takes is larger."""


def explain_mails(
    files: Annotated[list[Path], typer.Argument(help="Mails (.eml) or calendars (.ics).")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say what each mail is and what would become of it, and why; nothing is changed.

    The invites of this installation's database are known, where there is one; without it every
    answer is about an unknown invite.

    Example: sojourn mail explain answer.eml --json
    """
    judging, authority = _judging()
    unread = 0
    for file in files:
        try:
            raw = file.read_bytes()[:LARGEST]
        except OSError as why:
            errors.print(f"{file}: it can't be read ({why.strerror}).", markup=False)
            unread += 1
            continue
        name = os.fsencode(file).decode("utf-8", "replace")
        found = explain(name, raw, judging, authority=authority)
        if json:
            sys.stdout.write(
                json_text.dumps(found.model_dump(mode="json"), ensure_ascii=False) + "\n"
            )
        else:
            _print(found)
    leave(FAILURE if unread else OK)


def _judging() -> tuple[Callable[[Incoming], Judgement], str]:
    """How mails are judged here, and whose Authentication-Results are believed."""
    try:
        found = Office(settings())
        url = make_url(found.settings.database_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            return _knowing_nothing, found.settings.authority
        check_migrated(found.engine)
    except (DomainError, SQLAlchemyError):
        return _knowing_nothing, ""
    return lambda mail: found.answers.judge(mail, found.now()), found.settings.authority


def _knowing_nothing(mail: Incoming) -> Judgement:
    return judge(mail, None, utc_now())


def _print(found: Explanation) -> None:
    console.print(f"{found.file}: {found.kind}, {found.verdict}", style="bold", markup=False)
    console.print(f"  {found.reason[:1].upper()}{found.reason[1:]}.", markup=False)
    facts = found.model_dump(mode="json", exclude={"file", "kind", "verdict", "reason"})
    for name, value in facts.items():
        if value is not None:
            console.print(f"  {name.replace('_', ' '):<15} {value}", markup=False)


def list_held(json: Json = False) -> None:
    """List the mails that are held back: answers that may not be from the invited person.

    Example: sojourn mail quarantine list
    """
    found = office()
    held = found.answers.held()
    if json:
        as_json(held)
        leave(ATTENTION if held else OK)
    if not held:
        console.print("No mail is held back.")
        leave(OK)
    rows = [
        (
            str(one.number),
            short_time(one.received_at, "UTC"),
            found.views.named(one.person),
            one.step,
            one.rotation,
            one.reason,
        )
        for one in held
    ]
    table("Held back", ("number", "came", "invited", "step", "rotation", "why"), rows)
    leave(ATTENTION)


def release_held(number: Number) -> None:
    """Let a mail count as the invited person's answer, after you asked them.

    Example: sojourn mail quarantine release 17
    """
    found = office()
    found.answers.release(number, found.read_again(number), found.now())
    console.print(f"Mail {number} counts now.")
    leave(OK)


def drop_held(number: Number) -> None:
    """Leave a mail aside for good; the invite stays unanswered.

    Example: sojourn mail quarantine drop 17
    """
    found = office()
    found.answers.drop(number, found.now())
    console.print(f"Mail {number} is left aside.")
    leave(OK)

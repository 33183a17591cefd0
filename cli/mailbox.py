"""What came in by mail: explained without doing anything."""

import json as json_text
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cli.leaving import FAILURE, OK, leave
from cli.options import settings
from cli.showing import console, errors
from domain.errors import DomainError
from domain.incoming import Incoming, Judgement, judge
from invites.explaining import Explanation, explain
from store.database import check_migrated
from wiring import Office, utc_now

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
        found = explain(str(file), raw, judging, authority=authority)
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

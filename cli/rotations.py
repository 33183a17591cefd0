"""Commands about rotations under way: look, move, hold, leave, answer for somebody."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from cli.asking import tell
from cli.leaving import ATTENTION, OK, leave
from cli.options import Json, RotationArg, StepArg, Yes, confirm, office
from cli.showing import WIDE, as_json, console, table
from domain.errors import NotFound, Refused
from domain.events import Cancel, Hold, Reschedule, Resume, Skip, Withdraw
from domain.moments import at_wall_time, short_time
from domain.rotation import Answer
from domain.telling import STAGES
from store.pages import Overview, RotationPage, RotationRow
from wiring import Office


class Said(StrEnum):
    """What somebody may answer to an invite."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


def list_rotations(
    cohort: Annotated[str | None, typer.Option(help="Only this cohort.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only this stage.")] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only who needs a person.")
    ] = False,
    json: Json = False,
) -> None:
    """List rotations: who is where, what comes next, who needs a person.

    Example: sojourn list --attention
    """
    if stage is not None and stage not in STAGES:
        raise NotFound(f"There is no stage '{stage}'. Stages are {', '.join(STAGES)}.")
    found = office()
    page = found.views.overview(cohort)
    rows = [
        row
        for row in (found.views.rotations(page.cohort.cohort) if page.cohort else ())
        if stage in (None, row.stage) and (row.attention or not attention)
    ]
    if json:
        as_json(rows)
    else:
        _show_list(found, page, rows)
    leave(ATTENTION if page.attention else OK)


def _show_list(found: Office, page: Overview, rows: list[RotationRow]) -> None:
    zone = page.cohort.zone if page.cohort else "UTC"
    title = f"Rotations of {page.cohort.cohort}" if page.cohort else "Rotations"
    columns = ["id", "participant", "host team", "stage", "next"]
    cells = [
        [r.rotation, r.participant_name, r.host_name, r.stage, short_time(r.next_at, zone)]
        for r in rows
    ]
    if console.width >= WIDE:
        columns.append("now")
        cells = [[*cell, row.sentence] for cell, row in zip(cells, rows, strict=True)]
    table(title, columns, cells)
    for need in page.attention:
        console.print(f"! {need.sentence} {need.what_to_do}", markup=False)
    shown = page.cohort.cohort if page.cohort else ""
    others = [c.cohort for c in found.views.cohorts() if c.cohort != shown]
    if others:
        console.print(f"Other cohorts: {', '.join(others)} (sojourn list --cohort {others[0]})")


def list_changes(
    cohort: Annotated[str | None, typer.Option(help="Only this cohort.")] = None,
    json: Json = False,
) -> None:
    """List policy changes: what was proposed, decided and measured.

    Example: sojourn changes --cohort winter
    """
    found = office().change_views.all(cohort)
    if json:
        as_json(found)
    else:
        rows = [
            (
                c.policy,
                c.proposal.title,
                c.phase,
                c.owner_name,
                c.verdict,
                short_time(c.next_at, c.zone),
            )
            for c in found
        ]
        table("Policy changes", ("id", "change", "where", "decides", "effect", "next"), rows)
    leave(ATTENTION if any(c.attention for c in found) else OK)


def show(rotation: RotationArg, json: Json = False) -> None:
    """Show one rotation: steps, answers, mails and what needs a person.

    Example: sojourn show abcd2345
    """
    page = office().views.rotation(rotation)
    if json:
        as_json(page)
    else:
        _print_rotation(page)
    leave(ATTENTION if page.attention else OK)


def reschedule(
    rotation: RotationArg,
    step: StepArg,
    to: Annotated[str, typer.Option(help="New start: 2026-12-10T09:00 in the step's zone.")],
) -> None:
    """Move a step to exactly this start; only those whose step moves get mail.

    Example: sojourn reschedule abcd2345 goal-talk --to 2026-12-10T09:00
    """
    found = office()
    starts = _start(to, _zone_of(found, rotation, step))
    why_not = found.planning.why_not_then(rotation, step, starts, found.now())
    if why_not:
        raise Refused(f"{why_not} Nothing was changed.")
    tell(found, rotation, Reschedule(step=step, starts=starts))


def pause(rotation: RotationArg) -> None:
    """Put a rotation on hold: nothing is sent or escalated until it is resumed."""
    tell(office(), rotation, Hold())


def resume(rotation: RotationArg) -> None:
    """Go on with a rotation; steps whose time has passed are planned anew."""
    tell(office(), rotation, Resume())


def withdraw(rotation: RotationArg, yes: Yes = False) -> None:
    """Take a participant out of the program; their open invites are called off."""
    found = office()
    who = found.views.rotation(rotation).row.participant_name
    confirm(yes, f"Withdraw {who}? Their invites are called off; this can't be undone.")
    tell(found, rotation, Withdraw())


def cancel(
    rotation: RotationArg,
    step: Annotated[str | None, typer.Option(help="Only this step.")] = None,
    yes: Yes = False,
) -> None:
    """Cancel a rotation, or let one step of it go; invites are called off.

    Example: sojourn cancel abcd2345 --step goal-talk
    """
    found = office()
    who = found.views.rotation(rotation).row.participant_name
    if step:
        _zone_of(found, rotation, step)
        other = " and ".join(found.views.goes_with(rotation, step))
        if other:
            console.print(
                f"{step} belongs together with {other}, which stays unless you cancel it too."
            )
        found.hearing.refuse_to_close(rotation, step, found.now())
    what = f"the step {step} of {who}" if step else f"the rotation of {who}"
    confirm(yes, f"Cancel {what}? Its invites are called off; this can't be undone.")
    tell(found, rotation, Skip(step=step) if step else Cancel())


def rsvp(
    rotation: RotationArg,
    step: StepArg,
    answer: Annotated[Said, typer.Argument(help="What the person said.")],
    who: Annotated[str, typer.Option(help="Name, mail address, id in people.csv or pseudonym.")],
) -> None:
    """Record an answer that somebody gave in person or by phone.

    Example: sojourn rsvp abcd2345 listening-session accepted --who "Emil Hartwig"
    """
    found = office()
    _zone_of(found, rotation, step)
    person = found.views.person(who)
    found.sayings.answer_for(rotation, step, person, Answer(answer.value), found.now())
    console.print(found.views.named(f"Recorded: {person} has {answer.value} {step}."), markup=False)


def _zone_of(found: Office, rotation: str, key: str) -> str:
    page = found.views.rotation(rotation)
    for step in page.row.steps:
        if step.key == key:
            return step.zone
    known = ", ".join(step.key for step in page.row.steps)
    raise NotFound(f"Rotation {rotation} has no step '{key}'; it has {known}.")


def _start(text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotFound(f"'{text}' is not a time; write it as 2026-12-10T09:00.") from None
    if moment.tzinfo:
        return moment.astimezone(UTC)
    return at_wall_time(moment.date(), moment.time(), zone)


def _print_rotation(page: RotationPage) -> None:
    console.print(f"{page.row.participant_name} visits {page.row.host_name}", markup=False)
    console.print(page.row.sentence, markup=False)
    rows = [
        (s.key, s.phase.value, short_time(s.starts, s.zone), a.name, a.answer.value, a.delivery)
        for s in page.row.steps
        for a in s.attendees
    ]
    table("Steps", ("step", "phase", "starts", "who", "answer", "mail"), rows)
    for attention in page.attention:
        console.print(f"! {attention.sentence} {attention.what_to_do}", markup=False)

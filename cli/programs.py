"""Commands for versions of a program: what differs, and letting a new one be followed."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from temporalio.client import Client

from cli.leaving import FAILURE, OK, leave
from cli.options import CohortOption, Json, Yes, confirm, office
from cli.reconciling import mend_schedules
from cli.releasing import replay_all, there
from cli.showing import as_json, console, count, rejections, table
from domain.difference import by_reach, differences
from domain.errors import Refused
from domain.folder import Folder, Rejection
from domain.program import Program
from store.programs import BlastRadius
from wiring import Office, read_program_folder, utc_now
from workflows.names import schedule_id

app = typer.Typer(no_args_is_help=True, help="Versions of a program: what differs, what follows.")

MOST_SHOWN = 20
"""Rotations in a table; --json has all of them."""

NewFolder = Annotated[
    Path, typer.Argument(exists=True, file_okay=False, help="The folder of the new version.")
]


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="A program folder, or the key of a cohort.")],
    new: NewFolder,
    json: Json = False,
) -> None:
    """Say in plain words what a new version changes, for whom, and which mails that would bring.

    Nothing is changed. Against a cohort it also lists what runs: what would keep to its version, and
    whom new words would reach.

    Example: sojourn program diff my-program my-program-next

    Example: sojourn program diff winter my-program-next
    """
    folder = Path(old)
    found = _of_folders(folder, new) if folder.is_dir() else _of_cohort(old, new)
    if json:
        as_json(found)
    else:
        _show(found)
    leave(OK)


@app.command("activate")
def activate(
    folder: NewFolder,
    cohort: CohortOption,
    running: Annotated[
        bool, typer.Option("--running", help="Let what runs take over new words, and mail them.")
    ] = False,
    closed: Annotated[
        int, typer.Option(min=0, max=10_000, help="How many ended processes to replay as well.")
    ] = 20,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Let whatever begins in a cohort from now on follow a new version of its program.

    Rotations under way keep to the version that they began with. Every history is replayed first; one
    that would fail is named, and nothing is done. Only mails that are shown before go out, and only
    with --running. People, teams and goals of the folder are not read: import them.

    Example: sojourn program activate my-program-next --cohort winter
    """
    found = office()
    program = _read(found.read(folder, today=found.now().date()))
    found.programs.refuse(cohort, program)
    seen = found.programs.radius(cohort, program, found.now())
    if not json:
        _show(seen)

    def agree() -> None:
        mails = count(len(seen.mails) + seen.letters, "mail") if running else "No mail"
        confirm(yes, f"Activate version {seen.new} of {cohort}? {mails} will go out.")

    async def followed() -> None:
        client = await there(found.settings.temporal, found.settings.namespace)
        await follow(found, client, seen, program, agree, running=running, closed=closed)

    asyncio.run(followed())
    if json:
        as_json(seen)
    else:
        console.print(f"Version {seen.new} is active in {cohort}.")
    leave(OK, talked_to_temporal=True)


async def follow(
    found: Office,
    client: Client,
    seen: BlastRadius,
    program: Program,
    agree: Callable[[], None] = lambda: None,
    *,
    running: bool,
    closed: int = 0,
) -> None:
    """Let a version be followed once every history replays and a person has agreed.

    Raises Refused, naming the workflow, where one would fail or, with ``running``, can't take it over.
    """
    if running:
        seen.refuse_blocked()
    broken = next((one for one in await replay_all(client, closed) if one.problem), None)
    if broken:
        raise Refused(
            f"{broken.workflow_id} would fail with this version of Sojourn: {broken.problem}. "
            "Nothing was activated. Run sojourn replay for all of them."
        )
    agree()
    series = found.rituals.series(seen.cohort)
    before = [schedule_id(one.cohort, one.ritual.key) for one in series]
    activate_in = partial(found.programs.activate, seen, program, found.now(), running=running)
    await asyncio.to_thread(activate_in)
    await mend_schedules(found, client, before)


def _of_folders(old: Path, new: Path) -> BlastRadius:
    today = utc_now().date()
    before, after = (_read(read_program_folder(one, today)) for one in (old, new))
    return BlastRadius(
        cohort=after.cohort,
        old=before.version,
        new=after.version,
        differences=differences(before, after),
    )


def _of_cohort(cohort: str, folder: Path) -> BlastRadius:
    found = office()
    found.programs.current(cohort)
    program = _read(found.read(folder, today=found.now().date()))
    return found.programs.radius(cohort, program, found.now())


def _read(found: Folder | tuple[Rejection, ...]) -> Program:
    if isinstance(found, tuple):
        rejections(found)
        leave(FAILURE)
    return found.program


def _show(found: BlastRadius) -> None:
    console.print(f"Version {found.old} to {found.new} of {found.cohort}", markup=False)
    if not found.differences:
        console.print("Nothing differs.")
    for heading, some in by_reach(found.differences):
        console.print(f"\n{heading}:")
        for one in some:
            console.print(f"- {one.sentence}", markup=False)
    _show_what_runs(found)
    if found.mails:
        console.print("\nInvites that go out again with --running (--json has their words):")
    for step in dict.fromkeys(mail.step for mail in found.mails):
        readers = {mail.reader_email for mail in found.mails if mail.step == step}
        console.print(f"- '{step}' to {count(len(readers), 'person', 'people')}", markup=False)
    if found.letters:
        letters = count(found.letters, "letter")
        console.print(f"\nWith --running also {letters} to proxies: another place.")


def _show_what_runs(found: BlastRadius) -> None:
    rows = [
        (
            one.workflow_id,
            f"keeps to version {one.follows}",
            f"can't: {one.why_not}"
            if one.why_not
            else f"takes it over: {count(one.mails, 'mail')}",
        )
        for one in found.under_way[:MOST_SHOWN]
    ]
    if rows:
        further = len(found.under_way) - len(rows)
        console.print()
        table(
            f"{count(len(found.under_way), 'process', 'processes')} under way"
            + (f", of which {further} are not shown" if further else ""),
            ("process", "stays", "with --running"),
            rows,
        )

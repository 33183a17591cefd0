"""The chain of a policy change as a file, and whether a file still says what was recorded."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cli.leaving import FAILURE, OK, leave
from cli.options import office
from cli.showing import console, count, errors
from domain.chain import Chain, LinkKind, differences, faults
from domain.errors import DomainError, NotFound
from wiring import Office
from workflows import handles, operations
from workflows.names import policy_workflow_id, rotation_workflow_id


class NoChain(DomainError):
    """A file that is no chain of a policy change."""


def export_chain(
    policy: Annotated[str, typer.Argument(help="The change's id, as 'sojourn changes' shows it.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A file; else it is printed.")
    ] = None,
) -> None:
    """Write down what a change stands on and what came of it, each link with its digest.

    Words of people who spoke are sealed in it. Example: sojourn chain export k7abcd23 -o chain.json
    """
    found = office().change_views.chain(policy)
    text = found.model_dump_json(indent=2) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    console.print(f"{count(len(found.links), 'link')} in {out}.", markup=False)


def verify_chain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A chain as exported.")],
    history: Annotated[
        bool, typer.Option("--history", help="Compare with Temporal's histories as well.")
    ] = False,
) -> None:
    """Check that a chain is whole and says what this installation recorded.

    Exit code 1: something was altered, added or taken out; each is named.

    Example: sojourn chain verify chain.json --history
    """
    chain = _read(file)
    found = office()
    wrong = [*faults(chain), *_unlike_the_store(found, chain)]
    if history:
        wrong += _unlike_history(found, chain)
    for sentence in wrong:
        errors.print(sentence, markup=False)
    if not wrong:
        told = "its process and the store" if history else "the store"
        console.print(f"{count(len(chain.links), 'link')}, whole, and as {told} recorded them.")
    leave(FAILURE if wrong else OK, talked_to_temporal=history)


_TOLD_BY_OTHERS = frozenset({LinkKind.OBSERVATION, LinkKind.HYPOTHESIS, LinkKind.RESULT})
"""Kinds whose digests histories hold only in those of the summary or proposal that stands on them."""


def _read(file: Path) -> Chain:
    try:
        return Chain.model_validate_json(file.read_bytes())
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise NoChain(f"{file} is no chain of a change: {place}: {first['msg']}.") from None


def _unlike_the_store(found: Office, chain: Chain) -> Iterator[str]:
    recorded = {link.digest for link in found.change_views.chain(chain.policy).links}
    yield from differences(chain, recorded, "The store")
    for link in chain.links:
        if link.digest not in recorded:
            yield f"The {link.kind} {link.about} was never recorded here."


def _unlike_history(found: Office, chain: Chain) -> Iterator[str]:
    own, visit = asyncio.run(_recorded(found, chain))
    yield from differences(chain, own, "The history")
    for link in chain.links:
        unmeasured = link.kind is LinkKind.EFFECT and link.says.get("measured") is None
        told = link.kind not in _TOLD_BY_OTHERS and not unmeasured
        if told and link.digest not in {*own, *visit}:
            yield f"The {link.kind} {link.about} is not in the history of its process."


async def _recorded(found: Office, chain: Chain) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the histories of the change and of the rotation that it came from have recorded."""
    settings = found.settings
    client = await handles.connect(settings.temporal, settings.namespace)
    if not await handles.reachable(client):
        raise NotFound(f"Temporal at {settings.temporal} does not answer.")
    change = found.change_views.one(chain.policy)
    visit = rotation_workflow_id(change.cohort, change.rotation)
    return (
        await operations.recorded_evidence(client, policy_workflow_id(chain.policy)),
        await operations.recorded_evidence(client, visit),
    )

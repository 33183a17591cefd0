"""What the standard rotation costs, beside a naive design: ``python -m bench.actions [--json] [--save]``."""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from temporalio.api.workflowservice.v1 import GetSystemInfoRequest

from bench.counting import Usage
from bench.naive import run_naively
from bench.ours import actions_in_the_clockwork, nameless_client, run_on_a_server
from rehearsal.report import Report
from rehearsal.stage import Wanted, rehearse
from rehearsal.temper import Temper
from tests.light import light_example
from tests.workflow.conftest import time_skipping_server, working

ACTIONS_AT_MOST = 58
OPEN_BYTES_AT_MOST = 40_000
TIMES_FEWER = 4
"""The targets: for the standard rotation alone, and for actions and events beside the naive design."""

RESULTS = Path(__file__).parent / "results" / "actions.md"


@dataclass(frozen=True)
class Comparison:
    """Everything that was measured."""

    ours: Usage
    naive: Usage
    on_the_server: int
    """Actions of the standard rotation with its whole cohort and its policy change."""
    in_the_clockwork: int
    """The same as a rehearsal counts it."""
    server: str

    @property
    def rows(self) -> tuple[tuple[str, int, int, str], ...]:
        """Return each measure of both designs with its target."""
        ours, naive = self.ours, self.naive
        fewer = f"{TIMES_FEWER} times fewer"
        return (
            ("billable actions", ours.billed, naive.billed, f"{ACTIONS_AT_MOST}, {fewer}"),
            ("events", ours.events, naive.events, fewer),
            ("largest open history, bytes", ours.open_bytes, naive.open_bytes, f"{OPEN_BYTES_AT_MOST}"),
            ("all histories, bytes", ours.all_bytes, naive.all_bytes, ""),
        )  # fmt: skip


@contextmanager
def _nothing_of_the_server_printed() -> Iterator[None]:
    """Send to standard error what a server writes to the standard output that it inherits."""
    sys.stdout.flush()
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)


async def compare() -> Comparison:
    """Run the standard rotation in both designs on one server that skips time."""
    environment = await time_skipping_server()
    try:
        client = await nameless_client(environment)
        async with working(client) as office:
            run = await run_on_a_server(environment, office)
        naive = await run_naively(environment, client)
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    finally:
        await environment.shutdown()
    return Comparison(
        ours=run.own,
        naive=naive,
        on_the_server=run.all_actions,
        in_the_clockwork=await asyncio.to_thread(actions_in_the_clockwork),
        server=info.server_version,
    )


def rehearse_the_default() -> Report:
    """Rehearse the example without its cards for six months in which nobody declines."""
    with tempfile.TemporaryDirectory() as home:
        wanted = Wanted(
            folder=light_example(Path(home) / "light"),
            months=6,
            seed=1,
            starts=date(2026, 11, 30),
            temper=Temper(declines=0),
        )
        return rehearse(wanted)


def as_markdown(found: Comparison, default: Report) -> str:
    """Return the results as a page."""
    measures = "".join(
        f"| {name} | {ours} | {naive} | {naive / ours:.1f} | {target} |\n"
        for name, ours, naive, target in found.rows
    )
    kinds = sorted({*found.ours.actions, *found.naive.actions})
    actions = "".join(
        f"| {kind} | {found.ours.actions.get(kind, 0)} | {found.naive.actions.get(kind, 0)} |\n"
        for kind in kinds
    )
    return (
        "# What a rotation costs in Temporal\n\n"
        f"{datetime.now(UTC):%-d %B %Y}, {os.cpu_count()} cores, "
        f"Temporal server {found.server}; `make bench` measures it again.\n\n"
        "The standard rotation (`bench/standard.py`) as Sojourn runs it, beside the naive design "
        "(`bench/naive.py`).\nIts start and its repair, which its cohort does for it, are counted "
        "in; the planning of the cohort is not.\n\n"
        "| | Sojourn | naive | naive / Sojourn | target |\n|---|--:|--:|--:|---|\n"
        f"{measures}\n"
        f"| billable actions | Sojourn | naive |\n|---|--:|--:|\n{actions}\n"
        "With the planning of its cohort, and its policy change as far as the owner being asked: "
        f"{found.on_the_server} actions on the server,\n"
        f"{found.in_the_clockwork} by the count of a rehearsal.\n\n"
        "The default program (`examples/service-desk` without cards, tensions and voices): "
        f"{default.actions_per_rotation:g} actions per rotation, with consents,\ncohort and policy "
        f"change. That is a rehearsal of {default.rotations} rotations over {default.months} "
        f"months, seed {default.seed}, with a decline rate of 0.\n"
    )


def as_json(found: Comparison, default: Report) -> str:
    """Return the results for programs."""
    return json.dumps(
        asdict(found)
        | {"default_actions_per_rotation": default.actions_per_rotation}
        | {"ratios": {name: round(naive / ours, 2) for name, ours, naive, _ in found.rows}},
        indent=2,
    )


def main() -> None:
    """Measure, print, and with ``--save`` keep the page of results."""
    parser = argparse.ArgumentParser(prog="python -m bench.actions", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--save", action="store_true", help="write bench/results/actions.md")
    wanted = parser.parse_args()
    logging.getLogger("temporalio").setLevel(logging.ERROR)
    with _nothing_of_the_server_printed():
        found, default = asyncio.run(compare()), rehearse_the_default()
    page = as_markdown(found, default)
    print(as_json(found, default) if wanted.json else page)
    if wanted.save:
        RESULTS.write_text(page)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
    time.sleep(0.5)
    os._exit(0)

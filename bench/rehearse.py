"""How a rehearsal's time grows with its participants: ``python -m bench.rehearse [--months 12] [N ...]``."""

import argparse
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from bench.folders import write_folder
from rehearsal.report import Report
from rehearsal.stage import Wanted, rehearse
from rehearsal.temper import Temper

SIZES = (10, 20, 50, 200)
FIRST_DAY = date(2026, 11, 24)


def measure(participants: int, months: int) -> Report:
    """Rehearse a generated cohort of that size."""
    with tempfile.TemporaryDirectory() as home:
        folder = write_folder(Path(home) / "folder", participants)
        wanted = Wanted(folder=folder, months=months, seed=1, starts=FIRST_DAY, temper=Temper())
        return rehearse(wanted)


def main() -> None:
    """Print one line a size; the processor's seconds hold on a busy machine too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = []
    for size in chosen.sizes:
        began = time.process_time()
        report = measure(size, chosen.months)
        worked = time.process_time() - began
        each = report.seconds / report.rotations
        rows.append(
            {
                "participants": size,
                "seconds": report.seconds,
                "seconds_per_rotation": round(each, 3),
                "processor_per_rotation": round(worked / report.rotations, 3),
                "finished": report.finished,
                "mails": report.mails,
                "repairs": report.repairs,
                "reminders_per_week_max": report.reminders_per_week_max,
                "verdicts": report.verdicts,
            }
        )
        sys.stderr.write(f"{rows[-1]}\n")
    if chosen.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    sys.stdout.write(
        "| participants | seconds | per rotation | of the processor | finished | mails | repairs |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for row in rows:
        sys.stdout.write(
            f"| {row['participants']} | {row['seconds']} | {row['seconds_per_rotation']} "
            f"| {row['processor_per_rotation']} | {row['finished']} | {row['mails']} | {row['repairs']} |\n"
        )


if __name__ == "__main__":
    main()

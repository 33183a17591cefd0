"""The planner beside its peers: ``python -m bench.planner [part] [participants:teams ...] [--save]``.

Without a part, all of them but ``cpsat``, which alone takes ten minutes; ``--save`` keeps the results in
``docs/benchmarks.md``.
"""

import argparse
import importlib

from bench.planner.page import keep, when

PARTS = {
    "flow": "flowing",
    "highs": "optimum",
    "cpsat": "monolithic",
    "repair": "declines",
    "dropout": "dropouts",
    "slots": "common",
    "fairness": "fairness",
    "growth": "growth",
}
LONG = "cpsat"


def main() -> None:
    """Measure and print; each part reads the libraries that it needs."""
    parser = argparse.ArgumentParser(prog="python -m bench.planner", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("sizes", nargs="*", metavar="participants:teams")
    parser.add_argument(
        "--save", action="store_true", help="keep the results in docs/benchmarks.md"
    )
    wanted = parser.parse_args()
    sizes = [tuple(map(int, size.split(":"))) for size in wanted.sizes]
    for part in [wanted.part] if wanted.part else [p for p in PARTS if p != LONG]:
        report = importlib.import_module(f"bench.planner.{PARTS[part]}").report
        text = f"{report(sizes)}\n\n{when(f'bench.planner {part}')}"
        print(f"## {part}\n\n{text}\n", flush=True)
        if wanted.save:
            keep(part, text)


if __name__ == "__main__":
    main()

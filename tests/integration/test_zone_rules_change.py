"""A zone gets new rules: the same installation, read with another time zone database."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from domain.due import catch_up
from domain.telling import dispatch
from settings import Settings
from tests.migrated import give_schema
from tests.servers import free_port
from wiring import Office

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "service-desk"
FOLLOW = """
import json, sys
from pathlib import Path
from settings import Settings
from wiring import Office
office = Office(Settings(local=True, data=Path(sys.argv[1]), temporal="127.0.0.1:1"))
office.follow_zone_rules(office.now())
told = {(n.workflow_id, n.event.step): n.event.starts.isoformat() for n in office.news.pending(office.now(), 99)}
print(json.dumps([[*name, at] for name, at in told.items()]))
"""


def invited(home: Path) -> Office:
    """The example with the invites of one rotation out."""
    home.mkdir()
    office = Office(Settings(local=True, data=home, temporal=f"127.0.0.1:{free_port()}"))
    give_schema(office.engine)
    now = datetime.now(UTC)
    office.load(EXAMPLE, dry_run=False, today=now.date())
    office.planning.make_plan("winter", now)
    office.planning.approve("winter", 1, now)
    states = office.planning.rotations("winter", 1)
    state = next(s for s in states if s.consented and s.steps[0].zone == "Europe/Berlin")
    after, errands = catch_up(state, now)
    office.correspondence.carry_out(dispatch(after, errands, now))
    return office


def berlin_two_hours_on(home: Path) -> Path:
    """A time zone database in which Berlin has moved east for good."""
    with as_file(files("tzdata")) as package:
        shutil.copytree(package, home / "tzdata")
    zones = home / "tzdata" / "zoneinfo"
    shutil.copy(zones / "Etc" / "GMT-3", zones / "Europe" / "Berlin")
    return home


def test_content_c18_after_an_upgrade_of_the_zones_steps_keep_their_hour(tmp_path: Path) -> None:
    office = invited(tmp_path / "data")
    (tmp_path / "new").mkdir()
    path = f"{berlin_two_hours_on(tmp_path / 'new')}:{ROOT}"
    before = [state for state in office.records.rotations("winter") if state.steps]
    starts = {s.key: s.starts for state in before for s in state.steps if s.zone == "Europe/Berlin"}

    done = subprocess.run(
        [sys.executable, "-c", FOLLOW, str(tmp_path / "data")],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    told = json.loads(done.stdout)
    assert told, "nothing moved"
    for _, step, at in told:
        assert starts[step] - datetime.fromisoformat(at) == timedelta(hours=2)

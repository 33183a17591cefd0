"""Independent readers of calendars: ical.js, as Thunderbird and Nextcloud read, and libical."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.servers import program

ICAL_JS = Path(__file__).parent / "vendor" / "ical.min.cjs"

Times = tuple[datetime, ...]
"""Start and end of an event; neither for an answer to a proposal."""

_READ = """
texts => texts.map(text => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  calendar.getAllSubcomponents("vtimezone").forEach(zone => ICAL.TimezoneService.register(zone));
  const event = calendar.getFirstSubcomponent("vevent");
  const times = ["dtstart", "dtend"].map(name => event.getFirstPropertyValue(name));
  return times.filter(time => time).map(time => time.toJSDate().toISOString());
})
"""

_LIBICAL = """
import json, sys, gi
gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as I
utc = I.Timezone.get_utc_timezone()
found = []
for text in json.load(sys.stdin):
    calendar = I.Parser.parse_string(text)
    event = calendar.get_first_component(I.ComponentKind.VEVENT_COMPONENT)
    times = [event.get_dtstart(), event.get_dtend()]
    times = [t.convert_to_zone(utc).as_ical_string() for t in times if not t.is_null_time()]
    found.append([calendar.count_errors(), I.restriction_check(calendar), *times])
json.dump(found, sys.stdout)
"""


def read_by_ical_js(texts: Sequence[str]) -> list[Times]:
    """Return what ical.js makes of calendars: run by node where there is one, else by Chromium."""
    node = shutil.which("node")
    found = _in_node(node, texts) if node else _in_chromium(texts)
    return [_times(row) for row in found]


def _in_node(node: str, texts: Sequence[str]) -> list[list[str]]:
    script = f"""
        const ICAL = require({json.dumps(str(ICAL_JS))});
        const read = {_READ};
        const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
        process.stdout.write(JSON.stringify(read(texts)));
    """
    done = subprocess.run(
        [node, "-e", script], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


def _in_chromium(texts: Sequence[str]) -> list[list[str]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.add_script_tag(content=ICAL_JS.read_text())
        found: list[list[str]] = page.evaluate(_READ, list(texts))
        browser.close()
    return found


def read_by_libical(texts: Sequence[str]) -> list[Times]:
    """Return what libical makes of calendars, which must keep RFC 5546's tables of each method."""
    done = subprocess.run(
        ["/usr/bin/python3", "-c", _LIBICAL],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(done.stdout)
    assert [(errors, valid) for errors, valid, *_ in rows] == [(0, True)] * len(texts)
    return [_times(row[2:]) for row in rows]


def _times(row: list[str]) -> Times:
    return tuple(map(datetime.fromisoformat, row))

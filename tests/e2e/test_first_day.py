"""The promise of the README: one command, and answers turn into decisions."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.installation import Installation
from workflows import attributes


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("first-day"))
    running.start()
    yield running
    running.stop()


def steps_of(installation: Installation, rotation: dict[str, object]) -> list[dict[str, object]]:
    fresh = next(r for r in installation.rotations() if r["rotation"] == rotation["rotation"])
    steps = fresh["steps"]
    assert isinstance(steps, list)
    return steps


def attendees(step: dict[str, object]) -> list[dict[str, object]]:
    found = step["attendees"]
    assert isinstance(found, list)
    return found


def invited_rotation(installation: Installation) -> dict[str, object]:
    """A rotation whose steps up to the reflection are all still to be answered."""
    for rotation in installation.rotations():
        steps = steps_of(installation, rotation)[:4]
        if all(s["phase"] == "invited" for s in steps):
            answers = [a["answer"] for s in steps for a in attendees(s)]
            if set(answers) == {"needs-action"}:
                return rotation
    raise AssertionError("no rotation is freshly invited")


def mail_to(installation: Installation, uid: object, sequence: int = 0) -> dict[str, object]:
    found = [m for m in installation.mails() if (m["uid"], m["sequence"]) == (uid, sequence)]
    assert len(found) == 1
    return found[0]


def test_every_attendee_of_each_open_step_holds_one_request(installation: Installation) -> None:
    invited = [
        attendee["uid"]
        for rotation in installation.rotations()
        for step in steps_of(installation, rotation)
        if step["phase"] == "invited"
        for attendee in attendees(step)
        if attendee["has_mail"]
    ]
    sent = Counter(m["uid"] for m in installation.mails() if m["method"] == "REQUEST")

    assert invited
    assert sent == Counter(invited)


def test_consents_that_are_open_keep_their_rotation_from_inviting(
    installation: Installation,
) -> None:
    waiting = [r for r in installation.rotations() if r["stage"] in {"release", "host"}]
    asked = [m["subject"] for m in installation.mails() if m["method"] is None]

    assert len(waiting) == 1
    assert asked == ["Do you release Aisha Rahman for a visit?"]


def test_an_accept_shows_on_the_overview_within_five_seconds(installation: Installation) -> None:
    rotation = invited_rotation(installation)
    step = steps_of(installation, rotation)[0]
    uid = attendees(step)[0]["uid"]
    number = mail_to(installation, uid)["id"]

    installation.web.post(f"/inbox/messages/{number}/answer", data={"answer": "accepted"})

    installation.until(
        lambda: attendees(steps_of(installation, rotation)[0])[0]["answer"] == "accepted", 5
    )
    page = installation.web.get("/").text
    assert "1 of 2 accepted" in page


def test_a_decline_moves_one_step_and_only_its_people_get_mail(
    installation: Installation,
) -> None:
    rotation = invited_rotation(installation)
    before = steps_of(installation, rotation)
    manager = attendees(before[0])[1]
    mails = len(installation.mails())

    number = mail_to(installation, manager["uid"])["id"]
    installation.web.post(f"/inbox/messages/{number}/answer", data={"answer": "declined"})
    installation.until(
        lambda: steps_of(installation, rotation)[0]["starts"] != before[0]["starts"], 30
    )

    after = steps_of(installation, rotation)
    moved = [a["key"] for a, b in zip(after, before, strict=True) if a["starts"] != b["starts"]]
    assert moved == ["goal-talk"]
    installation.until(lambda: len(installation.mails()) == mails + 2)
    new = installation.mails()[mails:]
    assert {m["uid"] for m in new} == {a["uid"] for a in attendees(before[0])}
    assert {(m["method"], m["sequence"]) for m in new} == {("REQUEST", 1)}


async def test_temporal_lists_each_rotation_with_stage_date_and_attention(
    installation: Installation,
) -> None:
    client = await Client.connect(installation.temporal)
    query = 'WorkflowType="RotationWorkflow" AND NeedsAttention=false'

    found = [run async for run in client.list_workflows(query)]

    assert len(found) == 8
    for run in found:
        known = run.typed_search_attributes
        assert known[attributes.STAGE] in {"learning-goal-talk", "release"}
        assert known[attributes.NEXT_ACTION_AT]
        assert known[attributes.WAITING_ON]


def test_a_process_killed_at_any_moment_comes_back_and_nothing_is_lost(
    installation: Installation,
) -> None:
    rotation = invited_rotation(installation)
    uid = attendees(steps_of(installation, rotation)[1])[0]["uid"]
    number = mail_to(installation, uid)["id"]
    installation.web.post(f"/inbox/messages/{number}/answer", data={"answer": "accepted"})

    for part in ("worker", "mail", "web"):
        installation.kill(part)

    def accepted() -> bool:
        return attendees(steps_of(installation, rotation)[1])[0]["answer"] == "accepted"

    installation.until(accepted, 40)
    installation.until(lambda: installation.web.get("/").status_code == 200, 40)


def test_temporal_killed_comes_back_and_answers_given_meanwhile_are_heard(
    installation: Installation,
) -> None:
    rotation = invited_rotation(installation)
    step = steps_of(installation, rotation)[2]
    needed = attendees(step)

    installation.kill("server")
    for attendee in needed:
        if attendee["uid"]:
            number = mail_to(installation, attendee["uid"])["id"]
            installation.web.post(f"/inbox/messages/{number}/answer", data={"answer": "accepted"})
    assert installation.web.get("/").status_code == 200

    installation.until(lambda: steps_of(installation, rotation)[2]["phase"] == "confirmed", 60)


def test_commands_say_what_they_did_and_refuse_with_a_sentence(
    installation: Installation,
) -> None:
    rotation = str(invited_rotation(installation)["rotation"])

    held = installation.command("pause", rotation)
    again = installation.command("pause", rotation)
    resumed = installation.command("resume", rotation)

    assert (held.returncode, resumed.returncode) == (0, 0)
    assert again.returncode == 1
    assert again.stderr.strip() == "This rotation is already on hold."


def test_a_move_that_cannot_be_is_refused_with_the_reason_and_changes_nothing(
    installation: Installation,
) -> None:
    rotation = invited_rotation(installation)
    step = steps_of(installation, rotation)[0]

    moved = installation.command(
        "reschedule", str(rotation["rotation"]), str(step["key"]), "--to", "2030-12-08T03:00"
    )

    assert moved.returncode == 1
    assert "outside the program's weeks" in " ".join(moved.stderr.split())
    assert steps_of(installation, rotation)[0] == step


def test_what_needs_a_person_is_listed_with_its_rotation(installation: Installation) -> None:
    listed = installation.command("list", "--attention", "--json")

    assert listed.returncode == 3
    assert all(row["attention"] for row in json.loads(listed.stdout))
    assert json.loads(listed.stdout)


def test_a_withdrawal_calls_every_open_invite_off(installation: Installation) -> None:
    rotation = invited_rotation(installation)
    uids = {
        a["uid"]
        for s in steps_of(installation, rotation)
        for a in attendees(s)
        if a["uid"] and a["has_mail"]
    }

    done = installation.command("withdraw", str(rotation["rotation"]), "--yes")

    assert done.returncode == 0
    installation.until(
        lambda: {m["uid"] for m in installation.mails() if m["method"] == "CANCEL"} >= uids
    )


def test_a_second_start_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    running = Installation(tmp_path)
    running.start()
    first = running.mails()
    assert running.stop() == 0

    running.start()
    running.until(lambda: len(running.rotations()) == 8)

    assert running.mails() == first
    assert running.stop() == 0

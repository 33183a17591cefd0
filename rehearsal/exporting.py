"""Every mail of a rehearsal as a file, with an index that other programs can check."""

import json
from pathlib import Path

from sqlalchemy import Engine, select

from domain.errors import Refused
from domain.rotation import RotationState
from store.database import reading
from store.reminding import REMINDER_KINDS
from store.tables.mail import OutboxTable, RawMailTable
from store.tables.rotations import RotationTable

INDEX = "index.jsonl"
CONSENTS = "consents.jsonl"
ANSWERS = "answers"


def refuse_full(folder: Path) -> None:
    """Raise Refused when there is anything in the folder already."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(
            f"{folder} is not empty; choose a folder that is, or that does not exist yet."
        )


def export_mails(engine: Engine, folder: Path) -> None:
    """Write each mail that was sent and each answer that came back, byte for byte.

    ``index.jsonl`` has one object a sent mail, ``consents.jsonl`` one a consent (moments in UTC).
    """
    (folder / ANSWERS).mkdir(parents=True, exist_ok=True)
    with reading(engine) as session, (folder / INDEX).open("w") as index:
        sent = select(OutboxTable).where(OutboxTable.state == "sent", OutboxTable.carrier.is_(None))
        for row in session.scalars(sent.order_by(OutboxTable.settled_at, OutboxTable.number)):
            name = f"{row.number:06d}.eml"
            (folder / name).write_bytes(row.raw)
            index.write(_line(_about(row) | {"file": name}))
        for answer in session.scalars(select(RawMailTable).order_by(RawMailTable.number)):
            (folder / ANSWERS / f"{answer.number:06d}.eml").write_bytes(answer.raw)
        states = select(RotationTable.state).order_by(RotationTable.id)
        with (folder / CONSENTS).open("w") as consents:
            for state in session.scalars(states.where(RotationTable.state.is_not(None))):
                consents.writelines(map(_line, _consents(RotationState.model_validate(state))))


def _about(row: OutboxTable) -> dict[str, object]:
    return {
        "at": row.settled_at.isoformat() if row.settled_at else None,
        "to": row.recipient,
        "person": row.person,
        "rotation": row.rotation,
        "step": row.step,
        "kind": row.kind,
        "reminder": row.kind in REMINDER_KINDS,
        "uid": row.uid,
        "sequence": row.sequence,
    }


def _consents(state: RotationState) -> list[dict[str, object]]:
    return [
        {
            "rotation": state.rotation,
            "host": state.host_at(gate.stop),
            "gate": gate.gate.value,
            "person": gate.person,
            "asked_at": gate.asked_at.isoformat() if gate.asked_at else None,
            "agreed_at": gate.passed_at.isoformat() if gate.passed_at else None,
            "refused_at": gate.refused_at.isoformat() if gate.refused_at else None,
        }
        for gate in state.gates
    ]


def _line(facts: dict[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False) + "\n"

"""What time brings about, once an hour: one look that fails keeps none of the others from happening."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.people import Seat
from domain.program import StepKind
from store.database import reading
from store.tables.voices import VoiceTable
from tests.visit import Visit


def test_one_look_that_fails_is_told_and_keeps_none_from_happening(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    office, session = visit.office, visit.step(StepKind.LISTENING_SESSION)
    speaker = next(a.person for a in session.attendees if a.seat is Seat.FRONTLINE)
    visit.moment = session.starts
    said = (visit.state.rotation, session.key, speaker, "a" * 26)
    office.voices.say(*said, "The key is lost", "en", visit.moment)
    visit.moment += timedelta(days=380)
    with office.engine.begin() as opened:
        opened.exec_driver_sql("ALTER TABLE tension RENAME TO gone")

    with (
        caplog.at_level(logging.WARNING, logger="office"),
        pytest.raises(ExceptionGroup, match="some of what time brings about") as failed,
    ):
        office.look_after()

    assert [type(one).__name__ for one in failed.value.exceptions] == ["OperationalError"]
    assert [record.getMessage() for record in caplog.records] == [
        "Tensions.tell_what_is_due failed: OperationalError"
    ]
    with reading(office.engine) as opened_again:
        (point,) = opened_again.scalars(select(VoiceTable)).all()
    assert point.sealed == b""

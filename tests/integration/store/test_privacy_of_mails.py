"""Whoever is invited with whom: a mail tells its reader of nobody whom the program does not show."""

import itertools
from email import message_from_bytes
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.events import Withdraw
from domain.moves import apply
from domain.rotation import Answer
from domain.telling import dispatch
from invites.composer import MailComposer
from store.correspondence import CorrespondenceDesk
from store.database import open_database, reading
from store.importing import load_folder
from store.sayings import Sayings
from store.tables.base import Base
from store.tables.mail import OutboxTable
from tests.builders import COLLEAGUES, DAY, HOUR, LEADER, MONDAY, PARTICIPANT
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    PlainLinks,
    a_folder,
    a_person,
    all_leave,
    invited,
    invites,
    inviting,
    loaded_again,
    mails,
    replanned,
)

STEPS = ("goal-talk", "shadowing-day", "listening-session", "reflection")
_numbers = itertools.count(1)

tokens = st.text(st.sampled_from("QXZJVWĄŐ"), min_size=7, max_size=9)
"""Names that are part of no text of ours."""
rosters = st.lists(tokens, min_size=len(PEOPLE), max_size=len(PEOPLE), unique=True).filter(
    lambda names: not any(a in b for a, b in itertools.permutations(names, 2))
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=rosters, shown=st.frozensets(st.sampled_from(STEPS)))
def test_privacy_p1_no_mail_tells_of_anybody_whom_the_program_does_not_show(
    tmp_path: Path, names: list[str], shown: frozenset[str]
) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/{next(_numbers)}.db")
    Base.metadata.create_all(engine)
    live_through(engine, names, shown)

    with reading(engine) as session:
        sent = [(row.person, row.step, whole_text(row.raw)) for row in session.scalars(_MAILS)]

    assert len(sent) > 25
    refs = [f"P-{number:04d}" for number in range(1, len(names) + 1)]
    leader, coordinator = 0, PEOPLE.index("boss")
    for person, step, text in sent:
        for number, (ref, name) in enumerate(zip(refs, names, strict=True)):
            if ref == person or number == coordinator:
                continue
            assert f"mail{number}@people.example" not in text.lower()
            if number != leader and step not in shown:
                assert name not in text
    engine.dispose()


_MAILS = select(OutboxTable).order_by(OutboxTable.number)


def live_through(engine: Engine, names: list[str], shown: frozenset[str]) -> None:
    """Everybody is asked, invited, moved, exchanged and called off."""
    people = (
        a_person(key, name=name, email=f"Mail{number}@people.example")
        for number, (key, name) in enumerate(zip(PEOPLE, names, strict=True))
    )
    folder = a_folder(*people)
    steps = tuple(
        step.model_copy(update={"names_shown": step.key in shown}) for step in folder.program.steps
    )
    program = folder.program.model_copy(update={"steps": steps})
    folder = folder.model_copy(update={"program": program})
    load_folder(engine, folder, dry_run=False, now=NOW)
    composer = MailComposer("rotations@sojourn.example", "Sojourn")
    desk = CorrespondenceDesk(engine, composer, PlainLinks(), VAULT)

    state = invited(loaded_again(engine), *STEPS)
    consents = [
        Errand(kind=ErrandKind.ASK_CONSENT, gate=gate.gate, people=(gate.person,))
        for gate in state.gates
    ]
    requests = [Errand(kind=ErrandKind.INVITE, step=key) for key in STEPS]
    held = Errand(kind=ErrandKind.ASK_HELD, step="shadowing-day", people=("P-0003", LEADER))
    words = Errand(kind=ErrandKind.ASK_REFLECTION, step="reflection", people=(LEADER,))
    remind = Errand(kind=ErrandKind.REMIND, step="listening-session")
    desk.carry_out(dispatch(state, (*consents, *requests, held, words, remind), NOW))
    all_leave(engine)
    change = {
        "starts": MONDAY + 6 * DAY,
        "ends": MONDAY + 6 * DAY + HOUR,
        "attendees": (PARTICIPANT, COLLEAGUES[1]),
    }
    state, errands = apply(state, replanned(state, listening_session=change), NOW)
    desk.carry_out(dispatch(state, errands, NOW))
    all_leave(engine)
    state, errands = apply(state, Withdraw(), NOW)
    desk.carry_out(dispatch(state, errands, NOW))


def whole_text(raw: bytes) -> str:
    """Everything of a mail that anybody could read: headers, and each part decoded and unfolded."""
    message = message_from_bytes(raw)
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    text = [part.decode().replace("\r\n ", "") for part in parts if isinstance(part, bytes)]
    return "\n".join([str(message.items()), *text])


def test_privacy_p7_and_scenario_e17_an_answer_brings_the_others_no_mail(engine: Engine) -> None:
    inviting(engine, "listening-session")
    before = len(mails(engine))
    first, *_ = invites(engine, "listening-session")

    Sayings(engine, VAULT).answer(first.uid, Answer.ACCEPTED, "link", NOW)

    assert len(mails(engine)) == before


def test_privacy_p2_the_title_of_what_is_confidential_reveals_nothing(engine: Engine) -> None:
    inviting(engine, *STEPS)

    titles = {mail["title"]: mail["private"] for mail in mails(engine)}

    assert titles == {
        "goal-talk (A day with the desk)": False,
        "shadowing-day (A day with the desk)": False,
        "Rotation: conversation": True,
        "Rotation: quiet half hour": True,
    }

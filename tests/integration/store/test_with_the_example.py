"""The example in the store, with real planner, composer and links."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

import planner
from domain.due import catch_up
from domain.events import PlanChanged
from domain.incoming import Guest, Incoming, Kind, Verdict
from domain.moves import apply
from domain.planning import PlannedStep
from domain.rotation import Answer, RotationState
from domain.telling import dispatch
from intake.folder import read_folder
from intake.holidays import holiday_absences
from invites.answering import card_of
from invites.composer import MailComposer
from invites.links import SignedLinks
from invites.relay import Relay, SmtpServer
from store.correspondence import CorrespondenceDesk
from store.database import Unmigrated, check_migrated, reading
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.news import NewsDesk
from store.planning import PlanningDesk
from store.sayings import Sayings
from store.tables.mail import InviteTable, OutboxTable
from store.tables.words import DocumentTable
from store.vault import Vault
from store.views import Views
from tests.integration.store.world import answers_of, outbox_of
from tests.servers import free_port

EXAMPLE = Path(__file__).parents[3] / "examples" / "service-desk"
NOW = datetime(2026, 11, 23, 22, tzinfo=UTC)
SECRET = "x" * 32


def desk(engine: Engine) -> CorrespondenceDesk:
    links = SignedLinks("http://127.0.0.1", (("k1", SECRET),), lambda: NOW)
    composer = MailComposer("rotations@sojourn.example", "Sojourn")
    return CorrespondenceDesk(engine, composer, links, Vault(SECRET.encode()))


def planning(engine: Engine) -> PlanningDesk:
    return PlanningDesk(engine, planner.plan, planner.review, planner.repair, holiday_absences)


def started(engine: Engine) -> RotationState:
    """The example loaded, planned and approved, and the first rotation with open invites."""
    folder = read_folder(EXAMPLE, today=date(2026, 11, 23))
    assert not isinstance(folder, tuple)
    load_folder(engine, folder, dry_run=False, now=NOW)
    plans = planning(engine)
    plans.make_plan("winter", NOW)
    plans.approve("winter", 1, NOW)
    for state in plans.rotations("winter", 1):
        invited, errands = catch_up(state, NOW)
        if invited.consented:
            desk(engine).carry_out(dispatch(invited, errands, NOW))
            return invited
    raise AssertionError("no rotation of the example may invite")


def rows(engine: Engine, table: type[OutboxTable] | type[InviteTable]) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def invite_to(engine: Engine, key: str, person: str) -> InviteTable:
    with reading(engine) as session:
        query = select(InviteTable).where(InviteTable.step == key, InviteTable.person == person)
        return session.scalars(query.where(InviteTable.called_off_at.is_(None))).one()


def an_answer(invite: InviteTable, answer: Answer, **changes: object) -> Incoming:
    facts: dict[str, object] = {
        "kind": Kind.REPLY,
        "method": "REPLY",
        "uid": invite.uid,
        "sequence": invite.sequence,
        "stamped": NOW,
        "guests": (Guest(address=invite.address or "", partstat=answer.value.upper()),),
        "sender": invite.address,
    }
    return Incoming.model_validate(facts | changes)


def test_the_schema_goes_up_down_and_up_again(engine: Engine) -> None:
    check_migrated(engine)
    unmigrate(engine)
    with pytest.raises(Unmigrated, match="sojourn migrate"):
        check_migrated(engine)
    migrate(engine)
    check_migrated(engine)


def test_a_dry_run_loads_nothing_and_a_second_import_changes_nothing(engine: Engine) -> None:
    folder = read_folder(EXAMPLE, today=date(2026, 11, 23))
    assert not isinstance(folder, tuple)

    dry = load_folder(engine, folder, dry_run=True, now=NOW)
    first = load_folder(engine, folder, dry_run=False, now=NOW)
    second = load_folder(engine, folder, dry_run=False, now=NOW)

    assert dry == first
    assert (second.added, second.changed) == ((), ())


def test_a_moved_step_raises_sequence_for_its_people_alone(engine: Engine) -> None:
    state = started(engine)
    talk = state.steps[0]
    before = rows(engine, OutboxTable)
    uid = invite_to(engine, talk.key, state.participant).uid

    moved, errands = apply(state, later(state, talk.key), NOW)
    desk(engine).carry_out(dispatch(moved, errands, NOW + timedelta(hours=1)))

    assert rows(engine, OutboxTable) == before + len(talk.attendees)
    after = invite_to(engine, talk.key, state.participant)
    assert (after.uid, after.sequence) == (uid, 1)
    with reading(engine) as session:
        newest = session.scalars(select(OutboxTable).order_by(OutboxTable.number.desc())).first()
        assert newest is not None
        card = card_of(newest.raw)
        assert card is not None
        assert (card.method, card.sequence, card.starts) == ("REQUEST", 1, moved.steps[0].starts)


def later(state: RotationState, key: str) -> PlanChanged:
    day = timedelta(days=1)
    steps = tuple(
        PlannedStep(
            rotation=state.rotation,
            key=s.key,
            kind=s.kind,
            starts=s.starts + day if s.key == key else s.starts,
            ends=s.ends + day if s.key == key else s.ends,
            zone=s.zone,
            attendees=s.attendees,
            quorum=s.quorum,
        )
        for s in state.steps
    )
    return PlanChanged(plan=2, host=state.host, steps=steps)


def test_a_late_projection_never_goes_backwards(engine: Engine) -> None:
    state = started(engine)
    newer = state.model_copy(update={"version": state.version + 5, "on_hold": True})
    desk(engine).carry_out(dispatch(newer, (), NOW))

    desk(engine).carry_out(dispatch(state, (), NOW))

    assert Views(engine).rotation(state.rotation).row.on_hold


def test_the_workflow_hears_declines_at_once_and_only_the_accept_that_completes(
    engine: Engine,
) -> None:
    state = started(engine)
    first, second = (a.person for a in state.steps[0].attendees)
    answers, news = answers_of(engine), NewsDesk(engine)

    def say(person: str, answer: Answer) -> list[object]:
        invite = invite_to(engine, state.steps[0].key, person)
        number = answers.keep(f"{person}{answer}".encode(), "test", NOW)
        answers.settle(number, an_answer(invite, answer), NOW)
        pending = news.pending(NOW, 10)
        for one in pending:
            news.told(one.number, NOW)
        return [one.event for one in pending]

    assert say(first, Answer.ACCEPTED) == []
    completed = say(second, Answer.ACCEPTED)
    declined = say(second, Answer.DECLINED)
    assert [getattr(e, "complete", None) for e in completed] == [True]
    assert [getattr(e, "answer", None) for e in declined] == [Answer.DECLINED]


def test_the_same_mail_twice_counts_once_and_a_stranger_never(engine: Engine) -> None:
    state = started(engine)
    invite = invite_to(engine, state.steps[0].key, state.participant)
    answers = answers_of(engine)

    first = answers.keep(b"mail", "imap", NOW)
    again = answers.keep(b"mail", "sink", NOW)
    forged = answers.keep(b"forged", "imap", NOW)
    reply = an_answer(invite, Answer.DECLINED)

    assert first == again
    stranger = reply.model_copy(update={"sender": "eve@example.net"})
    assert answers.settle(forged, stranger, NOW).verdict is Verdict.QUARANTINE
    assert invite_to(engine, invite.step, invite.person).answer == "needs-action"
    assert answers.settle(first, reply, NOW).verdict is Verdict.APPLY
    assert answers.settle(first, reply, NOW).verdict is Verdict.APPLY
    assert invite_to(engine, invite.step, invite.person).answer == "declined"
    assert len(NewsDesk(engine).pending(NOW, 10)) == 1


def test_what_is_written_in_private_is_nowhere_in_clear(engine: Engine) -> None:
    state = started(engine)
    canary = "the-canary-sings-in-private"
    sayings = Sayings(engine, Vault(SECRET.encode()))

    sayings.write(state.rotation, "reflection", state.participant, canary, state.steps[2].ends)

    with reading(engine) as session:
        sealed = session.scalars(select(DocumentTable.sealed)).one()
    assert canary.encode() not in sealed
    assert sayings.words(state.rotation, "reflection", state.participant) == canary


def test_mail_that_cannot_leave_waits_and_is_told_until_it_does(engine: Engine) -> None:
    started(engine)
    clock = [NOW]
    outbox = outbox_of(engine)
    relay = Relay(outbox, SmtpServer(host="127.0.0.1", port=free_port()), lambda: clock[0])
    waiting = outbox.waiting()

    assert relay.relay_once() > 0

    assert outbox.waiting() == waiting
    said = [a.sentence for a in Views(engine).overview().attention]
    assert any("mail server can't be reached" in s for s in said)
    assert outbox.due(NOW, 10) == ()
    outbox.delivered(outbox.due(NOW + timedelta(minutes=5), 1)[0].number, NOW)
    said = [a.sentence for a in Views(engine).overview().attention]
    assert not any("mail server can't be reached" in s for s in said)

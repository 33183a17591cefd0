"""Who was met and has no mail hears of proposals, decisions and effects from a person, who says so."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, select, update

from domain.errors import Refused
from domain.policy import Verdict
from domain.policymoves import PolicyErrand
from domain.rotation import Ending
from store.attention import untold_voices
from store.byword import ByWord
from store.database import reading, writing
from store.erasing import Erasing
from store.migrating import migrate, unmigrate
from store.tables.base import Base
from store.tables.changes import ReceiptTable
from store.tables.installation import AuditTable
from store.tables.people import PersonTable
from store.years import Receipts
from tests.builders import ANA, BEN
from tests.integration.store.changing import POLICY, Change, a_change
from tests.integration.store.test_concerns import NO
from tests.integration.store.test_counted_years import years
from tests.integration.store.world import NOW, all_leave, carry_out, letters, loaded_again


@pytest.fixture
def unmailed(engine: Engine) -> Change:
    """The proposal is shown, and neither Ana nor Ben has mail."""
    change = a_change(engine)
    with writing(engine) as session:
        for person in (ANA, BEN):
            row = session.get_one(PersonTable, person)
            row.email, row.facts = None, {**row.facts, "email": None}
    change.state = change.state.model_copy(update={"version": change.state.version + 1})
    change.carry_out(())
    return change


def needs(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [row.sentence for row in untold_voices(session, "winter")]


def owed(engine: Engine) -> list[str]:
    return ByWord(engine).owed("winter").get(POLICY, [])


def key(errand: PolicyErrand, person: str) -> str:
    return f"{POLICY}:{errand.value}:{person}:0"


def decided(change: Change) -> Change:
    change.changes.decide(POLICY, NO, None, {}, NOW)
    change.come_to_rest()
    return change


def receipts(engine: Engine) -> Receipts:
    return years(engine).year("winter", NOW).decisions


def test_who_has_no_mail_is_to_be_told_what_is_proposed(unmailed: Change) -> None:
    (sentence,) = needs(unmailed.engine)

    assert sentence.startswith("Nobody has told Ana, Ben yet what is proposed")
    shown = [key(PolicyErrand.SHOW_PROPOSAL, person) for person in (ANA, BEN)]
    assert owed(unmailed.engine) == shown


def test_a_decision_takes_the_place_of_what_was_proposed_and_is_owed_until_it_is_told(
    unmailed: Change,
) -> None:
    engine, by_word = decided(unmailed).engine, ByWord(unmailed.engine)
    (sentence,) = needs(engine)
    assert sentence.startswith("Nobody has told Ana, Ben yet what was decided, and why: ")
    assert letters(engine, "decision-receipt") == ["Lead", "Mara"]
    assert (by_word.of(POLICY).told, by_word.of(POLICY).to_be_told) == (1, 2)
    assert receipts(engine) == Receipts(owed=3, given=0, by_word=0)

    by_word.tell(POLICY, [key(PolicyErrand.TELL_DECISION, ANA)], NOW)

    assert [one.person_name for one in by_word.of(POLICY).untold] == ["Ben"]
    assert (by_word.of(POLICY).told, by_word.of(POLICY).to_be_told) == (2, 1)
    assert receipts(engine) == Receipts(owed=3, given=0, by_word=1)
    (sentence,) = needs(engine)
    assert sentence.startswith("Nobody has told Ben yet")
    with reading(engine) as session:
        said = session.scalars(select(AuditTable.sentence)).all()
    assert f"{ANA} was told of {POLICY} in person: tell-decision" in said
    by_word.tell(POLICY, owed(engine), NOW)
    assert needs(engine) == []


def test_what_came_of_it_is_told_beside_what_was_decided(unmailed: Change) -> None:
    engine = decided(unmailed).engine
    changes = {"verdict": Verdict.MET, "verdict_at": NOW, "version": unmailed.state.version + 1}
    unmailed.state = unmailed.state.model_copy(update=changes)
    unmailed.carry_out(())

    untold = ByWord(engine).of(POLICY).untold

    both = ["what was decided, and why", "what came of it"]
    assert [(one.person_name, one.what) for one in untold] == [
        (name, what) for name in ("Ana", "Ben") for what in both
    ]
    (sentence,) = needs(engine)
    assert "yet what came of it: " in sentence


@pytest.mark.parametrize(
    "keys", [[f"another:tell-decision:{ANA}:0"], [key(PolicyErrand.TELL_VERDICT, ANA)]]
)
def test_nothing_is_told_that_is_not_owed(unmailed: Change, keys: Sequence[str]) -> None:
    engine = decided(unmailed).engine
    before = owed(engine)

    ByWord(engine).tell(POLICY, keys, NOW)

    assert owed(engine) == before
    with pytest.raises(Refused, match="Choose whom"):
        ByWord(engine).tell(POLICY, [], NOW)


def test_nobody_is_asked_to_tell_somebody_who_was_erased(unmailed: Change) -> None:
    engine = decided(unmailed).engine
    carry_out(engine, loaded_again(engine, ending=Ending.WITHDRAWN, version=1))
    all_leave(engine)

    Erasing(engine).erase(ANA, NOW)

    assert owed(engine) == [key(PolicyErrand.TELL_DECISION, BEN)]


@pytest.mark.parametrize("is_decided", [False, True])
def test_the_migration_owes_what_the_code_owes(unmailed: Change, is_decided: bool) -> None:
    engine = decided(unmailed).engine if is_decided else unmailed.engine
    before = everything(engine)

    unmigrate(engine, "0038")
    migrate(engine)

    assert before
    assert everything(engine) == before


def test_the_migration_asks_nobody_to_tell_what_is_over_or_somebody_who_was_erased(
    unmailed: Change,
) -> None:
    engine = decided(unmailed).engine
    unmigrate(engine, "0038")
    with writing(engine) as session:
        session.execute(update(PersonTable).where(PersonTable.ref == BEN).values(erased_at=NOW))

    migrate(engine)

    assert needs(engine) == []
    with reading(engine) as session:
        rows = session.scalars(select(ReceiptTable).where(ReceiptTable.by_word)).all()
    assert [(row.person, row.told_at is None) for row in rows] == [(ANA, False)]


def everything(engine: Engine) -> set[tuple[object, ...]]:
    """All receipts, whether or not they were told."""
    names = [name for name in columns(ReceiptTable) if name != "told_at"]
    with reading(engine) as session:
        rows = session.scalars(select(ReceiptTable))
        return {tuple(getattr(row, name) for name in names) for row in rows}


def columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(table.__table__.columns.keys())

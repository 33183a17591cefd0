"""Who decides and measures a change: asked by mail, each time that they are named."""

import pytest
from sqlalchemy import Engine

from domain.errors import Refused
from domain.policy import Disposition
from domain.proposal import Ruling
from store.changeviews import ChangeViews
from store.database import writing
from store.tables.people import PersonTable
from tests.builders import BEN, DAY, LEAD, MANAGER
from tests.integration.store.changing import POLICY, Change, a_change
from tests.integration.store.world import NOW, letters

YES = Ruling(disposition=Disposition.ADOPTED, reason="It costs little.")


@pytest.fixture
def change(engine: Engine) -> Change:
    return a_change(engine)


def name(change: Change, owner: str, days: int) -> None:
    """Name an owner so many days from now."""
    change.changes.change_owner(POLICY, owner, NOW + days * DAY)
    change.come_to_rest(NOW + days * DAY)


def test_an_owner_who_is_named_again_is_asked_again(change: Change) -> None:
    name(change, MANAGER, 1)
    name(change, LEAD, 2)
    name(change, MANAGER, 3)

    assert letters(change.engine, "ask-decision") == ["Boss", "Boss", "Lead", "Boss"]


def test_an_owner_who_is_named_again_is_reminded_again(change: Change) -> None:
    change.live_until(NOW + 7 * DAY)
    name(change, MANAGER, 8)
    change.live_until(NOW + 15 * DAY)

    assert letters(change.engine, "ask-decision") == ["Boss"] * 4


def test_who_measures_is_asked_again_too(change: Change) -> None:
    change.changes.decide(POLICY, YES, NOW, {}, NOW)
    change.come_to_rest()
    change.live_until(NOW + 35 * DAY)
    name(change, MANAGER, 36)

    assert letters(change.engine, "ask-impact") == ["Boss", "Boss"]


def test_receipts_are_those_of_before_whoever_was_named(change: Change) -> None:
    name(change, LEAD, 1)
    change.changes.decide(POLICY, YES, NOW + DAY, {}, NOW + DAY)
    change.come_to_rest(NOW + DAY)

    assert sorted(letters(change.engine, "decision-receipt")) == ["Ana", "Ben", "Lead", "Mara"]


def test_nobody_without_a_mail_address_becomes_the_owner(change: Change) -> None:
    with writing(change.engine) as session:
        ben = session.get_one(PersonTable, BEN)
        ben.email, ben.facts = None, {**ben.facts, "email": None}

    with pytest.raises(Refused, match="Ben has no mail address"):
        name(change, BEN, 1)
    assert ChangeViews(change.engine).one(POLICY).owner_name == "Boss"

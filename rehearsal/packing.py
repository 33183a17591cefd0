"""Review packs: some participants whose rotation is over let the program read what they choose of it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select

from domain.errors import Refused
from domain.invites import LetterKind
from domain.packs import PackItem
from domain.rotation import Ending
from invites.answering import words_of
from rehearsal.draws import Draws
from rehearsal.temper import Temper
from store.database import reading
from store.people import rotations_of
from store.tables.mail import OutboxTable
from store.tables.rotations import RotationTable
from wiring import Office

_CODE = re.compile(r"\b\d{6}\b")
_WORDS = "I decide about fewer things from my desk now, and ask earlier."


class Packing:
    """Shares packs when a quarter is closed, which is when companies talk about goals."""

    def __init__(self, office: Office, draws: Draws, temper: Temper) -> None:
        self._office = office
        self._draws = draws
        self._temper = temper

    def share_some(self, cohort: str, now: datetime) -> None:
        """Let those who wish share a pack of a rotation that is over, each once."""
        for rotation, person in list(self._completed(cohort)):
            shares = self._draws.happens(self._temper.shares_pack, "shares pack", rotation)
            if shares and not self._office.packs.shared_since(rotation):
                with suppress(Refused):
                    self._share(rotation, person, now)

    def _completed(self, cohort: str) -> Iterator[tuple[str, str]]:
        query = rotations_of(cohort).where(RotationTable.stage == Ending.COMPLETED.value)
        with reading(self._office.engine) as session:
            for row in session.scalars(query.order_by(RotationTable.id)):
                yield row.id, row.participant

    def _share(self, rotation: str, person: str, now: datetime) -> None:
        packs = self._office.packs
        items = packs.offered(rotation, person, now).items
        chosen = [item.key for item in items if self._chooses(rotation, item)]
        packs.ask_code(rotation, person, now)
        code = self._code_in_the_mail_to(person)
        packs.share(rotation, person, chosen or [items[0].key], _WORDS, code, now)

    def _chooses(self, rotation: str, item: PackItem) -> bool:
        return self._draws.happens(0.6, "in the pack", rotation, item.kind, item.title)

    def _code_in_the_mail_to(self, person: str) -> str:
        codes = select(OutboxTable.raw).where(
            OutboxTable.person == person, OutboxTable.kind == LetterKind.READING_CODE.value
        )
        with reading(self._office.engine) as session:
            newest = session.scalars(codes.order_by(OutboxTable.number.desc()).limit(1)).one()
        found = _CODE.search(words_of(newest))
        return found[0] if found else ""

"""Events on their way to workflows: stored first, told once, whoever is down meanwhile."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Engine, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from domain.errands import Dispatch
from domain.events import Event, News
from domain.moves import foreseen
from domain.ports import PendingNews
from domain.rotation import RotationState, needed_since
from domain.telling import dispatch
from store.counting import count_steps
from store.database import quietly, reading, writing
from store.people import rotation_row
from store.tables.mail import NewsTable
from store.tables.rotations import OPENED, OccasionTable, RotationTable

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_NEWS: TypeAdapter[News] = TypeAdapter(News)
_PAUSE = timedelta(seconds=2)

_UNTOLD = NewsTable.told_at.is_(None)
_FIRST = select(func.min(NewsTable.number)).where(_UNTOLD).group_by(NewsTable.workflow_id)
_NOT_BEGUN = exists().where(OccasionTable.id == NewsTable.rotation, OccasionTable.phase == OPENED)
"""Who has no process yet would refuse it."""
_PENDING = (
    select(NewsTable)
    .where(NewsTable.number.in_(_FIRST), NewsTable.next_try_at <= bindparam("now"), ~_NOT_BEGUN)
    .order_by(NewsTable.number)
    .limit(bindparam("limit"))
)
_TOLD = (
    update(NewsTable).where(NewsTable.number == bindparam("heard")).values(told_at=bindparam("now"))
)


def tell_rotation(
    session: Session, rotation: str, update_id: str, event: Event, now: datetime
) -> bool:
    """Note an event for a rotation in the caller's transaction; False when it was noted before."""
    row = rotation_row(session, rotation)
    is_new = tell_workflow(session, row.workflow_id, rotation, update_id, event, now)
    if is_new and row.state is not None:
        _foresee(session, row, (event,), now)
    return is_new


def noted(session: Session, update_id: str) -> Event | None:
    """Return what was noted for a rotation under this id; None when nothing was."""
    event = session.scalar(select(NewsTable.event).where(NewsTable.update_id == update_id))
    return _EVENT.validate_python(event) if event else None


def foresee_untold(session: Session, row: RotationTable, now: datetime) -> None:
    """Show again what was said while the rotation's own word was on its way to the store."""
    untold = select(NewsTable.event).where(
        NewsTable.rotation == row.id,
        NewsTable.workflow_id == row.workflow_id,
        NewsTable.told_at.is_(None),
    )
    said = session.scalars(untold.order_by(NewsTable.number)).all()
    _foresee(session, row, map(_EVENT.validate_python, said), now)


def _foresee(session: Session, row: RotationTable, events: Iterable[Event], now: datetime) -> None:
    """Show at once what quiet events make of a rotation; its version stays the rotation's own."""
    state = before = RotationState.model_validate(row.state)
    for event in events:
        changed = foreseen(state, event, now)
        state = changed.model_copy(update={"version": before.version}) if changed else state
    if state is not before:
        show(session, row, dispatch(state, (), now))


def show(session: Session, row: RotationTable, dispatch: Dispatch) -> None:
    """Let pages show a rotation as it is now, and count its steps."""
    state = dispatch.state
    row.state = state.model_dump(mode="json")
    row.stage, row.sentence, row.next_at = dispatch.stage, dispatch.sentence, dispatch.next_at
    row.starts_at, row.attention_since = state.steps[0].starts, needed_since(state.attention)
    count_steps(session, state)


def tell_workflow(
    session: Session, workflow_id: str, rotation: str, update_id: str, event: News, now: datetime
) -> bool:
    """Note an event for any workflow that belongs to a rotation; False when it was noted before."""
    if session.scalar(select(NewsTable.number).where(NewsTable.update_id == update_id)):
        return False
    session.add(
        NewsTable(
            rotation=rotation,
            workflow_id=workflow_id,
            update_id=update_id,
            event=event.model_dump(mode="json"),
            created_at=now,
            next_try_at=now,
        )
    )
    return True


def untold(session: Session, workflow_id: str) -> tuple[News, ...]:
    """Return what a workflow has yet to hear, in order."""
    query = select(NewsTable.event).where(NewsTable.workflow_id == workflow_id, _UNTOLD)
    said = session.scalars(query.order_by(NewsTable.number))
    return tuple(map(_NEWS.validate_python, said))


def taken(session: Session, workflow_id: str) -> tuple[News, ...]:
    """Return what a workflow was told and did not refuse, and what it has yet to hear, in order."""
    query = select(NewsTable.event).where(
        NewsTable.workflow_id == workflow_id, NewsTable.refusal == ""
    )
    said = session.scalars(query.order_by(NewsTable.number))
    return tuple(map(_NEWS.validate_python, said))


class NewsDesk:
    """Implements ``domain.ports.NewsDesk``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pending(self, now: datetime, limit: int) -> tuple[PendingNews, ...]:
        """Return what is due, at most one per workflow, so that each hears things in order."""
        asked = {"now": now, "limit": limit}
        with reading(self._engine) as session:
            return tuple(_pending(row) for row in session.scalars(_PENDING, asked))

    def told(self, number: int, now: datetime) -> None:
        """The rotation has heard it."""
        with writing(self._engine) as session:
            session.connection().execute(_TOLD, {"heard": number, "now": now})

    def rejected(self, number: int, sentence: str, now: datetime) -> None:
        """The rotation refused it; its sentence is kept for the page."""
        with writing(self._engine) as session:
            row = session.get_one(NewsTable, number)
            row.told_at, row.refusal = now, sentence

    def waiting(self, number: int, now: datetime) -> None:
        """The rotation could not be reached: try again in a moment."""
        with quietly(self._engine) as session:
            session.get_one(NewsTable, number).next_try_at = now + _PAUSE


def _pending(row: NewsTable) -> PendingNews:
    return PendingNews(
        number=row.number,
        workflow_id=row.workflow_id,
        update_id=row.update_id,
        event=_NEWS.validate_python(row.event),
    )

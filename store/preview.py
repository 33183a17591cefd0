"""A look at the mails that a plan would bring, made by the very code that writes them."""

from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes
from email.policy import default

from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.program import StepKind
from domain.rotation import RotationState
from domain.telling import dispatch
from store.correspondence import CorrespondenceDesk
from store.database import writing
from store.pages import PreviewMail
from store.people import people
from store.tables import InviteTable, OutboxTable


def preview_mails(
    engine: Engine,
    correspondence: CorrespondenceDesk,
    states: Sequence[RotationState],
    now: datetime,
) -> tuple[PreviewMail, ...]:
    """Write every invite of a plan as if all had agreed, and take it back; UIDs and links are not those to come."""
    with writing(engine) as session:
        last = max(session.scalars(select(OutboxTable.number)), default=0)
        for state in states:
            errands = tuple(
                Errand(kind=ErrandKind.INVITE, step=step.key)
                for step in state.steps
                if step.kind is not StepKind.THANKS
            )
            agreed = state.model_copy(update={"gates": ()})
            correspondence.carry_out_within(session, dispatch(agreed, errands, now))
        found = session.execute(
            select(OutboxTable, InviteTable)
            .join(InviteTable, InviteTable.uid == OutboxTable.uid)
            .where(OutboxTable.number > last)
            .order_by(InviteTable.starts, OutboxTable.number)
        ).all()
        names = {ref: person.name for ref, person in people(session).items()}
        mails = tuple(_preview(row, invite, names[row.person]) for row, invite in found)
        session.rollback()
    return mails


def _preview(row: OutboxTable, invite: InviteTable, name: str) -> PreviewMail:
    message = message_from_bytes(row.raw, policy=default)
    body = message.get_body(("plain",))
    return PreviewMail(
        reader_name=name,
        reader_email=row.recipient,
        subject=str(message["Subject"]),
        step=invite.step,
        starts=invite.starts,
        text=body.get_content() if body else "",
    )

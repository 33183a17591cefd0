"""Visits to a kiosk that were ended; who is owed which receipt, and when those without mail were told in person"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


OVER = {'declined', 'kept', 'rolled-back'}


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'kiosk_left',
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('until', moment, nullable=False),
    )
    with op.batch_alter_table('receipt') as receipt:
        receipt.add_column(sa.Column('policy', sa.String(length=8), nullable=True))
        receipt.add_column(sa.Column('person', sa.String(length=12), nullable=True))
        receipt.add_column(sa.Column('told_at', moment, nullable=True))
    _say_of_whom()
    with op.batch_alter_table('receipt') as receipt:
        receipt.alter_column('policy', existing_type=sa.String(length=8), nullable=False)
        receipt.alter_column('person', existing_type=sa.String(length=12), nullable=False)
        receipt.create_index('receipt_untold', ['cohort', 'by_word', 'told_at'])
        receipt.create_index('receipt_of_policy', ['policy'])
        receipt.create_index('receipt_of_person', ['person'])


def _say_of_whom() -> None:
    """A receipt's key says it: change, errand, person and how often the change was extended."""
    bind = op.get_bind()
    receipt = sa.table('receipt', *(sa.column(name) for name in ('key', 'cohort', 'errand', 'by_word', 'policy', 'person')))
    keys = bind.scalars(sa.select(receipt.c.key)).all()
    known = [dict(zip(('whole', 'of', 'whom'), (key, key.split(':')[0], key.split(':')[2]))) for key in keys]
    if known:
        said = {'policy': sa.bindparam('of'), 'person': sa.bindparam('whom')}
        bind.execute(receipt.update().where(receipt.c.key == sa.bindparam('whole')).values(said), known)
    _close_what_is_over(bind)
    if shown := list(_shown_by_word(bind)):
        bind.execute(receipt.insert(), shown)


def _close_what_is_over(bind) -> None:
    """Of changes that are over nobody is asked any more to tell anybody, nor of somebody who was erased."""
    receipt = sa.table('receipt', *(sa.column(name) for name in ('by_word', 'policy', 'person', 'told_at')))
    person = sa.table('person', *(sa.column(name) for name in ('ref', 'erased_at')))
    erased = sa.select(person.c.ref).where(person.c.erased_at.is_not(None))
    bind.execute(receipt.delete().where(receipt.c.by_word, receipt.c.person.in_(erased)))
    change = sa.table('policy_change', *(sa.column(name) for name in ('id', 'state', 'decided_at')))
    for policy, stored in bind.execute(sa.select(change.c.id, change.c.state)).all():
        state = (json.loads(stored) if isinstance(stored, str) else stored) or {}
        if state.get('phase') in OVER:
            decided = sa.select(change.c.decided_at).where(change.c.id == policy).scalar_subquery()
            mine = receipt.c.by_word, receipt.c.policy == policy
            bind.execute(receipt.update().where(*mine).values(told_at=decided))


def _shown_by_word(bind) -> Iterator[dict]:
    """Of proposals that are not decided yet those who were met and have no mail are to be told, too."""
    person = sa.table('person', *(sa.column(name) for name in ('ref', 'email', 'erased_at')))
    without = {person.c.email.is_(None), person.c.erased_at.is_(None)}
    unmailed = set(bind.scalars(sa.select(person.c.ref).where(*without)))
    change = sa.table('policy_change', *(sa.column(name) for name in ('id', 'cohort', 'state', 'decided_at')))
    query = sa.select(change.c.id, change.c.cohort, change.c.state).where(change.c.decided_at.is_(None))
    for policy, cohort, stored in bind.execute(query).all():
        state = (json.loads(stored) if isinstance(stored, str) else stored) or {}
        for voice in dict.fromkeys(state.get('voices', ())):
            if voice in unmailed and voice != state.get('owner'):
                yield {'key': f'{policy}:show-proposal:{voice}:0', 'cohort': cohort, 'errand': 'show-proposal',
                       'by_word': True, 'policy': policy, 'person': voice}


def downgrade() -> None:
    op.execute("DELETE FROM receipt WHERE errand = 'show-proposal'")
    with op.batch_alter_table('receipt') as receipt:
        for index in ('receipt_untold', 'receipt_of_policy', 'receipt_of_person'):
            receipt.drop_index(index)
        for name in ('policy', 'person', 'told_at'):
            receipt.drop_column(name)
    op.drop_table('kiosk_left')

"""How quarters were closed, and when changes were adopted"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'quarter',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('quarter', sa.String(length=7), primary_key=True),
        sa.Column('chosen', sa.JSON(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('closed_at', moment, nullable=False),
    )
    op.add_column('policy_change', sa.Column('adopted_at', moment, nullable=True))
    op.create_index('policy_adopted', 'policy_change', ['cohort', 'adopted_at'])
    changes = sa.table(
        'policy_change', sa.column('id'), sa.column('state', sa.JSON()), sa.column('adopted_at', moment)
    )
    bind = op.get_bind()
    for policy, state in bind.execute(sa.select(changes.c.id, changes.c.state)).all():
        known = json.loads(state) if isinstance(state, str) else state or {}
        if known.get('decided_at') and known.get('disposition') != 'declined':
            at = datetime.fromisoformat(known['decided_at'])
            bind.execute(changes.update().where(changes.c.id == policy).values(adopted_at=at))


def downgrade() -> None:
    op.drop_index('policy_adopted', 'policy_change')
    with op.batch_alter_table('policy_change') as change:
        change.drop_column('adopted_at')
    op.drop_table('quarter')

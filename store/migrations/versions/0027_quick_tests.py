"""Tests of insights, what insights touch, and changes by where they are"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'quick_test',
        sa.Column('id', sa.String(length=8), primary_key=True),
        sa.Column('insight', sa.String(length=40), sa.ForeignKey('insight.id'), nullable=False),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('owner', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=True),
        sa.Column('draft', sa.JSON(), nullable=False),
        sa.Column('body', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('started_at', moment, nullable=True),
        sa.Column('ends_at', moment, nullable=True),
        sa.Column('asked_at', moment, nullable=True),
        sa.Column('reminded_at', moment, nullable=True),
        sa.Column('next_at', moment, nullable=True),
        sa.Column('closed_at', moment, nullable=True),
        sa.Column('verdict', sa.String(length=16), nullable=True),
        sa.Column('measured', sa.Float(), nullable=True),
        sa.Column('learnt', sa.Text(), nullable=False),
        sa.Column('told_in', sa.String(length=7), nullable=True),
    )
    for column in ('insight', 'rotation', 'person', 'owner', 'next_at', 'closed_at'):
        op.create_index(f'ix_quick_test_{column}', 'quick_test', [column])
    op.create_table(
        'touch',
        sa.Column('about', sa.String(length=40), primary_key=True),
        sa.Column('kind', sa.String(length=12), primary_key=True),
        sa.Column('name', sa.String(length=60), primary_key=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
    )
    op.create_index('ix_touch_rotation', 'touch', ['rotation'])
    op.create_table(
        'digest',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('month', sa.String(length=7), primary_key=True),
        sa.Column('at', moment, nullable=False),
    )
    with op.batch_alter_table('policy_change') as change:
        change.add_column(sa.Column('decided_at', moment, nullable=True))
        change.add_column(
            sa.Column('phase', sa.String(length=16), nullable=False, server_default='proposed')
        )
        change.add_column(sa.Column('team', sa.String(length=12), nullable=True))
        change.add_column(sa.Column('first_noted_at', moment, nullable=True))
        change.add_column(sa.Column('wording', sa.Text(), nullable=False, server_default=''))
        change.add_column(sa.Column('told_in', sa.String(length=7), nullable=True))
        change.create_foreign_key('policy_change_team', 'host_team', ['team'], ['ref'])
    op.create_index('policy_decided', 'policy_change', ['cohort', 'decided_at'])
    op.create_index('policy_by_phase', 'policy_change', ['cohort', 'phase', 'proposed_at'])
    _fill(moment)


def _fill(moment: store.tables.UtcMoment) -> None:
    """What is said of changes that began before comes from their state."""
    known = ('id', 'phase', 'team', 'wording')
    changes = sa.table(
        'policy_change',
        *(sa.column(name) for name in known),
        sa.column('state', sa.JSON()),
        sa.column('proposal', sa.JSON()),
        sa.column('decided_at', moment),
    )
    bind = op.get_bind()
    for policy, raw, proposal in bind.execute(
        sa.select(changes.c.id, changes.c.state, changes.c.proposal)
    ).all():
        state = (json.loads(raw) if isinstance(raw, str) else raw) or {}
        if not state:
            continue
        values = {'phase': state['phase'], 'team': state['host']}
        if state.get('decided_at'):
            values['decided_at'] = datetime.fromisoformat(state['decided_at'])
            if state['disposition'] == 'adopted':
                values['wording'] = proposal['change']
        bind.execute(changes.update().where(changes.c.id == policy).values(**values))


def downgrade() -> None:
    op.drop_index('policy_by_phase', 'policy_change')
    op.drop_index('policy_decided', 'policy_change')
    with op.batch_alter_table('policy_change') as change:
        change.drop_constraint('policy_change_team', type_='foreignkey')
        for column in ('told_in', 'wording', 'first_noted_at', 'team', 'phase', 'decided_at'):
            change.drop_column(column)
    op.drop_table('digest')
    op.drop_table('touch')
    op.drop_table('quick_test')

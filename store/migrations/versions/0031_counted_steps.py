"""Steps as figures count them, from what rotations have said so far; of whose exposure somebody was told; who was heard in quarters"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

KINDS = {'shadowing-day', 'listening-session', 'return-visit', 'reflection', 'ritual-session'}


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    counted = op.create_table(
        'counted_step',
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), primary_key=True),
        sa.Column('step', sa.String(length=24), primary_key=True),
        sa.Column('cohort', sa.String(length=24), nullable=False),
        sa.Column('participant', sa.String(length=12), nullable=False),
        sa.Column('team', sa.String(length=12), nullable=True),
        sa.Column('kind', sa.String(length=24), nullable=False),
        sa.Column('starts', moment, nullable=False),
        sa.Column('held', sa.Boolean(), nullable=False),
        sa.Column('in_person', sa.Boolean(), nullable=False),
    )
    op.create_index('counted_step_of_cohort', 'counted_step', ['cohort', 'kind', 'starts'])
    op.create_index('counted_step_of_person', 'counted_step', ['participant', 'kind'])
    op.create_table(
        'exposure_told',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('last', sa.Date(), primary_key=True),
    )
    op.create_table(
        'heard_quarter',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('quarter', sa.String(length=7), primary_key=True),
        sa.Column('fact', sa.String(length=16), nullable=False),
        sa.Column('shown', sa.JSON(), nullable=True),
    )
    rotations = sa.table('rotation', sa.column('id'), sa.column('state', sa.JSON()))
    bind = op.get_bind()
    for (name,) in bind.execute(sa.select(rotations.c.id)).all():
        stored = bind.scalar(sa.select(rotations.c.state).where(rotations.c.id == name))
        state = json.loads(stored) if isinstance(stored, str) else stored or {}
        rows = [row_of(state, step) for step in state.get('steps', ()) if counts(step)]
        if rows:
            bind.execute(counted.insert(), rows)


def counts(step: dict) -> bool:
    return step['kind'] in KINDS and step.get('phase') != 'cancelled'


def row_of(state: dict, step: dict) -> dict:
    hosts = [state['host'], *state.get('later_hosts', ())]
    return {
        'rotation': state['rotation'],
        'step': step['key'],
        'cohort': state['cohort'],
        'participant': state['participant'],
        'team': hosts[step.get('stop', 1) - 1],
        'kind': step['kind'],
        'starts': datetime.fromisoformat(step['starts']),
        'held': step.get('phase') == 'held',
        'in_person': state['participant'] not in step.get('declined', ()),
    }


def downgrade() -> None:
    op.drop_table('heard_quarter')
    op.drop_table('exposure_told')
    op.drop_table('counted_step')

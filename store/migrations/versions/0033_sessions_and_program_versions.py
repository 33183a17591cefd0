"""When sessions of rituals begin, and earlier versions of programs"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.add_column('rotation', sa.Column('session_at', moment, nullable=True))
    op.create_index('sessions_of_a_ritual', 'rotation', ['cohort', 'ritual', 'session_at'])
    op.add_column('rotation', sa.Column('program_version', sa.Integer(), nullable=True))
    op.create_table(
        'program_version',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('version', sa.Integer(), primary_key=True),
        sa.Column('program', sa.JSON(), nullable=False),
        sa.Column('replaced_at', moment, nullable=False),
    )
    rotations = sa.table(
        'rotation',
        sa.column('id'),
        sa.column('ritual'),
        sa.column('state', sa.JSON()),
        sa.column('session_at', moment),
    )
    bind = op.get_bind()
    sessions = sa.select(rotations.c.id, rotations.c.state).where(rotations.c.ritual != '')
    for rotation, state in bind.execute(sessions).all():
        known = json.loads(state) if isinstance(state, str) else state or {}
        for step in known.get('steps', ()):
            at = datetime.fromisoformat(step['starts'])
            bind.execute(rotations.update().where(rotations.c.id == rotation).values(session_at=at))


def downgrade() -> None:
    op.drop_table('program_version')
    op.drop_column('rotation', 'program_version')
    op.drop_index('sessions_of_a_ritual', 'rotation')
    op.drop_column('rotation', 'session_at')

"""Which questions were asked on visits, and the register of tensions"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'visit_question',
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), primary_key=True),
        sa.Column('step', sa.String(length=24), primary_key=True),
        sa.Column('question', sa.String(length=200), primary_key=True),
        sa.Column('asked', sa.Boolean(), nullable=False),
        sa.Column('marked_at', moment, nullable=False),
    )
    op.create_table(
        'tension',
        sa.Column('id', sa.String(length=8), primary_key=True),
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), nullable=False),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=True),
        sa.Column('one', sa.Text(), nullable=False),
        sa.Column('other', sa.Text(), nullable=False),
        sa.Column('lens', sa.String(length=40), nullable=False),
        sa.Column('owner', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('due', sa.Date(), nullable=False),
        sa.Column('initiative', sa.Text(), nullable=False),
        sa.Column('decided_on', sa.Date(), nullable=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=True),
        sa.Column('session', sa.String(length=24), nullable=False),
        sa.Column('raised_at', moment, nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('sentence', sa.Text(), nullable=False),
        sa.Column('settled_at', moment, nullable=True),
        sa.Column('overdue_told_at', moment, nullable=True),
        sa.Column('early_told_at', moment, nullable=True),
    )
    op.create_index('tension_by_due', 'tension', ['cohort', 'state', 'due'])
    op.create_index('ix_tension_person', 'tension', ['person'])


def downgrade() -> None:
    op.drop_table('tension')
    op.drop_table('visit_question')

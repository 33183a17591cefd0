"""Concerns about proposals, each with what was decided about it and why"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'concern',
        sa.Column('id', sa.String(length=8), nullable=False),
        sa.Column('policy', sa.String(length=8), nullable=False),
        sa.Column('person', sa.String(length=12), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('named', sa.Boolean(), nullable=False),
        sa.Column('raised_at', moment, nullable=False),
        sa.Column('disposition', sa.String(length=16), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['person'], ['person.ref']),
        sa.ForeignKeyConstraint(['policy'], ['policy_change.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_concern_policy', 'concern', ['policy'])


def downgrade() -> None:
    op.drop_table('concern')

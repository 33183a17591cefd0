"""Summaries of a visit with their insights, read by the host team first"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'summary',
        sa.Column('rotation', sa.String(length=8), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.Column('written_at', moment, nullable=False),
        sa.Column('read_at', moment, nullable=True),
        sa.Column('shared', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['rotation'], ['rotation.id']),
        sa.PrimaryKeyConstraint('rotation', 'step'),
    )


def downgrade() -> None:
    op.drop_table('summary')

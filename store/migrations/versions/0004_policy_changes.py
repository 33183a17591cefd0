"""Policy changes: what was proposed with whom, what was decided, what it changed"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'policy_change',
        sa.Column('id', sa.String(length=8), nullable=False),
        sa.Column('rotation', sa.String(length=8), nullable=False),
        sa.Column('cohort', sa.String(length=24), nullable=False),
        sa.Column('workflow_id', sa.String(length=64), nullable=False),
        sa.Column('proposal', sa.JSON(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('measured', sa.Float(), nullable=True),
        sa.Column('learnt', sa.Text(), nullable=False),
        sa.Column('proposed_at', moment, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('state', sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(['cohort'], ['cohort.key']),
        sa.ForeignKeyConstraint(['rotation'], ['rotation.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('workflow_id'),
    )
    op.create_index('ix_policy_change_rotation', 'policy_change', ['rotation'])
    op.create_index('ix_policy_change_cohort', 'policy_change', ['cohort'])


def downgrade() -> None:
    op.drop_table('policy_change')

"""Tests of insights"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0027'
down_revision = '0025'
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
    )
    for column in ('insight', 'rotation', 'person', 'owner', 'next_at', 'closed_at'):
        op.create_index(f'ix_quick_test_{column}', 'quick_test', [column])


def downgrade() -> None:
    op.drop_table('quick_test')

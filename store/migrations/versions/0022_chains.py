"""Chains of evidence, link by link"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'chain_link',
        sa.Column('number', sa.Integer(), primary_key=True),
        sa.Column('digest', sa.String(length=26), nullable=False, unique=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('policy', sa.String(length=8), nullable=True),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('about', sa.String(length=36), nullable=False),
        sa.Column('at', store.tables.UtcMoment(timezone=True), nullable=False),
        sa.Column('before', sa.JSON(), nullable=False),
        sa.Column('says', sa.JSON(), nullable=False),
    )
    op.create_index('ix_chain_link_policy', 'chain_link', ['policy'])
    op.create_index('chain_link_about', 'chain_link', ['kind', 'about'])


def downgrade() -> None:
    op.drop_table('chain_link')

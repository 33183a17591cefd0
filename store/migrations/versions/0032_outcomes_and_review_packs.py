"""Figures that a company measures, and review packs that somebody shares"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'metric_value',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('metric', sa.String(length=60), primary_key=True),
        sa.Column('team', sa.String(length=12), primary_key=True),
        sa.Column('day', sa.Date(), primary_key=True),
        sa.Column('unit', sa.String(length=20), nullable=False),
        sa.Column('better', sa.String(length=8), nullable=False),
        sa.Column('value', sa.Float(), nullable=False),
    )
    op.create_table(
        'review_pack',
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), primary_key=True),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('shared_at', store.tables.UtcMoment(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table('review_pack')
    op.drop_table('metric_value')

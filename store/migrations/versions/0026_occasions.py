"""Occasions, and whether a document was written late"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'occasion',
        sa.Column('id', sa.String(length=8), primary_key=True),
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), nullable=False),
        sa.Column('kind', sa.String(length=24), nullable=False),
        sa.Column('people', sa.JSON(), nullable=False),
        sa.Column('about', sa.String(length=32), nullable=True, unique=True),
        sa.Column('happened_at', moment, nullable=True),
        sa.Column('over_by', moment, nullable=True),
        sa.Column('asked_at', moment, nullable=False),
        sa.Column('phase', sa.String(length=8), nullable=False),
        sa.Column('next_try_at', moment, nullable=False),
    )
    op.create_index('occasion_due', 'occasion', ['phase', 'next_try_at'])
    op.create_index('occasion_of_kind', 'occasion', ['cohort', 'kind'])
    with op.batch_alter_table('document') as document:
        document.add_column(sa.Column('late', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table('document') as document:
        document.drop_column('late')
    op.drop_table('occasion')

"""Host teams that were dissolved while a cohort was under way"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'dissolved_team',
        sa.Column('cohort', sa.String(length=24), nullable=False),
        sa.Column('team', sa.String(length=12), nullable=False),
        sa.Column('at', store.tables.UtcMoment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['cohort'], ['cohort.key']),
        sa.ForeignKeyConstraint(['team'], ['host_team.ref']),
        sa.PrimaryKeyConstraint('cohort', 'team'),
    )


def downgrade() -> None:
    op.drop_table('dissolved_team')

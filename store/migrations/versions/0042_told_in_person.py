"""Visits to a kiosk that were ended, and when those without mail were told in person what came of a change"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0042'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'kiosk_left',
        sa.Column('person', sa.String(length=12), nullable=False),
        sa.Column('until', moment, nullable=False),
        sa.ForeignKeyConstraint(['person'], ['person.ref'], name=op.f('fk_kiosk_left_person_person')),
        sa.PrimaryKeyConstraint('person', name=op.f('pk_kiosk_left')),
    )


def downgrade() -> None:
    op.drop_table('kiosk_left')

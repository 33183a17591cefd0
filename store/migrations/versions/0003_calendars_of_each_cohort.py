"""Calendars are read for the weeks of one cohort's program, so each cohort keeps its own"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'cohort_calendar',
        sa.Column('cohort', sa.String(length=24), nullable=False),
        sa.Column('person', sa.String(length=12), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('intervals', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['cohort'], ['cohort.key']),
        sa.ForeignKeyConstraint(['person'], ['person.ref']),
        sa.PrimaryKeyConstraint('cohort', 'person'),
    )
    op.execute(
        'INSERT INTO cohort_calendar (cohort, person, digest, intervals) '
        'SELECT cohort.key, calendar.person, digest, intervals FROM calendar, cohort'
    )
    op.drop_table('calendar')


def downgrade() -> None:
    op.create_table(
        'calendar',
        sa.Column('person', sa.String(length=12), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('intervals', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['person'], ['person.ref']),
        sa.PrimaryKeyConstraint('person'),
    )
    # One calendar per person can't say which cohort's weeks it covers; an import brings it back.
    op.drop_table('cohort_calendar')

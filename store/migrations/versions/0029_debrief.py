"""Marks of what was sealed, roles that people wrote from, and what a team says beside predictions"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0029'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.add_column(
        'exercise_entry',
        sa.Column('role', sa.String(length=24), nullable=False, server_default=''),
    )
    op.create_index(
        'exercise_entry_of_person', 'exercise_entry', ['person', 'exercise', 'written_at']
    )
    op.create_table(
        'exercise_seal',
        sa.Column('number', sa.Integer(), primary_key=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
        sa.Column('exercise', sa.String(length=24), nullable=False),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('mark', sa.String(length=26), nullable=False),
        sa.Column('sealed_at', moment, nullable=False),
    )
    op.create_index(
        'exercise_seal_of', 'exercise_seal', ['rotation', 'step', 'exercise', 'person']
    )
    op.create_index('ix_exercise_seal_person', 'exercise_seal', ['person'])
    op.create_table(
        'team_figures',
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('stop', sa.Integer(), nullable=False),
        sa.Column('answers', sa.String(length=24), nullable=False),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('opened_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('rotation', 'stop', 'answers', 'person'),
    )
    op.create_index('team_figures_of_person', 'team_figures', ['person', 'answers', 'opened_at'])
    op.execute(
        'INSERT INTO exercise_seal (rotation, step, exercise, person, mark, sealed_at) '
        'SELECT rotation, step, exercise, person, mark, written_at FROM exercise_entry '
        "WHERE complete AND mark <> '' AND reader <> 'counted'"
    )


def downgrade() -> None:
    op.drop_table('team_figures')
    op.drop_table('exercise_seal')
    op.drop_index('exercise_entry_of_person', 'exercise_entry')
    with op.batch_alter_table('exercise_entry') as entry:
        entry.drop_column('role')

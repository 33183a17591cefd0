"""Marks of what was sealed, roles that people wrote from, and what a team says beside predictions"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

_SEALED = ('rotation', 'step', 'exercise', 'person', 'mark')
_FIGURES = frozenset({'counted', 'compared'})


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
    op.execute(_seal_what_was_finished_before())


def _seal_what_was_finished_before() -> sa.Insert:
    """The marks of finished exercises of cards that are sealed, as each cohort's program has them."""
    entry = sa.table('exercise_entry', *map(sa.column, (*_SEALED, 'written_at', 'complete')))
    seal = sa.table('exercise_seal', *map(sa.column, (*_SEALED, 'sealed_at')))
    rotation = sa.table('rotation', sa.column('id'), sa.column('cohort'))
    cohort = sa.table('cohort', sa.column('key'), sa.column('program', sa.JSON))
    before = [
        sa.and_(rotation.c.cohort == key, entry.c.exercise == card['key'])
        for key, program in op.get_bind().execute(sa.select(cohort.c.key, cohort.c.program))
        for card in program.get('exercises', ())
        if card['timing'] == 'before' and not _FIGURES.intersection(card['readers'])
    ]
    finished = (
        sa.select(*(entry.c[name] for name in _SEALED), entry.c.written_at)
        .join(rotation, rotation.c.id == entry.c.rotation)
        .where(entry.c.complete, entry.c.mark != '', sa.or_(sa.false(), *before))
    )
    return sa.insert(seal).from_select([*_SEALED, 'sealed_at'], finished)


def downgrade() -> None:
    op.drop_table('team_figures')
    op.drop_table('exercise_seal')
    op.drop_index('exercise_entry_of_person', 'exercise_entry')
    with op.batch_alter_table('exercise_entry') as entry:
        entry.drop_column('role')

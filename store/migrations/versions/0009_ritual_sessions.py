"""Ritual sessions stand among the rotations; a participant still has one rotation in a cohort"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

ONE = 'rotation_cohort_participant_key'
NAMES = {'uq': '%(table_name)s_%(column_0_name)s_%(column_1_name)s_key'}


def upgrade() -> None:
    with op.batch_alter_table('rotation', naming_convention=NAMES) as batch:
        batch.add_column(sa.Column('ritual', sa.String(length=24), nullable=False, server_default=''))
        batch.drop_constraint(ONE, type_='unique')
    only = sa.text("ritual = ''")
    op.create_index(
        'one_rotation_of_a_participant', 'rotation', ['cohort', 'participant'],
        unique=True, sqlite_where=only, postgresql_where=only,
    )


def downgrade() -> None:
    op.drop_index('one_rotation_of_a_participant', 'rotation')
    sessions = "(SELECT id FROM rotation WHERE ritual <> '')"
    op.execute(f'DELETE FROM answer WHERE uid IN (SELECT uid FROM invite WHERE rotation IN {sessions})')
    for table in ('invite', 'news'):
        op.execute(f'DELETE FROM {table} WHERE rotation IN {sessions}')
    op.execute("DELETE FROM rotation WHERE ritual <> ''")
    with op.batch_alter_table('rotation') as batch:
        batch.drop_column('ritual')
        batch.create_unique_constraint(ONE, ['cohort', 'participant'])

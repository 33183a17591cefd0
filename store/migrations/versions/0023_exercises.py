"""What people write in exercises, and who was erased"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('erased_at', store.tables.UtcMoment(timezone=True)))
    op.create_table(
        'exercise_entry',
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), primary_key=True),
        sa.Column('step', sa.String(length=24), primary_key=True),
        sa.Column('exercise', sa.String(length=24), primary_key=True),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('reader', sa.String(length=16), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('mark', sa.String(length=26), nullable=False),
        sa.Column('complete', sa.Boolean(), nullable=False),
        sa.Column('late', sa.Boolean(), nullable=False),
        sa.Column('written_at', store.tables.UtcMoment(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table('exercise_entry')
    with op.batch_alter_table('person') as person:
        person.drop_column('erased_at')

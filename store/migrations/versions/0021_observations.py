"""What visitors see and hear, and the codes with which they read it again"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'observation',
        sa.Column('id', sa.String(length=36), primary_key=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('tag', sa.String(length=16), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('noted_at', moment, nullable=False),
    )
    op.create_index('observation_of_step', 'observation', ['rotation', 'step'])
    op.create_table(
        'reading_code',
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.Column('expires_at', moment, nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('asked', sa.Integer(), nullable=False),
        sa.Column('counted_since', moment, nullable=False),
    )


def downgrade() -> None:
    op.drop_table('reading_code')
    op.drop_table('observation')

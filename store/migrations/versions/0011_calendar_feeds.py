"""Calendar feeds, kept by the digest of their token, and what stands in each calendar"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'feed',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('whose', sa.String(length=24), nullable=False),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('revoked_at', moment, nullable=True),
        sa.Column('etag', sa.String(length=64), nullable=False),
        sa.Column('served_at', moment, nullable=True),
        sa.PrimaryKeyConstraint('digest'),
    )
    still_open = sa.text('revoked_at IS NULL')
    op.create_index(
        'one_open_feed', 'feed', ['whose'],
        unique=True, sqlite_where=still_open, postgresql_where=still_open,
    )
    op.create_table(
        'feed_entry',
        sa.Column('uid', sa.String(length=255), nullable=False),
        sa.Column('whose', sa.String(length=24), nullable=False),
        sa.Column('rotation', sa.String(length=8), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
        sa.Column('starts', moment, nullable=False),
        sa.Column('ends', moment, nullable=False),
        sa.Column('zone', sa.String(length=64), nullable=False),
        sa.Column('teams', sa.JSON(), nullable=False),
        sa.Column('pencilled', sa.Boolean(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('changed_at', moment, nullable=False),
        sa.Column('gone_at', moment, nullable=True),
        sa.ForeignKeyConstraint(['rotation'], ['rotation.id']),
        sa.PrimaryKeyConstraint('uid'),
    )
    op.create_index('ix_feed_entry_rotation', 'feed_entry', ['rotation'])
    op.create_index('feed_entry_of', 'feed_entry', ['whose', 'ends'])


def downgrade() -> None:
    op.drop_table('feed_entry')
    op.drop_table('feed')

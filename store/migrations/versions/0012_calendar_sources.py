"""People give their own calendars: a file, a feed or a CalDAV collection, and see how old each is"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'calendar_source',
        sa.Column('person', sa.String(length=12), nullable=False),
        sa.Column('kind', sa.String(length=8), nullable=False),
        sa.Column('server', sa.Text(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.Column('etag', sa.Text(), nullable=False),
        sa.Column('modified', sa.Text(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('read_for', sa.String(length=64), nullable=False),
        sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('good_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('stale', sa.Boolean(), nullable=False),
        sa.Column('remarks', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['person'], ['person.ref']),
        sa.PrimaryKeyConstraint('person'),
    )
    op.create_index('ix_calendar_source_next_at', 'calendar_source', ['next_at'])


def downgrade() -> None:
    op.drop_index('ix_calendar_source_next_at', 'calendar_source')
    op.drop_table('calendar_source')

"""Login links and the sessions they open; tokens are kept as digests only"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'login_link',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('who', sa.String(length=64), nullable=False),
        sa.Column('role', sa.String(length=24), nullable=False),
        sa.Column('expires_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('digest'),
    )
    op.create_index('ix_login_link_who', 'login_link', ['who'])
    op.create_table(
        'session',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('who', sa.String(length=64), nullable=False),
        sa.Column('role', sa.String(length=24), nullable=False),
        sa.Column('expires_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('digest'),
    )
    op.create_index('ix_session_who', 'session', ['who'])


def downgrade() -> None:
    op.drop_table('session')
    op.drop_table('login_link')

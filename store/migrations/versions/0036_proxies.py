"""Proxies of people without mail, and what would make a step work for somebody"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'proxy',
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('proxy', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=True),
        sa.Column('chosen_at', moment, nullable=False),
    )
    op.create_index('ix_proxy_proxy', 'proxy', ['proxy'])
    op.create_table(
        'need',
        sa.Column('uid', sa.String(length=255), sa.ForeignKey('invite.uid'), primary_key=True),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('written_at', moment, nullable=False),
        sa.Column('arranged_at', moment, nullable=True),
    )
    op.create_index('ix_need_person', 'need', ['person'])


def downgrade() -> None:
    op.drop_table('need')
    op.drop_table('proxy')

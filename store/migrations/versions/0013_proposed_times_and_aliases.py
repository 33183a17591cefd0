"""Proposals of another time, confirmed addresses of people, and what an incoming mail is and says"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'alias',
        sa.Column('address', sa.Text(), nullable=False),
        sa.Column('person', sa.String(length=12), nullable=False),
        sa.Column('confirmed_at', moment, nullable=False),
        sa.ForeignKeyConstraint(['person'], ['person.ref']),
        sa.PrimaryKeyConstraint('address'),
    )
    op.create_table(
        'proposed_time',
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('uid', sa.String(length=255), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('starts', moment, nullable=False),
        sa.Column('ends', moment, nullable=True),
        sa.Column('comment', sa.Text(), nullable=False),
        sa.Column('at', moment, nullable=False),
        sa.Column('settled_at', moment, nullable=True),
        sa.Column('outcome', sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(['number'], ['raw_mail.number']),
        sa.ForeignKeyConstraint(['uid'], ['invite.uid']),
        sa.PrimaryKeyConstraint('number'),
    )
    op.create_index('ix_proposed_time_uid', 'proposed_time', ['uid'])
    with op.batch_alter_table('raw_mail') as batch:
        batch.add_column(sa.Column('kind', sa.String(length=12), nullable=False, server_default=''))
        batch.add_column(sa.Column('said', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('raw_mail') as batch:
        batch.drop_column('said')
        batch.drop_column('kind')
    op.drop_table('proposed_time')
    op.drop_table('alias')

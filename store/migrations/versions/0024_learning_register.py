"""The learning register, with its words to search"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'insight',
        sa.Column('number', sa.Integer(), primary_key=True),
        sa.Column('id', sa.String(length=40), nullable=False, unique=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('team', sa.String(length=12), sa.ForeignKey('host_team.ref'), nullable=False),
        sa.Column('quarter', sa.String(length=7), nullable=False),
        sa.Column('tag', sa.String(length=16), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('notes', sa.Integer(), nullable=False),
        sa.Column('learnt_at', store.tables.UtcMoment(timezone=True), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
    )
    op.create_index('ix_insight_rotation', 'insight', ['rotation'])
    op.create_index('insight_by_quarter', 'insight', ['quarter', 'number'])
    op.create_index('insight_by_team', 'insight', ['team', 'number'])
    op.create_index('insight_by_tag', 'insight', ['tag', 'number'])
    op.create_table(
        'insight_change',
        sa.Column('insight', sa.String(length=40), primary_key=True),
        sa.Column('policy', sa.String(length=8), sa.ForeignKey('policy_change.id'), primary_key=True),
    )
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            "CREATE VIRTUAL TABLE insight_words USING fts5"
            "(text, tokenize = 'unicode61 remove_diacritics 2')"
        )
    else:
        op.execute(
            "CREATE INDEX insight_words ON insight USING gin (to_tsvector('simple', text))"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE insight_words')
    op.drop_table('insight_change')
    op.drop_table('insight')

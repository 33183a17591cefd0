"""Which mail of ours an incoming one answers, who vouched for its sender, who wrote it, and that it was read"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    with op.batch_alter_table('raw_mail') as batch:
        batch.add_column(sa.Column('answers', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('vouched', sa.Boolean(), nullable=True))
        batch.add_column(sa.Column('product', sa.Text(), nullable=False, server_default=''))
        batch.add_column(sa.Column('seen_at', moment, nullable=True))
        batch.create_foreign_key('raw_mail_answers_fkey', 'outbox', ['answers'], ['number'])
        batch.create_index('ix_raw_mail_answers', ['answers'])
    op.execute(
        "UPDATE raw_mail SET answers = (SELECT max(number) FROM outbox WHERE outbox.uid = raw_mail.uid) "
        "WHERE kind = 'note' AND uid IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table('raw_mail') as batch:
        batch.drop_index('ix_raw_mail_answers')
        batch.drop_constraint('raw_mail_answers_fkey', type_='foreignkey')
        for column in ('seen_at', 'product', 'vouched', 'answers'):
            batch.drop_column(column)

"""Somebody's mails and other addresses, and open proposals, are found without reading a whole table"""

from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('outbox_of_person', 'outbox', ['person', 'kind'])
    op.create_index('ix_proposed_time_settled_at', 'proposed_time', ['settled_at'])
    op.create_index('ix_alias_person', 'alias', ['person'])


def downgrade() -> None:
    op.drop_index('ix_alias_person', 'alias')
    op.drop_index('ix_proposed_time_settled_at', 'proposed_time')
    op.drop_index('outbox_of_person', 'outbox')

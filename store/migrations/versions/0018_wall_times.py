"""What clocks show when an invite begins, so that new rules of a time zone can be followed"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('invite') as batch:
        batch.add_column(sa.Column('wall', sa.String(length=16), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('invite') as batch:
        batch.drop_column('wall')

"""Teams that somebody's rotation has to visit"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'pin',
        sa.Column('rotation', sa.String(length=8), primary_key=True),
        sa.Column('team', sa.String(length=12), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table('pin')

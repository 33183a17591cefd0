"""What people of host teams want heard, codes for people without mail"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.create_table(
        'voice_session',
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), primary_key=True),
        sa.Column('step', sa.String(length=24), primary_key=True),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('fixed', sa.Boolean(), nullable=False),
    )
    op.create_table(
        'voice',
        sa.Column('id', sa.String(length=26), primary_key=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), nullable=True),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('passed_on', sa.LargeBinary(), nullable=True),
        sa.Column('shown', sa.Boolean(), nullable=False),
        sa.Column('disposition', sa.String(length=16), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('policy', sa.String(length=8), sa.ForeignKey('policy_change.id'), nullable=True),
        sa.Column('awaits_force', sa.Boolean(), nullable=False),
        sa.Column('kept_until', moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index('ix_voice_person', 'voice', ['person'])
    op.create_index('ix_voice_policy', 'voice', ['policy'])
    op.create_index('ix_voice_kept_until', 'voice', ['kept_until'])
    op.create_index('ix_voice_awaits_force', 'voice', ['awaits_force'])
    op.create_index('voice_of_session', 'voice', ['rotation', 'step'])
    op.create_table(
        'spent_allowance',
        sa.Column('digest', sa.String(length=26), primary_key=True),
        sa.Column('rotation', sa.String(length=8), sa.ForeignKey('rotation.id'), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
        sa.Column('first', sa.Boolean(), nullable=False),
        sa.Column('until', moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index('ix_spent_allowance_until', 'spent_allowance', ['until'])
    op.create_index('allowance_of_session', 'spent_allowance', ['rotation', 'step'])
    op.create_table(
        'kiosk_code',
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('digest', sa.String(length=26), nullable=False, unique=True),
        sa.Column('expires_at', moment, nullable=False),
    )
    op.create_table(
        'kiosk_miss',
        sa.Column('number', sa.Integer(), primary_key=True),
        sa.Column('at', moment, nullable=False),
    )
    op.create_index('ix_kiosk_miss_at', 'kiosk_miss', ['at'])
    op.create_index('policy_of_team', 'policy_change', ['team', 'proposed_at'])


def downgrade() -> None:
    op.drop_index('policy_of_team', 'policy_change')
    for table in ('kiosk_miss', 'kiosk_code', 'spent_allowance', 'voice', 'voice_session'):
        op.drop_table(table)

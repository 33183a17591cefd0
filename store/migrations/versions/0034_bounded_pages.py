"""What the first page looks for: since when somebody is needed, and when a first step begins"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

IN_PERSON = 'address IS NULL AND called_off_at IS NULL'
TO_READ = "seen_at IS NULL AND said <> ''"


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.add_column('rotation', sa.Column('starts_at', moment, nullable=True))
    op.add_column('rotation', sa.Column('attention_since', moment, nullable=True))
    op.add_column('policy_change', sa.Column('attention_since', moment, nullable=True))
    for table in ('rotation', 'policy_change'):
        _fill(table, moment)
    op.create_index('rotation_needs', 'rotation', ['cohort', 'attention_since'])
    op.create_index('rotation_session', 'rotation', ['cohort', 'ritual', 'starts_at'])
    op.create_index('rotation_not_begun', 'rotation', ['cohort', 'version'])
    op.create_index('policy_needs', 'policy_change', ['cohort', 'attention_since'])
    op.create_index(
        'invite_in_person', 'invite', ['created_at'],
        sqlite_where=sa.text(IN_PERSON), postgresql_where=sa.text(IN_PERSON),
    )
    op.create_index(
        'words_to_read', 'raw_mail', ['kind', 'number'],
        sqlite_where=sa.text(TO_READ), postgresql_where=sa.text(TO_READ),
    )


def _fill(name: str, moment: sa.types.TypeEngine) -> None:
    table = sa.table(
        name, sa.column('id'), sa.column('state', sa.JSON()),
        sa.column('starts_at', moment), sa.column('attention_since', moment),
    )
    bind = op.get_bind()
    for id_, state in bind.execute(sa.select(table.c.id, table.c.state)).all():
        known = json.loads(state) if isinstance(state, str) else state or {}
        since = [datetime.fromisoformat(one['since']) for one in known.get('attention', ())]
        found = {'attention_since': min(since)} if since else {}
        if known.get('steps'):
            found['starts_at'] = datetime.fromisoformat(known['steps'][0]['starts'])
        if found:
            bind.execute(table.update().where(table.c.id == id_).values(**found))


def downgrade() -> None:
    op.drop_index('words_to_read', 'raw_mail')
    op.drop_index('invite_in_person', 'invite')
    op.drop_index('policy_needs', 'policy_change')
    for index in ('rotation_not_begun', 'rotation_session', 'rotation_needs'):
        op.drop_index(index, 'rotation')
    with op.batch_alter_table('policy_change') as change:
        change.drop_column('attention_since')
    with op.batch_alter_table('rotation') as rotation:
        rotation.drop_column('attention_since')
        rotation.drop_column('starts_at')

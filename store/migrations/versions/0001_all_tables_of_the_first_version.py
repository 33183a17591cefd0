"""All tables of the first version"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('rotation', sa.String(length=8), nullable=True),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number')
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_rotation'), ['rotation'], unique=False)

    op.create_table('change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('cohort',
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('program', sa.JSON(), nullable=False),
    sa.Column('approved_plan', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('forbidden',
    sa.Column('rotation', sa.String(length=8), nullable=False),
    sa.Column('team', sa.String(length=12), nullable=False),
    sa.PrimaryKeyConstraint('rotation', 'team')
    )
    op.create_table('host_team',
    sa.Column('ref', sa.String(length=12), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('ref'),
    sa.UniqueConstraint('key')
    )
    op.create_table('installation_attention',
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('since', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('kind')
    )
    op.create_table('lease',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('holder', sa.String(length=64), nullable=False),
    sa.Column('until', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('outbox',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('rotation', sa.String(length=8), nullable=True),
    sa.Column('step', sa.String(length=24), nullable=True),
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('uid', sa.String(length=255), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('sender', sa.Text(), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('next_try_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('settled_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('key')
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_rotation'), ['rotation'], unique=False)
        batch_op.create_index(batch_op.f('ix_outbox_uid'), ['uid'], unique=False)
        batch_op.create_index('outbox_due', ['state', 'next_try_at'], unique=False)

    op.create_table('person',
    sa.Column('ref', sa.String(length=12), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('ref'),
    sa.UniqueConstraint('key')
    )
    op.create_table('raw_mail',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=False),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('received_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('uid', sa.String(length=255), nullable=True),
    sa.Column('verdict', sa.String(length=16), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('digest')
    )
    with op.batch_alter_table('raw_mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_raw_mail_uid'), ['uid'], unique=False)
        batch_op.create_index(batch_op.f('ix_raw_mail_verdict'), ['verdict'], unique=False)

    op.create_table('repair',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('rotation', sa.String(length=8), nullable=False),
    sa.Column('answer', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    with op.batch_alter_table('repair', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_repair_rotation'), ['rotation'], unique=False)

    op.create_table('sink_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('sender', sa.Text(), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('uid', sa.String(length=255), nullable=True),
    sa.Column('method', sa.String(length=16), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('raw', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('sink_mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sink_mail_recipient'), ['recipient'], unique=False)

    op.create_table('unavailable',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cohort', sa.String(length=24), nullable=False),
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('starts', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('ends', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('cohort', 'person', 'starts', 'ends')
    )
    with op.batch_alter_table('unavailable', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unavailable_cohort'), ['cohort'], unique=False)

    op.create_table('calendar',
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('intervals', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['person'], ['person.ref'], ),
    sa.PrimaryKeyConstraint('person')
    )
    op.create_table('goal',
    sa.Column('cohort', sa.String(length=24), nullable=False),
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['cohort'], ['cohort.key'], ),
    sa.ForeignKeyConstraint(['person'], ['person.ref'], ),
    sa.PrimaryKeyConstraint('cohort', 'person', 'position')
    )
    op.create_table('person_key',
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['person'], ['person.ref'], ),
    sa.PrimaryKeyConstraint('person')
    )
    op.create_table('plan',
    sa.Column('cohort', sa.String(length=24), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('made_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('approved_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['cohort'], ['cohort.key'], ),
    sa.PrimaryKeyConstraint('cohort', 'number')
    )
    op.create_table('rotation',
    sa.Column('id', sa.String(length=8), nullable=False),
    sa.Column('cohort', sa.String(length=24), nullable=False),
    sa.Column('participant', sa.String(length=12), nullable=False),
    sa.Column('workflow_id', sa.String(length=64), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.Column('next_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['cohort'], ['cohort.key'], ),
    sa.ForeignKeyConstraint(['participant'], ['person.ref'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('cohort', 'participant'),
    sa.UniqueConstraint('workflow_id')
    )
    with op.batch_alter_table('rotation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rotation_cohort'), ['cohort'], unique=False)

    op.create_table('document',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('rotation', sa.String(length=8), nullable=False),
    sa.Column('step', sa.String(length=24), nullable=False),
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('written_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person'], ['person.ref'], ),
    sa.ForeignKeyConstraint(['rotation'], ['rotation.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('rotation', 'step', 'person')
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_rotation'), ['rotation'], unique=False)

    op.create_table('invite',
    sa.Column('uid', sa.String(length=255), nullable=False),
    sa.Column('rotation', sa.String(length=8), nullable=False),
    sa.Column('step', sa.String(length=24), nullable=False),
    sa.Column('person', sa.String(length=12), nullable=False),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('starts', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('ends', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('zone', sa.String(length=64), nullable=False),
    sa.Column('created_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('called_off_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('reminded_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=16), nullable=False),
    sa.Column('answered_sequence', sa.Integer(), nullable=True),
    sa.Column('answered_stamp', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('answered_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['person'], ['person.ref'], ),
    sa.ForeignKeyConstraint(['rotation'], ['rotation.id'], ),
    sa.PrimaryKeyConstraint('uid')
    )
    with op.batch_alter_table('invite', schema=None) as batch_op:
        batch_op.create_index('invite_of_step', ['rotation', 'step', 'person'], unique=False)

    op.create_table('news',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('rotation', sa.String(length=8), nullable=False),
    sa.Column('workflow_id', sa.String(length=64), nullable=False),
    sa.Column('update_id', sa.String(length=320), nullable=False),
    sa.Column('event', sa.JSON(), nullable=False),
    sa.Column('created_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('next_try_at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('told_at', store.tables.UtcMoment(timezone=True), nullable=True),
    sa.Column('refusal', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['rotation'], ['rotation.id'], ),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('update_id')
    )
    with op.batch_alter_table('news', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_news_rotation'), ['rotation'], unique=False)
        batch_op.create_index(batch_op.f('ix_news_told_at'), ['told_at'], unique=False)

    op.create_table('answer',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=255), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('stamped', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.Column('answer', sa.String(length=16), nullable=False),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('at', store.tables.UtcMoment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['uid'], ['invite.uid'], ),
    sa.PrimaryKeyConstraint('number')
    )
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_uid'), ['uid'], unique=False)
    op.execute('INSERT INTO change (id, number) VALUES (1, 0)')


def downgrade() -> None:
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_uid'))

    op.drop_table('answer')
    with op.batch_alter_table('news', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_news_told_at'))
        batch_op.drop_index(batch_op.f('ix_news_rotation'))

    op.drop_table('news')
    with op.batch_alter_table('invite', schema=None) as batch_op:
        batch_op.drop_index('invite_of_step')

    op.drop_table('invite')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_rotation'))

    op.drop_table('document')
    with op.batch_alter_table('rotation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rotation_cohort'))

    op.drop_table('rotation')
    op.drop_table('plan')
    op.drop_table('person_key')
    op.drop_table('goal')
    op.drop_table('calendar')
    with op.batch_alter_table('unavailable', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_unavailable_cohort'))

    op.drop_table('unavailable')
    with op.batch_alter_table('sink_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sink_mail_recipient'))

    op.drop_table('sink_mail')
    with op.batch_alter_table('repair', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_repair_rotation'))

    op.drop_table('repair')
    with op.batch_alter_table('raw_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_raw_mail_verdict'))
        batch_op.drop_index(batch_op.f('ix_raw_mail_uid'))

    op.drop_table('raw_mail')
    op.drop_table('person')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('outbox_due')
        batch_op.drop_index(batch_op.f('ix_outbox_uid'))
        batch_op.drop_index(batch_op.f('ix_outbox_rotation'))

    op.drop_table('outbox')
    op.drop_table('lease')
    op.drop_table('installation_attention')
    op.drop_table('host_team')
    op.drop_table('forbidden')
    op.drop_table('cohort')
    op.drop_table('change')
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_rotation'))

    op.drop_table('audit')

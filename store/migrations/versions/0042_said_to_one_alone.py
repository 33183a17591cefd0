"""Who said something to a facilitator alone stands in no log of the rotation; letters of thanks say of which step they are"""

import json

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None

_ALONE = 'facilitator-only'


def upgrade() -> None:
    _forget_who_said_it()
    _keep_receipts_out_of_the_mail_log()
    _keep_what_came_of_it_out_of_the_mail_log()
    _name_the_step_of_thanks()


def _forget_who_said_it() -> None:
    bind = op.get_bind()
    taken = sa.table('voice_session', *map(sa.column, ('rotation', 'step', 'mode')))
    audit = sa.table('audit', sa.column('rotation'), sa.column('sentence', sa.Text))
    alone = sa.select(taken.c.rotation, taken.c.step).where(taken.c.mode == _ALONE)
    for rotation, step in bind.execute(alone).all():
        said = audit.c.sentence.endswith(f' said what should be heard around {step}', autoescape=True)
        bind.execute(audit.delete().where(audit.c.rotation == rotation, said))


def _keep_receipts_out_of_the_mail_log() -> None:
    outbox = sa.table('outbox', *map(sa.column, ('rotation', 'step', 'person', 'kind')))
    voice = sa.table('voice', *map(sa.column, ('rotation', 'person', 'mode')))
    alone = sa.exists().where(
        voice.c.rotation == outbox.c.rotation, voice.c.person == outbox.c.person, voice.c.mode == _ALONE
    )
    receipts = outbox.update().where(outbox.c.kind == 'voice-receipt', alone)
    op.execute(receipts.values(rotation=None, step=None))


def _keep_what_came_of_it_out_of_the_mail_log() -> None:
    """Who heard of a change for what they said to a facilitator alone, and for nothing that others know of."""
    bind = op.get_bind()
    change = sa.table('policy_change', *map(sa.column, ('id', 'state')))
    voice = sa.table('voice', *map(sa.column, ('policy', 'person', 'mode')))
    outbox = sa.table('outbox', *(sa.column(name, sa.String) for name in ('key', 'rotation', 'person', 'kind')))
    spoke = sa.select(change.c.id, change.c.state, voice.c.person).join(voice, voice.c.policy == change.c.id)
    by_name = {(policy, person) for policy, _, person in bind.execute(spoke.where(voice.c.mode == 'named')).all()}
    for policy, stored, person in bind.execute(spoke.where(voice.c.mode == _ALONE)).all():
        state = (json.loads(stored) if isinstance(stored, str) else stored) or {}
        known = {*state.get('voices', ()), state.get('participant')}
        if person not in known and (policy, person) not in by_name:
            told = outbox.c.kind.in_(('tell-decision', 'tell-verdict')), outbox.c.person == person
            mine = outbox.c.key.startswith(f'{policy}:', autoescape=True)
            bind.execute(outbox.update().where(*told, mine).values(rotation=None))


def _name_the_step_of_thanks() -> None:
    """So that a repeat of what was sent is still known as one."""
    columns = (sa.column(name, sa.String) for name in ('key', 'rotation', 'step', 'person', 'kind'))
    outbox = sa.table('outbox', *columns)
    known = outbox.c.rotation.is_not(None), outbox.c.step.is_not(None)
    key = outbox.c.rotation + ':thanks:' + outbox.c.step + ':' + outbox.c.person
    op.execute(outbox.update().where(outbox.c.kind == 'thanks', *known).values(key=key))


def downgrade() -> None:
    """What was forgotten stays so, and so do the steps of thanks: no earlier version sends these again by itself."""

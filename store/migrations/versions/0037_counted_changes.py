"""People's work, policy changes and first hearings as figures count them, and receipts that voices are owed, from what is known so far"""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None

USED = {'adopted', 'partly'}
WORK = ('team', 'works_at', 'shift', 'level', 'function')


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    op.add_column('policy_change', sa.Column('in_force_at', moment, nullable=True))
    op.add_column('policy_change', sa.Column('verdict', sa.String(length=16), nullable=True))
    op.add_column('policy_change', sa.Column('loop_days', sa.Integer(), nullable=True))
    for name in ('is_diverse', 'from_customers'):
        no = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column('policy_change', no)
    op.create_index('policy_by_verdict', 'policy_change', ['cohort', 'in_force_at', 'verdict'])
    for name in WORK:
        op.add_column('person', sa.Column(name, sa.Text(), nullable=False, server_default=''))
    op.create_index('person_of_team', 'person', list(WORK))
    op.create_index('rotation_by_version', 'rotation', ['cohort', 'ritual', 'program_version'])
    op.add_column('insight', sa.Column('cohort', sa.String(length=24), nullable=False, server_default=''))
    op.create_index('insight_of_cohort', 'insight', ['cohort', 'quarter'])
    op.create_index('exercise_newest', 'exercise_entry', ['exercise', 'reader', 'complete', 'written_at', 'person'])
    receipt = op.create_table(
        'receipt',
        sa.Column('key', sa.String(length=200), primary_key=True),
        sa.Column('cohort', sa.String(length=24), nullable=False),
        sa.Column('errand', sa.String(length=24), nullable=False),
        sa.Column('by_word', sa.Boolean(), nullable=False),
    )
    op.create_index('receipt_of_cohort', 'receipt', ['cohort', 'errand', 'by_word'])
    first_heard = op.create_table(
        'first_heard',
        sa.Column('cohort', sa.String(length=24), primary_key=True),
        sa.Column('person', sa.String(length=12), primary_key=True),
        sa.Column('starts', moment, nullable=False),
        sa.Column('rotation', sa.String(length=8), nullable=False),
        sa.Column('step', sa.String(length=24), nullable=False),
    )
    op.create_index('first_heard_in', 'first_heard', ['rotation', 'step'])
    bind = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(bind, only=['person', 'host_team', 'cohort', 'rotation', 'policy_change', 'insight', 'insight_change'])
    known = tables.tables
    _say_what_people_do(bind, known['person'])
    rotation, insight = known['rotation'], known['insight']
    whose = sa.select(rotation.c.cohort).where(rotation.c.id == insight.c.rotation).scalar_subquery()
    bind.execute(insight.update().values(cohort=whose))
    _count_changes(bind, known, receipt, moment)
    _count_hearings(bind, known['rotation'], first_heard)


def _say_what_people_do(bind, people) -> None:
    for ref, facts in _facts(bind, people).items():
        work = {name: facts.get(name) or '' for name in WORK}
        bind.execute(people.update().where(people.c.ref == ref).values(**work))


def _count_changes(bind, known, receipt, moment) -> None:
    people = _facts(bind, known['person'])
    erased = set(bind.scalars(sa.select(known['person'].c.ref).where(known['person'].c.erased_at.is_not(None))))
    facing = {ref for ref, facts in _facts(bind, known['host_team']).items() if facts.get('customer_facing')}
    zones = {key: json_of(program).get('zone') for key, program in bind.execute(
        sa.select(known['cohort'].c.key, known['cohort'].c.program))}
    insight, grounds = known['insight'], known['insight_change']
    taught = {}
    joined = sa.select(grounds.c.policy, insight.c.team).join(insight, insight.c.id == grounds.c.insight)
    for policy, team in bind.execute(joined):
        taught.setdefault(policy, set()).add(team)
    change = sa.table('policy_change', *(sa.column(name) for name in ('id', 'cohort', 'rotation', 'state')),
                      sa.column('first_noted_at', moment), sa.column('in_force_at', moment),
                      *(sa.column(name) for name in ('verdict', 'loop_days', 'is_diverse', 'from_customers', 'measured', 'learnt')))
    query = sa.select(change.c.id, change.c.cohort, change.c.rotation, change.c.state, change.c.first_noted_at)
    for policy, cohort, rotation, stored, noted in bind.execute(query).all():
        state = json_of(stored)
        found = {'verdict': state.get('verdict')}
        if state.get('in_force_at'):
            found['in_force_at'] = datetime.fromisoformat(state['in_force_at'])
        if state.get('decided_at'):
            found['is_diverse'] = is_diverse(bind, known['rotation'], rotation, state, people)
            found['from_customers'] = bool(taught.get(policy, set()) & facing)
            found['loop_days'] = loop_days(noted, state['decided_at'], zones.get(cohort))
        if state.get('extended') and state.get('verdict') in {None, 'not-measured'}:
            found |= {'measured': None, 'learnt': ''}
        bind.execute(change.update().where(change.c.id == policy).values(**found))
        there = [voice for voice in dict.fromkeys(state.get('voices', ())) if voice not in erased]
        owed = [
            {'key': f'{policy}:{errand}:{voice}:{extended}', 'cohort': cohort, 'errand': errand,
             'by_word': not people.get(voice, {}).get('email')}
            for errand, extended in errands(state) for voice in there
        ]
        if owed:
            bind.execute(receipt.insert(), owed)


def errands(state: dict) -> list[tuple[str, int]]:
    told = [('tell-decision', 0)] if state.get('decided_at') else []
    verdicts = state.get('extended', 0) + bool(state.get('verdict'))
    return told + [('tell-verdict', extended) for extended in range(verdicts)]


def is_diverse(bind, rotations, rotation: str, state: dict, people: dict) -> bool:
    visit = json_of(bind.scalar(sa.select(rotations.c.state).where(rotations.c.id == rotation)))
    seats = {a['person']: a['seat'] for step in visit.get('steps', ()) for a in step.get('attendees', ())}
    used = [c['person'] for c in state.get('concerns', ()) if c.get('disposition') in USED]
    views = {*state.get('co_authors', ()), *used}
    teams = {people.get(person, {}).get('team') for person in views} - {None, ''}
    return len({seats[person] for person in views if person in seats}) > 1 or len(teams) > 1


def loop_days(noted, decided: str, zone: str | None) -> int | None:
    if noted is None or zone is None:
        return None
    first, last = (at.astimezone(ZoneInfo(zone)).date() for at in (noted, datetime.fromisoformat(decided)))
    return (last - first).days


def _count_hearings(bind, rotations, first_heard) -> None:
    rows = {}
    for (name,) in bind.execute(sa.select(rotations.c.id)).all():
        state = json_of(bind.scalar(sa.select(rotations.c.state).where(rotations.c.id == name)))
        for step in state.get('steps', ()):
            if step['kind'] != 'listening-session' or step.get('phase') != 'held':
                continue
            starts = datetime.fromisoformat(step['starts'])
            absent = {*step.get('declined', ()), *step.get('away', ())}
            for attendee in step.get('attendees', ()):
                about = state['cohort'], attendee['person']
                heard = attendee['seat'] == 'frontline' and attendee['person'] not in absent
                if heard and (about not in rows or starts < rows[about]['starts']):
                    rows[about] = {'cohort': about[0], 'person': about[1], 'starts': starts,
                                   'rotation': name, 'step': step['key']}
    if rows:
        bind.execute(first_heard.insert(), list(rows.values()))


def _facts(bind, table) -> dict[str, dict]:
    return {ref: json_of(facts) for ref, facts in bind.execute(sa.select(table.c.ref, table.c.facts))}


def json_of(stored) -> dict:
    return json.loads(stored) if isinstance(stored, str) else stored or {}


def downgrade() -> None:
    op.drop_table('first_heard')
    op.drop_table('receipt')
    op.drop_index('exercise_newest', 'exercise_entry')
    op.drop_index('insight_of_cohort', 'insight')
    with op.batch_alter_table('insight') as insight:
        insight.drop_column('cohort')
    op.drop_index('rotation_by_version', 'rotation')
    op.drop_index('person_of_team', 'person')
    with op.batch_alter_table('person') as person:
        for name in WORK:
            person.drop_column(name)
    op.drop_index('policy_by_verdict', 'policy_change')
    with op.batch_alter_table('policy_change') as change:
        for name in ('in_force_at', 'verdict', 'loop_days', 'is_diverse', 'from_customers'):
            change.drop_column(name)

"""Who works in which team, which lenses are wanted, and names of what is touched, for whoever counts"""

import json

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('touch') as touch:
        touch.add_column(sa.Column('cohort', sa.String(length=24), nullable=True))
        touch.add_column(sa.Column('folded', sa.Text(), nullable=True))
    wanted = op.create_table(
        'wanted_lens',
        sa.Column('cohort', sa.String(length=24), sa.ForeignKey('cohort.key'), primary_key=True),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
        sa.Column('lens', sa.Text(), primary_key=True),
    )
    member = op.create_table(
        'team_member',
        sa.Column('team', sa.String(length=12), sa.ForeignKey('host_team.ref'), primary_key=True),
        sa.Column('person', sa.String(length=12), sa.ForeignKey('person.ref'), primary_key=True),
    )
    op.create_index('ix_team_member_person', 'team_member', ['person'])
    bind, tables = op.get_bind(), sa.MetaData()
    tables.reflect(bind, only=['touch', 'goal', 'rotation', 'person', 'host_team'])
    known = tables.tables
    _name_cohorts(bind, known['touch'], known['rotation'])
    _fill(bind, wanted, ('cohort', 'person', 'lens'), _lenses(bind, known['goal']))
    _fill(bind, member, ('team', 'person'), _members(bind, known['host_team'], known['person']))
    with op.batch_alter_table('touch') as touch:
        touch.alter_column('cohort', existing_type=sa.String(length=24), nullable=False)
        touch.alter_column('folded', existing_type=sa.Text(), nullable=False)
        touch.create_foreign_key('touch_cohort_fkey', 'cohort', ['cohort'], ['key'])
    op.create_index('touch_by_name', 'touch', ['cohort', 'kind', 'name'])
    op.create_index('touch_known_again', 'touch', ['cohort', 'kind', 'folded'])
    op.drop_index('counted_step_of_cohort', 'counted_step')
    summed = ['in_person', 'held', 'team', 'participant']
    op.create_index('counted_step_of_cohort', 'counted_step', ['cohort', 'kind', 'starts', *summed])
    op.create_index('person_by_name', 'person', ['name', 'ref'])
    op.create_index(
        'rotation_taking_part', 'rotation', ['cohort', 'ritual', 'participant', 'stage', 'version']
    )


def _name_cohorts(bind, touch, rotation) -> None:
    whose = sa.select(rotation.c.cohort).where(rotation.c.id == touch.c.rotation).scalar_subquery()
    bind.execute(touch.update().values(cohort=whose))
    for name in bind.scalars(sa.select(touch.c.name).distinct()).all():
        bind.execute(touch.update().where(touch.c.name == name).values(folded=name.casefold()))


def _lenses(bind, goal):
    for cohort, person, facts in bind.execute(sa.select(goal.c.cohort, goal.c.person, goal.c.facts)).all():
        yield cohort, person, _known(facts)['lens']


def _members(bind, team, person):
    of_key = {}
    for ref, key, facts in bind.execute(sa.select(team.c.ref, team.c.key, team.c.facts)).all():
        of_key[key] = ref
        for one in (_known(facts)['lead'], *_known(facts)['frontline']):
            yield ref, one
    here = person.c.team.in_(of_key)
    for ref, key in bind.execute(sa.select(person.c.ref, person.c.team).where(here)).all():
        yield of_key[key], ref


def _known(facts):
    return facts if isinstance(facts, dict) else json.loads(facts)


def _fill(bind, table, columns, rows) -> None:
    values = [dict(zip(columns, row, strict=True)) for row in sorted(set(rows))]
    if values:
        bind.execute(table.insert(), values)


def downgrade() -> None:
    op.drop_index('rotation_taking_part', 'rotation')
    op.drop_index('person_by_name', 'person')
    op.drop_index('counted_step_of_cohort', 'counted_step')
    op.create_index('counted_step_of_cohort', 'counted_step', ['cohort', 'kind', 'starts'])
    op.drop_index('touch_known_again', 'touch')
    op.drop_index('touch_by_name', 'touch')
    op.drop_table('team_member')
    op.drop_table('wanted_lens')
    with op.batch_alter_table('touch') as touch:
        touch.drop_constraint('touch_cohort_fkey', type_='foreignkey')
        touch.drop_column('folded')
        touch.drop_column('cohort')

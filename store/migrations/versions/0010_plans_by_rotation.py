"""A plan version stores only the rotations that it changes, not the whole cohort again"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

WHOLE = 'first plan'
PARTS = ('assignments', 'steps', 'unplaced')


def upgrade() -> None:
    op.create_table(
        'planned_rotation',
        sa.Column('cohort', sa.String(), nullable=False),
        sa.Column('plan', sa.Integer(), nullable=False),
        sa.Column('rotation', sa.String(length=8), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['cohort', 'plan'], ['plan.cohort', 'plan.number']),
        sa.ForeignKeyConstraint(['rotation'], ['rotation.id']),
        sa.PrimaryKeyConstraint('cohort', 'plan', 'rotation'),
    )
    with op.batch_alter_table('plan') as batch:
        batch.add_column(sa.Column('base', sa.Integer(), nullable=False, server_default='1'))
        batch.add_column(sa.Column('objective', sa.Integer(), nullable=False, server_default='0'))
    plan, planned = tables()
    bind, base, before = op.get_bind(), {}, {}
    for row in bind.execute(sa.select(plan).order_by(plan.c.cohort, plan.c.number)).mappings().all():
        cohort, number = row['cohort'], row['number']
        if row['cause'] == WHOLE or cohort not in base:
            base[cohort], before[cohort] = number, {}
        here = sa.and_(plan.c.cohort == cohort, plan.c.number == number)
        known = {'base': base[cohort], 'objective': row['body'].get('objective', 0)}
        bind.execute(plan.update().where(here).values(**known))
        parts = by_rotation(row['body'])
        changed = [r for r, part in parts.items() if before[cohort].get(r) != part]
        for rotation in changed:
            part = {'cohort': cohort, 'plan': number, 'rotation': rotation, 'body': parts[rotation]}
            bind.execute(planned.insert().values(**part))
        before[cohort] = parts
    with op.batch_alter_table('plan') as batch:
        batch.drop_column('body')
        batch.alter_column('base', server_default=None)
        batch.alter_column('objective', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('plan') as batch:
        batch.add_column(sa.Column('body', sa.JSON(), nullable=False, server_default='{}'))
    plan, planned = tables()
    bind = op.get_bind()
    for row in bind.execute(sa.select(plan)).mappings().all():
        part = sa.and_(
            planned.c.cohort == row['cohort'],
            planned.c.plan.between(row['base'], row['number']),
        )
        found = bind.execute(sa.select(planned).where(part).order_by(planned.c.plan)).mappings()
        bodies = {one['rotation']: one['body'] for one in found}
        body: dict[str, Any] = {name: [] for name in PARTS}
        for rotation in sorted(bodies):
            for name in PARTS:
                body[name] += bodies[rotation][name]
        body['objective'] = row['objective']
        here = sa.and_(plan.c.cohort == row['cohort'], plan.c.number == row['number'])
        bind.execute(plan.update().where(here).values(body=body))
    with op.batch_alter_table('plan') as batch:
        batch.alter_column('body', server_default=None)
        batch.drop_column('base')
        batch.drop_column('objective')
    op.drop_table('planned_rotation')


def by_rotation(body: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """What a whole plan says about each rotation."""
    found: dict[str, dict[str, list[Any]]] = {}
    for name, one in everything(body):
        found.setdefault(one['rotation'], {part: [] for part in PARTS})[name].append(one)
    return found


def everything(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in PARTS:
        for one in body.get(name, ()):
            yield name, one


def tables() -> tuple[sa.Table, sa.Table]:
    """Both tables with all columns that either direction needs."""
    meta = sa.MetaData()
    plan = sa.Table(
        'plan',
        meta,
        sa.Column('cohort', sa.String()),
        sa.Column('number', sa.Integer()),
        sa.Column('cause', sa.Text()),
        sa.Column('body', sa.JSON()),
        sa.Column('base', sa.Integer()),
        sa.Column('objective', sa.Integer()),
    )
    planned = sa.Table(
        'planned_rotation',
        meta,
        sa.Column('cohort', sa.String()),
        sa.Column('plan', sa.Integer()),
        sa.Column('rotation', sa.String()),
        sa.Column('body', sa.JSON()),
    )
    return plan, planned

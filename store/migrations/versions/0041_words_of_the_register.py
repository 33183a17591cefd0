"""The words of the learning register, found alike on every database"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None

WORD = re.compile(r'[^\W_]+')
LONGEST = 100


def upgrade() -> None:
    bind = op.get_bind()
    on_sqlite = bind.dialect.name == 'sqlite'
    op.add_column('insight', sa.Column('words', sa.Text(), nullable=False, server_default=''))
    op.execute('DROP TABLE insight_words' if on_sqlite else 'DROP INDEX insight_words')
    insight = sa.table('insight', *(sa.column(name) for name in ('number', 'text', 'words')))
    known = bind.execute(sa.select(insight.c.number, insight.c.text)).all()
    for number, said in known:
        bind.execute(insight.update().where(insight.c.number == number).values(words=words_of(said)))
    if on_sqlite:
        # Every letter outside ASCII is one of a word, as all that are left here are.
        op.execute("CREATE VIRTUAL TABLE insight_words USING fts5(text, tokenize = 'ascii')")
        op.execute('INSERT INTO insight_words(rowid, text) SELECT number, words FROM insight')
    else:
        op.execute(
            "CREATE INDEX insight_words ON insight USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )


def words_of(said: str) -> str:
    letters = (c for c in unicodedata.normalize('NFKD', said) if unicodedata.category(c)[0] != 'M')
    found = WORD.findall(''.join(letters).casefold())
    return ' '.join(word[:LONGEST] for word in found)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE insight_words')
        op.execute(
            "CREATE VIRTUAL TABLE insight_words USING fts5"
            "(text, tokenize = 'unicode61 remove_diacritics 2')"
        )
        op.execute('INSERT INTO insight_words(rowid, text) SELECT number, text FROM insight')
    else:
        op.execute('DROP INDEX insight_words')
        op.execute("CREATE INDEX insight_words ON insight USING gin (to_tsvector('simple', text))")
    with op.batch_alter_table('insight') as insight:
        insight.drop_column('words')

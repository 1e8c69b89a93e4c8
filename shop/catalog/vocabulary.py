"""All words that find a product: learned when it is written, asked when somebody looks for it.

Every word of every product is here, so that a word that begins none of these finds nothing. What
was learned stays when a product leaves: others have the same words, and nobody counts them.
"""

from collections.abc import Iterable, Sequence

from django.db import connection

from shop.catalog import spelling, vectors

# How many words are compared with one that was mistyped, and how many are taken for it.
_MOST_COMPARED = 1_000
_MOST_NEAREST = 8
# No letter comes after the last of these.
_COMPLETIONS = """
    SELECT begun.word, ARRAY(
        SELECT word FROM catalog_word
        WHERE word >= begun.word AND word < begun.word || chr(1114111)
        ORDER BY word LIMIT %s)
    FROM unnest(%s::text[]) AS begun (word)"""
# Bounded only when they are found: PostgreSQL would rather read all words to find a few.
_NEAR = """
    WITH near AS MATERIALIZED (SELECT word FROM catalog_word WHERE shapes && %(shapes)s::int[])
    SELECT word FROM near WHERE abs(length(word) - %(letters)s) <= %(edits)s
    ORDER BY abs(length(word) - %(letters)s), word LIMIT %(most)s"""
_KNOWN = "SELECT word FROM catalog_word WHERE word = ANY(%s::text[])"
# In one order, so that no two wait for each other.
_LEARN = """
    INSERT INTO catalog_word (word, shapes)
    SELECT word, shapes::int[] FROM unnest(%s::text[], %s::text[]) AS new (word, shapes)
    ORDER BY word COLLATE "C" ON CONFLICT DO NOTHING"""


def learn(*, texts: Iterable[str]) -> None:
    """Add the words of these texts, in the transaction that writes the product. May be repeated.

    Last of all in it: who adds the same new word meanwhile waits for its end.
    """
    found = {word for text in texts for word in vectors.words(text)}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(found)])
        missing = list(found.difference(word for (word,) in cursor.fetchall()))
        if missing:
            shapes = [f"{{{','.join(map(str, spelling.shapes(word)))}}}" for word in missing]
            cursor.execute(_LEARN, [missing, shapes])


def completions(*, words: Sequence[str], most: int) -> dict[str, list[str]]:
    """Return for each word those that it begins, itself among them: so many at most."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETIONS, [most, list(words)])
        return dict(cursor.fetchall())


def nearest(*, word: str) -> list[str]:
    """Return the words that are nearest to one that was mistyped; none where none is near."""
    if not spelling.edits(word):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAR,
            {
                "shapes": spelling.shapes_sought(word),
                "letters": len(word),
                "edits": spelling.edits(word),
                "most": _MOST_COMPARED,
            },
        )
        among = [other for (other,) in cursor.fetchall()]
    return spelling.nearest(word, among, most=_MOST_NEAREST)

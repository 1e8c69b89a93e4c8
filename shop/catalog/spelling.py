"""Which words somebody may have meant who has mistyped one.

What is left of a word when letters are taken out are its shapes. Words that are as near to each
other as is looked for have a shape in common, so that an index of shapes finds all that can be
near, and only those are compared. Source: Wolf Garbe's symmetric delete (SymSpell), with the
shapes of long words taken from their beginnings.
"""

from zlib import crc32

# Shorter ones are near to too many, and nobody types longer ones.
SHORTEST, LONGEST = 4, 40
# From so many letters on two edits are looked for.
_LONG = 8
_BEGINNING = 7


def edits(word: str) -> int:
    """Return how far from `word` is looked for what was meant: 0 for what is left as it is."""
    if not SHORTEST <= len(word) <= LONGEST or _has_digits(word):
        return 0
    return 1 if len(word) < _LONG else 2


def shapes(word: str) -> list[int]:
    """Return the shapes by which a word of the catalog is found; none where it never is."""
    if not SHORTEST - 1 <= len(word) <= LONGEST + 2 or _has_digits(word):
        return []
    # One letter less, so that a long word with one too many finds it.
    return _shapes(word, 1 if len(word) < _LONG - 1 else 2)


def shapes_sought(word: str) -> list[int]:
    """Return the shapes of which each word has one that may be meant by `word`."""
    return _shapes(word, edits(word))


def nearest(word: str, among: list[str], *, most: int) -> list[str]:
    """Return those of `among` that are nearest to `word`, and near enough: so many at most.

    An edit is a letter more, less or other, or two neighbors that change places.
    """
    least, near, letters = edits(word), list[str](), set(word)
    for other in among:
        # An edit takes one letter away at most, so most need no closer look.
        if len(letters.difference(other)) > least:
            continue
        apart = distance(word, other, most=least)
        if apart < least:
            least, near = apart, []
        if apart == least:
            near.append(other)
    return sorted(near, key=lambda other: (other[:1] != word[:1], other))[:most]


def distance(one: str, other: str, *, most: int) -> int:
    """Return how many edits lie between two words, or more than `most` where there are more.

    Source: optimal string alignment.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    one, other = one[same:], other[same:]
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        earlier, before, row = before, row, [i + 1]
        for j, its in enumerate(other):
            least = min(row[j] + 1, before[j + 1] + 1, before[j] + (letter != its))
            if i and j and letter == other[j - 1] and one[i - 1] == its:
                least = min(least, earlier[j - 1] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return row[-1]


def _has_digits(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _shapes(word: str, out: int) -> list[int]:
    """Return numbers for what is left of a word's beginning without up to so many letters."""
    every = latest = {word[:_BEGINNING]}
    for _ in range(out):
        latest = {shape[:at] + shape[at + 1 :] for shape in latest for at in range(len(shape))}
        every = every | latest
    # As PostgreSQL's integers are; two shapes that share a number cost a comparison.
    return sorted(crc32(shape.encode()) - 2**31 for shape in every)

"""Text as people write it, and as the shop compares it."""

import re
import unicodedata

# Letters that Unicode does not decompose into a plain one and a mark.
_PLAIN = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
)

# Unicode's own limit for text that is read piece by piece, far above what any language writes.
# Source: UAX #15, 13, Stream-Safe Text Format.
MOST_MARKS = 30


def piles_marks(value: str) -> bool:
    """Return whether a letter of `value` has more than `MOST_MARKS` marks.

    To normalize puts them in order, in a time that grows with the square of their number, and no
    other thread runs meanwhile.
    """
    if value.isascii():
        return False
    marks = 0
    for char in value:
        # Some are no marks themselves, and fall apart into marks.
        is_mark = unicodedata.combining(unicodedata.normalize("NFKD", char)[0])
        marks = marks + 1 if is_mark else 0
        if marks > MOST_MARKS:
            return True
    return False


def fold(value: str) -> str:
    """Return `value` in lower case, without accents: `Tôi` and `toi` become the same."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.translate(_PLAIN)


def words(value: str) -> list[str]:
    """Return the words of `value`, folded, in order: letters and digits only."""
    return re.findall(r"[^\W_]+", fold(value))

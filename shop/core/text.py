"""Text as people write it, and as the shop compares it."""

import re
import unicodedata

# Letters that Unicode does not decompose into a plain one and a mark.
_PLAIN = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
)


def fold(value: str) -> str:
    """Return `value` in lower case, without accents: `Tôi` and `toi` become the same."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.translate(_PLAIN)


def words(value: str) -> list[str]:
    """Return the words of `value`, folded, in order: letters and digits only."""
    return re.findall(r"[^\W_]+", fold(value))

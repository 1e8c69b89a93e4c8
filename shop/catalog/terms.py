"""What a term means in this catalog."""

from dataclasses import dataclass

from shop.catalog import vectors, vocabulary
from shop.core.text import fold

_LARGEST_ID = 2**63 - 1
# A word that begins so few is looked for as those, which costs less than to look for a beginning.
_MOST_COMPLETIONS = 30
_MOST_COMPLETIONS_IN_ALL = 200
# An index is asked for so many words of a term; the others are looked for in what it finds.
_MOST_ASKED = 8
_SHORT = 2
# Whoever mistypes more words finds nothing.
_MOST_MISTYPED = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a term is taken for: products in which an index finds all that is `asked`.

    What it finds has all words if it has `others`, too, a query that is empty where there are
    none. A reading is `vague` where all words begin many others.
    """

    asked: str
    others: str
    vague: bool


@dataclass(frozen=True, slots=True)
class Term:
    """What is looked for: an id, `number`, and products with all of these words.

    For each word there is itself, or those that were taken for it; without words nothing has them.
    What no reading finds is looked for by the next.
    """

    number: int | None
    words: tuple[tuple[str, ...], ...] = ()
    readings: tuple[Reading, ...] = ()

    def query(self, marks: str) -> str:
        """Return the query for all words; `*` in `marks` takes beginnings, `A` titles only."""
        return vectors.query(self.words, marks=marks)


def understood(*, term: str) -> Term:
    """Return what `term` means.

    The last word may be one that somebody has only begun to type. Those before it are taken as
    they stand where the catalog has them, and for beginnings where it does not, or where nothing
    is found so. A word that begins no word of the catalog is taken for the nearest ones. Where
    none are near, nothing has the words.
    """
    number, words = _id(term), list(dict.fromkeys(vectors.words(term)))
    if not words:
        return Term(number)
    few = min(_MOST_COMPLETIONS, _MOST_COMPLETIONS_IN_ALL // len(words))
    begun = vocabulary.completions(words=words, most=few + 1)
    mistyped = [word for word in words if not begun[word]]
    if len(mistyped) > _MOST_MISTYPED:
        return Term(number)
    meant = {word: vocabulary.nearest(word=word) for word in mistyped}
    if not all(meant.values()):
        return Term(number)
    known = {word: begun[word] for word in words if 0 < len(begun[word]) <= few} | meant
    whole = {word: [word] for word in words[:-1] if word in begun[word]}
    readings = (_reading(words, known | whole), _reading(words, known))
    return Term(
        number=number,
        words=tuple(tuple(meant.get(word, [word])) for word in words),
        readings=tuple(dict.fromkeys(readings)),
    )


def _reading(words: list[str], known: dict[str, list[str]]) -> Reading:
    """Return how words are looked for: as those of `known`, and the others as beginnings.

    An index reads all that the beginning of a word finds, so that it is not asked for short ones
    that begin many, unless there is nothing else.
    """
    telling = [word for word in words if word in known or len(word) > _SHORT] or words
    told = sorted(telling, key=len, reverse=True)[:_MOST_ASKED]
    begun = {word: vectors.query([[word]], marks="*") for word in words}
    sought = begun | {word: vectors.query([those]) for word, those in known.items()}
    return Reading(
        asked=" & ".join(sought[word] for word in told),
        others=" & ".join(sought[word] for word in words if word not in told),
        vague=not known,
    )


def _id(term: str) -> int | None:
    """Return the id that `term` is, if it is a number that can be one."""
    digits = fold(term).strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    return int(digits) if int(digits) <= _LARGEST_ID else None

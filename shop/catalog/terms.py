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
class Term:
    """What is looked for: an id, `number`, and products with all of these words.

    For each word there is itself, or those that were taken for it; without words nothing has them.
    `asked` is a query for an index. What it finds has all words if it has `others`, too, a query
    that is empty where there are none. The term is `vague` where all words begin many others.
    """

    number: int | None
    words: tuple[tuple[str, ...], ...] = ()
    asked: str = ""
    others: str = ""
    vague: bool = False

    def query(self, marks: str) -> str:
        """Return the query for all words; `*` in `marks` takes beginnings, `A` titles only."""
        return vectors.query(self.words, marks=marks)


def understood(*, term: str) -> Term:
    """Return what `term` means.

    A word that begins no word of the catalog is taken for the nearest ones. Where none are near,
    nothing has the words.
    """
    number, words = _id(term), list(dict.fromkeys(vectors.words(term)))
    if not words:
        return Term(number)
    few = min(_MOST_COMPLETIONS, _MOST_COMPLETIONS_IN_ALL // len(words))
    begun = vocabulary.completions(words=words, most=few + 1)
    mistyped = [word for word in words if not begun[word]]
    if len(mistyped) > _MOST_MISTYPED:
        return Term(number)
    meant = {word: tuple(vocabulary.nearest(word=word)) for word in mistyped}
    if not all(meant.values()):
        return Term(number)
    taken = {word: meant.get(word, (word,)) for word in words}
    known = {word: begun[word] for word in words if 0 < len(begun[word]) <= few}
    told = _telling(words, known)
    return Term(
        number=number,
        words=tuple(taken.values()),
        asked=" & ".join(_found_by(word, taken, known) for word in told),
        others=vectors.query([taken[word] for word in words if word not in told], marks="*"),
        vague=not known and not mistyped,
    )


def _telling(words: list[str], known: dict[str, list[str]]) -> list[str]:
    """Return the words for which an index is asked.

    It reads all that the beginning of a word finds, so that it is not asked for short ones that
    begin many, unless there is nothing else.
    """
    telling = [word for word in words if word in known or len(word) > _SHORT] or words
    return sorted(telling, key=len, reverse=True)[:_MOST_ASKED]


def _found_by(word: str, taken: dict[str, tuple[str, ...]], known: dict[str, list[str]]) -> str:
    """Return the query for a word: where it begins few words, for those."""
    if word in known:
        return vectors.query([known[word]])
    return vectors.query([taken[word]], marks="*")


def _id(term: str) -> int | None:
    """Return the id that `term` is, if it is a number that can be one."""
    digits = fold(term).strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    return int(digits) if int(digits) <= _LARGEST_ID else None

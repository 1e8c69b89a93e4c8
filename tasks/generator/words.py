"""Words that look Vietnamese and are made up: of books, of authors, and of nobody who lives."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from shop.catalog.services import Entry

# ruff: noqa: S311 (chance that is the same again, and guards nothing)

_ONSETS = "b c ch d đ g gh h kh l m n ng nh ph qu r s t th tr v x"
_RIMES = """
    a á à ả ã ạ an án àn ang áng àng anh ánh ành ao áo ào âm ấm ầm ân ấn ần âng âu ấu ầu ây ấy
    ăn ắn ằn ăng ắng ằng e é è em én eo éo ê ế ề ên ến ền ênh i í ì im ín inh iên iến iền iêu
    o ó ò on ón ong óng òng oa óa oan oang oi ói ô ố ồ ôn ốn ông ống ồng ôi ối ơ ớ ờ ơi ới ời ơn
    u ú ù un ung úng uôn uốn uông ư ứ ừ ưa ứa ừa ưng ươn ương ướng ường y ý"""
FIRST_WORDS = 400
AUTHORS, CATEGORIES = 100_000, 40


@cache
def syllables(seed: int) -> tuple[str, ...]:
    """Return all syllables there are, the most common first."""
    found = sorted({onset + rime for onset in _ONSETS.split() for rime in _RIMES.split()})
    Random(f"{seed} words").shuffle(found)
    return tuple(found)


def entries(*, seed: int, first: int, number: int) -> list[Entry]:
    """Return so many books: always the same for a seed, and for how many there are already."""
    chance = Random(f"{seed} books {first}")
    return [_entry(seed, chance) for _ in range(number)]


def _entry(seed: int, chance: Random) -> Entry:
    # As in any language: a few words stand nearly everywhere, most nearly nowhere.
    title = " ".join(_word(seed, chance) for _ in range(chance.randint(2, 6)))
    return Entry(
        title=title.capitalize(),
        author_name=_name(seed, f"author {int(AUTHORS * chance.random() ** 2)}", 3).title(),
        category_name=_name(seed, f"category {int(CATEGORIES * chance.random() ** 2)}", 2),
        published_date=date(1900, 1, 1) + timedelta(days=chance.randrange(45_000)),
        price=Decimal(1_000 * chance.randint(45, 450)),
    )


def _word(seed: int, chance: Random) -> str:
    known = syllables(seed)
    return known[int(len(known) * chance.random() ** 3)]


def _name(seed: int, whose: str, words: int) -> str:
    return " ".join(Random(f"{seed} {whose}").choices(syllables(seed), k=words)).capitalize()

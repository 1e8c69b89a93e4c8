"""What is listed of a term that finds very much."""

from datetime import date
from decimal import Decimal

import pytest

from shop.catalog import candidates, selectors, terms
from shop.catalog import services as catalog

pytestmark = pytest.mark.django_db
# So few that a term finds more.
MOST = 6


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST", MOST)
    monkeypatch.setattr(candidates, "RECENT", 10)


def put_on_sale(*books: tuple[str, str]) -> list[int]:
    entries = [
        catalog.Entry(title, author, "Thơ", date(1950, 1, 1), Decimal(1)) for title, author in books
    ]
    return catalog.add_books(entries=entries)


def listed(term: str) -> list[int]:
    return [book.pk for book in selectors.books(search_term=term)]


def test_the_newest_of_each_kind_of_match_are_listed_and_the_best_are_first() -> None:
    whole = put_on_sale(("Hoa", "Ai"))
    titles = put_on_sale(*[(f"Hoa {n}", "Ai") for n in range(1, 4)])
    put_on_sale(*[("Lá", "Hoa")] * 9)
    newest = put_on_sale(*[(f"Quả {n}", "Hoa") for n in range(MOST)])
    found = listed("hoa")
    assert found[0] == whole[0]
    assert set(found[1:4]) == set(titles)
    assert set(found[4:]) == set(newest)
    more = put_on_sale(*[(f"Hoa {n}", "Ai") for n in range(MOST)])
    put_on_sale(("Lá", "Hoa"))
    assert listed("hoa")[0] == whole[0]
    assert set(listed("hoa")[1:]) == set(more)
    # As many as there may be, and no more than there may be.
    assert set(listed("qua")) == set(newest)
    put_on_sale(("Quả", "Hoa"))
    assert len(listed("qua")) == MOST


def test_a_beginning_of_many_words_finds_old_books_too_where_few_have_it() -> None:
    old = put_on_sale(*[(f"Za{chr(97 + n)}", "Ai") for n in range(4)])
    # So many words that it is not known how many books have them, and then books without any.
    words = " ".join(f"z{chr(97 + n // 26)}{chr(97 + n % 26)}{n}" for n in range(40))
    [many] = put_on_sale((words, "Ai"))
    put_on_sale(*[("Lá", "Ai")] * 12)
    assert set(listed("z")) == {*old, many}
    assert set(listed("z ai")) == {*old, many}
    assert listed("zaa0 z") == [many]
    newest = put_on_sale(*[("Zoo", "Ai")] * MOST)
    assert set(listed("z")) == set(newest)
    assert listed("z la") == []


def test_beginnings_too_are_looked_for_in_titles_first() -> None:
    put_on_sale(("Za", "Ai"))
    titles = put_on_sale(*[("Zaa hoa", "Ai")] * (MOST - 1))
    put_on_sale(*[("Lá", "Zaa hoa")] * MOST)
    # No book has `za` beside a word that `ho` begins.
    found = listed("za ho")
    assert set(found[: MOST - 1]) == set(titles)
    assert len(found) > MOST
    more = put_on_sale(("Zaa hoa", "Ai"))
    assert set(listed("za ho")) == {*titles, *more}


@pytest.mark.parametrize("completions", [0, 30])
def test_what_is_of_another_kind_or_deleted_takes_no_place(
    monkeypatch: pytest.MonkeyPatch, completions: int
) -> None:
    # With none that are looked for as words, all of a term's are beginnings.
    monkeypatch.setattr(terms, "_MOST_COMPLETIONS", completions)
    price = Decimal(1)
    book = put_on_sale(("Hoa", "Ai"))
    for gone in put_on_sale(*[("Hoa", "Ai")] * (MOST + 5)):
        catalog.delete_book(book_id=gone)
    for _ in range(MOST + 5):
        catalog.create_clothes(name="Hoa", brand="x", size="M", color="hoa", price=price)
    radio = catalog.create_electronics(name="Hoa", brand="x", model="x", price=price)
    assert listed("hoa") == listed("h") == book
    assert [found.pk for found in selectors.electronics(search_term="hoa")] == [radio.pk]
    assert selectors.clothes(search_term="hoa").count() == MOST
    assert list(selectors.clothes(search_term=str(radio.pk))) == []


def test_a_term_of_very_many_words_finds_what_has_them_all() -> None:
    title = " ".join(f"w{n}" for n in range(60))
    [long] = put_on_sale((title, "Ai"))
    put_on_sale((title.removesuffix("w59"), "Ai"), ("w", "Ai"))
    assert listed(title) == [long]
    assert listed(title + " vv") == []
    assert listed(" ".join("abcdefghijklmnopqrstuvwxyz0123456789") * 10) == []

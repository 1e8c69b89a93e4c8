"""Which books a term finds, and in what order."""

from datetime import date
from decimal import Decimal

import pytest

from shop.catalog import selectors
from shop.catalog import services as catalog

pytestmark = pytest.mark.django_db

BOOKS = [
    ("Nhà giả kim", "Paulo Coelho", "Tiểu thuyết"),
    ("Tôi thấy hoa vàng trên cỏ xanh", "Nguyễn Nhật Ánh", "Thiếu nhi"),
    ("1984", "George Orwell", "Viễn tưởng"),
    ("Đất rừng phương Nam", "Đoàn Giỏi", "Thiếu nhi"),
    ("Chí Phèo", "Nam Cao", "Truyện ngắn"),
    ("L'Étranger", "Albert Camus", "Tiểu thuyết"),
]


@pytest.fixture
def shelf() -> dict[str, int]:
    entries = [catalog.Entry(*book, date(1950, 1, 1), Decimal(90000)) for book in BOOKS]
    return dict(zip((book[0] for book in BOOKS), catalog.add_books(entries=entries), strict=True))


def found(term: str | None) -> list[str]:
    return [book.product.title for book in selectors.books(search_term=term)]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("term", "titles"),
    [
        ("nha gia kim", ["Nhà giả kim"]),
        ("NHÀ GIẢ KIM", ["Nhà giả kim"]),
        ("kim nhà", ["Nhà giả kim"]),
        ("gi ki", ["Nhà giả kim"]),
        ("gia coelho tieu", ["Nhà giả kim"]),
        ("nha-gia/kim!", ["Nhà giả kim"]),
        ("toi", ["Tôi thấy hoa vàng trên cỏ xanh"]),
        ("dat rung", ["Đất rừng phương Nam"]),
        ("etranger", ["L'Étranger"]),
        ("l'etranger", ["L'Étranger"]),
        ("orwell", ["1984"]),
        ("198 orwell", ["1984"]),
        ("hà", []),
        ("nha gia bạc", []),
        ("kim kimmxyz", []),
        ("...", []),
        ("' & | ! :*", []),
        ("\0", []),
        ("́", []),
        ("9" * 40, []),
        ("9223372036854775808", []),
        ("𝔣" * 3000, []),
        ("ﷺ" * 1000, []),
    ],
)
def test_every_word_must_begin_a_word(term: str, titles: list[str]) -> None:
    assert found(term) == titles


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("term", [None, "", "  "])
def test_without_a_term_all_are_listed_newest_first(term: str | None) -> None:
    assert found(term) == [book[0] for book in reversed(BOOKS)]


@pytest.mark.usefixtures("shelf")
def test_a_title_goes_before_an_author_and_a_category() -> None:
    assert found("nam") == ["Đất rừng phương Nam", "Chí Phèo"]
    assert found("thieu nhi") == ["Đất rừng phương Nam", "Tôi thấy hoa vàng trên cỏ xanh"]


def test_the_whole_title_goes_first_and_whole_words_before_beginnings() -> None:
    entry = ("Tô Hoài", "Thiếu nhi", date(1941, 1, 1), Decimal(1))
    titles = ["Dế Mèn", "Dế Mèn phiêu lưu ký", "Mènh dế", "Dến"]
    catalog.add_books(entries=[catalog.Entry(title, *entry) for title in titles])
    assert found("de men") == ["Dế Mèn", "Dế Mèn phiêu lưu ký", "Mènh dế"]
    assert found("de") == ["Mènh dế", "Dế Mèn", "Dế Mèn phiêu lưu ký", "Dến"]


def test_a_word_before_the_last_is_a_beginning_where_it_finds_nothing_as_it_is() -> None:
    def add(title: str) -> None:
        catalog.add_books(
            entries=[catalog.Entry(title, "Ai", "Kỳ ảo", date(1997, 1, 1), Decimal(1))]
        )

    add("Harry Potter")
    assert found("har pot") == ["Harry Potter"]
    add("Har")
    assert found("har pot") == ["Harry Potter"]
    assert found("pot har") == ["Harry Potter"]
    add("Har và Pottery")
    assert found("har pot") == ["Har và Pottery"]
    assert found("pot har") == ["Harry Potter", "Har và Pottery"]


def test_a_number_finds_the_book_of_that_id_first(shelf: dict[str, int]) -> None:
    kim = selectors.book(book_id=shelf["Nhà giả kim"])
    catalog.add_books(
        entries=[
            catalog.Entry(f"Tập {kim.pk}", "Ai", "Thơ", date(1950, 1, 1), Decimal(1)),
            catalog.Entry(f"{kim.pk}", "Ai", "Thơ", date(1950, 1, 1), Decimal(1)),
        ]
    )
    assert found(str(kim.pk))[:3] == ["Nhà giả kim", f"{kim.pk}", f"Tập {kim.pk}"]
    assert found(f" {kim.pk} ")[0] == "Nhà giả kim"


def test_a_deleted_book_is_found_no_more(shelf: dict[str, int]) -> None:
    catalog.delete_book(book_id=shelf["Nhà giả kim"])
    assert found("nha gia kim") == []
    assert "Nhà giả kim" not in found(str(shelf["Nhà giả kim"]))
    assert "Nhà giả kim" not in found(None)


@pytest.mark.usefixtures("shelf")
def test_rank_and_id_place_every_book() -> None:
    places = [(vars(book)["rank"], book.pk) for book in selectors.books(search_term="t")]
    assert len(places) == len(BOOKS)
    assert places == sorted(places, reverse=True)
    assert all(isinstance(rank, int) for rank, _ in places)


def test_a_long_title_of_strange_letters_is_taken() -> None:
    entry = ("Ai", "Thơ", date(1950, 1, 1), Decimal(1))
    catalog.add_books(entries=[catalog.Entry("𝔣" * 300, *entry), catalog.Entry("ﷺ" * 300, *entry)])
    assert found("𝔣" * 300) == ["𝔣" * 300]
    assert found("f" * 3) == ["𝔣" * 300]

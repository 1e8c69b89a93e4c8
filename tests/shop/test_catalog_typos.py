"""Words that somebody has mistyped: what they are taken for, and when."""

import random
import string
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction

from shop.catalog import selectors, spelling, vocabulary
from shop.catalog import services as catalog
from shop.catalog.models import Word

BOOKS = [
    ("Nhà giả kim", "Paulo Coelho", "Tiểu thuyết"),
    ("Tôi thấy hoa vàng trên cỏ xanh", "Nguyễn Nhật Ánh", "Thiếu nhi"),
    ("1984", "George Orwell", "Viễn tưởng"),
    ("Shakespeare", "Harold Bloom", "Tiểu luận"),
    ("Harry Potter", "J. K. Rowling", "Kỳ ảo"),
]
OF_EVERY_PRODUCT = "SELECT word FROM ts_stat('SELECT search FROM catalog_product')"


def put_on_sale(*books: tuple[str, str, str]) -> list[int]:
    return catalog.add_books(
        entries=[catalog.Entry(*book, date(1950, 1, 1), Decimal(90000)) for book in books]
    )


def found(term: str) -> list[str]:
    return [book.product.title for book in selectors.books(search_term=term)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("term", "titles"),
    [
        ("coelo", ["Nhà giả kim"]),
        ("coelhoo", ["Nhà giả kim"]),
        ("coehlo", ["Nhà giả kim"]),
        ("poelho", ["Nhà giả kim"]),
        ("Nhàa giả kim", ["Nhà giả kim"]),
        ("thuyeet nha", ["Nhà giả kim"]),
        ("orvell", ["1984"]),
        ("1984 orvell", ["1984"]),
        ("shakspere", ["Shakespeare"]),
        ("xhakespearee", ["Shakespeare"]),
        ("hary poter", ["Harry Potter"]),
        ("ngyuen nhta", ["Tôi thấy hoa vàng trên cỏ xanh"]),
        # Too short, too far, a number, too many, and one that is near to nothing.
        ("kin", []),
        ("orvvll", []),
        ("shxkxspexre", []),
        ("1985", []),
        ("198o", []),
        ("coelh0", []),
        ("ngyuen nhta thiue", ["Tôi thấy hoa vàng trên cỏ xanh"]),
        ("ngyuen nhta thiue vangg", []),
        ("coelo xyzxyz", []),
        # Each word is one of the catalog: what was written is looked for.
        ("harold rowling", []),
        ("kimm orwell", []),
        ("x" * 41, []),
    ],
)
def test_a_word_that_begins_none_is_taken_for_the_nearest(term: str, titles: list[str]) -> None:
    put_on_sale(*BOOKS)
    assert found(term) == titles


@pytest.mark.django_db
def test_a_term_that_finds_something_is_never_taken_for_another() -> None:
    put_on_sale(("Mưa", "Lan", "Thơ"), ("Mưu", "Lan", "Thơ"), ("Muaa", "Lan", "Thơ"))
    assert found("mua") == ["Mưa", "Muaa"]
    assert found("muuu") == ["Mưu"]


@pytest.mark.django_db
def test_all_that_are_as_near_are_found_and_none_that_is_farther() -> None:
    put_on_sale(("Haren", "Lan", "Thơ"), ("Karen", "Lan", "Thơ"), ("Kareem", "Lan", "Thơ"))
    assert sorted(found("xaren")) == ["Haren", "Karen"]
    among = ["marshals", "marshall", "marshalk", "xarshall"]
    assert spelling.nearest("marshaxl", among, most=8) == ["marshall"]
    assert spelling.nearest("marshal_", among, most=8) == ["marshalk", "marshall", "marshals"]
    assert spelling.nearest("marshal_", among, most=2) == ["marshalk", "marshall"]


@pytest.mark.django_db
def test_a_deleted_book_is_not_found_by_mistake_either() -> None:
    [gone] = put_on_sale(("Harry Potter", "J. K. Rowling", "Kỳ ảo"))
    assert found("hary") == ["Harry Potter"]
    catalog.delete_book(book_id=gone)
    assert found("hary") == []


@pytest.mark.django_db
def test_whoever_writes_a_product_adds_its_words() -> None:
    put_on_sale(*BOOKS)
    author = catalog.create_author(author_name="Ngô Tất Tố")
    shelf = catalog.create_category(category_name="Phóng sự")
    price = Decimal(1)
    catalog.create_book(
        title="Tắt đèn",
        author_id=author.pk,
        category_id=shelf.pk,
        published_date=date(1939, 1, 1),
        price=price,
    )
    catalog.create_electronics(name="Máy đọc sách", brand="Kobo", model="Libra-2", price=price)
    catalog.create_clothes(name="Áo dài", brand="Việt Tiến", size="XL", color="lục", price=price)
    put_on_sale(("𝔣" * 300, "ﷺ" * 30, "đèn"))
    with connection.cursor() as cursor:
        cursor.execute(OF_EVERY_PRODUCT)
        words = {word for (word,) in cursor.fetchall()}
    known = dict(Word.objects.values_list("word", "shapes"))
    assert words == set(known)
    assert {"tat", "phong", "libra", "2", "xl", "luc", "f" * 300} <= words
    assert all(shapes == spelling.shapes(word) for word, shapes in known.items())

    # As the migration adds those of products that were there before it.
    Word.objects.all().delete()
    migration = import_module("shop.catalog.migrations.0003_search_in_a_large_catalog")
    migration.learn_all(apps, connection.schema_editor())
    assert dict(Word.objects.values_list("word", "shapes")) == known


@pytest.mark.django_db(transaction=True)
def test_two_who_add_the_same_words_both_do() -> None:
    words = [f"{one}{two}cd" for one in string.ascii_lowercase for two in string.ascii_lowercase]

    def add(order: int) -> None:
        try:
            with transaction.atomic():
                vocabulary.learn(texts=words[::order])
                # Both have begun when the first goes on.
                put_on_sale((" ".join(words[:50]), "Lan", f"Thơ {order}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, [1, -1, 1, -1]))
    assert set(words) < set(Word.objects.values_list("word", flat=True))
    assert len(found("abcd")) == 4


@pytest.mark.django_db
def test_words_are_added_in_one_order_so_that_nobody_waits_in_a_circle() -> None:
    vocabulary.learn(texts=["chín ba tám", "hai một mười", "hai"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM catalog_word ORDER BY ctid")
        added = [word for (word,) in cursor.fetchall()]
    assert added == ["ba", "chin", "hai", "mot", "muoi", "tam"]


def test_every_word_that_is_near_shares_a_shape_and_is_recognized() -> None:
    chance, tried = random.Random(1), 0
    for _ in range(3000):
        word = "".join(chance.choices("abcde", k=chance.randint(3, 12)))
        typed = word
        for _ in range(chance.randint(1, 2)):
            typed = mistyped(typed, chance)
        if spelling.distance(word, typed, most=2) <= spelling.edits(typed):
            tried += 1
            assert not set(spelling.shapes(word)).isdisjoint(spelling.shapes_sought(typed))
            assert spelling.nearest(typed, [word, "x" * len(word)], most=1) == [word]
    assert tried > 1000


def mistyped(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    other = chance.choice("abcde")
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    return chance.choice(
        [
            word[:at] + word[at + 1 :] if len(word) > 2 else word,
            word[:at] + other + word[at:],
            word[:at] + other + word[at + 1 :],
            swapped,
        ]
    )


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("kim", "kim", 0),
        ("kim", "kin", 1),
        ("kim", "km", 1),
        ("kim", "ikm", 1),
        ("kim", "kiem", 1),
        ("thuyet", "tuyeth", 2),
        ("ca", "abc", 3),
        ("abcdefgh", "hgfedcba", 3),
    ],
)
def test_edits_are_counted_up_to_what_matters(one: str, other: str, edits: int) -> None:
    assert spelling.distance(one, other, most=2) == spelling.distance(other, one, most=2) == edits

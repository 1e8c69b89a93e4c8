"""Rows 2.1.1 to 2.3: authors, categories, and products of every kind."""

from typing import Any
from urllib.parse import quote

from tests.journeys.walk.walker import UNKNOWN, Walk


def authors_and_categories(walk: Walk) -> dict[str, int]:
    """Walk the rows, and return the ids that a book needs."""
    staff, (customer,) = walk.staff, walk.customers(1)
    author = {"author_name": "Tô Hoài", "email": "to.hoai@example.org", "address": "Hà Đông"}
    customer.refused("POST", "authors", author, status=403, code="forbidden")
    walk.nobody().refused("POST", "authors", author, status=401, code="not_authenticated")
    made = staff.post("authors", author).expect(201)
    assert made == {"id": made["id"], **author}
    (found,) = walk.anyone.get(f"authors?author_name={quote('to ho')}").expect(200)["results"]
    assert found == {"id": made["id"], "author_name": "Tô Hoài"}
    assert walk.anyone.get(f"authors/{made['id']}").expect(200) == found

    category = staff.post("categories", {"category_name": "Đồng thoại"}).expect(201)
    assert category == {"id": category["id"], "category_name": "Đồng thoại"}
    taken = {"category_name": "đồng THOẠI"}
    staff.refused("POST", "categories", taken, status=422, code="category_taken")
    (found,) = walk.anyone.get("categories?category_name=dong").expect(200)["results"]
    assert found == category == walk.anyone.get(f"categories/{category['id']}").expect(200)
    return {"author_id": made["id"], "category_id": category["id"]}


def books(walk: Walk) -> None:
    staff, (customer,) = walk.staff, walk.customers(1)
    ids = authors_and_categories(walk)
    book = {
        "title": "Dế Mèn phiêu lưu ký",
        "published_date": "1941-01-01",
        "price": "60000",
        "description": "Một con dế.",
        **ids,
    }
    made = staff.post("books", book).expect(201)
    assert set(made) == {
        *("id", "kind", "title", "author", "category", "published_date", "price", "currency"),
        *("description", "available", "author_id", "category_id"),
    }
    assert (made["kind"], made["price"], made["currency"]) == ("book", "60000", "VND")
    assert made["available"] == 0
    customer.refused("POST", "books", book, status=403, code="forbidden")
    for field, value in (("author_id", UNKNOWN), ("category_id", UNKNOWN)):
        staff.refused("POST", "books", {**book, field: value}, status=422, code="not_found")
    staff.refused("POST", "books", {**book, "price": 1.5}, status=422, code="invalid")
    staff.refused("POST", "books", {**book, "price": "1.50"}, status=422, code="max_decimal_places")
    for term in (str(made["id"]), "de men", "PHIEU luu", "to hoai de", "dong tho"):
        first = walk.anyone.get(f"books?search_term={quote(term)}").expect(200)["results"][0]
        assert first["id"] == made["id"], term
    assert walk.anyone.get(f"books/{made['id']}").expect(200) == made
    assert made["id"] in {one["id"] for one in walk.anyone.all("books?page_size=25")}
    staff.refused("DELETE", f"authors/{ids['author_id']}", status=409, code="author_in_use")
    staff.refused("DELETE", f"categories/{ids['category_id']}", status=409, code="category_in_use")
    deleted(walk, "books", made["id"])
    author = {"author_name": "Vô danh", "email": "vo.danh@example.org", "address": "Huế"}
    spare = staff.post("authors", author).expect(201)
    assert staff.delete(f"authors/{spare['id']}").status == 204
    empty = staff.post("categories", {"category_name": "Để trống"}).expect(201)
    assert staff.delete(f"categories/{empty['id']}").status == 204


def other_kinds(walk: Walk) -> None:
    price: dict[str, Any] = {"price": 250_000, "description": ""}
    radio = {"name": "Đài bán dẫn", "brand": "Sony", "model": "ICF-19", **price}
    shirt = {"name": "Áo dài", "brand": "Thái Tuấn", "size": "M", "color": "đỏ", **price}
    for path, kind, given, term in (
        ("electronics", "electronics", radio, "dai icf"),
        ("clothes", "clothes", shirt, "ao dai do"),
    ):
        walk.customers(1)[0].refused("POST", path, given, status=403, code="forbidden")
        made = walk.staff.post(path, given).expect(201)
        fields = {**given, "price": "250000"}
        expected = {"id": made["id"], "kind": kind, "currency": "VND", "available": 0, **fields}
        assert made == expected
        assert walk.anyone.get(f"{path}/{made['id']}").expect(200) == made
        (found,) = walk.anyone.get(f"{path}?search_term={quote(term)}").expect(200)["results"]
        assert found == made
        walk.anyone.refused("GET", f"books/{made['id']}", status=404, code="not_found")
        sold(walk, made["id"], title=given["name"])
        deleted(walk, path, made["id"])


def sold(walk: Walk, product_id: int, *, title: str) -> None:
    """Have a product of any kind received, bought, and kept whole in its order."""
    (buyer,) = walk.customers(1)
    room = {"clothes_quantity": 1_000, "electronic_quantity": 1_000}
    walk.staff.done(walk.staff.patch("inventory", room))
    goods = {"product_id": product_id, "quantity": 2}
    walk.staff.done(walk.staff.post("inventory/receipts", goods))
    buyer.put_in_cart(product_id, 2)
    job = buyer.done(buyer.ask_to_buy())
    (line,) = buyer.get(job["links"]["resource"]).expect(200)["lines"]
    assert (line["product_id"], line["title"], line["quantity"]) == (product_id, title, 2)


def deleted(walk: Walk, path: str, product_id: int) -> None:
    """Delete a product that is in a cart, and see what becomes of it there."""
    (buyer,) = walk.customers(1)
    buyer.put_in_cart(product_id)
    buyer.refused("DELETE", f"{path}/{product_id}", status=403, code="forbidden")
    assert walk.staff.delete(f"{path}/{product_id}").status == 204
    walk.staff.refused("DELETE", f"{path}/{product_id}", status=404, code="not_found")
    walk.anyone.refused("GET", f"{path}/{product_id}", status=404, code="not_found")
    item = {"product_id": product_id, "quantity": 1}
    cart = f"carts/{buyer.user_id}"
    buyer.refused("POST", f"{cart}/items", item, status=422, code="not_found")
    assert buyer.get(cart).expect(200)["items"][0]["available"] == 0
    order = {"user_id": buyer.user_id}
    buyer.refused("POST", "checkouts", order, status=409, code="product_unavailable")
    buyer.post(f"{cart}/removals", item).expect(200)
    goods = {"product_id": product_id, "quantity": 1}
    walk.staff.refused("POST", "inventory/receipts", goods, status=422, code="not_found")

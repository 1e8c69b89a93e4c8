"""Fifty buyers, one copy."""

from collections import Counter

from tests.journeys.books import Books
from tests.journeys.client import together
from tests.journeys.processes import Shop

BUYERS = 50


def test_fifty_buyers_of_one_copy_make_one_order(shop: Shop, books: Books) -> None:
    buyers = shop.customers(BUYERS)
    rare, common = shop.products(2)
    staff = shop.staff
    # All copies but one leave the shop again, as staff does it.
    withdrawal = staff.post("inventory/withdrawals", {"product_id": rare, "quantity": 999})
    assert staff.final(withdrawal.expect(202)["id"])["result"]["available"] == 1
    user_ids = [buyer.user_id for buyer in buyers]
    wanted = {common: 2, rare: 1}
    books.fill_carts(user_ids, wanted)

    jobs = together(lambda buyer: buyer.buy("tok_ok"), buyers, threads=BUYERS)
    books.await_all_final(seconds=60)

    outcomes = [buyer.job(job_id) for buyer, job_id in zip(buyers, jobs, strict=True)]
    codes = Counter((job["error"] or {}).get("code", job["state"]) for job in outcomes)
    assert codes == {"succeeded": 1, "insufficient_stock": BUYERS - 1}
    (winner,) = [n for n, job in enumerate(outcomes) if job["state"] == "succeeded"]
    assert buyers[winner].order_of(outcomes[winner])["status"] == "paid"
    (charged,) = books.entries(jobs).items()
    assert (charged[0], charged[1]["status"]) == (jobs[winner], "captured")
    carts = books.carts(user_ids)
    assert carts.pop(buyers[winner].user_id) == {}
    assert list(carts.values()) == [wanted] * (BUYERS - 1)
    one_of_the_others = buyers[winner - 1]
    assert one_of_the_others.cart() == wanted
    assert one_of_the_others.order_of(outcomes[winner - 1])["status"] == "failed"
    (item,) = staff.get(f"inventory/items?product_id={rare}").expect(200)["results"]
    assert (item["on_hand"], item["reserved"], item["available"]) == (1, 1, 0)
    (item,) = staff.get(f"inventory/items?product_id={common}").expect(200)["results"]
    assert (item["on_hand"], item["reserved"]) == (1000, 2)
    assert books.differences() == []

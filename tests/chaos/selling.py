"""What staff do with the shop, two of them at the same time now and then."""

from functools import partial

from tests.chaos.asks import bought, goods, refund, set_up, update
from tests.chaos.life import SUCCEEDED, Life
from tests.journeys.client import together

ON_ITS_WAY = ("processing", "shipped", "delivered")


def receives(life: Life) -> None:
    """Goods come in."""
    product = life.chance.choice(life.load.goods)
    goods(life, "receipts", "goods_receipt", product, life.chance.randint(1, 20))


def withdraws(life: Life) -> None:
    """Goods leave the warehouse."""
    product = life.chance.choice(life.load.goods)
    goods(life, "withdrawals", "goods_withdrawal", product, life.chance.randint(1, 5))


def measures(life: Life) -> None:
    """Somebody asks how much room is left."""
    product = life.chance.choice(life.load.goods)
    job = goods(life, "capacity-checks", "capacity_check", product, life.chance.randint(1, 50))
    life.claim(job["result"]["fits"] is True, "there is room for books")


def rebuilds(life: Life) -> None:
    """The warehouse moves; or nothing changes."""
    set_up(life, {"address": f"{life.number} Trần Phú"} if life.perhaps(0.8) else {})


def fills_the_room(life: Life) -> None:
    """Clothes for which there is room or is not, while others change how much there is."""
    clothes = {"name": f"Áo {life.number}", "brand": "May 10", "size": "M", "color": "xanh"}
    clothes["price"] = "200000"
    # Without a job, a second one does no harm.
    product = life.staff.ask("POST", "clothes", clothes, may_repeat=True).body["id"]
    if life.perhaps(0.7):
        size = life.chance.randint(0, 400)
        ends = (SUCCEEDED, "failed capacity_below_stock")
        set_up(life, {"clothes_quantity": size}, ends)
    ends = (SUCCEEDED, "failed capacity_exceeded")
    quantities = [life.chance.randint(1, 80) for _ in range(2)]
    jobs = together(
        lambda n: goods(life, "receipts", "goods_receipt", product, n, ends=ends), quantities
    )
    there = sum(n for n, job in zip(quantities, jobs, strict=True) if job["state"] == SUCCEEDED)
    if there:
        gone = life.chance.randint(1, there)
        goods(life, "withdrawals", "goods_withdrawal", product, gone)


def writes(life: Life) -> None:
    """A customer is told something, and reads it."""
    who = life.customer()
    words = {"user_id": who.user_id, "subject": f"Tin {life.number}", "body": "Có sách mới."}
    accepted = life.start(life.staff, "POST", "notifications", words, kind="notification")
    assert accepted
    life.end(accepted)
    told = who.ask("GET", "notifications").body["results"]
    life.claim([one["subject"] for one in told] == [words["subject"]], "one is told once")
    who.ask("POST", f"notifications/{told[0]['id']}/read", may_repeat=True)


def sends_and_takes_back(life: Life) -> None:
    """An order is packed, sent and delivered; two press at once; some come back."""
    _, order_id, _ = bought(life)
    last = life.chance.randint(1, 3)
    for status in ON_ITS_WAY[:last]:
        hands = range(life.chance.choice([1, 1, 2]))
        together(partial(_press, life, order_id, status), hands)
    if last == len(ON_ITS_WAY) and life.perhaps(0.6):
        update(life, life.staff, order_id, "returned")


def _press(life: Life, order_id: int, status: str, _: int) -> None:
    update(life, life.staff, order_id, status)


def cancels_while_another_packs(life: Life) -> None:
    """A paid order is cancelled by its customer, perhaps while staff begin to pack it."""
    who, order_id, _ = bought(life)
    packing = life.perhaps(0.6)
    pair = [(who, "cancelled"), *([(life.staff, "processing")] if packing else [])]
    together(
        lambda one: update(life, one[0], order_id, one[1], may_lose=one[1] == "processing"), pair
    )


def gives_money_back(life: Life) -> None:
    """Part of a payment is given back, or all of it, or all of it by two at once."""
    _, order_id, _ = bought(life)
    choices: list[list[str | None]]
    choices = [["1000"], [None], ["1000", "2000"], [None, None], [None, "1000"]]
    amounts = life.chance.choice(choices)
    states = together(lambda amount: refund(life, order_id, amount), amounts)
    life.claim(SUCCEEDED in states, f"of two refunds one goes through: {states}")

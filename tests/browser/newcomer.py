"""Somebody who has only `/api/docs` open, and buys a book with Swagger's *Try it out*."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.browser.chromium import Failed, Page

# Swagger takes what is typed into a parameter after a third of a second in which nothing more is.
DEBOUNCE = 1.0
# As typing does it: React looks at the value that the element itself has.
TYPE = """
((element, text) => {
  const kind = element.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(element, text);
  element.dispatchEvent(new Event("input", {bubbles: true}));
})"""


class Docs:
    """The page, operation by operation. Pictures are kept of each."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self._page = page
        self._pictures = pictures
        self._number = 0

    async def try_out(
        self, operation: str, *, change: dict[str, Any] | None = None, **parameters: Any
    ) -> Any:
        """Try an operation with these parameters and changes to the prefilled body.

        Returns the answer's body. Raises Failed when it is no success.
        """
        box = f"document.querySelector('[id$=\"-{operation}\"]')"
        await self._page.wait(box)
        await self._page.run(f"{box}.querySelector('.opblock-summary-control').click()")
        # The page opens each with *Try it out* pressed: it could only be canceled.
        await self._page.wait(f"{box}.querySelector('.execute')")
        for name, value in parameters.items():
            field = f"{box}.querySelector('[data-param-name=\"{name}\"] input')"
            await self._page.run(f"{TYPE}({field}, {json.dumps(str(value))})")
        await asyncio.sleep(DEBOUNCE)
        if change is not None:
            await self._change(f"{box}.querySelector('textarea.body-param__text')", change)
        await self._picture(box, operation)
        await self._page.run(f"{box}.querySelector('.execute').click()")
        answer = f"{box}.querySelector('.live-responses-table tbody .response-col_status')"
        await self._page.wait(answer)
        await self._page.run(f"{box}.querySelector('.responses-wrapper').scrollIntoView()")
        await self._picture("", f"{operation}-answer")
        status = await self._page.run(f"{answer}.innerText")
        body = await self._page.run(
            f"{box}.querySelector('.live-responses-table .highlight-code code')?.innerText"
        )
        if not status.startswith("2"):
            raise Failed(f"{operation}: {status} {body}")
        return json.loads(body)

    async def is_authorized(self) -> bool:
        """Return whether the page says that it has a token."""
        found = await self._page.run("document.querySelectorAll('.btn.authorize.locked').length")
        return bool(found)

    async def _change(self, field: str, change: dict[str, Any]) -> None:
        body = json.loads(await self._page.run(f"{field}.value"))
        text = json.dumps({**body, **change}, indent=2, ensure_ascii=False)
        await self._page.run(f"{TYPE}({field}, {json.dumps(text)})")

    async def _picture(self, box: str, name: str) -> None:
        if box:
            await self._page.run(f"{box}.scrollIntoView()")
        self._number += 1
        await self._page.picture(self._pictures / f"{self._number:02}-{name}.png")


async def buy_a_book(page: Page, address: str, pictures: Path) -> str:
    """Register, log in, find a book, buy it, and return the job's id. Raises Failed."""
    await page.open(f"{address}/api/docs")
    docs = Docs(page, pictures)
    job = await docs.try_out("post_registrations", Prefer="wait=30")
    if job["state"] != "succeeded":
        raise Failed(f"the registration is {job['state']}: {job['error']}")
    await docs.try_out("post_auth_login")
    if not await docs.is_authorized():
        raise Failed("after the login the page has no token")
    user_id = (await docs.try_out("get_me"))["user_id"]
    book = (await docs.try_out("get_books", search_term="nha gia kim"))["results"][0]
    item = {"product_id": book["id"], "quantity": 2}
    cart = await docs.try_out("post_carts_by_user_id_items", change=item, user_id=user_id)
    job = await docs.try_out(
        "post_checkouts", change={"user_id": user_id, "expected_total": cart["total"]}
    )
    job = await docs.try_out("get_jobs_by_job_id", job_id=job["id"], Prefer="wait=30")
    if job["state"] != "succeeded":
        raise Failed(f"the order's job is {job['state']}: {job['error']}")
    orders = await docs.try_out("get_orders")
    if [order["status"] for order in orders["results"]] != ["paid"]:
        raise Failed(f"the order is not paid: {orders}")
    return str(job["id"])

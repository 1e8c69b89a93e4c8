"""`make browser-check`: a newcomer's first order, and no page of which Chromium complains."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench.stack import NotUp, Stack, running
from tests.browser import chromium, newcomer
from tests.browser.chromium import Failed, Page
from tests.journeys.client import Client, poll

BACK_OFFICE = ("", "jobs/job/", "catalog/book/add/", "orders/order/", "django_celery_beat/")
# Redoc's logo lies on another host, from which nothing is loaded: that is as it should be.
EXPECTED = "https://cdn.redoc.ly/redoc/logo-mini.svg"


def main() -> int:
    """Look at everything; 1 where something is wrong, 2 where nobody can tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description=__doc__)
    parser.add_argument("--pictures", type=Path, help="the folder in which to keep pictures")
    wanted = parser.parse_args()
    program = chromium.program()
    if program is None:
        sys.stderr.write(
            "Chromium is needed, and none of these is there: "
            f"{', '.join(chromium.NAMES)}. On Debian: apt-get install chromium.\n"
        )
        return 2
    pictures = wanted.pictures or Path(tempfile.mkdtemp(prefix="bookshop-pictures-"))
    pictures.mkdir(parents=True, exist_ok=True)
    try:
        with running() as stack:
            complaints = asyncio.run(_look(stack, program, pictures))
    except NotUp as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Failed as error:
        complaints = [str(error)]
    sys.stdout.write("\n".join([*complaints, f"{len(complaints)} complaints; see {pictures}\n"]))
    return 1 if complaints else 0


async def _look(stack: Stack, program: str, pictures: Path) -> list[str]:
    """Return what is wrong."""
    address = f"http://127.0.0.1:{stack.gateway_port}"
    async with chromium.page(program) as page:
        await newcomer.buy_a_book(page, address, pictures)
        await _see(page, f"{address}/", "h1", pictures / "index.png")
        await _see(page, f"{address}/api/redoc", "[id^='tag/']", pictures / "redoc.png")
        await _pay(page, address, pictures)
        await _work(page, address, stack, pictures)
        return [one for one in page.complaints if EXPECTED not in one]


async def _see(page: Page, address: str, sign: str, picture: Path) -> None:
    """Go there, and take a picture once the sign is to be seen."""
    await page.open(address)
    await page.wait(f'document.querySelector("{sign}")')
    await page.picture(picture)


async def _pay(page: Page, address: str, pictures: Path) -> None:
    """Buy once more, and pay on the provider's page."""
    customer = Client(address)
    customer.log_in(username="lan", password="bread-and-roses-7")
    customer.put_in_cart(customer.find("nha gia kim")[0]["id"])
    job_id = customer.buy("tok_redirect")
    poll(lambda: customer.job(job_id)["action"], seconds=30, what="a page to pay on")
    where = customer.job(job_id)["action"]["url"]
    await _see(page, where, "button[value=paid]", pictures / "sandbox.png")
    await page.run("document.querySelector('button[value=paid]').click()")
    await page.wait("document.body.innerText.includes('Paid.')")
    await page.picture(pictures / "sandbox-paid.png")
    if (state := customer.final(job_id)["state"]) != "succeeded":
        raise Failed(f"the job that was paid for is {state}")


async def _work(page: Page, address: str, stack: Stack, pictures: Path) -> None:
    """Log into the back office and look around."""
    password = (stack.home / "secrets" / "admin_password").read_text().strip()
    await _see(page, f"{address}/admin/", "#id_username", pictures / "admin-login.png")
    await page.run("document.querySelector('#id_username').value = 'admin'")
    await page.run(f"document.querySelector('#id_password').value = '{password}'")
    await page.run("document.querySelector('#login-form').submit()")
    for number, where in enumerate(BACK_OFFICE):
        await page.wait("!document.querySelector('#id_password')")
        picture = pictures / f"admin-{number}.png"
        await _see(page, f"{address}/admin/{where}", "#content, main", picture)


if __name__ == "__main__":
    sys.exit(main())

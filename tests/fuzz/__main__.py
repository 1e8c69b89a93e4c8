"""`make fuzz`: a shop of its own, and mutated requests on its port for as long as wanted."""

import argparse
import json
import random
import sys
import time
from collections import Counter

from tests.bench.stack import NotUp, Stack, running
from tests.fuzz import samples, trial
from tests.journeys.client import Client

BATCH = 500
PERSON = {
    "username": "fuzzer",
    "password": samples.PASSWORD,
    "email": "fuzzer@example.org",
    "address": "1 Tràng Tiền",
    "city": "Hà Nội",
    "country": "VN",
    "first_name": "An",
    "last_name": "Lê",
}


def main() -> int:
    """Send, judge, and return the exit code: 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    wanted = parser.parse_args()
    try:
        with running() as stack:
            return _fuzz(stack, seed=wanted.seed, seconds=wanted.seconds)
    except NotUp as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _fuzz(stack: Stack, *, seed: int, seconds: float) -> int:
    customer = Client(f"http://127.0.0.1:{stack.gateway_port}")
    customer.post("registrations", PERSON, Prefer="wait=30").expect(200)
    customer.log_in(username=PERSON["username"], password=PERSON["password"])
    book = customer.find("nha gia kim")[0]["id"]
    good = samples.samples(user_id=customer.user_id, token=customer.token, product_id=book)
    secrets = [samples.PASSWORD.encode(), samples.CARD.encode(), customer.token.encode()]
    address, pids = f"http://127.0.0.1:{stack.gateway_port}", stack.pids()
    statuses, faults, deadline = Counter[str](), list[str](), time.monotonic() + seconds
    while time.monotonic() < deadline and not faults:
        verdict = trial.run(address, good, seed=seed, number=BATCH, secrets=secrets)
        statuses += verdict.statuses
        faults += [f"seed {seed}: {fault}" for fault in verdict.faults]
        seed += 1
    if stack.pids() != pids:
        faults.append(f"processes have ended: {pids}, then {stack.pids()}")
    customer.get("/livez").expect(200)
    sys.stdout.write(f"{json.dumps(dict(statuses.most_common()))}\n")
    sys.stdout.write("\n".join([*faults, f"{len(faults)} faults; next seed {seed}\n"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""What operators are told has the names that the shop uses."""

import re
from pathlib import Path

from api import metrics
from tasks.engine.figures import Figures
from tasks.engine.models import Setback

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "operating.md").read_text()


def test_every_reason_of_a_recovery_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXT.partition("The reasons,")[2], re.MULTILINE)
    assert set(rows) == set(Setback.values)


def test_every_figure_of_jobs_has_a_row() -> None:
    families = metrics._families(Figures({"queued": 0}, 0, 0, 0.0, {"lease_ended": 0}))
    told = {sample.name for family in families for sample in family.samples}
    assert set(re.findall(r"`(shop_jobs_\w+)", TEXT)) == told | {"shop_jobs_up"}

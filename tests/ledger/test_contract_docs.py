"""docs/contracts.md names tests: each of them is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_threat_table_names_exists() -> None:
    text = (ROOT / "docs" / "contracts.md").read_text()
    table = text[text.index("| found in other contracts") : text.index("## KWH")]
    named = re.findall(r"`(\w+): (\w+)`", table)
    assert len(named) > 15
    for crate, test in named:
        sources = "".join(path.read_text() for path in (ROOT / "contracts" / crate / "tests").glob("*.rs"))
        assert f"fn {test}(" in sources, f"{crate} has no test {test}"

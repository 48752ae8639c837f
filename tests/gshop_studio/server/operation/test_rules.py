"""The rules for Prometheus: they say what they should, about metrics there are, and the runbook knows each alert."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gshop_studio.server.config import ServerConfig
from gshop_studio.server.operation.metrics import Metrics
from tests.gshop_studio.server.shop import Shop

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "gshop-rules.yml").read_text()


@pytest.mark.parametrize(
    "arguments", [("check", "rules", "gshop-rules.yml"), ("test", "rules", "gshop-rules.test.yml")]
)
def test_promtool_finds_them_right(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "set-up for tests installs prometheus"
    done = subprocess.run([promtool, *arguments], cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_each_metric_they_ask_for_is_told(tmp_path: Path) -> None:
    async with Shop(tmp_path / "data") as shop:
        await shop.http.get("/health")
        text, _ = shop.server.operation.metrics.page("")
    told = {sample.name for family in text_string_to_metric_families(text.decode()) for sample in family.samples}
    told |= {family.name for family in text_string_to_metric_families(text.decode())}
    told |= {f"{name}_total" for name in told}
    asked = set(re.findall(r"\b(gshop_\w+|process_\w+)\b", RULES))
    assert asked - told == set()


def test_the_runbook_says_what_to_do_about_each_alert() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text()
    alerts = re.findall(r"- alert: (\w+)", RULES)
    assert len(alerts) >= 14
    assert [alert for alert in alerts if f"#### {alert}\n" not in runbook] == []
    assert [alert for alert in alerts if f"docs/operations.md#{alert.lower()}\n" not in RULES] == []
    assert [
        alert for alert in alerts if f"alertname: {alert}" not in (FOLDER / "gshop-rules.test.yml").read_text()
    ] == []


def test_the_runbook_lists_every_setting_with_its_default() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `GSHOP_(\w+)` \| (.+?) \|", runbook, re.MULTILINE))
    fields = ServerConfig.model_fields
    assert {name.upper() for name in fields} - rows.keys() == set(), "missing"
    assert rows.keys() - {name.upper() for name in fields} - {"CONFIG_FILE"} == set(), "no longer there"
    for name, field in fields.items():
        default = field.default
        if isinstance(default, str | int | float) and not isinstance(default, bool):
            told = rows[name.upper()].strip("`")
            assert told == str(default) or float(told) == float(default), name


def test_every_server_counts_for_itself() -> None:
    one, other = Metrics(), Metrics()
    one.refused("request.invalid")
    assert one.value("gshop_refusals_total", {"code": "request.invalid"}) == 1
    assert other.value("gshop_refusals_total", {"code": "request.invalid"}) is None

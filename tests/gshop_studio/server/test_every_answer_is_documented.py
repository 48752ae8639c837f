"""The whole REST API under generated requests: no 5xx, no answer that the OpenAPI document does not name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.gshop_studio.server.test_command import log_in, serving

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
WIDE = {
    "GSHOP_RATE_LIMIT": "100000/second",
    "GSHOP_AUTH_RATE_LIMIT": "100000/second",
    "GSHOP_GUEST_RATE_LIMIT": "100000/second",
    "GSHOP_CHAT_RATE_LIMIT": "100000/second",
    "GSHOP_LOG_LEVEL": "error",
}


@pytest.mark.timeout(300)
def test_every_answer_is_documented(tmp_path: Path) -> None:
    """case 6, over REST, among others."""
    data_dir = tmp_path / "data"
    with serving(data_dir, "--sample-shop", **WIDE) as (_, url):
        headers = log_in(url, data_dir)
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json", "--checks", CHECKS,
            "--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--seed", "7", "--no-color",
            "--exclude-path-regex", "/auth/logout-everywhere|/users/me/password",  # which end the sign-in we use
            *(part for name, value in headers.items() for part in ("--header", f"{name}: {value}")),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        tested = re.search(r"Tested: (\d+)", done.stdout)
        operations = sum(len(item) for item in httpx.get(f"{url}/openapi.json").json()["paths"].values())
        assert tested and int(tested[1]) >= operations - 2
        assert httpx.get(f"{url}/ready").status_code == 200
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log, log[-4000:]
    assert json.loads((data_dir / "sample-accounts.json").read_text())[0]["password"] not in log

"""The samples of `deploy/`: what nginx and Compose would say of them. Compose itself is not run."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gshop_studio.server.config import ServerConfig
from tests.support.nginx_balancer import check_config, running_balancer, write_config
from tests.support.nginx_rtmp import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
NAMES = ("api-1", "api-2", "media")


def test_nginx_takes_the_balancers_configuration(tmp_path: Path) -> None:
    servers = {name: f"127.0.0.1:{9000 + number}" for number, name in enumerate(NAMES)}
    config = write_config(tmp_path, free_port(), servers)
    assert check_config(config) == ""
    config.write_text(config.read_text().replace("proxy_buffering off;", "proxy_bufering off;", 1))
    assert "proxy_bufering" in check_config(config), "the check finds mistakes"


class Refusing(BaseHTTPRequestHandler):
    """A server whose database is away: it refuses what needs it, and answers the rest."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/api/v1/products" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_servers_that_refuse_are_still_asked(tmp_path: Path) -> None:
    """A 503 is an answer: a few of them, of whatever cause, do not take every server out for all that is asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, name="refusing")
        thread.start()
        address = f"127.0.0.1:{server.server_port}"
        with running_balancer(tmp_path, dict.fromkeys(NAMES, address)) as balancer, httpx.Client() as http:
            asked = [http.get(f"{balancer.url}/api/v1/products").status_code for _ in range(6)]
            elsewhere = http.get(f"{balancer.url}/health").status_code
            readiness = http.get(f"{balancer.url}/ready").status_code
        server.shutdown()
        thread.join()
    assert (asked, elsewhere) == ([503] * 6, 200)
    assert readiness == 404, "each server is asked itself"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def test_compose_has_all_that_nginx_and_the_servers_name(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "nginx", *NAMES}
    for name, service in services.items():
        assert ("image" in service or "build" in service) and list(service["networks"]) == ["inside"], name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), volume
        for needed in service.get("depends_on", ()):
            assert "healthcheck" in services[needed], needed
    assert (DEPLOY.parent / services["media"]["build"]["dockerfile"]).exists()
    asked_for = {line.partition("=")[0] for line in (DEPLOY / "servers.env.example").read_text().splitlines()}
    text = (DEPLOY / "compose.yaml").read_text()
    assert {part.partition(":?}")[0] for part in text.split("${")[1:]} <= asked_for
    assert "--requirepass" in services["redis"]["command"], "nobody talks to Redis without the password"
    assert [name for name, service in services.items() if "ports" in service] == ["media", "nginx"]


@pytest.mark.parametrize("name", NAMES)
def test_the_servers_settings_are_right(compose: dict[str, Any], name: str, tmp_path: Path) -> None:
    values = {
        "${POSTGRES_PASSWORD:?}": "postgres",
        "${REDIS_PASSWORD:?}": "redis",
        "${GSHOP_SECRET_KEY:?}": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "${GSHOP_PUBLIC_URL:?}": "https://live.example.com",
        "${GSHOP_PUBLIC_RTMP_URL:?}": "rtmp://live.example.com/live",
    }
    settings = {}
    for setting, value in compose["services"][name]["environment"].items():
        for placeholder, filled in values.items():
            value = value.replace(placeholder, filled)
        settings[setting.removeprefix("GSHOP_").lower()] = value
    assert settings.keys() <= ServerConfig.model_fields.keys()
    config = ServerConfig(data_dir=tmp_path, **settings)
    assert config.role == ("all" if name == "media" else "api")
    nginx = ip_address(compose["services"]["nginx"]["networks"]["inside"]["ipv4_address"])
    assert config.trusted_proxies == [f"{nginx}/32"], "who comes by Docker's gateway cannot say who they are"
    [inside] = compose["networks"]["inside"]["ipam"]["config"]
    assert nginx in ip_network(inside["subnet"]) and nginx not in ip_network(inside["ip_range"]), "nobody else gets it"


def test_no_secret_gets_into_the_image() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {".git", ".venv", "**/*.env", "resources/viewer/vendor"} <= set(ignored)
    assert "servers.env" in (DEPLOY / "compose.yaml").read_text(), "the file that `**/*.env` is for"

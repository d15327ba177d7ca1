# Sourced by dev/test and dev/try: what they need, installed when it is not there. For Debian, and systems like it.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3 python3-venv
  # PyInstaller needs both: Debian's python3 has no shared library of its own.
  python3 -c 'import ctypes.util, sys
sys.exit(sys.prefix == "/usr" and not ctypes.util.find_library("python%d.%d" % sys.version_info[:2]))' 2>/dev/null ||
    python3 -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])' 2>/dev/null || echo libpython3-dev
  command -v git >/dev/null || echo git
  command -v objdump >/dev/null || echo binutils
  command -v wineserver >/dev/null || command -v wine >/dev/null || echo wine
  [ -e /usr/lib/wine/wine64 ] || command -v wine64 >/dev/null || echo wine64
  command -v x86_64-w64-mingw32-gcc >/dev/null || echo gcc-mingw-w64-x86-64-win32
  for program in "$@"; do
    command -v "${program%=*}" >/dev/null || echo "${program#*=}"
  done
}

# install_packages [PROGRAM[=PACKAGE]...]: Python, Wine and mingw, and the programs; without a package, that has its
# program's name.
install_packages() {
  local packages
  packages=$(missing_packages "$@")
  [ -z "$packages" ] && return
  say "installing" $packages
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
}

# The virtual environment .venv with both distributions, editable, and what its checks need, as it is pinned.
make_environment() {
  local stamp=.venv/made-from pins=dev/requirements/check.txt
  if [ ! -e "$stamp" ] || ! cat pyproject.toml cli/pyproject.toml "$pins" | cmp -s - "$stamp"; then
    say "making .venv"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
      { echo "python3 is older than 3.11: install a newer one" >&2; exit 1; }
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$pins"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./cli
    cat pyproject.toml cli/pyproject.toml "$pins" >"$stamp"
  fi
}

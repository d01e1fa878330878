# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-3.0-or-later
# What demo and check share; sourced by them from the project's root. Bash.
#
#   setup_packages NAME...          installs the Debian packages that are missing, and says so
#   setup_build DIR CC OPTION...    configures DIR (again) with a compiler and meson options
#
# Both print what is wrong and return non-zero when they cannot.

export LC_ALL=C.UTF-8
unset LANGUAGE CDPATH

setup_build_packages=(
    build-essential meson ninja-build pkg-config
    libsimgrid-dev libigraph-dev libgsl-dev libyaml-dev libexpat1-dev libjansson-dev libmd-dev libsqlite3-dev zlib1g-dev libzstd-dev uthash-dev librandom123-dev
    check gnuplot-nox
)

setup_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        setup_without_apt
        return
    fi

    local name missing=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
            missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "These Debian packages are missing: ${missing[*]}" >&2
            echo "Install them as root (apt-get install ${missing[*]}), then run $0 again." >&2
            return 1
        fi
        as_root=(sudo)
    fi

    echo "Installing Debian packages: ${missing[*]}"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
        apt-get -q -o DPkg::Lock::Timeout=300)
    local log
    log=$(mktemp) || return 1
    if "${apt[@]}" update >"$log" 2>&1 &&
        "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "Could not install: ${missing[*]}" >&2
    echo "The last lines of apt-get are above; is there a network, and a full apt source list?" >&2
    return 1
}

# A machine that is not Debian: nothing is installed, only looked for.
setup_without_apt() {
    local missing=() name
    for name in gcc meson ninja pkg-config gnuplot; do
        command -v "$name" >/dev/null || missing+=("command $name")
    done
    for name in simgrid igraph gsl yaml-0.1 expat jansson libmd sqlite3 zlib libzstd check; do
        pkg-config --exists "$name" 2>/dev/null || missing+=("library $name")
    done
    for name in uthash.h Random123/philox.h; do
        echo "#include <$name>" | gcc -E - >/dev/null 2>&1 || missing+=("header $name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "This machine has no apt-get, so nothing is installed here. Not found:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    echo "Install them with the machine's own package manager, then run $0 again." >&2
    return 1
}

setup_build() {
    local dir=$1 cc=$2
    shift 2
    if [ -f "$dir/build.ninja" ]; then
        meson configure "$dir" "$@"
    else
        CC=$cc meson setup "$dir" "$@"
    fi
}

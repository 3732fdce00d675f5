# Shared by the scripts beside it; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 4

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 4; }

# Prints the comment block at the top of the calling script.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# The Swift toolchain is the one thing that is presumed.
need_swift() {
    local wanted=6.2 found
    command -v swift >/dev/null || die "No Swift toolchain found. Install Swift $wanted or newer from https://www.swift.org/install/linux/ and put its usr/bin on PATH, then run this again."
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [ "$(printf '%s\n%s\n' "$wanted" "${found:-0}" | sort -V | head -n 1)" = "$wanted" ] ||
        die "Swift ${found:-unknown} is too old: $wanted or newer is needed. See https://www.swift.org/install/linux/"
}

# need_packages NAME…: installs the Debian packages that are missing, three tries.
need_packages() {
    local missing=() name run=() try
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
            missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null || die "These packages are missing: ${missing[*]}. Install them with your package manager, then run this again."
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "These packages are missing: ${missing[*]}. Install them as root (apt-get install ${missing[*]}), then run this again."
        run=(sudo)
    fi
    say "Installing ${missing[*]}"
    for try in 1 2 3; do
        "${run[@]}" apt-get update -qq >&2 || true
        if DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq "${missing[@]}" >&2; then
            return 0
        fi
        say "Try $try of 3 did not succeed."
        sleep 5
    done
    die "These packages could not be installed: ${missing[*]}. Check the network and the package sources, then run this again."
}

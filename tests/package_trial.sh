#!/usr/bin/env bash
# What scripts/package --chroot does inside of the clean system, as root: not for any other.
# shellcheck disable=SC2016,SC2046
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive HEDDLE_NO_LOCK=1

# step WORDS...: shows what is done, and all that it says where it fails.
step() {
	printf '\n$ %s\n' "$*"
	"$@"
}
quietly() {
	printf '\n$ %s\n' "$*"
	"$@" >/tmp/log 2>&1 || { tail -n 20 /tmp/log >&2; return 2; }
}

quietly apt-get update
quietly apt-get install -y --no-install-recommends /heddle.deb
step dpkg-query -W -f '${Package} ${Version}: ${Depends}\n' heddle
step heddle --version
step heddle list
# What a plugin is built with, which heddle itself does not need.
quietly apt-get install -y --no-install-recommends gcc g++ libc6-dev make cmake pkg-config

cd "$(mktemp -d)"
step heddle new my-lock
cd my-lock
quietly cmake -B build
quietly cmake --build build
step heddle check build/my-lock.so
step heddle run my-lock.json --set sampling.rounds=2 -o my-lock.result.json
quietly cmake --install build
heddle list | grep -w my-lock

printf '\n$ %s\n' 'cc -O2 -fPIC -shared $(pkg-config --cflags heddle) my-lock.c -o my-lock.so -pthread'
cc -O2 -fPIC -shared $(pkg-config --cflags heddle) my-lock.c -o my-lock.so -pthread
step heddle check ./my-lock.so --only exclusion --only job-once
step heddle new my-model /tmp/my-model --kind full
cd /tmp/my-model
quietly cmake -B build
quietly cmake --build build
step heddle check build/my-model.so
step heddle run my-model.json --set sampling.rounds=2 -o my-model.result.json

cd /tmp
step heddle new my-cxx --lang c++
cd my-cxx
quietly cmake -B build
quietly cmake --build build
step ctest --test-dir build
quietly apt-get purge -y heddle
[ -z "$(find /usr -path '*heddle*' -not -name 'my-lock*' -type f)" ] || { find /usr -path '*heddle*' -type f >&2; exit 2; }

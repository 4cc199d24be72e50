#!/usr/bin/env bash
# What `heddle new` writes, used as its README says: new.sh BUILD_FOLDER LANG KIND
# Exit: 0, 2 with what was expected, 77 where the language's tools are missing.
set -uo pipefail
build=$1 lang=$2 kind=$3
[ -d "$build" ] || { echo "new.sh: no folder $build" >&2; exit 2; }
build=$(realpath "$build")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2

die() { printf '%s\n' "$*" >&2; exit 2; }
need() { command -v "$1" >/dev/null || { echo "skipped: needs $1"; exit 77; }; }
# do_it COMMAND...: shows what it said where it fails.
do_it() { "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; die "exit $? of: $*"; }; }

need pkg-config
case $lang in
c) need cc ;;
c++) need c++ ;;
rust) need cargo; need make ;;
go) need go; need make ;;
esac
export HEDDLE_NO_LOCK=1 PATH=$build/bin:$PATH CMAKE_PREFIX_PATH=$build
PKG_CONFIG_PATH=$(dirname "$(find "$build/lib" -name heddle.pc)")
export PKG_CONFIG_PATH CFLAGS='-Wall -Wextra -Werror' CXXFLAGS='-Wall -Wextra -Werror'

do_it heddle new my-model --lang "$lang" --kind "$kind"
cd my-model || exit 2
! grep -rl NAME@ . || die 'the name is not put in everywhere'
case $lang in
c | c++)
	do_it cmake -B build
	do_it cmake --build build
	eval "$(sed -n "s/^    \(c[c+]\+ .*pkg-config.*\)/do_it \1/p" README.md | sed "s#build/my-model.so#build/by-pkg-config.so#")"
	[ -f build/by-pkg-config.so ] || die 'the line with pkg-config makes nothing'
	;;
*) do_it make ;;
esac
if [ "$kind" = lock ]; then
	source=$(find . -name 'my-model.*' -not -name '*.json' -not -path './build/*' -o -name lib.rs)
	[ "$(wc -l <"$source")" -lt 60 ] || die "$source: a lock of 60 lines or more"
fi
do_it heddle check build/my-model.so
do_it heddle run my-model.json --set sampling.rounds=1 --set sampling.windows=3 -o run.json
[ "$(grep -oE '"status": *"[a-z-]+"' run.json | sort -u | grep -vcE '"(ok|complete)"')" = 0 ] || die "a case is not ok: $(cat out)"
grep -qE '"model": *"my-model"' run.json || die 'it was not run'

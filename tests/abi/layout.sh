#!/usr/bin/env bash
# The structs of the Rust templates lie in memory as those of heddle/plugin.h: layout.sh
# Exit: 0, 2 with the lines that differ, 77 without a compiler.
set -uo pipefail
here=$(dirname "$(realpath "$0")")
command -v rustc >/dev/null || { echo "skipped: needs rustc"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2

"${CC:-cc}" -I "$here/../../core/include" "$here/layout.c" -o c && ./c >c.txt || exit 2
{
	echo '{'
	sed -nE 's/^(\w+)\.(\w+) .*/FIELD!(\1, \2);/p; s/^(\w+) [0-9]+$/SIZE!(\1);/p' c.txt
	echo '}'
} >calls.rs
LAYOUT_DIR=$scratch rustc --edition 2021 "$here/layout.rs" -o rust 2>err || { head -n 20 err >&2; exit 2; }
./rust >rust.txt && [ "$(wc -l <rust.txt)" -ge 60 ] && diff c.txt rust.txt >&2 || exit 2

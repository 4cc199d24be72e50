#!/usr/bin/env bash
# Whether each row of the fault table in core/README.md names tests that there are:
#   fault_table.sh [TREE]
# A row's last cell is "test_file: name_of_a_test", "fuzz_target", or some of them with commas. Exit: 0, else 2.
set -uo pipefail
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}
least=60 rows=0 faults=0
fault() { printf 'core/README.md: %s\n' "$*" >&2; faults=$((faults + 1)); }

# A test in C is defined and listed; one in a script is a function and in the list.
exists() { # FILE NAME
	local file
	for file in "$tree/tests/$1".{c,sh,py}; do
		[ ! -e "$file" ] || [ "$(grep -owF -- "$2" "$file" | wc -l)" -lt 2 ] || return 0
	done
	return 1
}

while IFS= read -r row; do
	rows=$((rows + 1))
	cells=$(grep -o '|' <<<"$row" | wc -l)
	[ "$cells" = 6 ] || fault "not 5 cells: $row"
	named=${row%|} named=${named##*|}
	IFS=',' read -ra tests <<<"$named"
	for test in "${tests[@]}"; do
		read -r file name <<<"${test//\`/}"
		if [ -z "$name" ]; then
			[ -e "$tree/tests/fuzz/$file.c" ] || fault "no target $file: $row"
		else
			exists "${file%:}" "$name" || fault "no test $file $name: $row"
		fi
	done
done < <(sed -n '/^| fault | how it is caused/,/^$/{/^| fault |/d;/^|---/d;/^|/p}' "$tree/core/README.md")

[ $rows -ge $least ] || fault "$rows rows of faults, at least $least"
[ $faults = 0 ] || exit 2

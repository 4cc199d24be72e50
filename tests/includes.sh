#!/usr/bin/env bash
# Includes point one way: a file of core may include what stands on its own line below, or further down.
#   includes.sh [CHECKOUT]
# A new file of core belongs on one of these lines. Exit: 0, or 2 with a line for each offence.
set -euo pipefail
shopt -s nullglob
cd "${1:-$(dirname "$0")/..}"

levels='
main cmd_* command*
run* pairs* side* program progress
 check_model check_case check_result check_json plan* result_table result_columns result_scaling result* table* export* fit* verdict_* compare* list_json models workbench
 search trial* keeper* stage stagehand* check_*
workload workloads/* generator* per_op
topology* loader* stage_* config* gauges machine noise ruler virtualisation scratch option status request paths fault template
error memory nesting arena clock stats scaling* verdict judgement unpaired histogram stopping digest objects build warning counters schedstat frequency cpu_flags cgroup isolation group ceiling runlock fdpass format bars standstill* outfile pool quota screen sysfile symbols words
heddle/*
'
# Libraries that only these may see.
declare -A keepers=([hwloc]='topology*' [dlfcn]='loader' [jansson]='memory config* result* export* fit* verdict_* compare* side* program *_json')

offences=0
offend() { printf '%s\n' "$*" >&2; offences=$((offences + 1)); }

# place UNIT: the number of its line in `level`, greater is lower, and the word that names it in `word`.
place() {
	local line pattern
	level=0
	while read -r line; do
		[ -n "$line" ] || continue
		level=$((level + 1))
		set -f
		for pattern in $line; do
			# shellcheck disable=SC2053
			if [[ $1 == $pattern ]]; then word=$pattern; set +f; return 0; fi
		done
		set +f
	done <<<"$levels"
	return 1
}
unit_of() { # core/workloads/echo.c -> workloads/echo
	local path=${1#core/}
	path=${path#include/}
	echo "${path%.[ch]}"
}
includes_of() { sed -nE "s/^[[:space:]]*#[[:space:]]*include[[:space:]]*$2.*/\1/p" "$1"; } # FILE, QUOTED or ANGLED
quoted='"([^"]+)"' angled='<([^>]+)>'
allowed() { # UNIT PATTERNS
	local pattern
	set -f
	# shellcheck disable=SC2053
	for pattern in $2; do [[ $1 == $pattern ]] && { set +f; return 0; }; done
	set +f
	return 1
}

edges=''
files=(core/*.[ch] core/workloads/*.[ch] core/include/heddle/*.h)
[ ${#files[@]} != 0 ] || { echo "includes.sh: $PWD/core holds no sources" >&2; exit 2; }
for file in "${files[@]}"; do
	unit=$(unit_of "$file")
	place "$unit" || { offend "$file: is on no level; give it one in tests/includes.sh"; continue; }
	own=$level own_word=$word
	while read -r header; do
		case $file in
		core/include/*) target=heddle/${header#heddle/} ;;
		core/workloads/*) if [ -e "core/workloads/$header" ]; then target=workloads/$header; else target=${header#../}; fi ;;
		*) target=$header ;;
		esac
		place "$(unit_of "core/$target")" || { offend "$file: includes \"$header\", which is on no level"; continue; }
		[ "$level" -ge "$own" ] || offend "$file: includes \"$header\", which stands above it"
		[ "$word" = "$own_word" ] || edges+="$own_word $word"$'\n'
	done < <(includes_of "$file" "$quoted")
	while read -r header; do
		name=${header%%[/.]*}
		[ -z "${keepers[$name]:-}" ] || allowed "$unit" "${keepers[$name]}" ||
			offend "$file: includes <$header>, which only ${keepers[$name]} may"
	done < <(includes_of "$file" "$angled")
done
loop=$(set +f; printf '%s' "$edges" | sort -u | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \([^-].*[^:]\)$/\1/p' | tr '\n' ' ' || true)
[ -z "$loop" ] || offend "core: include one another in a circle: $loop"

# A plugin sees the public headers, its own and its libraries'.
for file in plugins/*.[ch]; do
	while read -r header; do
		[ -e "plugins/$header" ] || [ -e "core/include/$header" ] || offend "$file: includes \"$header\" of core"
	done < <(includes_of "$file" "$quoted")
	while read -r header; do
		[ ! -e "core/$header" ] || [[ $header == heddle/* ]] || [ -e "/usr/include/$header" ] ||
			offend "$file: includes <$header> of core"
	done < <(includes_of "$file" "$angled")
done

[ $offences = 0 ] || { echo "$offences offences" >&2; exit 2; }

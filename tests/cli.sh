# shellcheck shell=bash
# What the tests of the command line have in common; sourced by them with PROGRAM PLUGIN_DIR SOURCE_DIR.
# A test is a function; `check NAME` prints "ok NAME", "not ok NAME: why" or "skip NAME: why", and sets
# `failed` where it was not ok. `a && b || why` is meant as it is read.
# shellcheck disable=SC2015,SC2034
set -u
heddle=$1 plugins=$2 source=$3
broken=$plugins/broken
place=$(mktemp -d /tmp/heddle-cli-XXXXXX) || exit 1
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1
unset COLUMNS HWLOC_SYNTHETIC HWLOC_XMLFILE HEDDLE_PLUGIN_PATH TERM
export HEDDLE_NO_LOCK=1           # tests of one user run side by side
export HEDDLE_CLI_MARK=$$-$RANDOM # in the environment of all that a test starts
failed=0

why() { echo "$*" >"$place/why"; return 1; }
skip() { echo "$*" >"$place/why"; return 77; }
check() { # NAME: one test, in a shell of its own
	local code
	: >"$place/why"
	rm -f out err 1.err 2.err # or a test that waits for a word sees that of the last one
	("$1"); code=$?
	case $code in
	0) echo "ok $1" ;;
	77) echo "skip $1: $(cat "$place/why")" ;;
	*) echo "not ok $1: $(cat "$place/why")"; failed=1 ;;
	esac
}
# expect CODE COMMAND...: its output is in ./out and ./err.
expect() {
	local wanted=$1 code
	shift
	"$@" >out 2>err; code=$?
	[ "$code" = "$wanted" ] || why "exit $code instead of $wanted: $* ($(tail -n 2 err | tr '\n' ' '))"
}
has() { grep -qF -- "$2" "$1" || why "no \"$2\" in $1: $(head -c 300 "$1" | tr '\n' ' ')"; }
hasnt() { ! grep -qF -- "$2" "$1" || why "\"$2\" in $1"; }
warning_of() { # ID: its first line on stderr
	grep -E "^$1 {6}" err
}
is_json() {
	[ -x /usr/bin/python3 ] || return 0
	/usr/bin/python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$1" || why "$1 is no JSON"
}
marked() { # pids that carry the mark, this script and its shells left out
	local file pid
	for file in /proc/[0-9]*/environ; do
		pid=${file%/environ} pid=${pid#/proc/}
		grep -qsF "HEDDLE_CLI_MARK=$HEDDLE_CLI_MARK" "$file" || continue
		case $(cat "/proc/$pid/comm" 2>/dev/null) in heddle*) echo "$pid" ;; esac
	done
}
none_left() {
	for _ in $(seq 100); do
		[ -n "$(marked)" ] || return 0
		sleep 0.01
	done
	why "left behind: $(marked)"
}
await() { # PATTERN FILE
	for _ in $(seq 600); do
		grep -qs "$1" "$2" && return 0
		sleep 0.05
	done
	why "no $1 in $2"
}

cat >short.json <<'EOF'
{ "name": "short", "models": ["serial", "thread-mutex"], "cores": [1],
  "workloads": [{ "workload": "counter", "batch": [1, 16] }],
  "sampling": { "rounds": 1, "warmup_ms": 1, "window_ms": 2, "windows": 4 } }
EOF

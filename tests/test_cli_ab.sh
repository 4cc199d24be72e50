#!/usr/bin/env bash
# The command line of `heddle ab`, one behaviour a function: test_cli_ab.sh PROGRAM PLUGIN_DIR SOURCE_DIR
# Exits with 1 where one was not ok.
# The tests are called by their names, and `a && b || why` is meant as it is read.
# shellcheck disable=SC1091,SC2015,SC2086,SC2154,SC2317
. "${0%/*}/cli.sh"

models=${plugins%/tests/plugins}/lib/heddle/plugins
base=$place/base new=$place/new
mkdir "$base" "$new" empty
cp "$plugins/base/drag.so" "$base" && cp "$plugins/new/drag.so" "$new"
cp "$models/serial.so" "$base" && cp "$models/serial.so" "$new"
cp "$models/thread-mutex.so" "$base"
cat >ab.json <<'EOF'
{ "name": "ab", "models": ["drag", "serial"], "cores": [1],
  "workloads": [{ "workload": "counter", "batch": 256 }],
  "sampling": { "warmup_ms": 1, "window_ms": 2, "windows": 4 } }
EOF
sed 's/"serial"\]/"serial", "thread-mutex"]/' ab.json >three.json
# A verdict is whatever the machine makes of so short windows: 0, or 1 where the difference was seen.
judged() { # COMMAND...
	local code
	"$@" >out 2>err; code=$?
	[ "$code" = 0 ] || [ "$code" = 1 ] || why "exit $code: $* ($(tail -n 2 err | tr '\n' ' '))"
}
ask() { # FILE PYTHON: an expression over the document d that must be true
	[ -x /usr/bin/python3 ] || skip "needs python3" || return
	/usr/bin/python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' "$1" "$2" ||
		why "not true of $1: $2"
}

two_folders_are_judged() {
	judged "$heddle" ab ab.json --base "$base" --new "$new" --pairs 7 -o two.json &&
		has out 'judged 2 of 2 cases' && has out 'base     ' && has err 'verdict  two.json' &&
		[ ! -e two.json.base.journal ] && [ ! -e two.json.new.journal ] &&
		ask two.json 'd["kind"] == "ab" and d["run"]["pairs"] == 7 and len(d["base"]["cases"]) == 2' &&
		ask two.json 'len(d["base"]["cases"][0]["metrics"]["throughput"]["trials"]) in (7, 14)' && none_left
}
each_trial_tells_what_it_mapped() {
	expect 0 test -e two.json || skip "needs the document" || return
	ask two.json 'all(t["objects"] for s in ("base", "new") for c in d[s]["cases"] for t in c["trials"])' &&
		ask two.json 'any(o["path"].endswith("/drag.so") and len(o["sha256"]) == 64 for o in d["new"]["objects"])' &&
		ask two.json 'any("libc.so" in o["path"] for o in d["base"]["objects"])'
}
two_files_are_judged_on_any_config() {
	judged "$heddle" ab short.json --base "$base/drag.so" --new "$new/drag.so" --pairs 7 -o files.json &&
		ask files.json '[c["model"] for c in d["new"]["cases"]] == ["drag", "drag"]'
}
a_model_of_one_side_is_listed() {
	judged "$heddle" ab three.json --base "$base" --new "$new" --pairs 7 -o three.out.json &&
		has out 'judged 2 of 3 cases' && has out 'removed' && has out 'thread-mutex'
}
a_model_of_no_side_is_an_error() {
	expect 2 "$heddle" ab default --base "$base" --new "$new" && has err 'unknown model "process-pool"' &&
		has err 'known: drag serial thread-mutex' && has err 'nothing was run'
}
the_same_bytes_are_exit_5() {
	cp -r "$base" same && expect 5 "$heddle" ab three.json --base "$base" --new same -o same.json &&
		has out 'nothing differs' && [ ! -e same.json ] && [ ! -e same.json.base.journal ] && none_left
}
alone_it_is_the_noise_floor() {
	judged "$heddle" ab short.json --pairs 8 -o aa.json && has out 'against themselves' &&
		ask aa.json 'd["kind"] == "aa" and len(d["verdicts"]) == 4 and d["base"]["place"] is None'
}
whole_programs_are_judged() {
	judged "$heddle" ab short.json --base-program "$heddle" --new-program "$place/other/bin/heddle" --pairs 8 -o p.json &&
		ask p.json 'len(d["verdicts"]) == 4 and d["base"]["objects"][0]["path"].endswith("heddle")' &&
		[ ! -e p.json.base.journal ] && none_left
}
mkdir -p other/bin other/lib/heddle && cp "$heddle" other/bin/heddle && cp -r "$models" other/lib/heddle/plugins
printf x >>other/bin/heddle # another program of the same kind

wrong_calls_are_refused() {
	expect 2 "$heddle" ab && has err 'no config' &&
		expect 2 "$heddle" ab ab.json --base "$base" && has err '--base and --new go together' &&
		expect 2 "$heddle" ab ab.json --base "$base" --new /no/such && has err '--new /no/such: No such file' &&
		expect 2 "$heddle" ab ab.json --base "$base" --new "$place/empty" && has err 'no plugin (*.so) in it' &&
		expect 2 "$heddle" ab ab.json --base "$base" --new "$new/drag.so" && has err 'two folders, or two files' &&
		expect 2 "$heddle" ab ab.json --base "$base/serial.so" --new "$new/drag.so" && has err 'these are two' &&
		expect 2 "$heddle" ab ab.json --base "$base" --new "$new" --plugin-dir . && has err '--plugin-dir' &&
		expect 2 "$heddle" ab ab.json --base-program "$heddle" && has err 'go together' &&
		expect 2 "$heddle" ab ab.json --base-program /no/such --new-program "$heddle" && has err '/no/such' &&
		expect 2 "$heddle" ab ab.json --base "$base" --new "$new" --base-program "$heddle" --new-program "$heddle" &&
		has err 'brings its own plugins' &&
		expect 2 "$heddle" ab ab.json --pairs 5 && has err '--pairs 5: 6 to 1000' &&
		expect 2 "$heddle" ab ab.json --pairs 6 --plugin-dir "$base" && has err 'nothing below 7' && has err 'Nothing was run' &&
		expect 2 "$heddle" ab ab.json --margin 0 && has err '--margin' &&
		expect 2 "$heddle" ab ab.json --plugin-dir "$base" --metric nonsense && has err 'no case has a metric "nonsense"' && none_left
}
the_exit_code_is_the_worst_verdict() { # whatever the machine lets them be
	local code wanted
	"$heddle" ab ab.json --base "$base" --new "$new" --pairs 7 -o worst.json --strict >out 2>err; code=$?
	[ -x /usr/bin/python3 ] || skip "needs python3" || return
	wanted=$(/usr/bin/python3 -c 'import json, sys
found = {v["verdict"] for v in json.load(open(sys.argv[1]))["verdicts"]}
print(1 if "regression" in found else 4 if found & {"inconclusive", "contaminated"} else 0)' worst.json)
	[ "$code" = "$wanted" ] || why "exit $code instead of $wanted: $(cat out)"
}
a_margin_is_the_configs() {
	judged "$heddle" ab short.json --pairs 8 --margin 50% -o margin.json &&
		ask margin.json 'd["margin_percent"] == 50 and d["run"]["config"]["margin_percent"] == 50' &&
		ask margin.json 'all(v["margin_percent"] == 50 for v in d["verdicts"])'
}
what_is_no_file_is_no_place_for_a_document() {
	mkdir -p folder && expect 2 "$heddle" ab short.json --pairs 8 -f -o folder && has err 'folder: no regular file' &&
		expect 2 "$heddle" ab short.json --pairs 8 -f -o /dev/null && has err 'Nothing was run'
}
a_refused_call_leaves_journals_alone() {
	echo mine >left2.json.base.journal && expect 2 "$heddle" ab short.json --pairs 6 -f -o left2.json &&
		has err 'nothing below 8' && has left2.json.base.journal mine
}
an_existing_document_is_kept() {
	echo mine >kept.json && expect 2 "$heddle" ab short.json --pairs 8 -o kept.json && has err 'kept.json exists' &&
		has kept.json mine || return
	echo mine >left.json.new.journal && expect 2 "$heddle" ab short.json --pairs 8 -o left.json && has err '-f writes over it' &&
		has left.json.new.journal mine
}
another_machine_is_refused() {
	HWLOC_SYNTHETIC='core:64 pu:2' expect 2 "$heddle" ab short.json && has err 'not this machine' && none_left
}
a_failed_case_is_exit_3() {
	cp "$broken/race.so" "$new/serial.so" # called otherwise than its file: refused, so no case of it is judged
	expect 3 "$heddle" ab ab.json --base "$base" --new "$new" --pairs 7 -o failed.json --strict && has out 'failed' &&
		has out 'judged 1 of 2 cases' && none_left
}
outputs_for_others_are_written() {
	judged "$heddle" ab short.json --pairs 8 -o forms.json --junit forms.xml --markdown --annotations &&
		has forms.xml '<testsuite' && has out '###' || return
	if command -v xmllint >/dev/null; then xmllint --noout forms.xml || why "forms.xml is no XML" || return; fi
	judged "$heddle" ab short.json --pairs 8 -o forms.json -f --json && is_json out &&
		expect 0 "$heddle" show forms.json && has out 'against themselves'
}
a_report_that_cannot_be_written_loses_nothing() {
	expect 6 "$heddle" ab short.json --pairs 8 -o report.json --junit no/where.xml && has err 'no/where.xml' &&
		is_json report.json && [ ! -e report.json.base.journal ] && [ ! -e report.json.new.journal ]
}
an_interruption_saves() {
	local run code
	"$heddle" ab short.json --set sampling.windows=100 --set sampling.window_ms=20 --pairs 20 -o int.json >out 2>err & run=$!
	await 'round 1/' err || return
	sleep 0.3
	kill -INT "$run"
	wait "$run"; code=$?
	[ "$code" = 130 ] || why "exit $code instead of 130: $(tail -n 2 err)" || return
	has int.json '"interrupted"' && has out 'interrupted after' && none_left
}
a_full_disk_is_exit_6() {
	! grep -qE '__[at]san_init' "$heddle" || { skip 'a sanitizer has to stand first'; return; }
	expect 6 env LD_PRELOAD="${plugins%/plugins}/faults/fault-calls.so" HEDDLE_FAULT=write:ENOSPC:3+ \
		HEDDLE_FAULT_PATH=.base.journal "$heddle" ab short.json --pairs 8 -o full.json &&
		has err 'full.json.base.journal: No space left' && [ ! -e full.json ] && none_left
}

for name in two_folders_are_judged each_trial_tells_what_it_mapped two_files_are_judged_on_any_config \
	a_model_of_one_side_is_listed a_model_of_no_side_is_an_error the_same_bytes_are_exit_5 alone_it_is_the_noise_floor \
	whole_programs_are_judged wrong_calls_are_refused the_exit_code_is_the_worst_verdict a_margin_is_the_configs an_existing_document_is_kept \
	what_is_no_file_is_no_place_for_a_document a_refused_call_leaves_journals_alone \
	another_machine_is_refused a_failed_case_is_exit_3 outputs_for_others_are_written a_report_that_cannot_be_written_loses_nothing an_interruption_saves \
	a_full_disk_is_exit_6
do
	check $name
done
exit $failed

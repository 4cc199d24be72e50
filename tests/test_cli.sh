#!/usr/bin/env bash
# The command line, one behaviour a function: test_cli.sh PROGRAM PLUGIN_DIR SOURCE_DIR
# Prints "ok NAME", "not ok NAME: why" or "skip NAME: why"; exits with 1 where one was not ok.
# The tests are called by their names, and `a && b || why` is meant as it is read.
# shellcheck disable=SC1091,SC2015,SC2086,SC2154,SC2317
. "${0%/*}/cli.sh"

cat >long.json <<EOF
{ "name": "long", "models": ["thread-mutex", "process-pool"], "cores": [1],
  "workloads": [{ "workload": "counter" },
                { "workload": "copy", "files": 20, "file_kib": 4, "work_dir": "$place/work" }],
  "sampling": { "rounds": 1000, "warmup_ms": 5, "window_ms": 10, "windows": 4, "budget_s": 0 } }
EOF
mkdir work

# result NAME STARTED RATE [KEY [KERNEL]]: a result of one case "c", with seven trials that are nearly equal.
result() {
	cat >"$1" <<EOF
{ "format": "heddle-result", "version": 1,
  "run": { "name": "r", "status": "complete", "started": "$2", "seed": 1 }, "tool": {},
  "machine": { "cpu_model": "A", "kernel": "${5:-6.1}" },
  "cases": [{ "name": "c", "key": "${4:-k}", "workload": "counter", "model": "serial", "cores": 1,
    "params": { "batch": "${4:-k}" }, "options": {}, "status": "ok", "expect": "ok", "reason": null, "trials": [],
    "metrics": { "throughput": { "unit": "ops/s", "better": "higher",
      "trials": [$3.0, $3.1, $3.2, $3.3, $3.4, $3.5, $3.6] } } }] }
EOF
}

help_is_printed() {
	expect 0 "$heddle" --help && has out 'usage: heddle COMMAND' && hasnt out stage &&
		expect 0 "$heddle" run --help && has out '--dry-run' &&
		expect 0 "$heddle" show --help && expect 0 "$heddle" list --help &&
		expect 0 "$heddle" topology --help && expect 0 "$heddle" trial --help &&
		expect 0 "$heddle" compare --help && has out 'weaker than' &&
		expect 2 "$heddle" && has err 'usage:'
}
version_is_printed() { expect 0 "$heddle" --version && grep -qE '^heddle [0-9]+\.[0-9]+\.[0-9]+$' out; }
unknown_command_gets_a_suggestion() {
	expect 2 "$heddle" lisst && has err 'unknown command "lisst"; did you mean "list"?'
}
unknown_config_gets_a_suggestion() {
	expect 2 "$heddle" run quik && has err 'did you mean "quick"? (known: copy default everything gate hazards locks quick servers service switch-cost)' && has err 'nothing was run'
}
unknown_option_is_refused() {
	expect 2 "$heddle" run --rounds 3 short.json && expect 2 "$heddle" run && has err 'no config' &&
		expect 2 "$heddle" run a b && expect 2 "$heddle" run --seed x short.json &&
		expect 2 "$heddle" run --set novalue short.json && has err 'PLACE=VALUE' &&
		expect 2 "$heddle" stage
}
typo_in_a_config_names_its_place() {
	sed 's/serial/seril/' short.json >typo.json
	expect 2 "$heddle" run typo.json && has err 'typo.json: models[0]' &&
		has err 'did you mean "serial"?' && has err 'nothing was run' &&
		echo '{ "name": ' >syntax.json && expect 2 "$heddle" run syntax.json && has err 'syntax.json:'
}
dry_run_on_another_machine() {
	HWLOC_SYNTHETIC='pack:2 core:4 pu:2' expect 0 "$heddle" run --dry-run --cores 1,8 short.json &&
		has out 'cores=8' && has out 'nothing was run'
}
real_run_on_another_machine_is_refused() {
	HWLOC_SYNTHETIC='core:1 pu:1' expect 2 "$heddle" run short.json -o synthetic.json &&
		has err "the topology is not this machine's" && [ ! -e synthetic.json ]
}
run_writes_result_and_table() {
	expect 0 "$heddle" run short.json -o r.json && has out 'ops/s' && has err 'round 1/1' &&
		is_json r.json && [ ! -e r.json.journal ] && ! compgen -G "r.json.*.tmp" >/dev/null && none_left
}
closed_standard_descriptors() { # what is opened first must not become the output
	"$heddle" run short.json -o closed.json <&- 2>&- >out && is_json closed.json || why "exit $?" || return
	"$heddle" run short.json -o closed.json -f <&- >&- 2>err
	[ $? = 6 ] && is_json closed.json && has err 'the output could not be written'
}
what_was_not_measured_has_a_reason() {
	echo '{"models": ["thread-mutex"], "cores": [1], "sampling": {"windows": 3, "window_ms": 5, "warmup_ms": 5, "rounds": 1},
		"workloads": [{"workload": "timers", "tasks": 1, "sleep_us": 500000}]}' >slow.json
	expect 0 "$heddle" run slow.json -o slow.result.json && has out 'late_p50 was not measured: too little was done in the windows'
}
empty_name_is_refused() { expect 2 "$heddle" run short.json -o '' && has err 'an empty name for the result. Nothing was run'; }
existing_result_is_kept() {
	echo mine >kept.json
	expect 2 "$heddle" run short.json -o kept.json && has err 'exists; -f writes over it' &&
		[ "$(cat kept.json)" = mine ] && expect 0 "$heddle" run short.json -o kept.json -f && is_json kept.json
}
compare_exits_by_what_it_finds() {
	result c1.json 2026-01-01T00:00:00Z 100 && result c2.json 2026-01-02T00:00:00Z 101 &&
		result c3.json 2026-01-03T00:00:00Z 80 && result c4.json 2026-01-04T00:00:00Z 105 &&
		expect 0 "$heddle" compare c1.json c2.json && has out 'judged 1 of 1 case: 1 same' && has out 'weaker than pairs' &&
		expect 1 "$heddle" compare c1.json c3.json && has out 'regression' && has out 'can confirm it' &&
		expect 0 "$heddle" compare --margin 25% c1.json c3.json && has out '1 same' &&
		expect 0 "$heddle" compare c1.json c4.json && has out '1 inconclusive' &&
		expect 4 "$heddle" compare --strict c1.json c4.json &&
		expect 0 "$heddle" compare --json c1.json c2.json && is_json out &&
		expect 0 "$heddle" compare --by model c1.json c2.json && has out 'serial: +1.0 % over 1 case'
}
compare_refuses_what_differs() {
	result a.json 2026-01-01T00:00:00Z 100 k 5.10 && result b.json 2026-01-02T00:00:00Z 80 other 6.1 &&
		expect 5 "$heddle" compare a.json b.json && [ ! -s out ] || return
	cat >wanted <<'EOF'
heddle compare: kernel's major version: 5 in BASE, 6 in NEW
heddle compare: c: batch k, now other
2 differences, nothing was judged
EOF
	diff wanted err >changes || why "$(cat changes)" || return
	expect 5 "$heddle" compare a.json a.json && has err 'nothing differs: a.json and a.json are the same run' &&
		expect 1 "$heddle" compare --force a.json b.json && has err "forced: kernel's major version: 5 in BASE, 6 in NEW" &&
		has out 'forced: the machines differ; forced: batch k, now other'
}
compare_takes_a_folder_as_history() {
	mkdir -p old none && result old/1.json 2026-01-01T00:00:00Z 100 && result old/2.json 2026-01-02T00:00:00Z 110 &&
		result new.json 2026-02-01T00:00:00Z 105 && cp new.json old && echo '{}' >old/schema.json &&
		expect 0 "$heddle" compare old new.json && has out 'within the spread of 2 results' &&
		has err 'old: 1 of 4 .json files passed over: no results' && has err 'old/new.json: left out' &&
		result new.json 2026-02-02T00:00:00Z 80 && rm old/new.json && expect 1 "$heddle" compare old new.json &&
		has out 'against each of 2 results' &&
		expect 2 "$heddle" compare none new.json && has err 'none: no result in this folder (0 .json files)'
}
compare_refuses_bad_input() {
	result a.json 2026-01-01T00:00:00Z 100 && result b.json 2026-01-02T00:00:00Z 80 && echo '{' >bad.json &&
		expect 1 "$heddle" compare a.json b.json -o verdict.json && is_json verdict.json && cp verdict.json kept.json &&
		expect 2 "$heddle" compare a.json b.json -o verdict.json && has err 'verdict.json exists; -f writes over it' &&
		cmp verdict.json kept.json && expect 1 "$heddle" compare a.json b.json -f -o verdict.json &&
		expect 2 "$heddle" compare verdict.json b.json && has err 'verdict.json: not a Heddle result' &&
		expect 2 "$heddle" compare bad.json b.json && has err 'bad.json:' &&
		expect 2 "$heddle" compare a.json nowhere.json && has err 'nowhere.json: No such file' &&
		expect 2 "$heddle" compare a.json && has err 'two results' &&
		expect 2 "$heddle" compare a.json b.json --by name && has err '--by "name": workload, model or cores' &&
		expect 2 "$heddle" compare a.json b.json --metric cost && has err '(known: throughput)' &&
		expect 2 "$heddle" compare a.json b.json --margin 0 && expect 2 "$heddle" compare a.json b.json --nonsense &&
		expect 6 "$heddle" compare a.json b.json -o /nowhere/verdict.json && has err '/nowhere/verdict.json'
}
compare_judges_real_results() {
	expect 0 "$heddle" run short.json --set sampling.rounds=7 -o real1.json &&
		expect 0 "$heddle" run short.json --set sampling.rounds=7 -o real2.json || return
	"$heddle" compare real1.json real2.json --metric cpu_per_op -o realv.json >out 2>err
	case $? in 0 | 1) ;; *) why "exit $? $(cat err)" || return ;; esac
	has out 'judged 4 of 4 cases, 8 verdicts' && expect 5 "$heddle" compare real1.json real1.json || return
	! /usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
		expect 0 "$source/tests/validate.py" "$source/results/verdict.schema.json" realv.json
}
json_stands_alone_on_stdout() { expect 0 "$heddle" run short.json -o j.json --json && is_json out; }
without_a_terminal_plain_lines() {
	expect 0 "$heddle" run short.json -o plain.json --set sampling.rounds=2 || return
	[ "$(grep -c '^round ' err)" = 2 ] || why "rounds: $(grep -c '^round ' err)"
	! grep -q "$(printf '[\033\r]')" err out || why 'control characters'
}
narrow_tables() {
	expect 0 "$heddle" show r.json && [ "$(LC_ALL=C.UTF-8 wc -L <out)" -le 80 ] ||
		why "$(LC_ALL=C.UTF-8 wc -L <out) columns"
}
show_knows_comparisons() {
	local sample=$source/tests/verdict/sample
	expect 0 "$heddle" show "$sample.json" && head -n 5 "$sample.txt" | cmp -s - <(head -n 5 out) &&
		[ "$(wc -L <out)" -le 80 ] && expect 0 "$heddle" show "$sample.json" --json && is_json out &&
		expect 2 "$heddle" show "$sample.json" --by model && has err '--by are for results' && [ ! -s out ] ||
		[ -s why ] || why "the table of a comparison is not as in $sample.txt"
}
show_selects_and_sorts() {
	expect 0 "$heddle" show r.json --by model && has out 'thread-mutex' &&
		expect 0 "$heddle" show r.json --sort throughput --by cores && has out 'cores=1' &&
		expect 0 "$heddle" show r.json --only model=serial && hasnt out thread-mutex &&
		expect 2 "$heddle" show r.json --only nonsense=1 && [ ! -s out ] &&
		expect 2 "$heddle" show r.json --sort nonsense && expect 2 "$heddle" show r.json --by nonsense &&
		expect 2 "$heddle" show none.json && has err 'none.json: No such file' &&
		expect 0 "$heddle" show r.json --json && is_json out
}
bars_where_they_are_wanted() { # a pipe gets none, whatever the terminal could
	expect 0 "$heddle" show r.json && cp out plain && hasnt out 'full bar' && hasnt out speedup &&
		expect 0 "$heddle" show r.json --bars=auto && cmp -s out plain &&
		expect 0 "$heddle" show r.json --bars=always --bars=never && cmp -s out plain &&
		expect 0 "$heddle" show r.json --bars=always && has out '█' && has out 'a full bar: ' &&
		[ "$(LC_ALL=C.UTF-8 wc -L <out)" -le 80 ] &&
		expect 2 "$heddle" show r.json --bars=maybe && has err '--bars maybe: auto, always or never' && [ ! -s out ] ||
		[ -s why ] || why 'other bars than wanted'
}
result_follows_its_schema() {
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || { skip 'needs python3-jsonschema'; return; }
	/usr/bin/python3 "$source/tests/validate.py" "$source/results/result.schema.json" r.json >out || why "$(cat out)"
}
failed_case_is_exit_3() {
	expect 3 "$heddle" run short.json -o f.json --plugin-dir "$broken" --model serial \
		--model exit-at-once-3 && has out 'exited with status 3 in run' &&
		has err 'did not end as expected' && is_json f.json && none_left &&
		expect 3 "$heddle" run short.json -o g.json --model "$broken/crash-in-constructor.so"
}
follows_schema() { # RESULT
	! /usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
		expect 0 "$source/tests/validate.py" "$source/results/result.schema.json" "$1"
}
crash_names_its_function() { # not where a sanitizer has the last word
	expect 3 "$heddle" run short.json -o crash.json --model "$broken/crash-in-task.so" --model serial &&
		is_json crash.json && none_left && grep -q '"status":"ok"' <(tr -d ' \n' <crash.json) || return
	grep -q 'killed by SIGSEGV' crash.json || { skip 'a sanitizer tells crashes itself'; return; }
	has crash.json 'killed by SIGSEGV in run at crash+0x' && has crash.json '"backtrace"' && follows_schema crash.json
}
hung_case_is_exit_3() { # the case beside it is measured; what its threads waited for is in the result
	expect 3 "$heddle" run short.json -o h.json --only batch=1 --model serial --model "$broken/hang-opposite.so" \
		--set limits.trial_timeout_s=1 && has out 'timed-out: no progress' && has h.json 'no progress for 1 s in run: thread 1 ' &&
		has err '1 case did not end as expected' && is_json h.json && none_left &&
		has h.json '"standstill"' && has h.json '"frames_unknown"' && has h.json '"status":"ok"' && follows_schema h.json
}
hazards_teach() { # a race and a deadlock that are expected: exit 0
	! ldd "$heddle" | grep -q libtsan || { skip 'the thread sanitizer has mutexes of its own'; return; }
	expect 0 "$heddle" run hazards -o hazards.out.json && has out 'wrong-result (as expected): ' && has out 'timed-out (as expected): ' &&
		hasnt err 'as expected' && has hazards.out.json ' lost) in line ' && has hazards.out.json ': a deadlock' &&
		[ "$(LC_ALL=C.UTF-8 wc -L <out)" -le 80 ] && none_left && follows_schema hazards.out.json &&
		expect 0 "$heddle" list && has out hazard-race && has out hazard-deadlock
}
nothing_measured_is_exit_3() {
	expect 3 "$heddle" run short.json -o n.json --plugin-dir "$broken" --model cannot-run-here && has out skipped &&
		has err 'nothing was measured' && is_json n.json
}
full_disk_is_exit_6() {
	[ -w /dev/full ] || { skip 'needs /dev/full'; return; }
	local words code
	for words in --version --help list 'list --json' topology 'show r.json' 'show r.json --json' 'run --dry-run short.json'; do
		# shellcheck disable=SC2086
		"$heddle" $words >/dev/full 2>err; code=$?
		[ "$code" = 6 ] || why "exit $code after $words: $(cat err)" || return
		grep -qE 'No space left|could not be' err || why "after $words: $(cat err)" || return
	done
}
plot_help_needs_no_python() {
	expect 0 "$heddle" plot --help && has out '--output DIR' && has out 'usage: heddle plot'
}
files_that_are_no_plugins() {
	mkdir -p odd/folder.so && echo text >odd/text.so && : >odd/empty.so && mkfifo odd/pipe.so &&
		head -c 900 "$broken/noise.so" >odd/cut.so && ln -s loop.so odd/loop.so || return
	expect 0 timeout 60 "$heddle" list --plugin-dir odd || return
	for name in folder text empty pipe cut loop; do
		grep -qE "^  $name +cannot be used: failed: " out || { why "$name: $(grep "$name" out)"; return; }
	done
	has out 'cut short' && has out 'no ELF file' && has out 'a FIFO, no file' && has out 'symbolic links' &&
		expect 3 timeout 60 "$heddle" run short.json -o odd.json --plugin-dir odd --model text --model serial &&
		has out 'no ELF file' && is_json odd.json && none_left
}
list_is_json() { expect 0 "$heddle" list --json && is_json out && has out '"process-pool"' && none_left; }
topology_follows_taskset() {
	local cpu
	cpu=$(taskset -pc $$ 2>/dev/null | sed 's/.*: //; s/[-,].*//') && [ -n "$cpu" ] || { skip 'needs taskset'; return; }
	expect 0 taskset -c "$cpu" "$heddle" topology --json && is_json out &&
		grep -qE '"cores_usable": 1\b' out || why "$(grep usable out)"
	expect 0 "$heddle" topology
}
interrupt() { # SIGNAL EXIT
	local code
	"$heddle" run long.json -o "$1.json" >"$1.out" 2>"$1.err" &
	await '^round 2/' "$1.err" || return
	kill "-$1" $!
	wait $!; code=$?
	[ "$code" = "$2" ] || why "exit $code" || return
	is_json "$1.json" && has "$1.json" '"interrupted"' && has "$1.err" '(interrupted)' &&
		[ -s "$1.json.journal" ] && none_left && [ -z "$(ls work)" ] || why "$(ls work) $(cat why)"
}
sigint_saves() {
	(trap - INT; set -m; interrupt INT 130)
}
sigterm_saves() { interrupt TERM 143; }
kill_9_leaves_nothing() {
	"$heddle" run long.json -o killed.json >killed.out 2>killed.err &
	await '^round 2/' killed.err || return
	kill -9 $!
	wait $! 2>/dev/null
	none_left || return
	for _ in $(seq 100); do [ -z "$(ls work)" ] && break; sleep 0.01; done
	[ -z "$(ls work)" ] || why "left: $(ls work)" || return
	[ -s killed.json.journal ] && [ ! -e killed.json ] || why 'the journal is not there'
}
trial_in_the_foreground() {
	expect 0 "$heddle" trial short.json --only model=serial --only batch=1 && has out ': ok' &&
		has out throughput && expect 2 "$heddle" trial short.json && has err 'cases are left' && none_left
}
trial_under_a_tool() {
	local tool used=0
	! grep -qE '__[at]san_init' "$heddle" || { skip 'tools and sanitizers exclude each other'; return; }
	for tool in 'valgrind -q' 'strace -f -o trace'; do
		command -v "${tool%% *}" >/dev/null || continue
		${tool} true >/dev/null 2>&1 || continue
		used=1
		expect 0 timeout 100 "$heddle" trial short.json --only model=serial --only batch=1 --wrap "$tool" &&
			has out ': ok' || return
	done
	[ "$used" = 1 ] || skip 'needs valgrind or strace'
}
workers() { # pids of processes that a stage has forked
	local pid
	for pid in $(marked); do
		[ "$(cat "/proc/$(awk '{print $4}' "/proc/$pid/stat")/comm" 2>/dev/null)" = heddle-stage ] && echo "$pid"
	done 2>/dev/null
}
killed_holder_is_a_crash() { # whoever waits for its mutex is ended, too
	local run worker='' code
	echo '{"models": [{"model": "process-pool", "exclusion": "mutex"}], "cores": [1],
		"workloads": [{"workload": "counter", "tasks": 4}], "sampling": {"rounds": 1, "warmup_ms": 20000}}' >lock.json
	"$heddle" run lock.json -o holder.json >out 2>err & run=$!
	for _ in $(seq 200); do
		[ "$(workers | wc -l)" -ge 4 ] && worker=$(workers | head -n 1) && break
		sleep 0.05
	done
	[ -n "$worker" ] || why "no worker was seen" || return
	sleep 0.3
	kill -9 "$worker"
	wait "$run"; code=$?
	[ "$code" = 3 ] || why "exit $code instead of 3" || return
	has holder.json '"crashed"' && none_left
}
warnings_can_be_silenced() {
	expect 2 "$heddle" run short.json --no-warn=W99 && has err 'unknown warning "W99"; known are W01 debug' &&
		has err 'W12 precision not reached' && expect 2 "$heddle" run short.json --no-warn=W01,pressure &&
		expect 2 "$heddle" run short.json --no-warn && has err '--no-warn needs a value' || return
	# No run of four trials is as precise as this.
	local precise=(--set sampling.target_ci_percent=0.0001 --set sampling.rounds=4)
	expect 0 "$heddle" run short.json -o w.json "${precise[@]}" && has w.json '"id":"W12"' || return
	[ "$(grep -c '^W12 ' err)" = 1 ] || why "W12 was told $(grep -c '^W12 ' err) times" || return
	[ "$(LC_ALL=C.UTF-8 wc -L <err)" -le 80 ] || why "$(LC_ALL=C.UTF-8 wc -L <err) columns" || return
	expect 0 "$heddle" run short.json -o w.json -f "${precise[@]}" --no-warn=w12,W10 --no-warn W09 &&
		hasnt err 'W12 ' && has w.json '"id":"W12"' && has w.json '"silenced":true'
}
debug_builds_are_told() {
	expect 0 "$heddle" run short.json -o built.json --no-warn=W03 || return
	if grep -qE '"build_type":"Debug"|"sanitizers":"' built.json; then
		warning_of W01 | grep -q 'debug or sanitizer build: heddle itself' || why "no W01: $(cat err)"
	else
		hasnt err W01
	fi
}
a_plugin_that_is_not_optimised_is_told() { # by the header that it was compiled with, whatever the build told it
	mkdir -p mine && "${CC:-cc}" -shared -fPIC -I "$source/core/include" -o mine/serial.so "$source/plugins/serial.c" ||
		why 'does not compile' || return
	expect 0 "$heddle" run short.json -o mine.json --model mine/serial.so && has mine.json '; not optimised"' || return
	warning_of W01 | grep -q 'debug or sanitizer build' && tr '\n' ' ' <err | tr -s ' ' | grep -q 'model serial\. ' ||
		why "not named: $(cat err)" || return
	"${CC:-cc}" -O1 -shared -fPIC -I "$source/core/include" -o mine/serial.so "$source/plugins/serial.c"
	expect 0 "$heddle" run short.json -o mine.json -f --model mine/serial.so && hasnt mine.json 'not optimised"'
}
first_cpu() { taskset -pc $$ 2>/dev/null | sed 's/.*: //; s/[-,].*//'; }
a_busy_neighbour_is_told() { # half of the core is its own
	local cpu neighbour
	cpu=$(first_cpu) && [ -n "$cpu" ] || { skip 'needs taskset'; return; }
	taskset -c "$cpu" sh -c 'while :; do :; done' & neighbour=$!
	expect 0 taskset -c "$cpu" "$heddle" run short.json -o busy.json --model serial --only batch=16 \
		--set sampling.windows=20 --set sampling.window_ms=25 --set sampling.rounds=2
	local code=$?
	kill "$neighbour"; wait "$neighbour" 2>/dev/null
	[ "$code" = 0 ] || return
	warning_of W03 | grep -q 'CPU pressure' || why "no W03: $(cat err)" || return
	has busy.json '"warnings":["W03"' && none_left
}
# A control group with half a CPU, of either version: its path, or nothing where none can be made. It goes before
# all others, so that on a busy machine it is the quota that holds it up.
half_a_cpu() {
	local group=/sys/fs/cgroup/cpu/heddle-cli-$$
	if mkdir "$group" 2>/dev/null; then
		echo 10000 >"$group/cpu.cfs_period_us" && echo 5000 >"$group/cpu.cfs_quota_us" &&
			echo 262144 >"$group/cpu.shares" && echo "$group" && return
	fi 2>/dev/null
	rmdir "$group" 2>/dev/null
	group=/sys/fs/cgroup/heddle-cli-$$
	if mkdir "$group" 2>/dev/null; then
		echo '5000 10000' >"$group/cpu.max" && echo 10000 >"$group/cpu.weight" && echo "$group" && return
	fi 2>/dev/null
	rmdir "$group" 2>/dev/null
	return 1
}
a_throttled_run_is_told() {
	local group code
	group=$(half_a_cpu) || { skip 'no control group with a quota can be made here; test_result_warnings has a fake'; return; }
	# shellcheck disable=SC2016
	expect 0 sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$heddle" run short.json -o t.json \
		--model serial --only batch=16 --set sampling.window_ms=20
	code=$?
	for _ in $(seq 50); do rmdir "$group" 2>/dev/null && break; sleep 0.02; done
	[ "$code" = 0 ] || return
	has err 'quota 0.50 CPUs' && has t.json 'throttled by the CPU quota' && has t.json '"W02"' || return
	warning_of W02 | grep -q 'the CPU quota held trials up' || why "no W02: $(cat err)" || return
	[ ! -e "$group" ] || why "$group is left"
}
two_runs_within_a_second() {
	mkdir twice && cd twice || return
	"$heddle" run ../short.json >1.out 2>1.err & one=$!
	"$heddle" run ../short.json >2.out 2>2.err & two=$!
	wait "$one" || why "$(cat 1.err)" || return
	wait "$two" || why "$(cat 2.err)" || return
	[ "$(find . -name 'short-*.json' | wc -l)" = 2 ] || why "$(ls)"
}

for name in help_is_printed version_is_printed unknown_command_gets_a_suggestion unknown_config_gets_a_suggestion unknown_option_is_refused \
	typo_in_a_config_names_its_place dry_run_on_another_machine real_run_on_another_machine_is_refused \
	run_writes_result_and_table what_was_not_measured_has_a_reason closed_standard_descriptors empty_name_is_refused existing_result_is_kept compare_exits_by_what_it_finds compare_refuses_what_differs compare_takes_a_folder_as_history compare_refuses_bad_input \
	compare_judges_real_results json_stands_alone_on_stdout \
	without_a_terminal_plain_lines narrow_tables show_knows_comparisons show_selects_and_sorts bars_where_they_are_wanted result_follows_its_schema \
	failed_case_is_exit_3 crash_names_its_function hung_case_is_exit_3 hazards_teach nothing_measured_is_exit_3 full_disk_is_exit_6 plot_help_needs_no_python files_that_are_no_plugins list_is_json topology_follows_taskset sigint_saves \
	sigterm_saves kill_9_leaves_nothing trial_in_the_foreground trial_under_a_tool killed_holder_is_a_crash warnings_can_be_silenced \
	debug_builds_are_told a_plugin_that_is_not_optimised_is_told a_busy_neighbour_is_told a_throttled_run_is_told two_runs_within_a_second
do
	check $name
done
exit $failed

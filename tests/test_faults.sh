#!/usr/bin/env bash
# A machine that misbehaves, and runs that end early: test_faults.sh PROGRAM PLUGIN_DIR SOURCE_DIR
# Like test_cli.sh: one behaviour a function. HEDDLE_KILLS: how often a run is killed (20; scripts/soak takes 200).
# The tests are called by their names, and `a && b || why` is meant as it is read.
# shellcheck disable=SC1091,SC2013,SC2015,SC2016,SC2086,SC2154,SC2209,SC2317
. "${0%/*}/cli.sh"
faults=${plugins%/plugins}/faults
kills=${HEDDLE_KILLS:-20}
mkdir work

# run SECONDS-LONG: 4 cases in 3 rounds.
cat >three.json <<EOF
{ "name": "three", "models": ["serial", "thread-mutex"], "cores": [1],
  "workloads": [{ "workload": "counter" },
                { "workload": "copy", "files": 5, "file_kib": 1, "work_dir": "$place/work" }],
  "sampling": { "rounds": 3, "warmup_ms": 1, "window_ms": 2, "windows": 4 } }
EOF
cat >threads.json <<'EOF'
{ "name": "threads", "models": ["serial", "thread-mutex", "process-pool"], "cores": [1],
  "workloads": [{ "workload": "counter" }],
  "sampling": { "rounds": 2, "warmup_ms": 1, "window_ms": 2, "windows": 4 } }
EOF
sanitized() { grep -qE '__[at]san_init' "$heddle"; }
# `exec=exec with ... &`, likewise locked: so that $! is the program itself.
with() { # LIBRARY VARIABLE=VALUE... -- COMMAND...: with the library in front of libc
	local library=$1 words=()
	shift
	while [ "$1" != -- ]; do words+=("$1"); shift; done
	shift
	${exec:-} env "LD_PRELOAD=$faults/$library.so" "${words[@]}" "$@"
}
preload() { ! sanitized || { skip 'a sanitizer has to stand first'; return; }; }
as_root() { # in a mount namespace of its own: COMMAND...
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null
}
same() { # A B
	[ -x /usr/bin/python3 ] || return 0
	/usr/bin/python3 "$source/tests/same_run.py" "$1" "$2" 2>same.err || why "$(cat same.err)"
}
status_of() { # RESULT MODEL [WORKLOAD]: its status and reason
	/usr/bin/python3 -c 'import json, sys
for case in json.load(open(sys.argv[1], encoding="utf-8"))["cases"]:
    if case["model"] == sys.argv[2] and case["workload"] == (sys.argv[3:] or [case["workload"]])[0]:
        print(case["status"], case["reason"])' "$@"
}
is_status() { # RESULT MODEL STATUS WORDS [WORKLOAD]
	local found
	[ -x /usr/bin/python3 ] || return 0
	found=$(status_of "$1" "$2" ${5:+"$5"})
	case $found in "$3"*"$4"*) ;; *) why "$2: $found" ;; esac
}
trials_in() { # JOURNAL: on whole lines
	if [ -n "$(tail -c 1 "$1")" ]; then head -n -1 "$1"; else cat "$1"; fi | grep -c '^{"case"'
}
cut_short() { # RESULT: a run that ends in the middle of its sixth trial's line
	undisturbed && preload || return
	expect 6 with fault-calls HEDDLE_FAULT=write:ENOSPC:7+ HEDDLE_FAULT_PATH=.journal -- \
		"$heddle" run three.json --seed 7 -o "$1" && none_left
}
left() { # the same as marked, at once
	local file pid
	for file in $(grep -lsF -- "HEDDLE_CLI_MARK=$HEDDLE_CLI_MARK" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${file%/environ} pid=${pid#/proc/}
		case $(cat "/proc/$pid/comm" 2>/dev/null) in heddle*) echo "$pid" ;; esac
	done
}
gone_within_a_second() {
	local until=$(($(date +%s%N) + 1000000000))
	while [ -n "$(left)" ] || [ -n "$(ls work)" ]; do
		[ "$(date +%s%N)" -lt $until ] || why "a second later: $(left) $(ls work)" || return
		sleep 0.01
	done
}

undisturbed() { # the run that all others are held against, made once
	[ -e whole.json ] || expect 0 "$heddle" run three.json --seed 7 -o whole.json
}
a_run_is_resumed_where_it_was_cut() {
	local lines
	cut_short cut.json && has err 'cut.json.journal: No space left on device' &&
		has err 'what was measured is in' && [ ! -e cut.json ] || return
	lines=$(trials_in cut.json.journal)
	[ "$lines" = 5 ] || why "$lines trials" || return
	[ -n "$(tail -c 1 cut.json.journal)" ] || why 'the last line is not torn' || return
	expect 0 "$heddle" run --resume cut.json && has err '5 trials of' && has err 'the last line was torn: dropped' &&
		[ ! -e cut.json.journal ] && same whole.json cut.json && has cut.json '"resumed":1' &&
		expect 2 "$heddle" run --resume cut.json && has err 'the run is complete, nothing is missing'
}
a_resume_is_refused_with_what_differs() {
	local journal=other.json.journal # of three rounds
	cut_short other.json || return
	expect 2 "$heddle" run three.json --set sampling.rounds=5 --resume other.json &&
		has err 'config.sampling.rounds: 3 then, 5 now' && has err '1 difference, nothing was run' &&
		expect 2 "$heddle" run three.json --only workload=counter --resume $journal && has err 'the cases: others' &&
		sed -E '1s/("cpu_model":")[^"]*/\1another/; 1s/("compiler":")/\1old /' $journal >changed.journal &&
		expect 2 "$heddle" run --resume changed.journal && has err 'machine.cpu_model: "another" then' &&
		has err 'tool.compiler: "old ' && has err '2 differences' &&
		sed -E '1s/("serial":")[0-9a-f]{8}/\100000000/' $journal >changed.journal &&
		expect 2 "$heddle" run --resume changed.journal && has err 'plugins.serial: "00000000' &&
		sed -E '1s/"format":"heddle-journal"/"format":"other"/' $journal >changed.journal &&
		expect 2 "$heddle" run --resume changed.journal && has err 'no journal of a run' &&
		sed -E '1s/"version":1/"version":9/' $journal >changed.journal &&
		expect 2 "$heddle" run --resume changed.journal && has err 'journal version 9, this heddle reads 1' &&
		expect 2 "$heddle" run --resume nowhere.json && has err 'nowhere.json: No such file' &&
		expect 2 "$heddle" run --resume other.json -o else.json && has err 'those of the run' &&
		head -n 1 $journal >empty.json.journal && expect 2 "$heddle" run --resume empty.json &&
		has err 'not one trial is in it' || return
	chmod g+w $journal && expect 2 "$heddle" run --resume $journal && has err 'name the config' &&
		echo '{}' >other.json && expect 2 "$heddle" run three.json --resume $journal && has err 'is not of this run' &&
		rm other.json && expect 0 "$heddle" run three.json --resume $journal && is_json other.json
}
a_journal_that_was_tampered_with_is_refused() {
	undisturbed && preload || return
	expect 6 with fault-calls HEDDLE_FAULT=fdatasync:EIO:6 HEDDLE_FAULT_PATH=.journal -- \
		"$heddle" run three.json --seed 7 -o tampered.json && has err 'Input/output error' || return
	cp tampered.json.journal kept
	sed "2{h;d}; 3G" kept >tampered.json.journal && expect 6 "$heddle" run --resume tampered.json &&
		has err 'not the trial that comes next' && [ -e tampered.json.journal ] || return
	sed '3s/.*/{"case": 1/' kept >tampered.json.journal && expect 2 "$heddle" run --resume tampered.json &&
		has err 'a line that is no JSON' || return
	sed '3s/"notes":\[[^]]*\]/"notes":[7]/' kept >tampered.json.journal && expect 2 "$heddle" run --resume tampered.json &&
		has err 'not as a run writes it' || return
	sed '3s/"status":"ok"/"status":"fine"/' kept >tampered.json.journal && expect 2 "$heddle" run --resume tampered.json &&
		has err 'not as a run writes it' || return
	cp kept tampered.json.journal && head -c 100 /dev/zero >>tampered.json.journal &&
		expect 0 "$heddle" run --resume tampered.json && has err 'torn' && same whole.json tampered.json
}
a_resumed_run_is_resumed() { # one of chosen cases, from other folders
	local words=(run three.json --only workload=counter --set sampling.rounds=6 --seed 7)
	preload || return
	mkdir -p there else && expect 0 "$heddle" "${words[@]}" -o there/whole.json &&
		expect 6 with fault-calls HEDDLE_FAULT=write:ENOSPC:5+ HEDDLE_FAULT_PATH=.journal -- \
			"$heddle" "${words[@]}" -o there/again.json || return
	cd else && expect 6 with fault-calls HEDDLE_FAULT=write:ENOSPC:5+ HEDDLE_FAULT_PATH=.journal -- \
		"$heddle" run --resume ../there/again.json && has err '3 trials of' || return
	expect 0 "$heddle" run --resume ../there/again.json.journal && has err '6 trials of' && cd .. &&
		same there/whole.json there/again.json && has there/again.json '"resumed":2' &&
		[ ! -e there/again.json.journal ] && [ "$(cd else && echo *)" = 'err out' ] || why "$(cat why) $(ls else there)"
}
a_resume_waits_for_its_turn() {
	local first second
	cut_short turn.json || return
	exec=exec locked "$heddle" run three.json --set sampling.rounds=60 --set sampling.budget_s=0 -o before.json >1.out 2>1.err & first=$!
	await '^round 1/' 1.err || return
	exec=exec locked "$heddle" run --resume turn.json >2.out 2>2.err & second=$!
	await '^waiting ' 2.err && expect 2 "$heddle" run --resume turn.json && has err 'another run is writing it' &&
		wait $first && wait $second && same whole.json turn.json || why "$(cat why) $(cat 2.err)"
}
interrupted_and_resumed() {
	local code
	"$heddle" run three.json --seed 7 --set sampling.rounds=40 --set sampling.budget_s=0 -o int.json >out 2>int.err & local run=$!
	await '^round 2/' int.err || return
	kill -TERM $run
	wait $run; code=$?
	[ $code = 143 ] || why "exit $code" || return
	is_json int.json && has int.json '"interrupted"' && has int.err 'heddle run --resume' && none_left &&
		expect 0 "$heddle" run --resume int.json && has int.json '"complete"' && [ ! -e int.json.journal ] || return
	[ "$(grep -o '"order":' int.json | wc -l)" = 160 ] || why "$(grep -o '"order":' int.json | wc -l) trials"
}
twice_ends_at_once() { # while the document is being written
	local code run
	preload || return
	(trap - INT; set -m
	exec=exec with fault-calls HEDDLE_FAULT=fsync:SLEEP:1 HEDDLE_FAULT_PATH=.tmp -- \
		"$heddle" run three.json --set sampling.rounds=30 -o twice.json >out 2>err & run=$!
	await '^round 2/' err || exit
	kill -INT $run; sleep 0.8; kill -INT $run
	wait $run; code=$?
	[ $code = 130 ] || why "exit $code") || return
	has err 'ended at once' && [ ! -e twice.json ] && gone_within_a_second || why "$(ls)" || return
	[ "$(trials_in twice.json.journal)" -ge 4 ] || why 'no trials in the journal' || return
	[ -e twice.json.heddle.tmp ] || why "what was begun is not there: $(ls)" || return
	expect 0 "$heddle" run --resume twice.json && is_json twice.json && [ ! -e twice.json.journal ] && [ ! -e twice.json.heddle.tmp ] ||
		why "$(ls) $(cat why)"
}
twice_within_a_moment_is_once() { # as `timeout` and a shell that goes do it
	local code run
	(trap - INT; set -m
	"$heddle" run three.json --set sampling.rounds=1000 --set sampling.budget_s=0 -o moment.json >out 2>err & run=$!
	await '^round 2/' err || exit
	kill -TERM $run; kill -HUP $run
	wait $run; code=$?
	[ $code = 143 ] || [ $code = 129 ] || why "exit $code") || return
	is_json moment.json && has moment.json '"interrupted"' && none_left
}
killed_at_any_moment() { # HEDDLE_KILLS times
	local i lines no_journal=0 no_trial=0 with_trials=0 whole=0 began ended slowest=0
	undisturbed || return
	for i in $(seq "$kills"); do
		rm -f killed.json killed.json.journal killed.json.heddle.tmp
		"$heddle" run three.json --seed 7 -o killed.json >killed.out 2>killed.err & local run=$!
		sleep "0.$(printf %03d $((RANDOM % 450)))"
		began=$(date +%s%N)
		kill -9 $run 2>/dev/null
		wait $run 2>/dev/null
		gone_within_a_second || return
		ended=$((($(date +%s%N) - began) / 1000000))
		[ $ended -le $slowest ] || slowest=$ended
		if [ -e killed.json ] && [ ! -e killed.json.journal ]; then
			whole=$((whole + 1))
			same whole.json killed.json || return
			continue
		fi
		[ -e killed.json.journal ] || { no_journal=$((no_journal + 1)); continue; }
		lines=$(trials_in killed.json.journal)
		if [ "$lines" = 0 ]; then
			no_trial=$((no_trial + 1))
			expect 2 "$heddle" run --resume killed.json && has err 'not one trial' || return
			continue
		fi
		expect 0 "$heddle" run --resume killed.json && has err "$lines trial" && same whole.json killed.json ||
			why "kill $i: $(cat why)" || return
		with_trials=$((with_trials + 1))
	done
	echo "killed $kills times: $no_journal before the journal, $no_trial before a trial was in it, $with_trials gone on with," \
		"$whole after the end; nothing was left after $slowest ms at the latest"
}
the_power_goes() { # before each step in turn
	local at acknowledged folder
	undisturbed && preload || return
	for at in $(seq 0 80); do
		folder=$place/power
		rm -rf "$folder" log && mkdir "$folder" || return
		with fault-cut HEDDLE_CUT_FOLDER=$folder HEDDLE_CUT_AT=$at HEDDLE_CUT_LOG=$place/log -- \
			"$heddle" run three.json --set sampling.rounds=1 --seed 7 -o "$folder/r.json" >out 2>err
		code=$?
		! grep violation log || why "step $at: $(grep -m 1 violation log)" || return
		[ $at != 0 ] || { [ $code = 0 ] && steps=$(grep -c ^step log) && continue; } || why "exit $code: $(cat err)" || return
		[ $at -le "$steps" ] || break
		gone_within_a_second || return
		[ "$code" = 137 ] || why "step $at of $steps: exit $code" || return
		acknowledged=$(sed -n 's/^trial //p' log | tail -n 1)
		[ ! -e "$folder/r.json" ] || is_json "$folder/r.json" || return
		if [ -e "$folder/r.json.journal" ]; then
			[ "$(stat -c %s "$folder/r.json.journal")" -ge "${acknowledged:-0}" ] ||
				why "step $at: $(stat -c %s "$folder/r.json.journal") of $acknowledged bytes" || return
		else
			[ -z "$acknowledged" ] || [ -e "$folder/r.json" ] || why "step $at: the journal is gone" || return
		fi
		grep -qs '^{"case"' "$folder/r.json.journal" || continue
		expect 0 "$heddle" run --resume "$folder/r.json" && is_json "$folder/r.json" || return
		[ "$(grep -o '"order":' "$folder/r.json" | wc -l)" = 4 ] || why "step $at: not four trials" || return
	done
	[ "$steps" -ge 12 ] || why "only $steps steps"
}

full_disk() { # CALL[:NTH] PATH MESSAGE: the run ends by 6, nothing half-written, and it can be gone on with
	undisturbed && preload || return
	rm -f full.json full.json.*
	expect 6 with fault-calls "HEDDLE_FAULT=${1%%:*}:ENOSPC:${1#*:}" "HEDDLE_FAULT_PATH=$2" -- \
		"$heddle" run three.json --seed 7 -o full.json && has err "$3" && [ ! -e full.json ] && [ ! -e full.json.heddle.tmp ] &&
		none_left && [ -z "$(ls work)" ] || why "$(ls) $(cat why)" || return
	expect 0 "$heddle" run --resume full.json && same whole.json full.json
}
full_disk_at_a_journal_sync() { full_disk fdatasync:4 .journal 'full.json.journal: No space left on device'; }
full_disk_at_the_result_sync() { full_disk fsync:1 .tmp 'full.json: No space left on device'; }
full_disk_at_the_rename() { full_disk rename:1 '' 'full.json: No space left on device'; }
full_disk_at_the_first_line() { # nothing was measured: nothing stays
	preload || return
	expect 6 with fault-calls HEDDLE_FAULT=write:ENOSPC:1+ HEDDLE_FAULT_PATH=.journal -- \
		"$heddle" run three.json -o first.json && has err 'No space left on device' && hasnt err 'what was measured' &&
		[ ! -e first.json ] && [ ! -e first.json.journal ] || why "$(ls) $(cat why)"
}
no_room_for_the_copies() { # told before anything is run
	as_root || { skip 'needs root and mount namespaces'; return; }
	expect 2 unshare -m sh -c 'mount -t tmpfs -o size=4k none work && "$0" run three.json -o small.json' "$heddle" &&
		has err 'workloads[1].work_dir' && has err '4.0 KiB free' && [ ! -e small.json ] && [ ! -e small.json.journal ]
}
full_disk_under_the_copies() {
	local code
	as_root || { skip 'needs root and mount namespaces'; return; }
	# There is room when the run is planned; then another program takes all that is left.
	cat >inside <<'EOF'
mount -t tmpfs -o size=2m none work || exit 77
sed 's/"file_kib": 1/"file_kib": 64/; s/"files": 5/"files": 8/' three.json >room.json
"$1" run room.json --set sampling.rounds=30 --set sampling.budget_s=0 -o room.result.json >out 2>err & run=$!
for i in $(seq 1000); do grep -q '^plan' err && break; sleep 0.005; done
while kill -0 $run 2>/dev/null; do cat /dev/zero >>work/filler; sleep 0.01; done 2>/dev/null
wait $run; code=$?
rm work/filler
[ -z "$(ls -A work)" ] || { echo "left: $(ls -A work)" >>err; exit 99; }
exit $code
EOF
	# Where the copies were there first, they have all they need.
	for _ in 1 2 3 4 5; do
		rm -f room.result.json
		unshare -m sh inside "$heddle"; code=$?
		[ $code = 0 ] || break
	done
	case $code in 77) skip 'no tmpfs can be mounted'; return ;; 3) ;; *) why "exit $code: $(tail -n 3 err)"; return ;; esac
	# The room goes between two trials, or in the middle of one.
	is_json room.result.json && is_status room.result.json serial ok '' counter && has err 'round 30/30' || return
	is_status room.result.json serial failed 'MiB needed, ' copy ||
		is_status room.result.json serial failed 'No space left on device' copy
}
full_disk_under_the_sources() { # of the copies: the core writes them
	preload || return
	expect 3 with fault-calls HEDDLE_FAULT=write:ENOSPC:3+ HEDDLE_FAULT_IN=heddle HEDDLE_FAULT_PATH=/work/ -- \
		"$heddle" run three.json -o sources.json && is_status sources.json serial ok '' counter &&
		is_status sources.json serial failed 'No space left on device' copy && none_left && [ -z "$(ls -A work)" ]
}
a_results_folder_that_is_read_only() {
	as_root || { skip 'needs root and mount namespaces'; return; }
	mkdir -p locked && cp three.json locked
	expect 6 unshare -m sh -c 'mount --bind locked locked && mount -o remount,bind,ro locked && "$0" run three.json -o locked/r.json' "$heddle"
	has err 'locked/r.json.journal: Read-only file system' && [ "$(ls locked)" = three.json ] && none_left
}
a_folder_that_is_gone() { expect 6 "$heddle" run three.json -o nowhere/r.json && has err 'nowhere/r.json.journal: No such file'; }
signals_in_storms() {
	preload || return
	expect 0 with fault-calls HEDDLE_STORM=300 -- "$heddle" run three.json --seed 7 -o storm.json && undisturbed &&
		same whole.json storm.json && none_left
}
interrupted_writes_and_syncs() {
	preload || return
	expect 0 with fault-calls HEDDLE_FAULT=write:EINTR:3 HEDDLE_FAULT_PATH=.journal -- "$heddle" run three.json -o eintr.json &&
		expect 0 with fault-calls HEDDLE_FAULT=fdatasync:EINTR:3 HEDDLE_FAULT_PATH=.journal -- "$heddle" run three.json -o eintr.json -f
}
# one_call CALL ERRNO PROCESS RESULT_WORDS: a trial that meets it fails, with the reason, and the run goes on.
one_call() {
	local code
	preload || return
	with fault-calls "HEDDLE_FAULT=$1:$2:$5" "HEDDLE_FAULT_IN=$3" -- "$heddle" run threads.json -o one.json -f >out 2>err
	code=$?
	[ $code = 3 ] || why "exit $code: $(cat err)" || return
	is_json one.json && has one.json "$4" && has one.json '"status":"ok"' && none_left
}
no_descriptors_left() { one_call memfd_create EMFILE heddle 'Too many open files' 9; }
no_socket_for_the_stage() { one_call socketpair EMFILE heddle 'stage: Too many open files' 6; }
no_process_for_a_stage() { preload || return; one_fork; }
one_fork() { # where a cgroup may be made the stage is no child of fork()
	local deny=$faults/fault-deny code
	[ -x "$deny" ] || { skip 'no seccomp'; return; }
	with fault-calls HEDDLE_FAULT=fork:EAGAIN:5 HEDDLE_FAULT_IN=heddle-keeper -- "$deny" -clone3 -- \
		"$heddle" run threads.json -o fork.json >out 2>err
	code=$?
	[ $code != 77 ] || { skip 'no filter can be installed'; return; }
	[ $code = 3 ] || why "exit $code: $(cat err)" || return
	has fork.json 'the stage could not be started: Resource temporarily unavailable' && has fork.json '"status":"ok"' && none_left
}
no_thread_for_a_model() { # the first one is the stage's own
	one_call pthread_create EAGAIN heddle-stage 'Resource temporarily unavailable' 2 &&
		is_status one.json thread-mutex failed 'a thread could not be started' && is_status one.json serial ok ''
}
no_process_for_a_model() {
	one_call fork EAGAIN heddle-stage 'Resource temporarily unavailable' 1 &&
		is_status one.json process-pool failed 'Resource temporarily unavailable' && is_status one.json thread-mutex ok ''
}
few_descriptors() { # the user's limit: cases that need more fail, the others are measured
	cat >wide.json <<'EOF'
{ "name": "wide", "models": ["thread-mutex"], "cores": [1],
  "workloads": [{ "workload": "counter" }, { "workload": "echo", "transport": "tcp", "connections": 256 }],
  "sampling": { "rounds": 1, "warmup_ms": 1, "window_ms": 5, "windows": 4 } }
EOF
	expect 3 bash -c 'ulimit -n 100 && exec "$0" run wide.json -o wide.result.json' "$heddle" &&
		has wide.result.json 'needs 384 descriptors, 100 are allowed' && has wide.result.json '"status":"ok"' && none_left
}
ports_used_up() {
	cat >ports.json <<'EOF'
{ "name": "ports", "models": ["thread-mutex"], "cores": [1],
  "workloads": [{ "workload": "counter" }, { "workload": "echo", "transport": "tcp", "connections": 4 }],
  "sampling": { "rounds": 1, "warmup_ms": 1, "window_ms": 5, "windows": 4 } }
EOF
	preload || return
	expect 3 with fault-calls HEDDLE_FAULT=connect:EADDRNOTAVAIL:1+ -- "$heddle" run ports.json -o ports.result.json \
		--set limits.trial_timeout_s=2 && is_status ports.result.json thread-mutex ok '' counter &&
		is_status ports.result.json thread-mutex failed 'connection 0: Cannot assign requested address' echo && none_left ||
		return
	expect 0 with fault-calls HEDDLE_FAULT=connect:EADDRNOTAVAIL:3+ -- "$heddle" run ports.json -o ports.result.json -f &&
		has ports.result.json '2 connections not made: connection 2: Cannot assign requested address'
}
without() { # FOLDER COMMAND...: it is empty and read-only there
	local folder=$1
	shift
	unshare -m sh -c 'mount -t tmpfs -o ro,size=4k none "$0" || exit 77; exec "$@"' "$folder" "$@" >out 2>err
}
missing() { # FOLDER RESULT: all cases are ok
	local code
	as_root || { skip 'needs root and mount namespaces'; return; }
	without "$1" "$heddle" run threads.json -o "$2"
	code=$?
	[ $code != 77 ] || { skip "nothing can be mounted over $1"; return; }
	[ $code = 0 ] || why "exit $code: $(cat err)" || return
	is_json "$2" && hasnt "$2" '"status":"failed"' && none_left
}
no_sys() { missing /sys nosys.json && has nosys.json '"governor":null'; }
no_cgroups() { missing /sys/fs/cgroup nocgroup.json && has nocgroup.json '"cpu_quota":null'; }
no_shared_memory_folder() { # copies go to $TMPDIR or /tmp then
	local code
	as_root || { skip 'needs root and mount namespaces'; return; }
	sed 's/, "work_dir": "[^"]*"//' three.json >shm.json
	without /dev/shm env TMPDIR="$place/work" "$heddle" run shm.json -o noshm.json; code=$?
	[ $code != 77 ] || { skip 'nothing can be mounted over /dev/shm'; return; }
	[ $code = 0 ] || why "exit $code: $(cat err)" || return
	hasnt noshm.json '"status":"failed"' && none_left && [ -z "$(ls work)" ]
}
denied() { # CALLS... -- CONFIG RESULT: nothing fails of it
	local calls=() code
	while [ "$1" != -- ]; do calls+=("$1"); shift; done
	"$faults/fault-deny" "${calls[@]}" -- "$heddle" run "$2" -o "$3" >out 2>err; code=$?
	[ $code != 77 ] || { skip 'no filter can be installed'; return; }
	[ $code = 0 ] || why "exit $code: $(cat err)"
}
no_io_uring() {
	local code
	"$heddle" list | grep -q '^  coroutine' || { skip 'coroutine was not built'; return; }
	sed 's/"serial", "thread-mutex"/"coroutine"/' three.json >ring.json
	denied -io_uring_setup -- ring.json ring.result.json && hasnt ring.result.json '"status":"failed"' &&
		denied io_uring_setup -- ring.json ring2.result.json && hasnt ring2.result.json '"status":"failed"' && none_left || return
	"$heddle" list | grep -q '^  io-uring  *a ring' || return 0
	# The model that is nothing without it says so.
	sed 's/"serial", "thread-mutex"/"serial", "io-uring"/' three.json >rings.json
	denied io_uring_setup -- rings.json rings.result.json && is_status rings.result.json serial ok '' &&
		is_status rings.result.json io-uring skipped 'io_uring is not permitted here (io_uring_disabled or seccomp)' && none_left
}
no_perf_events() {
	sed 's/"windows": 4/"windows": 4, "counters": true/' three.json >perf.json
	denied perf_event_open -- perf.json perf.result.json && has perf.result.json '"cycles":null' && none_left || return
	[ ! -x /usr/bin/python3 ] || /usr/bin/python3 -c 'import json
print(json.load(open("perf.result.json"))["machine"]["unavailable"]["cycles"])' >out || why 'no reason for cycles'
}
no_clone3_no_pidfds_no_priority() {
	denied -clone3 -pidfd_open sched_setscheduler -- threads.json old.result.json && hasnt old.result.json '"status":"failed"' && none_left
}
usable_cpus() { taskset -pc $$ 2>/dev/null | sed 's/.*: //'; }
# cpus_go NAME: a run of two cores of which one goes; `take` narrows it to the first of CPUS.
cpus_go() { # RESULT
	local first second code run
	first=$(usable_cpus | sed 's/[-,].*//') second=$(usable_cpus | sed 's/.*[-,]//')
	[ -n "$first" ] && [ "$first" != "$second" ] || { skip 'needs two processors'; return; }
	cat >cpus.json <<EOF
{ "name": "cpus", "models": ["serial", "thread-mutex"], "placement": [$first, $second], "cores": [1, 2],
  "workloads": [{ "workload": "counter" }],
  "sampling": { "rounds": 100, "warmup_ms": 5, "window_ms": 5, "windows": 4, "budget_s": 0 } }
EOF
	start "$1" & run=$!
	await '^round 3/' err || return
	take "$first"
	wait $run; code=$?
	[ $code = 3 ] || why "exit $code: $(tail -n 3 err)" || return
	is_json "$1" && has "$1" "CPU $second cannot be used any more" && has "$1" '"status":"ok"' && has err 'round 100/100' && none_left
}
a_processor_goes() { # as it looks to the core: its affinity is narrowed
	start() { exec "$heddle" run cpus.json -o "$1" >out 2>err; }
	take() { taskset -pc "$1" $run >/dev/null; }
	cpus_go taken.json
}
the_cpuset_is_narrowed() {
	local sets=/sys/fs/cgroup/cpuset group code
	group=$sets/heddle-machine-$$
	mkdir "$group" 2>/dev/null && cat "$sets/cpuset.mems" >"$group/cpuset.mems" && cat "$sets/cpuset.cpus" >"$group/cpuset.cpus" ||
		{ rmdir "$group" 2>/dev/null; skip 'no cpuset can be made here'; return; }
	start() { echo $BASHPID >"$group/cgroup.procs" && exec "$heddle" run cpus.json -o "$1" >out 2>err; }
	take() { echo "$1" >"$group/cpuset.cpus"; }
	cpus_go narrowed.json; code=$?
	for _ in $(seq 50); do rmdir "$group" 2>/dev/null && break; sleep 0.02; done
	[ ! -e "$group" ] || why "$group is left" || return
	return $code
}
the_wall_clock_goes_back() { # by an hour at each look
	preload && undisturbed || return
	expect 0 with fault-calls HEDDLE_CLOCK_BACK=3600 -- "$heddle" run three.json --seed 7 -o back.json &&
		same whole.json back.json && none_left || return
	[ ! -x /usr/bin/python3 ] || /usr/bin/python3 -c 'import json
document = json.load(open("back.json"))
times = [document["run"]["elapsed_s"]] + [ns for case in document["cases"] for trial in case["trials"]
    for ns in [trial["elapsed_ns"]] + trial["window_ns"]]
assert 0 < min(times) and max(times) < 60e9, times' 2>err || why "$(tail -n 1 err)"
}
an_existing_result_stays() {
	echo mine >mine.json
	expect 2 "$heddle" run three.json -o mine.json && has err 'exists; -f writes over it' && [ "$(cat mine.json)" = mine ] &&
		rm mine.json && echo mine >mine.json.journal && expect 6 "$heddle" run three.json -o mine.json &&
		[ "$(cat mine.json.journal)" = mine ] && has err '-f writes over it'
}
locked() { # COMMAND...: with a lock of our own, not the user's
	mkdir -p -m 700 runtime && ${exec:-} env -u HEDDLE_NO_LOCK XDG_RUNTIME_DIR="$place/runtime" "$@"
}
two_runs_one_after_the_other() {
	local first second
	exec=exec locked "$heddle" run three.json --set sampling.rounds=60 --set sampling.budget_s=0 -o one.result.json >1.out 2>1.err & first=$!
	await '^round 1/' 1.err || return
	exec=exec locked "$heddle" run three.json -o two.result.json >2.out 2>2.err & second=$!
	await '^waiting ' 2.err || return
	has 2.err "for heddle run three.json (process $first), since " && has 2.err '--no-lock' && hasnt 2.err 'round 1/' || return
	wait $first || why "$(cat 1.err)" || return
	wait $second || why "$(cat 2.err)" || return
	[ one.result.json -ot two.result.json ] || why 'the second one was first'
}
no_lock_does_not_wait() {
	local first
	exec=exec locked "$heddle" run three.json --set sampling.rounds=2000 --set sampling.budget_s=0 -o long.json >1.out 2>1.err & first=$!
	await '^round 1/' 1.err || return
	expect 0 locked "$heddle" run three.json --no-lock -o beside.json && hasnt err waiting &&
		expect 0 locked env HEDDLE_NO_LOCK=1 "$heddle" run three.json -f -o beside.json && hasnt err waiting &&
		kill -0 $first || why 'it waited' || return
	exec=exec locked "$heddle" ab three.json --pairs 8 -o ab.json >2.out 2>2.err & local second=$!
	await '^waiting ' 2.err || return
	kill -TERM $second
	wait $second; [ $? = 143 ] || why 'ab does not stop waiting' || return
	kill -9 $first; wait $first 2>/dev/null # the lock goes with its holder
	expect 0 locked "$heddle" run three.json -f -o beside.json && hasnt err waiting && none_left
}
a_lock_that_is_not_ours() { # a link, a pipe, somebody else's file: told, and not waited for
	mkdir -p -m 700 runtime && : >precious
	rm -f runtime/heddle.lock && ln -s "$place/precious" runtime/heddle.lock &&
		expect 0 locked "$heddle" run three.json -f -o lock.json && has err 'no lock' && [ ! -s precious ] || return
	rm runtime/heddle.lock && mkfifo runtime/heddle.lock && expect 0 locked timeout 20 "$heddle" run three.json -f -o lock.json &&
		has err "not this user's own file" || return
	rm runtime/heddle.lock
	[ "$(id -u)" = 0 ] || return 0
	echo mine >runtime/heddle.lock && chown 65534 runtime/heddle.lock || return
	flock runtime/heddle.lock sleep 20 & local other=$!
	expect 0 locked timeout 20 "$heddle" run three.json -f -o lock.json && has err "not this user's own file" &&
		[ "$(cat runtime/heddle.lock)" = mine ]; local code=$?
	kill $other; wait $other 2>/dev/null
	rm -f runtime/heddle.lock
	return $code
}

for name in ${HEDDLE_ONLY:-a_run_is_resumed_where_it_was_cut a_resume_is_refused_with_what_differs a_journal_that_was_tampered_with_is_refused \
	a_resumed_run_is_resumed a_resume_waits_for_its_turn interrupted_and_resumed twice_ends_at_once twice_within_a_moment_is_once killed_at_any_moment the_power_goes \
	full_disk_at_a_journal_sync full_disk_at_the_result_sync full_disk_at_the_rename full_disk_at_the_first_line \
	no_room_for_the_copies full_disk_under_the_copies full_disk_under_the_sources a_results_folder_that_is_read_only a_folder_that_is_gone signals_in_storms interrupted_writes_and_syncs \
	no_descriptors_left no_socket_for_the_stage no_process_for_a_stage no_thread_for_a_model no_process_for_a_model \
	few_descriptors ports_used_up no_sys no_cgroups no_shared_memory_folder no_io_uring no_perf_events \
	no_clone3_no_pidfds_no_priority a_processor_goes the_cpuset_is_narrowed the_wall_clock_goes_back an_existing_result_stays \
	two_runs_one_after_the_other no_lock_does_not_wait a_lock_that_is_not_ours}
do
	check "$name"
done
exit $failed

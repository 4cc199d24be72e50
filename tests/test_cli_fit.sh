#!/usr/bin/env bash
# The command line of `heddle fit`, one behaviour a function: test_cli_fit.sh PROGRAM PLUGIN_DIR SOURCE_DIR
# Exits with 1 where one was not ok.
# The tests are called by their names.
# shellcheck disable=SC1091,SC2154,SC2317
. "${0%/*}/cli.sh"

[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
"$source/tests/simulate.py" --rounds 6 -o made.json || exit 1
counter=(--only workload=counter --only batch=1 --only model=thread-mutex)

a_law_stands_as_a_table() {
	expect 0 env LC_ALL=C "$heddle" fit made.json && has out 'simulated  no such machine' && has out 'contention' &&
		has out 'thread-mutex' && has out 'left out: cores=64, skipped: semaphore: at most 63 waiters' || return
	[ -z "$(awk 'length > 80' out)" ] || why "wider than 80 columns"
}
a_prediction_within_the_data_has_no_warning() {
	expect 0 "$heddle" fit made.json "${counter[@]}" --at 8 && has out 'at 8 cores:' && hasnt out 'beyond the largest'
}
a_prediction_beyond_the_data_says_how_far() {
	expect 0 "$heddle" fit made.json "${counter[@]}" --at 48,128 && has out 'at 48 cores:' &&
		has out 'at 128 cores:' && [[ $(tr -s '\n ' ' ' <out) == *'2 x beyond the largest measured, 64 cores; holds if the law does'* ]]
}
bounds_far_apart_have_their_own_prefixes() {
	expect 0 "$heddle" fit made.json --only workload=counter --only batch=1 --only model=serial --at 1048576 || return
	grep -qE ': [0-9.]+ Mops/s, [0-9.]+ M (…|-) [0-9.]+ T;' out || why "the bounds cannot be read: $(cat out)"
}
too_few_core_counts_are_a_reason() {
	expect 0 "$heddle" fit "$source/results/example.json" && has out 'at least 6 are needed' && hasnt out 'contention'
}
json_is_one_document() {
	expect 0 "$heddle" fit made.json --at 128 --json && is_json out && has out '"format": "heddle-fit"' &&
		has out '"beyond": 2.0' && [ ! -s err ]
}
a_missing_file_is_told() { expect 2 "$heddle" fit nowhere.json && has err 'nowhere.json: No such file' && [ ! -s out ]; }
what_is_no_result_is_told() {
	echo '{ "format": "heddle-verdict", "version": 1 }' >verdict.json && head -c 500 made.json >torn.json && : >empty.json
	expect 2 "$heddle" fit verdict.json && has err 'verdict.json: not a Heddle result' &&
		expect 2 "$heddle" fit torn.json && has err 'torn.json:' &&
		expect 2 "$heddle" fit empty.json && has err 'empty.json:' &&
		expect 2 "$heddle" fit . && has err 'heddle fit: .: '
}
no_case_is_told() {
	expect 2 "$heddle" fit made.json --only cores=3 && has err 'made.json: no case is left by --only' &&
		expect 2 "$heddle" fit made.json --only cores && has err '--only cores: write KEY=VALUE'
}
wrong_core_counts_are_refused() {
	local cores
	for cores in 0 -1 4,x '4,' ,4 1.5 '' 1048577 99999999999999999999; do
		expect 2 "$heddle" fit made.json --at "$cores" && has err 'numbers of cores from 1 to 1048576' && [ ! -s out ] || return
	done
	expect 0 "$heddle" fit made.json "${counter[@]}" --at 1048576 &&
		expect 2 "$heddle" fit made.json --at "$(seq -s, 129)" && has err 'at most 128 of them'
}
wrong_calls_are_refused() {
	expect 2 "$heddle" fit && has err 'no result' && expect 2 "$heddle" fit made.json made.json &&
		has err 'one result at a time' && expect 2 "$heddle" fit made.json --nonsense && expect 2 "$heddle" fit made.json --at
}
a_closed_pipe_or_full_disk_is_exit_6() {
	[ -w /dev/full ] || { skip "needs /dev/full"; return; }
	"$heddle" fit made.json --json >/dev/full 2>err
	[ $? = 6 ] || why "exit is not 6: $(cat err)"
}

for name in a_law_stands_as_a_table a_prediction_within_the_data_has_no_warning a_prediction_beyond_the_data_says_how_far \
	bounds_far_apart_have_their_own_prefixes too_few_core_counts_are_a_reason json_is_one_document a_missing_file_is_told what_is_no_result_is_told no_case_is_told \
	wrong_core_counts_are_refused wrong_calls_are_refused a_closed_pipe_or_full_disk_is_exit_6
do
	check $name
done
exit "$failed"

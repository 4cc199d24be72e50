#!/usr/bin/env bash
# `heddle check` over models that are unfit, each in one way: test_check.sh PROGRAM PLUGIN_DIR SOURCE_DIR
# Prints "ok NAME", "not ok NAME: why" or "skip NAME: why"; exits with 1 where one was not ok.
# The tests are called by their names, and `a && b || why` is meant as it is read.
# shellcheck disable=SC1091,SC2015,SC2086,SC2154,SC2317
. "${0%/*}/cli.sh"

# A model, the property that has to fail, and what its line has to say.
unfit='
unfit-can-nothing | declaration | expected HD_CAN() of at least one request, and not of HD_DONE, saw 0x0
unfit-can-be-done | declaration | expected HD_CAN() of at least one request, and not of HD_DONE, saw 0x1fff
unfit-no-summary | declaration | the declaration, its summary, 1 task on 1 core: expected one line of 1 to 100 characters, saw ""
unfit-two-lines | declaration | saw "one?two"
unfit-no-build | declaration | the declaration, its build, 1 task on 1 core: expected HD_BUILD, compiler and flags, saw nothing
unfit-no-help | declaration | option depth, 1 task on 1 core: expected a help of one line, saw ""
unfit-same-name | declaration | option depth, 1 task on 1 core: expected a name of its own, saw two of that name
unfit-job-left-out | job-once | saw job 3 of 4 stepped 0 times and to its end 0 times when run() returned
unfit-odd-one-out | job-once | 10 jobs, 3 tasks on 1 core: expected each stepped until it is done, and no further, saw job 9 of 10 stepped 0 times
unfit-forgets-many | run-again | a run of 1500 jobs, 4 tasks on 1 core: expected all of them done, saw job 1000 of 1500 stepped 0 times
unfit-job-twice | job-once | a job that was done, 1 task on 1 core: expected no further step, saw job 0 stepped again
unfit-steps-on | job-once | a job that was done, 1 task on 1 core: expected no further step, saw job
unfit-first-answer | job-once | the first step of a job, 1 task on 1 core: expected to be sent 0, saw 1
unfit-ends-never | job-once | saw no progress for 5 s in run: thread
unfit-same-task | task-numbers | expected two task numbers, saw jobs
unfit-task-too-large | task-numbers | expected a task number below in_flight, saw task
unfit-task-changes | task-numbers | expected the task number that it began with, saw job
unfit-not-bound | bind | expected a thread that has called bind(), saw one that has not
unfit-one-less | in-flight | 4 jobs that wait for one another, 4 tasks on 2 cores: expected all of them in progress at the same time, saw 3 at most
unfit-blocks-all | in-flight | 4 jobs that wait for one another, 4 tasks on 2 cores: expected all of them in progress at the same time, saw 2 at most
unfit-starves | progress | expected each answered 20 times within 3 s, saw one answered
unfit-small-stack | step-stack | steps that use 4 KiB of stack, 4 tasks on 1 core: expected room for them, saw the process killed by SIG
unfit-runs-once | run-again | run 3 of 200, 2 jobs, 4 tasks on 1 core: expected all of them done, as in the first run, saw job 0 of 2 stepped 0 times
unfit-ends-late | stop | expected run() to return within 1 s, saw it return 1.
unfit-yield-keeps | yield-others | YIELD until another task has run, 4 tasks on 1 core: expected it to run within 3 s, saw it not run
unfit-wait-keeps | wait-read | a job that waits in READ of an empty pipe beside one that asks for what takes no time, 2 tasks on 1 core: expected 50 answers to the other meanwhile, saw no progress for 5 s in run
unfit-first-word-only | section | expected 3 in each word, saw 0 in word 1
unfit-half-of-times | section | EXCLUSIVE of 3 sections of 100 lines and 1000000 turns, 1 task on 1 core: expected 3 in each word, saw 2 in word 0
unfit-no-work | section | ms of work, as by hd_busy() alone, saw the answer after 0.
unfit-no-work-for-few | section | EXCLUSIVE of 3 sections of 1 lines and 1000000 turns, 1 task on 1 core: expected about
unfit-cuts-batches | exclusion | EXCLUSIVE, batch=1024 lines=1, 4 jobs, 3 locks, 1 task on 1 core: expected each update of each word once, saw
unfit-cuts-lines | exclusion | EXCLUSIVE, batch=16 lines=200, 4 jobs, 3 locks, 1 task on 1 core: expected each update of each word once, saw 0 of
unfit-few-unlocked | exclusion | EXCLUSIVE, batch=16 lines=
unfit-exclusive-answers-times | exclusion | EXCLUSIVE, 1 task on 1 core: expected 0, saw 1
unfit-refuses-sections | exclusion | EXCLUSIVE, 1 task on 1 core: expected 0, saw -95 (EOPNOTSUPP)
unfit-refuses-silently | exclusion | EXCLUSIVE, 1 task on 1 core: expected 0, saw -95 (EOPNOTSUPP)
unfit-shared-writes | shared | expected 50, the readings that saw a difference, saw
unfit-shared-blind | shared | SHARED, 50 readings of 4 words of which one differs, 1 task on 1 core: expected 50, the readings that saw a difference, saw 0
unfit-shared-unlocked | shared-exclusive | expected 0, no reading that saw half a change, saw
unfit-shared-one-lock | shared-exclusive | expected 0, no reading that saw half a change, saw
unfit-shared-blind-for-many | shared | SHARED, 50 readings of 200 words of which one differs, 1 task on 1 core: expected 50, the readings that saw a difference, saw 0
unfit-shared-no-work | shared | SHARED of 3 sections of 1 lines and 1000000 turns, 1 task on 1 core: expected about
unfit-end-is-error | files | READ at the end of a file, 2 tasks on 1 core: expected 0, saw -5 (EIO)
unfit-moves-position | files | READ at the position, which no offset moves, 2 tasks on 1 core: expected the bytes that are there, saw others
unfit-whole-reads | streams | READ of 10 bytes from an open pipe that holds 4, 2 tasks on 1 core: expected 4, saw no progress for 5 s
unfit-error-is-minus-one | streams | WRITE to a pipe that nobody will read, 2 tasks on 1 core: expected -32 (EPIPE), saw -1 (EPERM)
unfit-writes-all | large-write | WRITE of 1 MiB to a pipe that nobody reads, timeout 20 ms, 2 tasks on 1 core: expected 1 to 1048575, saw -110 (ETIMEDOUT)
unfit-tells-eintr | signals | READ, timeout 30 ms, among signals, 2 tasks on 1 core: expected -110 (ETIMEDOUT), saw -4 (EINTR)
unfit-timeout-is-eagain | queue-limits | GET from an empty queue, timeout 0.3 ms, 1 task on 1 core: expected -110 (ETIMEDOUT), saw -11 (EAGAIN)
unfit-spoils-a-byte | copies | expected each like its source, saw one of 9999 bytes that differs from byte 100 on
unfit-accepts-zero | accept | ACCEPT where nobody comes, timeout 0, 2 tasks on 1 core: expected -11 (EAGAIN), saw 0
unfit-too-early | queue-limits | GET from an empty queue, timeout 20 ms, 1 task on 1 core: expected the answer when the time is over, saw it after
unfit-never-gives-up | queue-limits | saw no progress for 5 s in run
unfit-small-queue | queue-limits | PUT into a queue of 8 until it is full, 1 task on 1 core: expected 8 messages in it, saw 6
unfit-last-first | queue-limits | GET from a queue of numbers, 1 task on 1 core: expected them in their order, saw 1 as number 0
unfit-twice | messages | PUT and GET of one message, 4 tasks on 1 core: expected it once, saw message
unfit-lost | messages | expected each message once, saw message
unfit-no-such-request | yield | YIELD of 1 turn, 1 task on 1 core: expected 0, saw -95 (EOPNOTSUPP)
unfit-sleeps-less | sleep | ms or a little later, saw it after
unfit-sleeps-on | sleep-last | SLEEP of 1 ms beside a job that takes 5 ms, 2 tasks on 1 core: expected run() to return, saw no progress for 5 s in run
unfit-forgets-set | events | WAIT for an event that is set, 1 task on 1 core: expected 0, saw no progress for 5 s in run
unfit-clears-nothing | events | WAIT for an event that was cleared, timeout 0, 1 task on 1 core: expected -11 (EAGAIN), saw 0
unfit-wakes-one | events-many | 3 jobs that WAIT for one event, and one SET, 4 tasks on 1 core: expected all of them to go on, saw no progress for 5 s
unfit-clears-too-early | events-many | 3 jobs that WAIT for one event, and one SET that a CLEAR follows at once, 4 tasks on
unfit-waits-in-vain | events-many | WAIT without a timeout, 4 tasks on 1 core: expected no answer before a SET, saw the answer 0
unfit-one-queue | queue-limits | GET from queue 0 where queue 1 has a message, timeout 0, 1 task on 1 core: expected -11 (EAGAIN), saw 1
unfit-large-queue | queue-limits | PUT into a queue of 8 until it is full, 1 task on 1 core: expected 8 messages in it, saw 4096
unfit-writes-beyond | queue-limits | GET of 5 messages, 1 task on 1 core: expected nothing changed behind them, saw another word there
unfit-sleeps-in-turn | sleep-many | SLEEP of 50 ms by 4 jobs, 4 tasks on 1 core: expected all of them awake at about the same time, saw the last
unfit-short-is-nothing | events | WAIT for an event that is not set, timeout 0.3 ms, 1 task on 1 core: expected -110 (ETIMEDOUT), saw -11 (EAGAIN)
unfit-cuts-offsets | files | READ at their end, 2 tasks on 1 core: expected 0, saw
unfit-leaks-in-accept | reopen | 4 times open(), run() and close(), 4 tasks on 1 core: expected no more than after the first close(), saw
unfit-moves-in-read | process | saw the directory changed
unfit-keeps-heap | reopen | 30 times open(), run() and close(), 4 tasks on 1 core: expected no more than after the first close(), saw
unfit-keeps-mapping | reopen | bytes of mapped memory more
unfit-keeps-descriptor | reopen | 4 times open(), run() and close(), 4 tasks on 1 core: expected no more than after the first close(), saw 6 descriptors more
unfit-keeps-thread | reopen | saw 6 threads more
unfit-keeps-process | reopen | saw 6 processes more
unfit-keeps-daemon | reopen | processes more
unfit-opens-once | reopen | open(), 4 tasks on 1 core: expected 0, saw -16 (EBUSY)
unfit-unknown-option | open | the model asks option_int() for "size", 1 task on 1 core: expected the name of an option of that kind that it declares, saw none of that name
unfit-narrows | process | open(), run() and close(), 4 tasks on 2 cores: expected the process as it was before, saw its affinity changed from
unfit-fails-at-most | option | option size_kib=4096  failed: open: open(), 1 task on 1 core: expected 0, saw -12 (ENOMEM): no room for so much
unfit-crashes-at-least | option | option size_kib=1  failed: open: open(), 1 task on 1 core: expected 0, saw the process killed by SIG
escape-directory | process | saw the directory changed
escape-locale | process | saw the locale changed
escape-rounding | process | saw the rounding mode changed
escape-affinity | bind | saw a thread of the model may run on PU
crash-in-task | job-once | saw the process killed by SIGSEGV in run at crash
hang-in-open | open | open(), 1 task on 1 core: expected 0, saw no progress for 10 s in open
crash-in-close | open | close(), 1 task on 1 core: expected it to return, saw the process killed by SIGSEGV in close
exit-5 | job-once | saw the process exited with status 5 in run
open-with-reason | open | open(), 1 task on 1 core: expected 0, saw -13 (EACCES): the licence server does not answer
worker-killed | stop | saw a worker process was killed by SIGKILL
run-fails | job-once | saw run() return -5 (EIO)
drop | server-local | an echo server over local sockets
race | exclusion | lost
'

trim() { local text=$1; text=${text#"${text%%[! ]*}"}; printf '%s' "${text%"${text##*[! ]}"}"; }
# A sanitizer dies of what kills others, keeps a heap of its own, and ends a program that it has found racing.
if ldd "$heddle" | grep -q 'lib[a-z]*san\.'; then sanitized=1; else sanitized=''; fi
look_at() { # MODEL PROPERTY SENTENCE: in a folder of its own; where it is not as said, why is in there
	mkdir "$1" && cd "$1" || exit 1
	place=$PWD
	case $1 in
	escape-affinity | unfit-narrows | race | unfit-shared-unlocked | unfit-shared-one-lock | unfit-few-unlocked) [ "$(nproc)" -gt 1 ] || return 0 ;;
	esac
	case $sanitized$1 in
	1unfit-keeps-heap | 1unfit-keeps-mapping | 1unfit-shared-unlocked | 1unfit-shared-one-lock | 1unfit-few-unlocked) return 0 ;;
	1crash-* | 1unfit-small-stack | 1unfit-crashes-at-least) set -- "$1" "$2" "${3%% killed *}" ;;
	esac
	expect 3 "$heddle" check "$broken/$1.so" --only "$2" && has out "$2" && has out 'failed: ' && has out "$3"
}
every_unfit_model_is_found() { # most of the time they hang: four at a time
	local model property sentence found=0
	while IFS='|' read -r model property sentence; do
		[ -n "$model" ] || continue
		(look_at "$(trim "$model")" "$(trim "$property")" "$(trim "$sentence")") &
		found=$((found + 1))
		[ $((found % 4)) != 0 ] || wait
	done <<<"$unfit"
	wait
	[ "$found" -ge 25 ] || why "only $found models"
	! compgen -G '*/why' >/dev/null || why "$(grep -H . ./*/why)"
}
a_right_model_passes_all() {
	expect 0 "$heddle" check "$broken/unfit-nothing.so" && hasnt out 'failed: ' && hasnt out 'skipped: ' &&
		has out ' 0 failed, ' && expect 0 "$heddle" check "$broken/unfit-keeps-one-thread.so" --only reopen &&
		has out 'reopen            told: threads 1: kept after the first close(), and no more later'
}
newer_requests_are_told() {
	expect 0 "$heddle" check "$broken/unfit-can-more.so" --only declaration &&
		has out 'declaration       told: ops 0x1000000000001ffe name requests that this heddle does not know'
}
what_stays_on_one_core_is_told() {
	[ "$(nproc)" -gt 1 ] || return 0
	expect 0 "$heddle" check "$broken/unfit-binds-to-first.so" --only bind &&
		has out 'bind              told: all 4 tasks on the first of 2 cores'
}
what_delegates_is_told() {
	expect 0 "$heddle" check process-pool --only amortised &&
		has out 'amortised         told: amortised: a section takes ' && has out 'at the same batch only' &&
		expect 0 "$heddle" check thread-mutex --only amortised && has out ' 0 told'
}
what_it_refuses_is_told() {
	local why='refuses sections of more than one word: one word is all that fits'
	expect 0 "$heddle" check "$broken/unfit-refuses-large.so" --only exclusion --only section --only shared --only shared-exclusive &&
		has out "exclusion         told: $why" && has out "section           skipped: $why" &&
		has out "shared            skipped: $why" && has out "shared-exclusive  skipped: $why" &&
		has out '4 properties: 0 ok, 0 failed, 1 told, 3 skipped'
}
what_it_does_not_interpret_is_skipped() {
	expect 0 "$heddle" check "$broken/unfit-nothing.so" --only sleep && has out ' 1 ok' &&
		expect 3 "$heddle" check hazard-race --only shared --only exclusion && has out 'shared            skipped: does not interpret SHARED' &&
		has out '2 properties: 0 ok, 1 failed, 0 told, 1 skipped'
}
what_cannot_be_loaded_is_refused() {
	local name
	for name in no-symbol magic older-abi no-run other-name bad-default undefined crash-in-constructor; do
		expect 2 "$heddle" check "$broken/$name.so" && has err "; nothing was checked" || return 1
	done
	expect 2 "$heddle" check "$broken/no-symbol.so" && has err 'no symbol heddle_model' &&
		expect 2 "$heddle" check "$broken/cannot-run-here.so" && has err 'cannot run here: no quantum processor' &&
		expect 2 "$heddle" check "$place/none.so" && expect 2 "$heddle" check serail && has err 'did you mean "serial"?' &&
		expect 2 "$heddle" check && has err 'no plugin is given' && expect 2 "$heddle" check serial semaphore &&
		expect 2 "$heddle" check serial --only opne && has err 'did you mean "open"?' &&
		HWLOC_SYNTHETIC='core:1 pu:1' expect 2 "$heddle" check serial && has err "not this machine's"
}
json_says_the_same() {
	expect 3 "$heddle" check "$broken/race.so" --only open --only exclusion --json && is_json out &&
		has out '"format": "heddle-check"' && has out '"passed": false' && has out '"seen": "' &&
		has out '"text": "it can be opened and closed"' && hasnt out ' properties: ' || return 1
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || return 0
	cp out document.json && expect 0 "$source/tests/validate.py" "$source/results/check.schema.json" document.json
}
nothing_is_left() { none_left; }

for name in every_unfit_model_is_found a_right_model_passes_all newer_requests_are_told what_stays_on_one_core_is_told what_delegates_is_told \
	what_it_refuses_is_told what_it_does_not_interpret_is_skipped what_cannot_be_loaded_is_refused json_says_the_same nothing_is_left; do
	check "$name"
done
exit $failed

#!/usr/bin/env bash
# `heddle new` as a user meets it: test_new.sh PROGRAM PLUGIN_DIR SOURCE_DIR. What it writes is used by new.sh.
# Prints "ok NAME", "not ok NAME: why" or "skip NAME: why"; exits with 1 where one was not ok.
# The tests are called by their names, and `a && b || why` is meant as it is read.
# shellcheck disable=SC1091,SC2015,SC2016,SC2086,SC2154,SC2317
. "${0%/*}/cli.sh"

writes_a_folder() {
	expect 0 "$heddle" new mine && has out 'cd mine' && has out 'heddle check build/mine.so' &&
		[ -f mine/mine.c ] && [ -f mine/CMakeLists.txt ] && [ -f mine/mine.json ] && [ -f mine/README.md ] || why "$(ls mine)"
}
each_language_and_kind() {
	local lang kind
	for lang in c c++ rust go; do
		for kind in lock full; do
			expect 0 "$heddle" new a-1 "$lang-$kind" --lang "$lang" --kind "$kind" &&
				[ -f "$lang-$kind/README.md" ] && [ -f "$lang-$kind/a-1.json" ] || why "$lang $kind" || return
			! grep -r 'NAME@' "$lang-$kind" || why "$lang $kind: a name is left" || return
			[ -z "$(find "$lang-$kind" -name 'NAME*')" ] || why "$lang $kind: NAME in a file's name" || return
		done
	done
	[ -f rust-lock/src/lib.rs ] && [ -f rust-lock/src/heddle.rs ] || why 'the folder below is not there'
}
an_empty_folder_will_do() {
	mkdir empty && expect 0 "$heddle" new mine empty && [ -f empty/mine.c ] &&
		mkdir here && (cd here && "$heddle" new mine .) >out 2>err && [ -f here/mine.c ] || why "$(cat err)"
}
nothing_is_written_over() {
	mkdir full && echo precious >full/mine.c || return
	expect 2 "$heddle" new mine full && has err 'full: is not empty. Nothing was written' &&
		[ "$(cat full/mine.c)" = precious ] && [ "$(ls -A full)" = mine.c ] || why "$(ls -A full)"
}
a_hidden_file_counts() {
	mkdir hidden && : >hidden/.git && expect 2 "$heddle" new mine hidden && has err 'is not empty'
}
bad_names() {
	local name
	for name in '' Mine my_lock 1st -- -lock 'a b' ../x a/b "$(printf 'x%.0s' {1..64})"; do
		expect 2 "$heddle" new -- "$name" && has err 'heddle new:' || why "\"$name\"" || return
		case $name in '' | --) ;; *) has err 'a letter of a-z, then a-z, 0-9 and -, 63 characters at most' || return ;; esac
	done
	for name in all test heddle; do
		expect 2 "$heddle" new $name && has err 'means something else to the build' && [ ! -e $name ] || return
	done
}
a_model_of_that_name() {
	expect 2 "$heddle" new thread-mutex && has err 'there is a model "thread-mutex" already' && [ ! -e thread-mutex ]
}
unknown_words() {
	expect 2 "$heddle" new never --lang rsut && has err 'did you mean "rust"? (one of: c c++ rust go)' &&
		expect 2 "$heddle" new never --kind whole && has err 'one of: lock full' &&
		expect 2 "$heddle" new never --lang && has err '--lang needs a value' &&
		expect 2 "$heddle" new never --speed && has err 'unknown option --speed' &&
		expect 2 "$heddle" new && has err 'no name is given' &&
		expect 2 "$heddle" new a b c && has err '"c" is one word too many' && [ ! -e never ] && [ ! -e b ]
}
where_nothing_can_be_written() {
	: >file
	expect 2 "$heddle" new mine file && has err 'file: ' && expect 2 "$heddle" new mine file/below && has err 'file/below: cannot be made: Not a directory' &&
		expect 6 "$heddle" new mine none/below && has err 'none/below: cannot be made: No such file or directory' &&
		expect 6 "$heddle" new mine /proc/self/mine && has err '/proc/self/mine: cannot be made' && [ ! -e none ]
}
a_full_disk_leaves_nothing() {
	[ "$(id -u)" = 0 ] || { skip 'needs root, for a file system of its own'; return; }
	mkdir small
	unshare -m bash -c 'mount -t tmpfs -o size=4k,nr_inodes=64 none small && "$1" new mine small/mine 2>err; code=$?
		ls -A small >left; exit $code' - "$heddle"
	local code=$?
	[ -s err ] || { skip 'no file system can be mounted here'; return; }
	[ $code = 6 ] && has err 'cannot be written: No space left on device. Nothing was written' && [ ! -s left ] ||
		why "exit $code, $(cat err), left: $(cat left)"
}
help_tells_all() {
	expect 0 "$heddle" new --help && has out '--lang' && has out '--kind' && has out 'DIR' &&
		expect 0 "$heddle" --help && has out 'write a plugin of your own'
}

for name in writes_a_folder each_language_and_kind an_empty_folder_will_do nothing_is_written_over a_hidden_file_counts \
	bad_names a_model_of_that_name unknown_words where_nothing_can_be_written a_full_disk_leaves_nothing help_tells_all; do
	check $name
done
exit $failed

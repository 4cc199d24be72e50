#!/usr/bin/env bash
# Tests of scripts/, of the schemas, of the include check and of the installation:
#   scripts.sh bootstrap|plot|schemas|simulate|includes|fault_table|workflow|fit|install|not_built|guide|package|export|export_compare|stats_reference|limits|limits_short [BUILD_FOLDER]
# Exit: 0, 2 with what was expected, 77 where the test cannot run here.
set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HEDDLE_NO_LOCK=1 # tests of one user run side by side

faults=0
# expect STATUS COMMAND...: runs it, keeps its streams in $scratch/out and $scratch/err.
expect() {
	local wanted=$1 status=0
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[ $status = "$wanted" ] || fault "$* ended with $status in place of $wanted: $(cat "$scratch/err")"
}
fault() { printf '%s\n' "$*" >&2; faults=$((faults + 1)); }
says() { grep -qF -- "$1" "$scratch/err" || fault "expected on stderr: $1; found: $(cat "$scratch/err")"; }
says_not() { ! grep -qF -- "$1" "$scratch/err" || fault "not expected on stderr: $1"; }

# A machine of our own: a PATH with these tools only, and the apt-get, id and sudo that we say.
machine() { # ID_OF_THE_SYSTEM
	local tool
	rm -rf "${scratch:?}/bin" "$scratch/calls" && mkdir "$scratch/bin"
	for tool in bash sed grep tail rm mktemp cat env; do ln -s "$(command -v $tool)" "$scratch/bin/$tool"; done
	printf 'ID=%s\n' "$1" >"$scratch/os-release"
	tool apt-get "echo \"apt-get \$*\" >>$scratch/calls"
	tool apt-cache 'exit 1'
	tool id 'echo 0'
}
tool() { printf '#!/usr/bin/env bash\n%s\n' "$2" >"$scratch/bin/$1" && chmod +x "$scratch/bin/$1"; }
whole() { # everything that is looked for by its command or by pkg-config
	local name
	for name in cmake make pkg-config; do tool $name 'exit 0'; done
	# shellcheck disable=SC2016
	tool cc 'case $* in *-print-file-name*) echo /lib/libboost_context.so ;; *) cat >/dev/null ;; esac'
}
bootstrap() { env -u CC PATH="$scratch/bin" HEDDLE_OS_RELEASE="$scratch/os-release" "$scratch/bin/bash" "$top/scripts/bootstrap" "$@"; }

test_bootstrap() {
	local system
	for system in 'fedora=dnf install -y gcc cmake make pkgconf-pkg-config hwloc-devel jansson-devel' \
		'"rocky"; ID_LIKE="rhel centos fedora"=dnf install -y gcc' \
		'arch=pacman -S --needed --noconfirm gcc cmake make pkgconf hwloc jansson xxhash nettle' \
		'"opensuse-leap"; ID_LIKE="suse opensuse"=zypper install -y gcc cmake make pkg-config hwloc-devel libjansson-devel'; do
		machine "${system%=*}"
		expect 2 bootstrap
		says "${system##*=}"
		says_not "apt-get install"
		[ ! -e "$scratch/calls" ] || fault "apt-get was called on ${system%=*}"
	done
	machine 'plan9'
	expect 2 bootstrap
	says "apt-get install"; says "dnf install"; says "pacman -S"; says "zypper install"

	# Required ones missing: told, never tried with --no-install.
	machine debian
	expect 2 bootstrap --no-install --for test
	says "apt-get install -y --no-install-recommends gcc libc6-dev cmake make pkg-config libhwloc-dev libjansson-dev libxxhash-dev nettle-dev check"
	[ ! -e "$scratch/calls" ] || fault "--no-install called apt-get"
	expect 2 bootstrap --no-install --for bench
	says_not " check"
	# Tried as root, printed first; the exit status tells that it did not help.
	expect 2 bootstrap --for bench
	says "apt-get install -y --no-install-recommends gcc"
	grep -q 'install -y --no-install-recommends gcc' "$scratch/calls" || fault "apt-get was not called"
	# A relative is known by ID_LIKE. Neither root nor sudo: not tried.
	machine 'mint; ID_LIKE="ubuntu debian"'
	tool id 'echo 1000'
	expect 2 bootstrap
	says "As an administrator"
	[ ! -e "$scratch/calls" ] || fault "apt-get was called without the right to"
	# sudo that asks for no password.
	# shellcheck disable=SC2016
	tool sudo 'case $1 in -n) exit 0 ;; esac; "$@"'
	expect 2 bootstrap
	says "sudo env DEBIAN_FRONTEND=noninteractive apt-get"
	[ -e "$scratch/calls" ] || fault "sudo was not used"
	# apt-get fails: not 1, which is a regression.
	machine debian
	tool apt-get 'echo "E: no network"; exit 100'
	expect 2 bootstrap
	says "E: no network"

	# All that is required is there; what python3 has depends on the machine that tests.
	machine debian
	whole
	expect 0 bootstrap --no-install
	says_not "administrator"
	[ ! -e "$scratch/calls" ] || fault "apt-get was called though nothing is missing"
	# An optional part is missing.
	tool cc 'case $* in *-print-file-name*) echo libboost_context.so ;; *) cat >/dev/null ;; esac'
	expect 0 bootstrap --no-install
	says "without libboost-context-dev: the coroutine model is not built"
	# One of the libraries that a single model needs.
	# shellcheck disable=SC2016
	tool pkg-config 'case $* in *libuv*) exit 1 ;; esac'
	# shellcheck disable=SC2016
	tool cc 'case $* in *-print-file-name*) echo /lib/libboost_context.so ;; *-fopenmp*) exit 1 ;; *) cat >/dev/null ;; esac'
	expect 0 bootstrap --no-install
	says "without libuv1-dev: the event-loop model is not built"
	says "without libgomp1: the openmp model is not built"

	expect 2 bootstrap --for lunch
	says 'allowed are bench, test, all and peers'
	expect 2 bootstrap --nonsense
	expect 0 bootstrap --help
}

test_plot() {
	local plot=$top/scripts/plot kind
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	expect 2 "$plot" "$scratch/absent.json"
	says "No such file"
	echo '{"format": "other"}' >"$scratch/other.json"
	expect 2 "$plot" "$scratch/other.json"
	says "not a result"
	[ "$(wc -l <"$scratch/err")" = 1 ] || fault "an error of more than a line"
	echo '{"format": "heddle-result", "version": 1, "cases": [{"name": "x"}]}' >"$scratch/broken.json"
	if ! /usr/bin/python3 -c 'import matplotlib' 2>/dev/null; then
		expect 2 "$plot" "$top/tests/plot/sample.json" -o "$scratch"
		says "python3-matplotlib"
		return
	fi
	expect 2 "$plot" "$scratch/broken.json"
	says "not a valid result"
	expect 0 "$plot" "$top/tests/plot/sample.json" -o "$scratch/figures"
	[ "$(head -n 1 "$scratch/out")" = "$scratch/figures/sample-throughput.png" ] || fault "the main figure is not told first"
	while read -r kind; do
		[ "$(head -c 4 "$kind" | tail -c 3)" = PNG ] || fault "$kind is no PNG"
	done <"$scratch/out"
	says "left out: "
	expect 0 "$plot" "$top/tests/plot/sample.json" -o "$scratch/figures" --format svg --only model=serial --paper
	grep -q '<svg' "$scratch/figures/sample-throughput.svg" || fault "sample-throughput.svg is no SVG"
	expect 0 "$plot" "$top/tests/plot/sample.json" -o "$scratch/figures" --format pdf --x transport --y throughput
	[ "$(head -c 4 "$scratch/figures/sample-throughput-by-transport.pdf")" = %PDF ] || fault "no PDF of one's own"
	# Next to the result, over what an earlier call drew.
	cp "$top/tests/plot/sample.json" "$scratch/again.json"
	touch "$scratch/again-throughput.png"
	expect 0 "$plot" "$scratch/again.json" --only model=serial
	[ -s "$scratch/again-throughput.png" ] || fault "nothing lies next to the result"
	# No case is ok.
	sed 's/"status": "ok", "reason": null/"status": "failed", "reason": "no"/' "$scratch/again.json" >"$scratch/bad.json"
	expect 0 "$plot" "$scratch/bad.json"
	[ -s "$scratch/bad-throughput.png" ] || fault "what failed is not drawn"
	echo x >"$scratch/file"
	expect 2 "$plot" "$scratch/again.json" -o "$scratch/file"
	# All of the figures or none.
	mkdir -p "$scratch/half/again-heat.png"
	expect 2 "$plot" "$scratch/again.json" -o "$scratch/half"
	says "again-heat.png: is a folder; nothing is drawn"
	[ "$(ls -A "$scratch/half")" = again-heat.png ] || fault "some figures were written: $(ls -A "$scratch/half")"
	# A pipe is read once, the fit of it is asked as well; beside it no figures can lie.
	# shellcheck disable=SC2016
	expect 0 bash -c 'cat "$1" | "$2" /dev/stdin --only model=serial -o "$3"' - "$scratch/again.json" "$plot" "$scratch/piped"
	says_not "drawn without the scalability fit: heddle fit"
	[ -s "$scratch/piped/stdin-throughput.png" ] || fault "nothing was drawn of a pipe"
	# shellcheck disable=SC2016
	for kind in 'cat "$1" | "$2" /dev/stdin' '"$2" /dev/stdin <"$1"' '"$2" <(cat "$1")'; do
		expect 2 bash -c "$kind" - "$scratch/again.json" "$plot"
		says "say where with -o DIR"
	done
	# What is not there: the nearest name, and nothing is drawn.
	for kind in '--x=core|--x core: unknown; did you mean "cores"?' '--y=throughputs|--y throughputs: unknown; did you mean "throughput"?' \
		'--series=modell|--series modell: unknown; did you mean "model"?' '--only=modle=serial|--only modle: unknown; did you mean "model"?' \
		'--only=model=seriell|--only model=seriell: no case has that; did you mean "serial"?' '--only=model|--only model: write KEY=VALUE'; do
		expect 2 "$plot" "$scratch/again.json" -o "$scratch/nothing" "${kind%%|*}"
		says "${kind#*|}"
	done
	expect 2 "$plot" "$scratch/again.json" "$scratch/again.json" -o "$scratch/nothing"
	says "the same run as"
	[ ! -e "$scratch/nothing" ] || fault "something was written"
	# Over time: of one machine, oldest first, what else lies there is told.
	mkdir "$scratch/history"
	expect 2 "$plot" "$scratch/history"
	says "a history needs 2 results of one machine"
	for kind in 1 2 3; do
		sed "s/\"started\": \"[0-9]*/\"started\": \"201$kind/" "$top/tests/plot/sample.json" >"$scratch/history/$kind.json"
	done
	sed 's/"cpu_model": "/&other /' "$scratch/history/1.json" >"$scratch/history/other.json"
	echo '{}' >"$scratch/history/schema.json"
	mkfifo "$scratch/history/pipe.json" # is not waited for
	expect 0 timeout 60 "$plot" "$scratch/history"
	says "left out: 1 results of other machines, 2 files that are none"
	[ -s "$scratch/history/history.png" ] || fault "no history"
	expect 0 "$plot" "$scratch/history" --y throughput -o "$scratch/figures"
	[ "$(cat "$scratch/out")" = "$scratch/figures/history-throughput.png" ] || fault "no history of a metric"
	expect 2 "$plot" "$scratch/history" --y throughputs -o "$scratch/nothing"
	says '--y throughputs: unknown; did you mean "throughput"?'
	expect 2 "$plot" "$scratch/history" --x cores -o "$scratch/nothing"
	says "--x and --series are for results"
	expect 2 "$plot" "$scratch/history" "$scratch/again.json" -o "$scratch/nothing"
	says "a folder is a history; give it alone"
	[ ! -e "$scratch/nothing" ] || fault "something was written"
}

# The same of a comparison.
verdicts() {
	local validate=$top/tests/validate.py schema=$top/results/verdict.schema.json sample=$top/tests/verdict/sample.json edit
	local edits=('s/"version": 1/"version": 2/' 's/"kind": "ab"/"kind": "ba"/' 's/"pairs": 20/"pairs": 0/'
		's/"reason": "would be same[^"]*"/"reason": null/' 's/"verdict": "same"/"verdict": "well"/'
		's/"margin_percent": 5/"margin_percent": 0/' 's/"state": "new"/"state": "old"/' 's/"sha256": "/"sha256": "x/'
		's/"gates": true/"gates": 1/' 's/"status": "complete"/"status": "late"/' 's/"q": 0.5/"q": 2.5/' 's/"key": "/"key": "g/')
	expect 0 "$validate" "$schema" "$sample"
	[ $faults = 0 ] || cat "$scratch/out" >&2
	for edit in "${!edits[@]}"; do sed "${edits[edit]}" "$sample" >"$scratch/verdict-$edit.json"; done
	expect 2 "$validate" "$schema" "$scratch"/verdict-*.json
	for edit in "${!edits[@]}"; do
		grep -q "^$scratch/verdict-$edit.json: .*: " "$scratch/out" || fault "allowed after ${edits[edit]}"
	done
}

test_schemas() {
	local validate=$top/tests/validate.py schema=$top/results/result.schema.json edit documents
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || { echo "skipped: needs python3-jsonschema"; exit 77; }
	expect 0 "$validate" "$schema" "$top/tests/plot/sample.json"
	[ $faults = 0 ] || cat "$scratch/out" >&2
	# The schema refuses what a result must not be.
	local edits=('s/"version": 1/"version": 2/' 's/"seed": 42/"seed": -1/' 's/"status": "ok"/"status": "fine"/'
		's/"key": "/"key": "g/' 's/"metrics": {/"metrics": null, "old": {/' 's/"cores": 2,/"cores": 0,/'
		's/"verified": true, //' 's/"wrong-result", "reason": "[^"]*"/"wrong-result", "reason": null/'
		's/"median": [0-9][0-9.]*/"median": "fast"/')
	for edit in "${!edits[@]}"; do sed "${edits[edit]}" "$top/tests/plot/sample.json" >"$scratch/spoilt-$edit.json"; done
	expect 2 "$validate" "$schema" "$scratch"/spoilt-*.json
	for edit in "${!edits[@]}"; do
		grep -q "^$scratch/spoilt-$edit.json: .*: " "$scratch/out" || fault "allowed after ${edits[edit]}"
	done
	verdicts
	[ ! -e "$top/results/example.json" ] || expect 0 "$validate" "$schema" "$top/results/example.json"
	schema=$top/configs/config.schema.json
	[ -e "$schema" ] || return
	mapfile -t documents < <(find "$top/configs" -name '*.json' ! -name '*.schema.json')
	[ ${#documents[@]} = 0 ] || { expect 0 "$validate" "$schema" "${documents[@]}"; cat "$scratch/out" >&2; }
}

# The machine of 64 cores that nobody owns: a result like any other but for what its facts say.
test_simulate() {
	local simulate=$top/tests/simulate.py schema=$top/results/result.schema.json
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || { echo "skipped: needs python3-jsonschema"; exit 77; }
	expect 0 "$simulate" -o "$scratch/made.json"
	expect 0 "$simulate" --seed 7 --cases 200 --rounds 6 -o "$scratch/many.json"
	expect 0 "$top/tests/validate.py" "$schema" "$scratch/made.json" "$scratch/many.json"
	cat "$scratch/out" >&2
	"$simulate" | cmp -s - "$scratch/made.json" || fault "the same seed made another result"
	expect 2 "$simulate" --cores 65
	expect 0 "$top/tests/simulated.py" "$scratch/made.json" "$scratch/many.json"
	cat "$scratch/out" >&2
}

# The fit's document, and that it is the same twice: of a machine of 64 cores, and of one that has too few.
test_fit() {
	local heddle=$1/bin/heddle
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || { echo "skipped: needs python3-jsonschema"; exit 77; }
	expect 0 "$top/tests/simulate.py" --rounds 6 -o "$scratch/made.json"
	expect 0 "$heddle" fit "$scratch/made.json" --at 48,128 --json && cp "$scratch/out" "$scratch/first.json"
	expect 0 "$heddle" fit "$scratch/made.json" --at 48,128 --json && cp "$scratch/out" "$scratch/second.json"
	cmp "$scratch/first.json" "$scratch/second.json" || fault "two calls say two things"
	expect 0 "$heddle" fit "$top/results/example.json" --json && cp "$scratch/out" "$scratch/few.json"
	grep -q 'at least 6 are needed' "$scratch/few.json" || fault "two core counts were fitted"
	expect 0 "$top/tests/validate.py" "$top/results/fit.schema.json" "$scratch/first.json" "$scratch/few.json"
	cat "$scratch/out" >&2
	sed 's/"alpha": {/"alpha": null, "was": {/' "$scratch/first.json" >"$scratch/spoilt.json"
	expect 2 "$top/tests/validate.py" "$top/results/fit.schema.json" "$scratch/spoilt.json"
	expect 2 "$heddle" fit "$scratch/made.json" --at 0
	says 'numbers of cores from 1'
	expect 2 "$heddle" fit "$scratch/made.json" --at 4,x
	expect 2 "$heddle" fit "$scratch/made.json" --only cores=3
	says 'no case is left by --only'
	expect 2 "$heddle" fit "$scratch/first.json"
	says 'not a Heddle result'
}

test_includes() {
	expect 0 "$top/tests/includes.sh"
	cat "$scratch/err" >&2
	# It notices, each for its reason.
	mkdir -p "$scratch/tree/core/workloads" "$scratch/tree/core/include/heddle" "$scratch/tree/plugins"
	cd "$scratch/tree" || exit 2
	echo '#include "run.h"' >core/stats.c
	echo '#include <hwloc.h>' >core/machine.c
	echo '#include <jansson.h>' >core/topology_json.c
	echo '#include "../trial.h"' >core/workloads/echo.c
	echo '#include "plugin.h"' >core/include/heddle/threads.h
	echo '#include "keeper.h"' >core/trial.c
	echo '#include "trial.h"' >core/keeper.c
	echo >core/kitchen.c
	echo '#include "arena.h"' >plugins/spin.c
	expect 2 "$top/tests/includes.sh" "$scratch/tree"
	says 'core/stats.c: includes "run.h", which stands above it'
	says 'core/machine.c: includes <hwloc.h>'
	says 'core/workloads/echo.c: includes "../trial.h"'
	says 'core/kitchen.c: is on no level'
	says 'in a circle'
	says 'plugins/spin.c: includes "arena.h" of core'
	says '6 offences'
}

# What `cmake --install` puts under a prefix is whole, stands on nothing of the build, and may be moved.
test_install() {
	local build=$1 moved=$scratch/moved file plugins model
	[ -n "$build" ] || { echo "skipped: needs the folder of a build"; exit 77; }
	expect 0 env DESTDIR="$scratch/stage" cmake --install "$build" --prefix /opt/heddle
	expect 0 mv "$scratch/stage/opt/heddle" "$moved"
	for file in bin/heddle include/heddle/plugin.h include/heddle/threads.h share/man/man1/heddle.1 \
		share/man/man7/heddle-plugin.7 share/heddle/configs/quick.json share/heddle/configs/default.json libexec/heddle/heddle-plot libexec/heddle/heddle_plot/main.py libexec/heddle/heddle-report libexec/heddle/heddle_report/bundle/page.js; do
		[ -f "$moved/$file" ] || fault "not installed: $file"
	done
	[ -x "$moved/libexec/heddle/heddle-plot" ] || fault "heddle-plot cannot be executed"
	[ -z "$(find "$moved" -type l)" ] || fault "links: $(find "$moved" -type l)"
	plugins=$(dirname "$(find "$moved" -name serial.so)")
	[ "$plugins" != . ] || { fault "no plugins"; return; }
	for file in "$top"/plugins/*.c "$top"/plugins/*.cpp "$top"/plugins/rust_*.rs "$top"/plugins/go_*; do
		model=$(basename "$file") model=${model%.*} model=${model//_/-}
		[ -f "$plugins/$model.so" ] || grep -q "^$model " "$plugins/not-built.txt" || fault "not installed: $model"
	done
	[ -z "$(find "$moved" -name '*test*' -o -name '*broken*')" ] || fault "tests were installed"

	cd "$scratch" || exit 2
	unset HEDDLE_PLUGIN_PATH
	expect 0 "$moved/bin/heddle" list
	for file in "$plugins"/*.so; do
		grep -q "^ *$(basename "$file" .so)\>" "$scratch/out" || fault "heddle list does not know $(basename "$file")"
	done
	expect 0 "$moved/bin/heddle" run quick --only workload=counter --model serial --set sampling.rounds=1 \
		--set sampling.windows=3 -o "$scratch/run.json"
	grep -qE '"status": ?"ok"' "$scratch/run.json" || fault "the run has no case that is ok"
	if /usr/bin/python3 -c 'import matplotlib' 2>/dev/null; then
		expect 0 "$moved/bin/heddle" plot "$scratch/run.json"
		[ -s "$scratch/run-throughput.png" ] || fault "heddle plot drew nothing"
	fi
	build_outside "$moved"
}

# A model of one's own needs nothing but an installation: by pkg-config and by find_package(), checked and run.
build_outside() { # PREFIX
	local heddle=$1/bin/heddle pc libdir
	command -v pkg-config >/dev/null || { echo "skipped: needs pkg-config"; exit 77; }
	pc=$(find "$1" -name heddle.pc)
	[ -n "$pc" ] || { fault "not installed: heddle.pc"; return; }
	libdir=${pc%/pkgconfig/heddle.pc}
	sed 's/"spinlock"/"mine"/' "$top/plugins/spinlock.c" >mine.c
	export PKG_CONFIG_PATH=$libdir/pkgconfig
	[ "$(realpath "$(pkg-config --variable=plugindir heddle)")" = "$libdir/heddle/plugins" ] ||
		fault "plugindir is $(pkg-config --variable=plugindir heddle)"
	# shellcheck disable=SC2046
	expect 0 "${CC:-cc}" -O2 -fPIC -shared $(pkg-config --cflags heddle) mine.c -o mine.so -pthread
	expect 0 "$heddle" check ./mine.so --only job-once --only exclusion

	cat >CMakeLists.txt <<-'EOF'
		cmake_minimum_required(VERSION 3.22)
		project(mine LANGUAGES C)
		enable_testing()
		find_package(heddle 0.1 REQUIRED)
		heddle_add_plugin(mine mine.c)
	EOF
	expect 0 cmake -B outside -DCMAKE_PREFIX_PATH="$1"
	expect 0 cmake --build outside
	expect 0 ctest --test-dir outside
	grep -q '100% tests passed, 0 tests failed out of 1' "$scratch/out" || fault "heddle check is no test of the build"
	expect 0 cmake --install outside
	expect 0 "$heddle" run quick --only workload=counter --model mine --set sampling.rounds=1 --set sampling.windows=3 \
		-o "$scratch/mine.json"
	grep -q '"build": *".*; -O2"' "$scratch/mine.json" || fault "without a build type it is not optimised"
	sed 's/heddle_add_plugin(mine/heddle_add_plugin(My_lock/' CMakeLists.txt >"$scratch/named.txt"
	mkdir named && cp "$scratch/named.txt" named/CMakeLists.txt
	expect 1 cmake -S named -B named/build -DCMAKE_PREFIX_PATH="$1"
	says 'made of a-z, 0-9'
	# Another major release is refused by its version.
	sed -i 's/heddle 0.1/heddle 7/' CMakeLists.txt
	expect 1 cmake -B newer -DCMAKE_PREFIX_PATH="$1"
	says 'requested version "7"'
}

# The Debian package of this build, and what scripts/package refuses.
test_package() {
	local package file
	[ -n "$1" ] || { echo "skipped: needs the folder of a build"; exit 77; }
	command -v dpkg-shlibdeps >/dev/null || { echo "skipped: needs dpkg-dev"; exit 77; }
	expect 0 "$top/scripts/package" --help
	expect 2 "$top/scripts/package" --speed
	if [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
		mkdir -p "$scratch/apt/sources.list.d"
		printf 'Types: deb\nURIs: http://first.example\nSuites: other-updates nearly\n' >"$scratch/apt/sources.list.d/a.sources"
		expect 2 env HEDDLE_APT="$scratch/apt" "$top/scripts/package" --chroot --suite other
		says 'apt has no mirror of other here: --mirror URL'
	fi

	# Packed as it is: cpack would build all that there is first.
	expect 0 cmake --install "$1" --prefix "$scratch/stage"
	expect 0 cpack -B "$scratch/packed" --config "$1/CPackConfig.cmake" -D CPACK_INSTALL_CMAKE_PROJECTS= \
		-D "CPACK_INSTALLED_DIRECTORIES=$scratch/stage;usr"
	package=$(echo "$scratch"/packed/heddle_*.deb)
	[ -f "$package" ] || { fault "no package: $(cat "$scratch/out")"; return; }
	expect 0 dpkg-deb -f "$package" Depends
	for file in 'libc6 (>= ' libhwloc15 libjansson4 libnettle libxxhash0; do
		grep -qF "$file" "$scratch/out" || fault "does not depend on $file: $(cat "$scratch/out")"
	done
	expect 0 dpkg-deb -c "$package"
	for file in bin/heddle include/heddle/plugin.h share/man/man1/heddle.1 share/man/man7/heddle-plugin.7 \
		share/heddle/templates/c-lock/NAME.c share/doc/heddle/copyright; do
		grep -q " root/root .* ./usr/$file" "$scratch/out" || fault "not in the package: $file"
	done
	! grep -qE 'test|broken' "$scratch/out" || fault "tests are in the package"
}

# The guide of plugins/README.md, to the letter: the blocks of sh are typed, the one of c is put into the source. With
# GUIDE_TRANSCRIPT=FILE all that is typed and said goes there, with the time that it took.
test_guide() {
	local build=$1 block=0 began=$SECONDS
	[ -n "$build" ] || { echo "skipped: needs the folder of a build"; exit 77; }
	command -v cc >/dev/null || { echo "skipped: needs a compiler"; exit 77; }
	expect 0 cmake --install "$build" --prefix "$scratch/opt"
	mkdir "$scratch/empty" && cd "$scratch/empty" || exit 2
	awk '/^## /{on = /^## Write one/} on && /^```(sh|c)$/{file = substr($0, 4) "." ++n; next} /^```/{file = ""} file{print >file}' \
		"$top/plugins/README.md"
	export PATH=$scratch/opt/bin:$PATH CMAKE_PREFIX_PATH=$scratch/opt
	[ "$(echo *)" = 'c.2 sh.1 sh.3 sh.4' ] || fault "other blocks than expected: $(echo *)"
	for block in sh.1 sh.3 sh.4; do
		[ $block = sh.1 ] || cd my-lock || exit 2
		[ $block != sh.3 ] || put_idea ../c.2 my-lock.c
		# shellcheck disable=SC2016
		expect 0 bash -euc 'while read -r line; do
			printf "%2d s  $ %s\n" $((SECONDS - '$began' + '$SECONDS')) "$line"
			eval "$line"
		done <"$1"' - "$scratch/empty/$block"
		[ -z "${GUIDE_TRANSCRIPT:-}" ] || { cat "$scratch/out" "$scratch/err"; printf '%2d s\n' $((SECONDS - began)); } >>"$GUIDE_TRANSCRIPT"
		cd "$scratch/empty" || exit 2
	done
	grep -q 'my-lock  *2\|my-lock  *1' "$scratch/out" || fault "no number of my-lock: $(cat "$scratch/out")"
}
# put_idea CODE SOURCE: in the place of take() and give().
put_idea() {
	awk -v code="$1" '/^\/\* Required: returns when/{skip = 1; while ((getline line <code) > 0) print line; print ""}
		/^\/\* Required: the bytes/{skip = 0} !skip{print}' "$2" >new.c && mv new.c "$2"
	grep -q 'looks % 64' "$2" || fault "the idea did not reach $2"
}

# What `heddle export` writes, by the rules of those that read it.
test_export() {
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	expect 0 "$top/tests/export.py" "$1/bin/heddle" "$top" Formats CommandLine
	[ $faults = 0 ] || cat "$scratch/err" >&2
}

# google-benchmark's own tool reads it.
test_export_compare() {
	[ -e /usr/share/benchmark/compare.py ] || { echo "skipped: needs libbenchmark-tools, for compare.py"; exit 77; }
	/usr/bin/python3 -c 'import scipy' 2>/dev/null || { echo "skipped: needs python3-scipy, for compare.py"; exit 77; }
	expect 0 "$top/tests/export.py" "$1/bin/heddle" "$top" CompareTool
	[ $faults = 0 ] || cat "$scratch/err" >&2
}

# The commands of a workflow's step, by its name.
commands_of() { # FILE STEP
	awk -v step="$2" '/^ *- /{ wanted = 0 } $0 ~ "- name: " step "$" { wanted = 1; next }
		wanted && /^ *run: \|$/ { body = 1; next } !wanted { body = 0 } wanted && body { sub(/^ {10}/, ""); print }' "$1"
}

# A library that is missing when the build is configured makes its model "not built", and `heddle list` says why.
test_not_built() {
	local build=$1 model
	[ -n "$build" ] || { echo "skipped: needs the folder of a build"; exit 77; }
	mkdir "$scratch/bin"
	# shellcheck disable=SC2016
	tool pkg-config 'case $* in *liburing* | *libuv*) exit 1 ;; esac; exec '"$(command -v pkg-config)"' "$@"'
	expect 0 cmake -S "$top" -B "$scratch/hidden" -DHEDDLE_TESTS=OFF -DPKG_CONFIG_EXECUTABLE="$scratch/bin/pkg-config" \
		-DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON -DHAVE_FCONTEXT=OFF
	expect 0 env HEDDLE_PLUGIN_PATH="$scratch/hidden/lib/heddle/plugins" "$build/bin/heddle" list
	for model in 'event-loop:needs libuv' 'io-uring:needs liburing 2.3 or newer' 'coroutine:needs Boost.Context' \
		'openmp:needs an OpenMP runtime libgomp or libomp'; do
		grep -qE "^ +${model%%:*} +not built: ${model#*:}" < <(tr -d '()' <"$scratch/out") ||
			fault "heddle list does not say \"${model#*:}\" of ${model%%:*}: $(grep -A1 "not built" "$scratch/out")"
	done
}

# What the workflow for pull requests does, on a change that alters a model's bytes and nothing else.
test_workflow() {
	local steps=$top/.github/workflows/compare.yml tree=$scratch/tree step code
	git -C "$top" rev-parse HEAD >/dev/null 2>&1 || { echo "skipped: needs git and a checkout"; exit 77; }
	mkdir "$tree" && (cd "$top" && git ls-files -z -co --exclude-standard | xargs -0 cp --parents -t "$tree" --) || exit 2
	export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org
	cd "$tree" && git init -q . && git add -A && git commit -qm base || exit 2
	BASE=$(git rev-parse HEAD)
	sed -i 's/\.summary = "/&changed: /' plugins/serial.c && git commit -qam head || exit 2
	[ -n "$(git diff "$BASE")" ] || fault "nothing was changed"
	export BASE CONFIG=$scratch/short.json PAIRS=6 GITHUB_STEP_SUMMARY=$scratch/summary
	echo '{"models": ["serial"], "cores": [1], "workloads": [{"workload": "counter", "batch": 1024}],
		"sampling": {"warmup_ms": 5, "window_ms": 5, "windows": 4}}' >"$CONFIG"
	for step in "Build the base and the head" Judge; do
		commands_of "$steps" "$step" >"$scratch/step"
		[ -s "$scratch/step" ] || fault "the workflow has no step \"$step\""
		bash -e "$scratch/step" >"$scratch/out" 2>"$scratch/err"; code=$?
		# What so short windows say of the change is the machine's: 1 where it looks slower.
		[ $code = 0 ] || [ "$step $code" = "Judge 1" ] || {
			fault "\"$step\" ended with $code"; cat "$scratch/out" "$scratch/err" >&2; return; }
	done
	grep -q 'judged 1 of 1 case' "$scratch/summary" || fault "the summary says: $(cat "$scratch/summary")"
	grep -q '<testsuites' build/compare.xml || fault "no JUnit XML"
	rm build/compare.json
	cp build/base/lib/heddle/plugins/serial.so build/head/lib/heddle/plugins/ 2>/dev/null ||
		cp build/base/lib/*/heddle/plugins/serial.so build/head/lib/*/heddle/plugins/
	bash -e "$scratch/step" >"$scratch/out" 2>&1 || fault "nothing differs, and it failed: $(cat "$scratch/out")"
	grep -q 'are the same' "$scratch/out" || fault "that nothing differs is not told: $(cat "$scratch/out")"
}

# SciPy and statsmodels come to the same numbers.
test_stats_reference() {
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	/usr/bin/python3 -c 'import statsmodels' 2>/dev/null || { echo "skipped: needs python3-statsmodels"; exit 77; }
	expect 0 "$top/tests/stats_reference.py" "$1/tests/stats_reference"
	[ $faults = 0 ] || cat "$scratch/out" "$scratch/err" >&2
}

# What the referee says of itself and of a wrong call; its arithmetic is in test_contest.py.
test_limits() {
	local limits=$top/scripts/limits build=$1
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	expect 0 "$top/tests/limits/test_contest.py"
	[ $faults = 0 ] || cat "$scratch/err" >&2
	expect 0 "$limits" --help
	expect 2 "$limits" --nonsense
	expect 2 "$limits" --pairs 0
	expect 2 "$limits" --tolerance 0.5
	expect 2 "$limits" --build "$scratch" --list
	says "no build; scripts/build release build/release makes one"
	[ -n "$build" ] || return
	expect 2 "$limits" --build "$build" --only nothing/at/all
	says "no contest matches nothing/at/all; --list names them"
	expect 0 "$limits" --build "$build" --list
	grep -qx 'counter/unlocked' "$scratch/out" || fault "counter/unlocked is not listed"
	# Alone on its stream, and the same rows in all forms.
	expect 0 "$limits" --build "$build" --short --pairs 1 --only 'harness/trial$' --json - --markdown "$scratch/limits.md"
	/usr/bin/python3 -c 'import json, sys; assert json.load(sys.stdin)["rows"][0]["value"] > 0' <"$scratch/out" ||
		fault "no document on stdout: $(cat "$scratch/out")"
	grep -q '^| a trial beyond warm-up' "$scratch/limits.md" || fault "no row in the Markdown"
}

test_fault_table() {
	# shellcheck disable=SC2016
	local row='| a | b | c | nothing | `test_cli: sigint_saves` |'
	expect 0 "$top/tests/fault_table.sh"
	cat "$scratch/err" >&2
	# It notices, each for its reason.
	mkdir -p "$scratch/tree/core" && ln -s "$top/tests" "$scratch/tree/tests" || exit 2
	{
		echo '| fault | how it is caused | what the case says | left behind | test |'
		echo '|---|---|---|---|---|'
		printf '%s\n' "$row" "${row/sigint_saves/sigint_sings}" "${row/test_cli/test_nothing}" \
			"${row/test_cli: sigint_saves/fuzz_nothing}" "${row/ b |/}"
	} >"$scratch/tree/core/README.md"
	expect 2 "$top/tests/fault_table.sh" "$scratch/tree"
	says 'no test test_cli: sigint_sings'
	says 'no test test_nothing: sigint_saves'
	says 'no target fuzz_nothing'
	says 'not 5 cells'
	says '5 rows of faults, at least 60'
	[ "$(wc -l <"$scratch/err")" = 5 ] || fault "5 faults in place of $(cat "$scratch/err")"
}

# A broken hot path is caught, noise is not: see the referee's --tolerance.
test_limits_short() {
	[ -x /usr/bin/python3 ] || { echo "skipped: needs python3"; exit 77; }
	local only=() contest
	for contest in counter/ switch/coroutines copy/small/reuse 'echo/.*/coroutine/connections=16' \
		echo/tcp/threads/connections=16; do
		only+=(--only "^$contest")
	done
	expect 0 "$top/scripts/limits" --build "$1" --short --tolerance 1.5 "${only[@]}"
	[ $faults = 0 ] || cat "$scratch/out" >&2
}

case ${1:-} in
bootstrap | plot | schemas | simulate | includes | fault_table | workflow) "test_$1" ;;
fit | install | not_built | guide | package | export | export_compare | stats_reference | limits | limits_short) "test_$1" "${2:-}" ;;
*) sed -n '3s/^# *//p' "$0" >&2; exit 2 ;;
esac
[ $faults = 0 ] || exit 2

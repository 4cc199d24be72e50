#!/usr/bin/env bash
# The tests of `heddle report`: run.sh page|command|bundle|browser BUILD_FOLDER
#   page: what it holds (Python); command: the one it tells repeats a run; bundle: the committed script is what its
#   source makes; browser: in Chromium.
# Exit: 0, 1 where a test failed, 77 where it cannot run here, with the reason.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../.. part=${1:-} build=${2:-}
skip() { echo "skipped: $*"; exit 77; }
[ -x /usr/bin/python3 ] || skip "needs python3"
export PYTHONDONTWRITEBYTECODE=1

# Copies a folder with its lock file into the build, and has npm fetch what the lock file names.
fetch() { # FOLDER NAME
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then skip "needs node and npm"; fi
	modules=$build/tests/report/$2
	mkdir -p "$modules" && cp "$1"/* "$modules/" || exit 1
	cmp -s "$modules/package-lock.json" "$modules/node_modules/.of" && return
	(cd "$modules" && timeout 100 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 >"$modules/npm.log" 2>&1) ||
		skip "npm could not fetch the packages: $(grep -m 1 'npm ERR\|npm error' "$modules/npm.log")"
	cp "$modules/package-lock.json" "$modules/node_modules/.of"
}

case $part in
page) exec /usr/bin/python3 "$here/test_page.py" ;;
command)
	heddle=$build/bin/heddle
	[ -x "$heddle" ] || skip "needs a build"
	HEDDLE_BUILT=$(realpath "$heddle") exec /usr/bin/python3 "$here/test_command.py"
	;;
bundle)
	fetch "$top/scripts/heddle_report/web" web
	mkdir -p "$modules/made"
	(cd "$modules" && HEDDLE_BUNDLE=made npm run --silent build) || exit 1
	for name in page.js page.css; do
		cmp "$modules/made/$name" "$top/scripts/heddle_report/bundle/$name" || {
			echo "scripts/heddle_report/bundle/$name is not what web/ makes: see scripts/README.md"
			exit 1
		}
	done
	;;
browser)
	chromium=$(command -v chromium) || skip "needs chromium"
	fetch "$here" browser
	/usr/bin/python3 "$here/make_pages.py" "$modules/pages" || exit 1
	CHROMIUM=$chromium PAGES=$modules/pages exec node --test "$modules/browser.test.mjs"
	;;
*) sed -n '2,5s/^# *//p' "$0" >&2; exit 2 ;;
esac

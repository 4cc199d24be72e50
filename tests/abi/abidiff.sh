#!/usr/bin/env bash
# The structs of heddle/plugin.h against those of the first release, by abidiff: abidiff.sh
# What may grow may grow at its end; every other change is found, which is shown on headers that are changed so.
# Exit: 0, 2 with what abidiff found, 77 without it.
set -uo pipefail
here=$(dirname "$(realpath "$0")")
present=$here/../../core/include
command -v abidiff >/dev/null || { echo "skipped: needs abidiff of abigail-tools"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2

object() { # FOLDER_OF_HEADERS NAME
	"${CC:-cc}" -g -gdwarf-4 -fPIC -shared -I "$1" "$here/structs.c" -o "$2.so" || exit 2
}
# True where abidiff finds nothing, less what may be: hd_host and hd_model may grow at their end, and requests come to the end. A
# suppression of abidiff's would pass over all else that changed in a struct that has grown.
keeps() { # NAME: from the first release; what is found is in ./found
	local status=0
	abidiff --leaf-changes-only --no-show-locs first.so "$1.so" >report 2>&1 || status=$?
	if [ $status != 0 ] && [ $status != 4 ]; then cat report >found; return 1; fi # not 4: it has failed, or worse
	awk '
		/summary: / || /^$/ { next }
		/^.struct [a-z_]+. changed:$/ { grows = $2 ~ /^hd_(host|model)/; if (grows) next }
		grows && /^  type size changed from [0-9]+ to [0-9]+ \(in bits\)$/ { size = $5; next }
		grows && /^  [0-9]+ data member insertions?:$/ { next }
		grows && /^    .*, at offset [0-9]+ \(in bits\)$/ && $(NF - 2) >= size { next }
		{ print }' report >found
	[ ! -s found ]
}
faults=0
fault() { printf '%s\n' "$*" >&2; faults=$((faults + 1)); }

object "$here/1" first
object "$present" present
keeps present || fault "plugin.h has changed for plugins that were compiled against the first release: $(cat found)"

# changed NAME may|must-not SED_SCRIPT: the present header, changed.
changed() {
	mkdir -p "$1/heddle"
	sed -E "$3" "$present/heddle/plugin.h" >"$1/heddle/plugin.h"
	! cmp -s "$present/heddle/plugin.h" "$1/heddle/plugin.h" || { fault "$1: the change does not apply"; return; }
	object "$1" "$1"
	if keeps "$1"; then
		[ "$2" = may ] || fault "$1: abidiff finds nothing"
	else
		[ "$2" = must-not ] || fault "$1: abidiff objects: $(cat found)"
	fi
}
changed model-grows may 's/^(\tvoid \(\*close\)\(void \*state\);)/\1\n\tint (*later)(void *state);/'
changed host-grows may 's/^(\tvoid \(\*note\)\(.*)/\1\n\tvoid (*later)(const struct hd_host *);/'
changed new-request may 's/^(\tHD_WAIT )/\1,\n\tHD_LATER /'
changed model-grows-inside must-not 's/^(\tuint64_t ops; .*)/\1\n\tuint64_t more_ops;/'
changed host-grows-inside must-not 's/^(\tconst int \*cpus;.*)/\tuint64_t memory;\n\1/'
changed host-loses must-not 's/^\tvoid \(\*watch\)\(.*//'
changed model-grows-and-changes must-not 's/^(\tvoid \(\*close\)\(void \*state\);)/\1\n\tint (*later)(void *state);/; s/^\tuint64_t ops; /\tuint32_t ops; /'
changed request-grows must-not 's/^(\tuint64_t reserved\[4\];.*)/\1\n\tuint64_t more;/'
changed request-wider must-not 's/^\tint32_t fd, fd2;/\tint64_t fd, fd2;/'
changed section-order must-not 's/^\tuint32_t lock;/\tuint32_t other;/; s/^\tuint32_t flags; /\tuint32_t lock;/; s/^\tuint32_t other;/\tuint32_t flags;/'
changed job-grows must-not 's/^(\tuint32_t reserved;)$/\1\n\tuint64_t more;/'
changed step-other must-not 's/\(struct hd_job \*job, int64_t answer,/(struct hd_job *job, int32_t answer,/'
changed request-inserted must-not 's/^(\tHD_YIELD, )/\tHD_EARLIER,\n\1/'
changed other-magic must-not 's/0x48444c45u/0x48444c46u/'
[ $faults = 0 ] || exit 2

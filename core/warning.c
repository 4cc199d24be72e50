/* SPDX-License-Identifier: MIT */
#include "warning.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "format.h"
#include "words.h"

enum { INDENT = 9 };

static const struct {
	const char *id, *what;
} known[WARNINGS] = {
        [WARNING_BUILD] = {"W01", "debug or sanitizer build"},
        [WARNING_THROTTLED] = {"W02", "CPU quota"},
        [WARNING_CPU_PRESSURE] = {"W03", "CPU pressure"},
        [WARNING_IO_PRESSURE] = {"W04", "I/O pressure"},
        [WARNING_STEAL] = {"W05", "steal"},
        [WARNING_SATURATED] = {"W06", "generator saturated"},
        [WARNING_SHARED] = {"W07", "generator shares cores"},
        [WARNING_GOVERNOR] = {"W08", "powersave governor"},
        [WARNING_NOT_STEADY] = {"W09", "not steady"},
        [WARNING_STALLED] = {"W10", "stalled windows"},
        [WARNING_TWO_MODES] = {"W11", "two modes"},
        [WARNING_PRECISION] = {"W12", "precision not reached"},
        [WARNING_UNSAFE] = {"W13", "plugin writable by all"},
};

const char *warning_id(enum warning warning)
{
	return known[warning].id;
}

static int refuse(const char *word, struct hd_error *err)
{
	char list[WARNINGS * 32] = "", quoted[WORDS_QUOTE];
	size_t used = 0;

	for (int i = 0; i < WARNINGS; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s %s", i ? ", " : "",
		                         known[i].id, known[i].what);
	return hd_error(err, -EINVAL, "--no-warn: unknown warning %s; known are %s",
	                words_quote(word, quoted), list);
}

int warnings_silence(struct warnings *warnings, const char *list, struct hd_error *err)
{
	char word[32];

	for (const char *at = list;; at++) {
		size_t length = strcspn(at, ",");
		int i = 0;

		snprintf(word, sizeof(word), "%.*s", (int)length, at);
		while (i < WARNINGS && strcasecmp(word, known[i].id) != 0)
			i++;
		if (i == WARNINGS)
			return refuse(word, err);
		warnings->of[i].silenced = true;
		at += length;
		if (!*at)
			return 0;
	}
}

void warnings_raise(struct warnings *warnings, enum warning warning, const char *format, ...)
{
	struct warning_state *state = &warnings->of[warning];
	va_list args;

	if (state->text[0])
		return;
	va_start(args, format);
	vsnprintf(state->text, sizeof(state->text), format, args);
	va_end(args);
}

void warnings_concern(struct warnings *warnings, enum warning warning, double worst)
{
	struct warning_state *state = &warnings->of[warning];

	if (!state->cases || worst > state->worst)
		state->worst = worst;
	state->cases++;
}

void warnings_join(struct warnings *warnings, const struct warnings *other)
{
	for (int i = 0; i < WARNINGS; i++) {
		struct warning_state *mine = &warnings->of[i];
		const struct warning_state *theirs = &other->of[i];

		if (!theirs->cases)
			continue;
		mine->worst = mine->cases ? fmax(mine->worst, theirs->worst) : theirs->worst;
		if (theirs->cases > mine->cases)
			mine->cases = theirs->cases;
	}
}

void warnings_tell(struct warnings *warnings, FILE *out, int width)
{
	for (int i = 0; i < WARNINGS; i++) {
		struct warning_state *state = &warnings->of[i];

		if (!state->text[0] || state->silenced || state->told)
			continue;
		fprintf(out, "%-*s", INDENT, known[i].id);
		format_wrapped(out, width, INDENT, INDENT, state->text);
		state->told = true;
	}
}

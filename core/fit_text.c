/* SPDX-License-Identifier: MIT */
/* A fit as people read it, from the document alone: two lines a series, what it is and its interval below. */
#include <math.h>
#include <string.h>

#include "error.h"
#include "fit.h"
#include "format.h"
#include "result_rows.h"

enum {
	NAME = 15,
	RATE = 13,
	CONTENTION = 13,
	COHERENCE = 16,
	PEAK = 10,
	INDENT = 6,
	CELL = 3 * FORMAT_TEXT
};

struct sheet {
	FILE *out;
	int width;
};

static double number(const json_t *estimate, const char *key)
{
	return row_number(json_object_get(estimate, key));
}

static void put_cell(const struct sheet *sheet, int width, const char *text)
{
	int taken = format_width(text);

	fprintf(sheet->out, "%*s%s", width > taken ? width - taken : 1, "", text);
}

/* ---- Cells ------------------------------------------------------------------------------------- */

/* How many decimals leave so many digits that count, of the upper end of an interval. */
static int decimals_for(double value, int digits)
{
	int decimals = value > 0 ? digits - 1 - (int)floor(log10(value)) : 0;

	return decimals < 0 ? 0 : decimals > 4 ? 4 : decimals;
}

static void put_share(const struct sheet *sheet, int width, const json_t *share)
{
	double value = 100 * number(share, "value"), high = 100 * number(share, "high");
	char text[CELL] = "-";

	if (isfinite(value))
		snprintf(text, sizeof(text), "%.*f %%", decimals_for(high, 2), value);
	put_cell(sheet, width, value == 0 ? "0 %" : text);
}

static void put_share_interval(const struct sheet *sheet, int width, const json_t *share)
{
	double low = 100 * number(share, "low"), high = 100 * number(share, "high");
	int decimals = decimals_for(high, 2);
	char text[CELL] = "-";

	if (isfinite(low) && isfinite(high))
		snprintf(text, sizeof(text), "%.*f %s %.*f", decimals, low, format_range_mark(),
		         decimals, high);
	put_cell(sheet, width, text);
}

static void put_rate(const struct sheet *sheet, const json_t *rate, const char *unit)
{
	char text[FORMAT_TEXT];

	put_cell(sheet, RATE, format_quantity(number(rate, "value"), unit, text));
}

/* In four digits before the point and two behind it. */
static bool can_be_read(double value, struct format_scale scale)
{
	double size = fabs(value) / scale.factor;

	return value == 0 || (size >= 0.01 && size < 9999.5);
}

/* With the prefix of the rate itself; bounds that are far from it have their own. */
static const char *rate_interval(const json_t *rate, char text[FORMAT_RANGE])
{
	struct format_scale scale = format_scale_of(number(rate, "value"));
	double low = number(rate, "low"), high = number(rate, "high");
	char first[FORMAT_TEXT], last[FORMAT_TEXT];

	if (!isfinite(low) || !isfinite(high) ||
	    (can_be_read(low, scale) && can_be_read(high, scale)))
		return format_range(low, high, scale, " ", text);
	snprintf(text, FORMAT_RANGE, "%s %s %s", format_quantity(low, "", first),
	         format_range_mark(), format_quantity(high, "", last));
	return text;
}

static void put_peak(const struct sheet *sheet, const json_t *cores)
{
	double value = number(cores, "value");
	char text[FORMAT_TEXT] = "none";

	if (isfinite(value))
		snprintf(text, sizeof(text), "%.0f", value);
	put_cell(sheet, PEAK, text);
}

static void put_peak_interval(const struct sheet *sheet, const json_t *cores)
{
	double low = number(cores, "low"), high = number(cores, "high");
	char text[CELL] = "-";

	if (isfinite(low) && isfinite(high))
		snprintf(text, sizeof(text), "%.0f %s %.0f", low, format_range_mark(), high);
	else if (isfinite(low))
		snprintf(text, sizeof(text), "from %.0f", low);
	put_cell(sheet, PEAK, text);
}

/* ---- Lines below a series ---------------------------------------------------------------------- */

static void put_note(const struct sheet *sheet, const char *text)
{
	fprintf(sheet->out, "%*s", INDENT, "");
	format_wrapped(sheet->out, sheet->width, INDENT, INDENT, text);
}

/* Which law it is, where that is not the whole of it. */
static void put_law(const struct sheet *sheet, const json_t *fit)
{
	const json_t *worst = json_object_get(fit, "worst");
	const char *law = row_text(fit, "law");
	char text[ROW_TITLE];
	int length;

	if (strcmp(law, "amdahl") == 0) {
		put_note(sheet, "Amdahl's law tells it as well: coherence could be 0");
	} else if (strcmp(law, "neither") == 0) {
		length = snprintf(text, sizeof(text), "no such law: it misses %d of %zu medians",
		                  (int)number(fit, "missed"),
		                  json_array_size(json_object_get(fit, "points")));
		if (isfinite(number(worst, "percent")))
			snprintf(text + length, sizeof(text) - (size_t)length,
			         ", that at %d cores by %+.0f %%", (int)number(worst, "cores"),
			         number(worst, "percent"));
		put_note(sheet, text);
	}
}

static void put_beyond(const struct sheet *sheet, const json_t *fit)
{
	const json_t *peak = json_object_get(fit, "peak"), *points = json_object_get(fit, "points");
	double largest = number(json_array_get(points, json_array_size(points) - 1), "cores");
	char text[CELL];

	if (!json_is_true(json_object_get(peak, "beyond")) ||
	    !isfinite(number(json_object_get(peak, "cores"), "value")))
		return;
	snprintf(text, sizeof(text), "the peak lies beyond the %.0f cores measured", largest);
	put_note(sheet, text);
}

static void put_predictions(const struct sheet *sheet, const json_t *fit)
{
	json_t *prediction;
	size_t i;

	json_array_foreach(json_object_get(fit, "predictions"), i, prediction)
	{
		const json_t *rate = json_object_get(prediction, "throughput");
		const char *warning = row_text(prediction, "warning");
		char text[ROW_TITLE], value[FORMAT_TEXT], interval[FORMAT_RANGE];

		snprintf(text, sizeof(text), "at %.0f cores: %s, %s%s%s",
		         number(prediction, "cores"),
		         format_quantity(number(rate, "value"), row_text(fit, "unit"), value),
		         rate_interval(rate, interval), *warning ? "; " : "", warning);
		put_note(sheet, text);
	}
}

static void put_left_out(const struct sheet *sheet, const json_t *fit)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(fit, "left_out"), i, item)
	{
		char text[2 * ROW_TITLE];

		snprintf(text, sizeof(text), "left out: cores=%" JSON_INTEGER_FORMAT ", %s",
		         json_integer_value(json_object_get(item, "cores")),
		         row_text(item, "reason"));
		text_whole(text);
		put_note(sheet, text);
	}
}

/* ---- Series ------------------------------------------------------------------------------------ */

static void put_numbers(const struct sheet *sheet, const json_t *fit)
{
	const json_t *peak = json_object_get(fit, "peak"), *lambda = json_object_get(fit, "lambda"),
	             *rate = json_object_get(peak, "throughput");
	const char *unit = row_text(fit, "unit");
	char text[FORMAT_RANGE];

	put_rate(sheet, lambda, unit);
	put_share(sheet, CONTENTION, json_object_get(fit, "alpha"));
	put_share(sheet, COHERENCE, json_object_get(fit, "beta"));
	put_peak(sheet, json_object_get(peak, "cores"));
	put_rate(sheet, rate, unit);
	fprintf(sheet->out, "\n%*s", NAME, "");
	put_cell(sheet, RATE, rate_interval(lambda, text));
	put_share_interval(sheet, CONTENTION, json_object_get(fit, "alpha"));
	put_share_interval(sheet, COHERENCE, json_object_get(fit, "beta"));
	put_peak_interval(sheet, json_object_get(peak, "cores"));
	put_cell(sheet, RATE, rate_interval(rate, text));
	fputc('\n', sheet->out);
}

static void put_series(const struct sheet *sheet, const json_t *fit)
{
	const char *reason = row_text(fit, "reason");
	char name[ROW_TITLE];
	bool fits_in;

	snprintf(name, sizeof(name), "%s",
	         *row_text(fit, "series") ? row_text(fit, "series") : row_text(fit, "model"));
	text_whole(name);
	text_clean(name);
	fits_in = !*reason && format_width(name) <= NAME - 2;
	fprintf(sheet->out, "  %s%*s", name, fits_in ? NAME - 2 - format_width(name) : 0, "");
	if (*reason) {
		fputs("  ", sheet->out);
		format_wrapped(sheet->out, sheet->width, INDENT, format_width(name) + 4, reason);
	} else {
		if (!fits_in)
			fprintf(sheet->out, "\n%*s", NAME, "");
		put_numbers(sheet, fit);
		put_law(sheet, fit);
		put_beyond(sheet, fit);
		put_predictions(sheet, fit);
	}
	put_left_out(sheet, fit);
}

static void put_heading(const struct sheet *sheet, const json_t *fit)
{
	const char *title =
	        *row_text(fit, "title") ? row_text(fit, "title") : row_text(fit, "workload");
	int taken = format_width(title);

	fputc('\n', sheet->out);
	format_clean(sheet->out, title);
	if (json_is_string(json_object_get(fit, "reason"))) {
		fputc('\n', sheet->out);
		return;
	}
	if (taken > NAME + 2)
		fputc('\n', sheet->out);
	fprintf(sheet->out, "%*s%*s%*s%*s%*s\n", NAME + RATE - (taken > NAME + 2 ? 0 : taken),
	        "1 core", CONTENTION, "contention", COHERENCE, "coherence", PEAK, "peak at", RATE,
	        "highest");
}

void fit_print(const json_t *document, int width, FILE *out)
{
	const struct sheet sheet = {out, width};
	const json_t *fits = json_object_get(document, "fits");
	const char *simulated = row_text(json_object_get(document, "result"), "simulated"),
	           *before = NULL;
	json_t *fit;
	size_t i;

	if (*simulated) {
		fputs("simulated  ", out);
		format_wrapped(out, width, 11, 11, simulated);
	}
	json_array_foreach(fits, i, fit)
	{
		if (!before || strcmp(before, row_text(fit, "title")))
			put_heading(&sheet, fit);
		before = row_text(fit, "title");
		put_series(&sheet, fit);
	}
}

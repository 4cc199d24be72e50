/* SPDX-License-Identifier: MIT */
#include "topology_print.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 20 };

/* Words, wrapped behind a label. */
struct writer {
	FILE *out;
	int column;
};

static void put_label(struct writer *writer, const char *label)
{
	fprintf(writer->out, "%-*s", INDENT - 1, label);
	writer->column = INDENT - 1;
}

static void put_word(struct writer *writer, const char *word)
{
	int length = (int)strlen(word);

	if (writer->column + 1 + length > WIDTH && writer->column >= INDENT) {
		fprintf(writer->out, "\n%*s", INDENT - 1, "");
		writer->column = INDENT - 1;
	}
	fprintf(writer->out, " %s", word);
	writer->column += 1 + length;
}

static void end_line(struct writer *writer)
{
	fputc('\n', writer->out);
}

static void put_sentence(struct writer *writer, const char *label, const char *text)
{
	put_label(writer, label);
	while (*text) {
		char word[WIDTH];
		size_t length = strcspn(text, " ");

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		put_word(writer, word);
		text += length + strspn(text + length, " ");
	}
	end_line(writer);
}

/*
 * How many PUs from the first on lie at even steps. Two in a row are a range only where they are
 * neighbours.
 */
static int run_length(const struct topology_pu *pus, int count, int *step)
{
	int length = 2;

	*step = count > 1 ? pus[1].os_index - pus[0].os_index : 0;
	if (*step < 1)
		return 1;
	while (length < count && pus[length].os_index - pus[length - 1].os_index == *step)
		length++;
	return length > 2 || *step == 1 ? length : 1;
}

static void put_pus(struct writer *writer, const struct topology_pu *pus, int count)
{
	char word[WIDTH];

	for (int i = 0; i < count;) {
		int step, length = run_length(pus + i, count - i, &step);
		int first = pus[i].os_index, last = pus[i + length - 1].os_index;
		const char *comma = i + length < count ? "," : "";

		if (length == 1)
			snprintf(word, sizeof(word), "%d%s", first, comma);
		else if (step == 1)
			snprintf(word, sizeof(word), "%d-%d%s", first, last, comma);
		else
			snprintf(word, sizeof(word), "%d-%d:%d%s", first, last, step, comma);
		put_word(writer, word);
		i += length;
	}
}

/* PUs from `from` on that share kind and sibling number, and package where asked. */
static int group_length(const struct topology *topology, int from, bool by_package)
{
	const struct topology_pu *first = &topology->usable[from];
	int i = from + 1;

	for (; i < topology->pus_usable; i++) {
		const struct topology_pu *pu = &topology->usable[i];

		if (pu->sibling != first->sibling || pu->kind != first->kind ||
		    (by_package && pu->package != first->package))
			break;
	}
	return i - from;
}

static void put_group_label(struct writer *writer, const struct topology_pu *first)
{
	char what[32] = "cores", text[64];

	if (first->sibling == 1)
		snprintf(what, sizeof(what), "siblings");
	else if (first->sibling > 1)
		snprintf(what, sizeof(what), "siblings %d", first->sibling);
	if (first->kind >= 0)
		snprintf(text, sizeof(text), "  %s, kind %d", what, first->kind);
	else
		snprintf(text, sizeof(text), "  %s", what);
	put_label(writer, text);
}

static void print_order(const struct topology *topology, struct writer *writer)
{
	fprintf(writer->out, "order near%s\n",
	        topology->kinds > 1 ? ", kind 0 is the fastest" : "");
	for (int i = 0; i < topology->pus_usable;) {
		int end = i + group_length(topology, i, false);

		put_group_label(writer, &topology->usable[i]);
		while (i < end) {
			int length = group_length(topology, i, true);

			put_pus(writer, topology->usable + i, length);
			i += length;
			if (i < end)
				put_word(writer, "|");
		}
		end_line(writer);
	}
}

static void print_limits(const struct topology *topology, struct writer *writer)
{
	int budget = topology_core_budget(topology);
	char text[512];

	snprintf(text, sizeof(text), "%d of %d cores, %d of %d PUs: %s", topology->cores_usable,
	         topology->cores, topology->pus_usable, topology->pus, topology->cpuset);
	put_sentence(writer, "usable", text);
	if (topology->pus_in_cpuset < topology->pus) {
		snprintf(text, sizeof(text), "the control group's cpuset leaves %d of %d PUs",
		         topology->pus_in_cpuset, topology->pus);
		put_sentence(writer, "", text);
	}
	if (topology->pus_usable < topology->pus_in_cpuset) {
		snprintf(text, sizeof(text), "the affinity mask (taskset) leaves %d of %d PUs",
		         topology->pus_usable, topology->pus_in_cpuset);
		put_sentence(writer, "", text);
	}
	if (isnan(topology->cpu_quota))
		snprintf(text, sizeof(text), "none");
	else
		snprintf(text, sizeof(text), "%.3g CPUs of time: enough for %d core%s",
		         topology->cpu_quota, budget, budget == 1 ? "" : "s");
	put_sentence(writer, "CPU quota", text);
}

/* 1, 2, 4, ... and the most. */
static void print_sweep(const struct topology *topology, struct writer *writer)
{
	int most = topology_core_budget(topology);
	char word[16];

	put_label(writer, "cores \"pow2\"");
	for (int count = 1; count < most; count *= 2) {
		snprintf(word, sizeof(word), "%d,", count);
		put_word(writer, word);
	}
	snprintf(word, sizeof(word), "%d", most);
	put_word(writer, word);
	end_line(writer);
}

void topology_print(const struct topology *topology, FILE *out)
{
	struct writer writer = {.out = out};

	if (topology->cpu_model[0])
		put_sentence(&writer, "CPU", topology->cpu_model);
	put_sentence(&writer, "found", topology->summary);
	if (!topology->is_this_system)
		put_sentence(
		        &writer, "",
		        "not this system (HWLOC_SYNTHETIC or HWLOC_XMLFILE): nothing can be run");
	print_limits(topology, &writer);
	print_order(topology, &writer);
	print_sweep(topology, &writer);
}

/* SPDX-License-Identifier: MIT */
#include "topology_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

enum { WIDTH = 80, INDENT = 20, TEXT = 512 };

static void put_line(FILE *out, const char *label, const char *text)
{
	fprintf(out, "%-*s ", INDENT - 1, label);
	format_wrapped(out, WIDTH, INDENT, INDENT, text);
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

static void write_pus(FILE *words, const struct topology_pu *pus, int count)
{
	for (int i = 0; i < count;) {
		int step, length = run_length(pus + i, count - i, &step);
		int first = pus[i].os_index, last = pus[i + length - 1].os_index;

		if (length == 1)
			fprintf(words, "%d", first);
		else if (step == 1)
			fprintf(words, "%d-%d", first, last);
		else
			fprintf(words, "%d-%d:%d", first, last, step);
		i += length;
		fputs(i < count ? ", " : "", words);
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

static void name_group(const struct topology_pu *first, char text[TEXT])
{
	char what[32] = "cores";

	if (first->sibling == 1)
		snprintf(what, sizeof(what), "siblings");
	else if (first->sibling > 1)
		snprintf(what, sizeof(what), "siblings %d", first->sibling);
	if (first->kind >= 0)
		snprintf(text, TEXT, "  %s, kind %d", what, first->kind);
	else
		snprintf(text, TEXT, "  %s", what);
}

/* The PUs of one group, packages apart: however many they are. */
static void print_group(const struct topology *topology, int from, int end, FILE *out)
{
	char label[TEXT], *text = NULL;
	size_t size;
	FILE *words = open_memstream(&text, &size);

	for (int i = from; words && i < end;) {
		int length = group_length(topology, i, true);

		write_pus(words, topology->usable + i, length);
		i += length;
		fputs(i < end ? " | " : "", words);
	}
	if (words)
		fclose(words);
	name_group(&topology->usable[from], label);
	put_line(out, label, text ? text : "out of memory");
	free(text);
}

static void print_order(const struct topology *topology, FILE *out)
{
	fprintf(out, "order near%s\n", topology->kinds > 1 ? ", kind 0 is the fastest" : "");
	for (int i = 0, end; i < topology->pus_usable; i = end) {
		end = i + group_length(topology, i, false);
		print_group(topology, i, end, out);
	}
}

static void print_limits(const struct topology *topology, FILE *out)
{
	int budget = topology_budget(topology, topology->cores_usable);
	char text[TEXT];

	snprintf(text, sizeof(text), "%d of %d cores, %d of %d PUs: %s", topology->cores_usable,
	         topology->cores, topology->pus_usable, topology->pus, topology->cpuset);
	put_line(out, "usable", text);
	if (topology->pus_in_cpuset < topology->pus) {
		snprintf(text, sizeof(text), "the control group's cpuset leaves %d of %d PUs",
		         topology->pus_in_cpuset, topology->pus);
		put_line(out, "", text);
	}
	if (topology->pus_usable < topology->pus_in_cpuset) {
		snprintf(text, sizeof(text), "the affinity mask (taskset) leaves %d of %d PUs",
		         topology->pus_usable, topology->pus_in_cpuset);
		put_line(out, "", text);
	}
	if (isnan(topology->cpu_quota))
		snprintf(text, sizeof(text), "none");
	else
		snprintf(text, sizeof(text), "%.3g CPUs of time: enough for %d core%s",
		         topology->cpu_quota, budget, budget == 1 ? "" : "s");
	put_line(out, "CPU quota", text);
}

/* 1, 2, 4, ... and the most. */
static void print_sweep(const struct topology *topology, FILE *out)
{
	int most = topology_budget(topology, topology->cores_usable);
	char text[TEXT] = "";
	size_t at = 0;

	for (int count = 1; count < most; count *= 2)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%d, ", count);
	snprintf(text + at, sizeof(text) - at, "%d", most);
	put_line(out, "cores \"pow2\"", text);
}

void topology_print(const struct topology *topology, FILE *out)
{
	if (topology->cpu_model[0])
		put_line(out, "CPU", topology->cpu_model);
	put_line(out, "found", topology->summary);
	if (!topology->is_this_system)
		put_line(out, "",
		         "not this system (HWLOC_SYNTHETIC or HWLOC_XMLFILE): nothing can be run");
	print_limits(topology, out);
	print_order(topology, out);
	print_sweep(topology, out);
}

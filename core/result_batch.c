/* SPDX-License-Identifier: MIT */
/*
 * What a batch hides. Sections that a task asks for at a time share what one request costs, so the batch
 * decides who wins: where the same case was run at batch 1 as well, the factor between them is told.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "memory.h"
#include "result_document.h"
#include "stats.h"

#define LEAST_FACTOR 2.0 /* below, the requests were not what it cost */

size_t result_log_ratios(const struct journal_case *mine, const struct journal_case *base,
                         double *logs)
{
	size_t n = 0;

	for (uint32_t i = 0; i < mine->rounds && i < base->rounds; i++)
		if (mine->gate[i] > 0 && base->gate[i] > 0)
			logs[n++] = log(mine->gate[i] / base->gate[i]);
	return n;
}

static bool same_values(const struct hd_option *specs, const struct value *a, const struct value *b,
                        int but)
{
	for (int i = 0; specs && specs[i].name; i++)
		if (i != but && !option_equal(&specs[i], a[i], b[i]))
			return false;
	return true;
}

static bool same_label(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* All that makes a case but its batch. */
static bool same_but_batch(const struct plan_case *a, const struct plan_case *b, int batch)
{
	return a->workload == b->workload && a->model == b->model && a->cores == b->cores &&
	       a->pus == b->pus && same_label(a->label, b->label) &&
	       same_values(a->workload->params, a->params, b->params, batch) &&
	       same_values(a->model->options, a->options, b->options, -1);
}

static const struct journal_case *find_batch_1(const struct journal *journal,
                                               const struct plan *plan, size_t index, int batch)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_case *kase = &plan->cases[i];

		if (kase->workload == plan->cases[index].workload &&
		    kase->params[batch].number == 1 && journal->cases[i].status == STATUS_OK &&
		    same_but_batch(kase, &plan->cases[index], batch))
			return &journal->cases[i];
	}
	return NULL;
}

bool result_amortised(const struct journal *journal, const struct plan *plan, size_t index,
                      char *text, size_t size)
{
	const struct plan_case *kase = &plan->cases[index];
	const struct journal_case *mine = &journal->cases[index], *single;
	int batch = option_find(kase->workload->params, "batch");
	char factor[FORMAT_TEXT];
	double *logs, ratio;

	if (batch < 0 || kase->params[batch].number == 1)
		return false;
	single = find_batch_1(journal, plan, index, batch);
	logs = single ? memory_zalloc(mine->rounds + 1, sizeof(*logs)) : NULL;
	if (!logs)
		return false;
	ratio = exp(stats_median(logs, result_log_ratios(mine, single, logs)));
	free(logs);
	if (!(ratio >= LEAST_FACTOR))
		return false;
	snprintf(text, size, "batch %lld amortises: %sx the rate of batch 1",
	         (long long)kase->params[batch].number, format_digits(ratio, factor));
	return true;
}

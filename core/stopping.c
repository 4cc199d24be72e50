/* SPDX-License-Identifier: MIT */
#include "stopping.h"

#include <math.h>

#include "stats.h"

bool stopping_is_look(size_t n)
{
	return n == 10 || n == 20 || n == STOPPING_MOST;
}

double stopping_error(double target_percent)
{
	return target_percent > 0 ? 0.05 / STOPPING_LOOKS : 0.05;
}

double stopping_half_width_percent(const double *values, size_t n)
{
	struct interval interval = stats_ci(values, n, 0.05 / STOPPING_LOOKS);
	double median = stats_median(values, n);

	return median != 0 ? 100 * (interval.high - interval.low) / 2 / fabs(median) : NAN;
}

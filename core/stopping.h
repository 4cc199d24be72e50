/* SPDX-License-Identifier: MIT */
/*
 * When a case has been tried often enough, where a precision was asked for. Whoever looks after each
 * trial and stops at the first narrow interval finds one too early: so it is looked at three times only,
 * and the error of 5 % is split evenly over the looks (Bonferroni). Intervals of such a run are made with
 * the share of one look; whichever look was the last, they enclose the median with 95 % or more.
 */
#ifndef HEDDLE_STOPPING_H
#define HEDDLE_STOPPING_H

#include <stdbool.h>
#include <stddef.h>

enum { STOPPING_LOOKS = 3, STOPPING_MOST = 40 /* trials at the last look */ };

/* Whether a case with n trials is looked at before the run ends: 10, 20, 40. */
bool stopping_is_look(size_t n);
/* Probability that an interval misses the median: of one look where `target_percent` > 0, else 0.05. */
double stopping_error(double target_percent);
/*
 * Half the width of the median's interval of one look, in percent of the median. NAN where there is no
 * interval (fewer than 7 values) or the median is 0.
 */
double stopping_half_width_percent(const double *values, size_t n);

#endif

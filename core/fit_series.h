/* SPDX-License-Identifier: MIT */
/* One entry of a fit: a workload's series over core counts. */
#ifndef HEDDLE_FIT_SERIES_H
#define HEDDLE_FIT_SERIES_H

#include "fit.h"

/* Of an array of cases that differ in cores only. A new reference, or NULL where memory ran out. */
json_t *fit_series(const json_t *cases, const struct fit_options *);

#endif

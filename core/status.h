/* SPDX-License-Identifier: MIT */
/* How a trial or a case ended; of several the worst wins, which is the greatest. */
#ifndef HEDDLE_STATUS_H
#define HEDDLE_STATUS_H

enum status {
	STATUS_OK,
	STATUS_SKIPPED,      /* the model cannot do it or cannot run here */
	STATUS_FAILED,       /* the model or the harness said so: -errno with a reason */
	STATUS_TIMED_OUT,    /* no progress, or over its plan */
	STATUS_CRASHED,      /* a process of the model died */
	STATUS_WRONG_RESULT, /* it ran, and did not do what was asked */
};
enum { STATUSES = STATUS_WRONG_RESULT + 1 };

/* "ok", "skipped", "failed", "timed-out", "crashed", "wrong-result" */
const char *status_name(enum status);
/* -1 where there is none of that name. */
int status_find(const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* What the files compare*.c share. */
#ifndef HEDDLE_COMPARE_PARTS_H
#define HEDDLE_COMPARE_PARTS_H

#include "compare.h"

enum { COMPARE_TEXT = 200 };

/* A result as it was read. */
struct compare_result {
	char *path;                          /* owned */
	json_t *document, *by_key, *by_name; /* itself, and its cases; owned */
	size_t looks;                        /* see struct sample */
};

/* A case that NEW and at least one base have, and that went well in both. */
struct compare_pairing {
	const json_t *new_case; /* this one and the old ones are borrowed from the documents */
	struct compare_old {
		const json_t *of_case;
		size_t looks;
	} * old; /* the newest last; owned */
	size_t old_count;
	char forced[COMPARE_TEXT]; /* in which settings they differ nevertheless; "" */
};

/* What is compared, and what is to be said of it. */
struct comparison {
	const struct compare_options *options;
	struct compare_result new;
	struct compare_result *bases; /* one, or a history with the newest last; owned */
	size_t base_count;
	bool machines_differ;             /* and are compared nevertheless */
	bool is_history;                  /* BASE is a folder */
	struct compare_pairing *pairings; /* owned */
	size_t pairing_count;
	size_t joined; /* cases that both have, those that did not go well among them */
	struct problems *differences, notes; /* notes: for the document */
	json_t *other_settings; /* of a history: what differed -> [cases, the first's name]; owned */
	json_t *unjudged, *verdicts; /* arrays; owned */
};

/* -- compare_input.c -- */

/* Reads NEW and BASE. Files of a folder that are no results, and those of the same run, are left out with
   a note. 0 or -errno. */
int compare_read(struct comparison *, struct hd_error *);
/* Leaves the i-th base out. */
void compare_drop_base(struct comparison *, size_t i);
void compare_inputs_free(struct comparison *);

/* -- compare_alike.c -- */

/* A line for each trait in which two machines, or versions, are not of one class. */
void compare_machines(const json_t *base, const json_t *new, struct problems *lines);
/* What two cases of one name differ in: "warmup_ms 50, now 100; batch 1, now 64". */
void compare_settings(const struct compare_result *base, const json_t *base_case,
                      const struct compare_result *new, const json_t *new_case,
                      char text[COMPARE_TEXT]);
/* Whether both documents tell of the same run. */
bool compare_is_same_run(const json_t *base, const json_t *new);

/* -- compare_join.c -- */

/* Fills pairings and unjudged, and the differences of cases that may not be joined. 0 or -ENOMEM. */
int compare_join(struct comparison *, struct hd_error *);
void compare_pairings_free(struct comparison *);

/* -- compare_judge.c -- */

/* Judges the pairings: fills verdicts. 0 or -errno: a metric that no case has, or that has no direction. */
int compare_judge(struct comparison *, struct hd_error *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the machine has, what this process may use of it, and in which order its PUs are taken. The
 * only file that includes hwloc.h.
 */
#ifndef HEDDLE_TOPOLOGY_H
#define HEDDLE_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct topology_pu {
	/* logical indexes but the first; -1 where there is none */
	int os_index, core, package, numa;
	int kind; /* of its core on a hybrid machine, 0 is the fastest; -1 where it has no rank */
	int sibling; /* 0: the first PU of its core in the order, 1: the second, ... */
};

/* Caches of one size at one level; unified, or for data. */
struct topology_cache {
	int level, count;
	int line_bytes; /* 0: unknown */
	uint64_t bytes; /* of one of them; 0: unknown */
};

enum { TOPOLOGY_CACHES = 12 };

/* All memory is owned by the struct. */
struct topology {
	/* found on the machine, online; a PU without a core counts as a core */
	int packages, numa_nodes, cores, pus;
	int kinds; /* of cores, ranked by speed; 1 where all are alike or their rank is unknown */
	/* that may be used: affinity mask, cpuset */
	int cores_usable, pus_usable;
	int pus_in_cpuset;          /* what the control group's cpuset alone leaves */
	struct topology_pu *usable; /* the placement order `near`, pus_usable of them */
	int *spread;                /* OS indexes of the same PUs in the placement order `spread` */
	bool is_this_system;        /* false for HWLOC_SYNTHETIC and HWLOC_XMLFILE */
	double cpu_quota; /* CPUs' worth a period; NAN where there is none, or not this system */
	int cache_count;  /* 0 where the machine does not tell */
	struct topology_cache caches[TOPOLOGY_CACHES];
	char cpuset[256];    /* usable OS indexes: "0-3,8"; ends in "..." where it is cut */
	char summary[256];   /* "1 package, 2 cores, 2 PUs" */
	char cpu_model[128]; /* "" where unknown */
};

enum topology_placement { TOPOLOGY_NEAR, TOPOLOGY_SPREAD };

/*
 * 0 or -errno. HWLOC_XMLFILE and HWLOC_SYNTHETIC are honoured in this order, and an error where
 * they hold nonsense; hwloc alone would quietly fall back to the real machine. Call it before
 * threads are started.
 */
int topology_load(struct topology *, struct hd_error *);
void topology_free(struct topology *);

/*
 * The first `count` places of the order: OS indexes into cpus. NEAR: one PU of each core, by CPU
 * kind (fastest first), package by package; then the siblings likewise. SPREAD: the same but cores
 * of the packages in turn. So the first cores_usable places are on cores of their own.
 */
void topology_order(const struct topology *, enum topology_placement, int *cpus, int count);

/*
 * How many of `count` cores or PUs can be busy all the time under the CPU quota: at least 1 of any,
 * all where there is no quota. "max" of a sweep; more than that is throttled and measures the quota.
 */
int topology_budget(const struct topology *, int count);
/*
 * Where the quota is less than `cores` cores' time: true, with a sentence for the case's notes in
 * text. Else false and "".
 */
bool topology_quota_note(const struct topology *, int cores, char *text, size_t size);

#endif

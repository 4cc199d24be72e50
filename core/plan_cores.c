/* SPDX-License-Identifier: MIT */
/* Core counts, the PUs behind them, and the load generator's share. */
#include "plan_make.h"

#include <stdlib.h>
#include <string.h>

/* The core of each PU by its OS index, and which cores were met: the lookups of a large machine. */
struct cores {
	int pus;
	int *of_pu; /* -1 where it may not be used */
	bool *met;  /* by core */
};

static bool map_cores(struct maker *maker, struct cores *map)
{
	const struct topology *topology = maker->topology;
	int most_core = 0;

	for (int i = 0; i < topology->pus_usable; i++) {
		const struct topology_pu *pu = topology->usable + i;

		map->pus = pu->os_index >= map->pus ? pu->os_index + 1 : map->pus;
		most_core = pu->core > most_core ? pu->core : most_core;
	}
	map->of_pu = pool_zalloc(maker->pool, (size_t)map->pus, sizeof(*map->of_pu));
	map->met = pool_zalloc(maker->pool, (size_t)most_core + 1, sizeof(*map->met));
	if (!map->of_pu || !map->met)
		return false;
	for (int i = 0; i < map->pus; i++)
		map->of_pu[i] = -1;
	for (int i = 0; i < topology->pus_usable; i++)
		map->of_pu[topology->usable[i].os_index] = topology->usable[i].core;
	return true;
}

static int core_of(const struct cores *map, int pu)
{
	return pu >= 0 && pu < map->pus ? map->of_pu[pu] : -1;
}

/* Remembers exactly the cores of these PUs. */
static void meet(const struct maker *maker, struct cores *map, const int *cpus, uint32_t count)
{
	for (int i = 0; i < maker->topology->pus_usable; i++)
		map->met[maker->topology->usable[i].core] = false;
	for (uint32_t i = 0; i < count; i++)
		map->met[core_of(map, cpus[i])] = true;
}

static void order_list(struct maker *maker, struct cores *map, struct pu_order *cores,
                       struct pu_order *pus)
{
	const struct config_placement *placement = &maker->config->placement;

	for (size_t i = 0; i < placement->count; i++) {
		int core = core_of(map, placement->pus[i]);

		if (core < 0) {
			plan_problem(maker, placement->place,
			             "PU %d is not among the usable ones (%s)", placement->pus[i],
			             maker->topology->cpuset);
			continue;
		}
		pus->cpus[pus->count++] = placement->pus[i];
		if (!map->met[core])
			cores->cpus[cores->count++] = placement->pus[i];
		map->met[core] = true;
	}
}

static void order_all(struct maker *maker, struct pu_order *cores, struct pu_order *pus)
{
	const struct topology *topology = maker->topology;
	enum topology_placement placement =
	        maker->config->placement.kind == PLACEMENT_SPREAD ? TOPOLOGY_SPREAD : TOPOLOGY_NEAR;

	topology_order(topology, placement, pus->cpus, topology->pus_usable);
	pus->count = (uint32_t)topology->pus_usable;
	memcpy(cores->cpus, pus->cpus, (size_t)topology->pus_usable * sizeof(*cores->cpus));
	cores->count = (uint32_t)topology->cores_usable;
}

/*
 * The generator's cores come from the end of the order, one PU of each; cores outside a list of PUs
 * stand behind it.
 */
static void place_generator(struct maker *maker, struct cores *map)
{
	const struct topology *topology = maker->topology;
	const struct pu_order *order = &maker->order[false];
	uint32_t usable = (uint32_t)topology->cores_usable, count = order->count;
	uint32_t wanted = maker->config->generator_cores;
	int *cpus = pool_zalloc(maker->pool, usable, sizeof(*cpus));

	if (wanted > usable)
		plan_problem(maker, "generator_cores", "%u of %u usable cores (cpuset %s)", wanted,
		             usable, topology->cpuset);
	if (!cpus || wanted > usable)
		return;
	if (wanted == 0)
		wanted = usable > 1 ? usable / 2 : 1;
	memcpy(cpus, order->cpus, count * sizeof(*cpus));
	meet(maker, map, order->cpus, order->count);
	for (int i = 0; i < topology->cores_usable && count < usable; i++)
		if (!map->met[topology->usable[i].core])
			cpus[count++] = topology->usable[i].os_index;
	maker->plan->generator_cpus = cpus + (count > wanted ? count - wanted : 0);
	maker->plan->generator_cores = wanted < count ? wanted : count;
}

/* A core is shared even where a case takes the other PU of it. */
static void find_shared(struct maker *maker, struct cores *map, struct pu_order *order)
{
	meet(maker, map, maker->plan->generator_cpus, maker->plan->generator_cores);
	while (order->before_shared < order->count &&
	       !map->met[core_of(map, order->cpus[order->before_shared])])
		order->before_shared++;
}

void plan_place(struct maker *maker)
{
	struct pu_order *cores = &maker->order[false], *pus = &maker->order[true];
	size_t room = (size_t)maker->topology->pus_usable;
	struct cores map = {0};

	if (maker->config->placement.kind == PLACEMENT_LIST)
		room += maker->config->placement.count;
	cores->cpus = pool_zalloc(maker->pool, room, sizeof(*cores->cpus));
	pus->cpus = pool_zalloc(maker->pool, room, sizeof(*pus->cpus));
	if (!cores->cpus || !pus->cpus || !map_cores(maker, &map))
		return;
	if (maker->config->placement.kind == PLACEMENT_LIST)
		order_list(maker, &map, cores, pus);
	else
		order_all(maker, cores, pus);
	place_generator(maker, &map);
	find_shared(maker, &map, cores);
	find_shared(maker, &map, pus);
}

static uint32_t most_of(const struct maker *maker, bool pus)
{
	return (uint32_t)topology_budget(maker->topology, (int)maker->order[pus].count);
}

static void add_count(struct core_counts *counts, uint32_t count)
{
	counts->items[counts->count++] = count;
}

static void add_listed(struct maker *maker, const struct config_cores *cores, bool pus,
                       struct core_counts *counts)
{
	uint32_t most = most_of(maker, pus), there = maker->order[pus].count;
	const char *unit = pus ? "PUs" : "cores";

	for (size_t i = 0; i < cores->count; i++) {
		const struct config_core_count *item = cores->list + i;
		uint64_t part = ((uint64_t)most * (uint32_t)item->number + 50) / 100;

		if (item->kind == COUNT_MAX)
			add_count(counts, most);
		else if (item->kind == COUNT_PERCENT)
			add_count(counts, part ? (uint32_t)part : 1);
		else if ((uint32_t)item->number <= there)
			add_count(counts, (uint32_t)item->number);
		else if (maker->config->placement.kind == PLACEMENT_LIST)
			plan_problem(maker, cores->place,
			             "%d of %u %s in the placement; use \"all\", \"max\" or "
			             "numbers up to %u",
			             item->number, there, unit, there);
		else
			plan_problem(maker, cores->place,
			             "%d of %u usable %s (cpuset %s); use \"all\", \"max\" or "
			             "numbers up to %u",
			             item->number, there, unit, maker->topology->cpuset, there);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static void sort_counts(struct core_counts *counts)
{
	size_t kept = 0;

	qsort(counts->items, counts->count, sizeof(*counts->items), by_size);
	for (size_t i = 0; i < counts->count; i++)
		if (kept == 0 || counts->items[i] != counts->items[kept - 1])
			counts->items[kept++] = counts->items[i];
	counts->count = kept;
}

static void make_counts(struct maker *maker, const struct config_cores *cores, bool pus,
                        struct core_counts *counts)
{
	uint32_t most = most_of(maker, pus);

	counts->made = true;
	counts->items = pool_zalloc(maker->pool, most + cores->count + 1, sizeof(*counts->items));
	if (!counts->items || most == 0)
		return;
	switch (cores->kind) {
	case CORES_POW2:
		for (uint64_t count = 1; count < most; count *= 2)
			add_count(counts, (uint32_t)count);
		add_count(counts, most);
		break;
	case CORES_ALL:
		for (uint32_t count = 1; count <= most; count++)
			add_count(counts, count);
		break;
	case CORES_MAX:
		add_count(counts, most);
		break;
	case CORES_LIST:
		add_listed(maker, cores, pus, counts);
		break;
	}
	sort_counts(counts);
}

bool plan_counts_in_pus(const struct maker *maker, const struct config_workload *entry)
{
	return entry->cores.given ? entry->cores.pus : maker->config->cores.pus;
}

const struct core_counts *plan_counts(struct maker *maker, const struct config_workload *entry,
                                      struct core_counts *own)
{
	bool pus = plan_counts_in_pus(maker, entry);
	struct core_counts *common = &maker->counts[pus];
	struct config_cores parsed;

	*own = (struct core_counts){0};
	if (entry->cores.given && !maker->filter->cores) {
		make_counts(maker, &entry->cores, pus, own);
		return own->count ? own : NULL;
	}
	if (!common->made && maker->filter->cores) {
		common->made = true;
		if (plan_parse_cores(maker, maker->filter->cores, &parsed))
			make_counts(maker, &parsed, pus, common);
	} else if (!common->made) {
		make_counts(maker, &maker->config->cores, pus, common);
	}
	return common->count ? common : NULL;
}

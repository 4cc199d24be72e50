/* SPDX-License-Identifier: MIT */
#include "topology_json.h"

#include <math.h>

static json_t *index_or_null(int index)
{
	return index < 0 ? json_null() : json_integer(index);
}

static json_t *pu_to_json(const struct topology_pu *pu)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:i}", "pu", pu->os_index, "core",
	                 index_or_null(pu->core), "package", index_or_null(pu->package),
	                 "numa_node", index_or_null(pu->numa), "kind", index_or_null(pu->kind),
	                 "sibling", pu->sibling);
}

/* Appends and takes `item` over; false where either is missing or memory ran out. */
static bool append(json_t *array, json_t *item)
{
	return json_array_append_new(array, item) == 0;
}

static bool fill_orders(const struct topology *topology, json_t *pus, json_t *near, json_t *spread)
{
	bool good = true;

	for (int i = 0; i < topology->pus_usable && good; i++)
		good = append(pus, pu_to_json(&topology->usable[i])) &&
		       append(near, json_integer(topology->usable[i].os_index)) &&
		       append(spread, json_integer(topology->spread[i]));
	return good;
}

json_t *topology_caches_json(const struct topology *topology)
{
	json_t *array = topology->cache_count ? json_array() : json_null();

	for (int i = 0; i < topology->cache_count; i++) {
		const struct topology_cache *cache = &topology->caches[i];

		json_array_append_new(
		        array,
		        json_pack("{s:i, s:o, s:o, s:i}", "level", cache->level, "bytes",
		                  cache->bytes ? json_integer((json_int_t)cache->bytes)
		                               : json_null(),
		                  "line_bytes",
		                  cache->line_bytes ? json_integer(cache->line_bytes) : json_null(),
		                  "count", cache->count));
	}
	return array;
}

json_t *topology_to_json(const struct topology *topology)
{
	json_t *pus = json_array(), *near = json_array(), *spread = json_array(), *all;
	bool good = fill_orders(topology, pus, near, spread);

	/* The pack owns the arrays from here on, also when it fails. */
	all = json_pack("{s:b, s:s, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:o, s:i, "
	                "s:o, s:o, s:o, s:o}",
	                "is_this_system", topology->is_this_system, "summary", topology->summary,
	                "cpu_model",
	                topology->cpu_model[0] ? json_string(topology->cpu_model) : json_null(),
	                "packages", topology->packages, "numa_nodes", topology->numa_nodes, "cores",
	                topology->cores, "pus", topology->pus, "kinds", topology->kinds,
	                "cores_usable", topology->cores_usable, "pus_usable", topology->pus_usable,
	                "pus_in_cpuset", topology->pus_in_cpuset, "cpuset", topology->cpuset,
	                "cpu_quota",
	                isnan(topology->cpu_quota) ? json_null() : json_real(topology->cpu_quota),
	                "core_budget", topology_budget(topology, topology->cores_usable), "caches",
	                topology_caches_json(topology), "order_near", near, "order_spread", spread,
	                "usable", pus);
	if (!good) {
		json_decref(all);
		return NULL;
	}
	return all;
}

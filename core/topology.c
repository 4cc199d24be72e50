/* SPDX-License-Identifier: MIT */
#include "topology.h"

#include <errno.h>
#include <hwloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quota.h"

#if HWLOC_API_VERSION >= 0x00020400
#include <hwloc/cpukinds.h>
#endif

/* A place of the order while it is sorted. */
struct place {
	struct topology_pu pu;
	int logical; /* PUs in the machine's own order */
	int turn;    /* its rank among the PUs of the same package, kind and sibling number */
};

static unsigned long load_flags(void)
{
	/* All PUs are wanted, so that it can be said how many the cpuset takes away. */
#if HWLOC_API_VERSION >= 0x00020100
	unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#else
	unsigned long flags = HWLOC_TOPOLOGY_FLAG_WHOLE_SYSTEM;
#endif

#if HWLOC_API_VERSION >= 0x00020800
	flags |= HWLOC_TOPOLOGY_FLAG_NO_DISTANCES | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS;
#endif
	return flags;
}

/* Where the topology comes from when it is not this machine. Said explicitly, so that errors show.
 */
static int set_source(hwloc_topology_t machine, struct hd_error *err)
{
	const char *xml = getenv("HWLOC_XMLFILE");
	const char *synthetic = getenv("HWLOC_SYNTHETIC");

	if (xml && *xml) {
		if (hwloc_topology_set_xml(machine, xml) < 0)
			return hd_error(err, -EINVAL, "HWLOC_XMLFILE: %s: not a topology", xml);
	} else if (synthetic && *synthetic) {
		if (hwloc_topology_set_synthetic(machine, synthetic) < 0)
			return hd_error(err, -EINVAL, "HWLOC_SYNTHETIC: \"%s\": not a topology",
			                synthetic);
	}
	return 0;
}

/*
 * hwloc's own plugins are for graphics cards and PCI: loading them costs more than the rest
 * together, and only libxml's is of use here. They are looked for in this folder, which an explicit
 * wish overrides.
 */
static int init_without_plugins(hwloc_topology_t *machine)
{
	static const char variable[] = "HWLOC_PLUGINS_PATH";
	bool hide = !getenv(variable) && !getenv("HWLOC_XMLFILE");
	int code;

	if (hide)
		setenv(variable, "/nonexistent", 1);
	code = hwloc_topology_init(machine);
	if (hide)
		unsetenv(variable);
	return code;
}

static int load_machine(hwloc_topology_t *machine, struct hd_error *err)
{
	int code;

	if (init_without_plugins(machine) < 0)
		return hd_error(err, -ENOMEM, "hwloc: cannot start");
	hwloc_topology_set_all_types_filter(*machine, HWLOC_TYPE_FILTER_KEEP_NONE);
	hwloc_topology_set_type_filter(*machine, HWLOC_OBJ_PACKAGE, HWLOC_TYPE_FILTER_KEEP_ALL);
	hwloc_topology_set_type_filter(*machine, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL);
	/* NUMA nodes within a package hang on groups, without which their PUs are not told. */
	hwloc_topology_set_type_filter(*machine, HWLOC_OBJ_GROUP, HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
	hwloc_topology_set_cache_types_filter(*machine, HWLOC_TYPE_FILTER_KEEP_ALL);
	/* A library older than its header refuses the flags that it does not know. */
	if (hwloc_topology_set_flags(*machine, load_flags()) < 0)
		hwloc_topology_set_flags(*machine, 0);
	code = set_source(*machine, err);
	if (code == 0) {
		errno = 0;
		if (hwloc_topology_load(*machine) < 0)
			code = hd_error(err, errno ? -errno : -EINVAL, "hwloc: no topology: %s",
			                errno ? strerror(errno) : "discovery failed");
	}
	if (code)
		hwloc_topology_destroy(*machine);
	return code;
}

static int index_of(hwloc_obj_t object)
{
	return object ? (int)object->logical_index : -1;
}

static int kind_count(hwloc_topology_t machine)
{
#if HWLOC_API_VERSION >= 0x00020400
	int kinds = hwloc_cpukinds_get_nr(machine, 0);
	int efficiency = -1;

	/* hwloc ranks all of them or none. */
	if (kinds > 1 &&
	    hwloc_cpukinds_get_info(machine, 0, NULL, &efficiency, NULL, NULL, 0) == 0 &&
	    efficiency >= 0)
		return kinds;
#else
	(void)machine;
#endif
	return 1;
}

/* hwloc's last kind is the fastest, ours the first. */
static int kind_of(hwloc_topology_t machine, hwloc_obj_t pu, int kinds)
{
	int kind = -1;

#if HWLOC_API_VERSION >= 0x00020400
	if (kinds > 1)
		kind = hwloc_cpukinds_get_by_cpuset(machine, pu->cpuset, 0);
#else
	(void)machine;
	(void)pu;
#endif
	return kind < 0 ? -1 : kinds - 1 - kind;
}

static struct topology_pu describe(hwloc_topology_t machine, hwloc_obj_t pu, int kinds)
{
	int node = hwloc_bitmap_first(pu->nodeset);
	hwloc_obj_t numa =
	        node < 0 ? NULL : hwloc_get_numanode_obj_by_os_index(machine, (unsigned)node);

	return (struct topology_pu){
	        .os_index = (int)pu->os_index,
	        .core = index_of(hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_CORE, pu)),
	        .package = index_of(hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_PACKAGE, pu)),
	        .numa = index_of(numa),
	        .kind = kind_of(machine, pu, kinds),
	};
}

/*
 * The PUs of `usable`, grouped by core. PUs are walked, not cores: a core with one forbidden
 * sibling still has the other. PUs of a core are neighbours in hwloc's logical order.
 */
static void collect(struct topology *topology, hwloc_topology_t machine,
                    hwloc_const_bitmap_t usable, struct place *places)
{
	int core = -1, sibling = 0, n = 0;

	for (int i = 0; i < topology->pus; i++) {
		hwloc_obj_t object = hwloc_get_obj_by_type(machine, HWLOC_OBJ_PU, (unsigned)i);
		struct topology_pu pu;

		if (!hwloc_bitmap_isset(usable, object->os_index))
			continue;
		pu = describe(machine, object, topology->kinds);
		sibling = pu.core >= 0 && pu.core == core ? sibling + 1 : 0;
		core = pu.core;
		pu.sibling = sibling;
		topology->cores_usable += sibling == 0;
		places[n++] = (struct place){.pu = pu, .logical = i};
	}
}

/* A kind without rank comes last; as all are -1 where there is one kind, that changes nothing
 * there. */
static int compare_group(const struct place *a, const struct place *b)
{
	unsigned kind_a = (unsigned)a->pu.kind, kind_b = (unsigned)b->pu.kind;

	if (a->pu.sibling != b->pu.sibling)
		return a->pu.sibling < b->pu.sibling ? -1 : 1;
	return (kind_a > kind_b) - (kind_a < kind_b);
}

static int compare_near(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int group = compare_group(a, b);

	if (group)
		return group;
	if (a->pu.package != b->pu.package)
		return a->pu.package < b->pu.package ? -1 : 1;
	return (a->logical > b->logical) - (a->logical < b->logical);
}

static int compare_spread(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int group = compare_group(a, b);

	if (group)
		return group;
	if (a->turn != b->turn)
		return a->turn < b->turn ? -1 : 1;
	return compare_near(left, right);
}

static void sort_places(struct topology *topology, struct place *places)
{
	size_t n = (size_t)topology->pus_usable;

	qsort(places, n, sizeof(*places), compare_near);
	for (size_t i = 0; i < n; i++) {
		bool same = i > 0 && compare_group(&places[i - 1], &places[i]) == 0 &&
		            places[i - 1].pu.package == places[i].pu.package;

		places[i].turn = same ? places[i - 1].turn + 1 : 0;
		topology->usable[i] = places[i].pu;
	}
	qsort(places, n, sizeof(*places), compare_spread);
	for (size_t i = 0; i < n; i++)
		topology->spread[i] = places[i].pu.os_index;
}

static int count_cores(hwloc_topology_t machine, int pus)
{
	int cores = 0;
	hwloc_obj_t last = NULL;

	for (int i = 0; i < pus; i++) {
		hwloc_obj_t pu = hwloc_get_obj_by_type(machine, HWLOC_OBJ_PU, (unsigned)i);
		hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_CORE, pu);

		cores += !core || core != last;
		last = core;
	}
	return cores;
}

/* Equal ones are counted together: a hybrid machine has several sizes at a level. */
static void add_cache(struct topology *topology, int level, hwloc_obj_t object)
{
	const struct hwloc_cache_attr_s *attr = &object->attr->cache;
	struct topology_cache *cache = topology->caches, *end = cache + topology->cache_count;

	for (; cache < end; cache++)
		if (cache->level == level && cache->bytes == attr->size) {
			cache->count++;
			return;
		}
	if (topology->cache_count == TOPOLOGY_CACHES)
		return;
	topology->cache_count++;
	*cache = (struct topology_cache){
	        .level = level, .count = 1, .bytes = attr->size, .line_bytes = (int)attr->linesize};
}

static void find_caches(struct topology *topology, hwloc_topology_t machine)
{
	static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE,
	                                         HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE,
	                                         HWLOC_OBJ_L5CACHE};

	for (int i = 0; i < (int)(sizeof(types) / sizeof(types[0])); i++) {
		hwloc_obj_t object = NULL;

		while ((object = hwloc_get_next_obj_by_type(machine, types[i], object)))
			add_cache(topology, i + 1, object);
	}
}

static void describe_machine(struct topology *topology, hwloc_topology_t machine)
{
	hwloc_obj_t top = hwloc_get_root_obj(machine);
	hwloc_obj_t package = hwloc_get_obj_by_type(machine, HWLOC_OBJ_PACKAGE, 0);
	const char *model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
	char packages[32] = "", numa[32] = "", kinds[32] = "";

	if (!model)
		model = hwloc_obj_get_info_by_name(top, "CPUModel");
	snprintf(topology->cpu_model, sizeof(topology->cpu_model), "%s", model ? model : "");
	topology->is_this_system = hwloc_topology_is_thissystem(machine) != 0;
	topology->packages = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_PACKAGE);
	topology->numa_nodes = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_NUMANODE);
	topology->pus = hwloc_get_nbobjs_by_type(machine, HWLOC_OBJ_PU);
	topology->cores = count_cores(machine, topology->pus);
	topology->kinds = kind_count(machine);
	find_caches(topology, machine);
	if (topology->packages > 0)
		snprintf(packages, sizeof(packages), "%d package%s, ", topology->packages,
		         topology->packages == 1 ? "" : "s");
	if (topology->numa_nodes > 1)
		snprintf(numa, sizeof(numa), "%d NUMA nodes, ", topology->numa_nodes);
	if (topology->kinds > 1)
		snprintf(kinds, sizeof(kinds), " of %d kinds", topology->kinds);
	snprintf(topology->summary, sizeof(topology->summary), "%s%s%d core%s%s, %d PU%s", packages,
	         numa, topology->cores, topology->cores == 1 ? "" : "s", kinds, topology->pus,
	         topology->pus == 1 ? "" : "s");
}

/* What cpuset and affinity mask leave, into `usable`. A system that knows no binding leaves all. */
static int find_usable(struct topology *topology, hwloc_topology_t machine, hwloc_bitmap_t usable,
                       struct hd_error *err)
{
	static const char cut[] = "...";
	hwloc_bitmap_t mask = hwloc_bitmap_alloc();
	int length;

	if (!mask)
		return hd_error(err, -ENOMEM, "topology: out of memory");
	hwloc_bitmap_and(usable, hwloc_topology_get_topology_cpuset(machine),
	                 hwloc_topology_get_allowed_cpuset(machine));
	topology->pus_in_cpuset = hwloc_bitmap_weight(usable);
	if (topology->is_this_system && hwloc_get_cpubind(machine, mask, HWLOC_CPUBIND_THREAD) == 0)
		hwloc_bitmap_and(usable, usable, mask);
	hwloc_bitmap_free(mask);
	topology->pus_usable = hwloc_bitmap_weight(usable);
	if (topology->pus_usable < 1)
		return hd_error(err, -ENODEV, "topology: no PU that may be used");
	length = hwloc_bitmap_list_snprintf(topology->cpuset, sizeof(topology->cpuset), usable);
	if (length >= (int)sizeof(topology->cpuset))
		memcpy(topology->cpuset + sizeof(topology->cpuset) - sizeof(cut), cut, sizeof(cut));
	return 0;
}

static int make_order(struct topology *topology, hwloc_topology_t machine,
                      hwloc_const_bitmap_t usable, struct hd_error *err)
{
	size_t n = (size_t)topology->pus_usable;
	struct place *places = calloc(n, sizeof(*places));

	topology->usable = calloc(n, sizeof(*topology->usable));
	topology->spread = calloc(n, sizeof(*topology->spread));
	if (!places || !topology->usable || !topology->spread) {
		free(places);
		return hd_error(err, -ENOMEM, "topology: out of memory");
	}
	collect(topology, machine, usable, places);
	sort_places(topology, places);
	free(places);
	return 0;
}

int topology_load(struct topology *topology, struct hd_error *err)
{
	hwloc_topology_t machine;
	hwloc_bitmap_t usable;
	int code;

	*topology = (struct topology){.cpu_quota = NAN};
	code = load_machine(&machine, err);
	if (code)
		return code;
	describe_machine(topology, machine);
	usable = hwloc_bitmap_alloc();
	code = usable ? find_usable(topology, machine, usable, err)
	              : hd_error(err, -ENOMEM, "topology: out of memory");
	if (code == 0)
		code = make_order(topology, machine, usable, err);
	hwloc_bitmap_free(usable);
	hwloc_topology_destroy(machine);
	if (code == 0 && topology->is_this_system)
		topology->cpu_quota = quota_cpus("");
	if (code)
		topology_free(topology);
	return code;
}

void topology_free(struct topology *topology)
{
	free(topology->usable);
	free(topology->spread);
	*topology = (struct topology){.cpu_quota = NAN};
}

void topology_order(const struct topology *topology, enum topology_placement placement, int *cpus,
                    int count)
{
	for (int i = 0; i < count && i < topology->pus_usable; i++)
		cpus[i] = placement == TOPOLOGY_SPREAD ? topology->spread[i]
		                                       : topology->usable[i].os_index;
}

int topology_budget(const struct topology *topology, int count)
{
	if (isnan(topology->cpu_quota) || topology->cpu_quota >= count)
		return count;
	return topology->cpu_quota < 1 ? 1 : (int)topology->cpu_quota;
}

bool topology_quota_note(const struct topology *topology, int cores, char *text, size_t size)
{
	double quota = topology->cpu_quota;
	bool short_of = quota < cores; /* false for NAN */

	if (size > 0)
		text[0] = '\0';
	if (short_of)
		snprintf(text, size,
		         "CPU quota of %.3g CPUs: %d core%s may run %.0f %% of the time", quota,
		         cores, cores == 1 ? "" : "s", 100 * quota / cores);
	return short_of;
}

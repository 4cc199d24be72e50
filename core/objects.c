/* SPDX-License-Identifier: MIT */
#include "objects.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* A line of the maps that names a file with code in it. */
struct mapping {
	uint64_t device, inode;
	char path[PATH_MAX];
};

static bool read_mapping(const char *line, struct mapping *mapping)
{
	unsigned int major, minor;
	unsigned long long inode;
	char executable;
	int path = 0;

	if (sscanf(line, "%*x-%*x %*c%*c%c%*c %*x %x:%x %llu %n", &executable, &major, &minor,
	           &inode, &path) != 4)
		return false;
	if (executable != 'x' || inode == 0 || !path || line[path] != '/')
		return false;
	mapping->device = makedev(major, minor);
	mapping->inode = inode;
	snprintf(mapping->path, sizeof(mapping->path), "%s", line + path);
	mapping->path[strcspn(mapping->path, "\n")] = '\0';
	return true;
}

/* The file at that path is the one that was mapped. Some file systems show another device number. */
static bool is_still_there(const struct mapping *mapping)
{
	struct stat status;

	return stat(mapping->path, &status) == 0 && status.st_ino == mapping->inode;
}

/* The place of the mapping's object, which is added where it is new; -ENOMEM. */
static int64_t place_of(struct objects *objects, const struct mapping *mapping)
{
	struct object *items;

	for (size_t i = 0; i < objects->count; i++) {
		const struct object *item = &objects->items[i];

		if (item->device == mapping->device && item->inode == mapping->inode &&
		    strcmp(item->path, mapping->path) == 0)
			return (int64_t)i;
	}
	items = realloc(objects->items, (objects->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	objects->items = items;
	items += objects->count;
	*items = (struct object){
	        .path = strdup(mapping->path), .device = mapping->device, .inode = mapping->inode};
	if (!items->path)
		return -ENOMEM;
	if (is_still_there(mapping))
		(void)digest_file(mapping->path, items->sha256);
	return (int64_t)objects->count++;
}

static void put(struct object_set *set, uint32_t place)
{
	uint32_t i = set->count;

	for (uint32_t k = 0; k < set->count; k++)
		if (set->items[k] == place)
			return;
	if (set->count == OBJECTS_OF_PROCESS) {
		set->left_out++;
		return;
	}
	for (; i > 0 && set->items[i - 1] > place; i--)
		set->items[i] = set->items[i - 1];
	set->items[i] = place;
	set->count++;
}

int objects_of_process(struct objects *objects, const char *root, pid_t pid, struct object_set *set)
{
	struct mapping mapping;
	char *line = NULL, path[64 + PATH_MAX];
	size_t room = 0;
	int code = 0;
	FILE *file;

	*set = (struct object_set){0};
	snprintf(path, sizeof(path), "%s/proc/%d/maps", root, (int)pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (!code && getline(&line, &room, file) > 0) {
		int64_t place = read_mapping(line, &mapping) ? place_of(objects, &mapping) : -1;

		if (place == -ENOMEM)
			code = -ENOMEM;
		else if (place >= 0)
			put(set, (uint32_t)place);
	}
	free(line);
	fclose(file);
	if (code)
		*set = (struct object_set){0};
	return code;
}

static bool has(const struct objects *objects, const struct object_set *set, const char *sha256)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (strcmp(objects->items[set->items[i]].sha256, sha256) == 0)
			return true;
	return false;
}

/* What has no digest is equal to nothing. */
static bool contains(const struct objects *objects, const struct object_set *set,
                     const struct objects *others, const struct object_set *other)
{
	for (uint32_t i = 0; i < other->count; i++) {
		const char *sha256 = others->items[other->items[i]].sha256;

		if (!sha256[0] || !has(objects, set, sha256))
			return false;
	}
	return true;
}

bool objects_equal(const struct objects *objects, const struct object_set *set,
                   const struct objects *others, const struct object_set *other)
{
	return set->count && other->count && !set->left_out && !other->left_out &&
	       contains(objects, set, others, other) && contains(others, other, objects, set);
}

void objects_free(struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		free(objects->items[i].path);
	free(objects->items);
	*objects = (struct objects){0};
}

/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- File systems ---------------------------------------------------------------------------- */

struct file_system {
	uint32_t magic; /* statfs(2), f_type */
	bool in_memory;
	const char *name;
};

static const struct file_system file_systems[] = {
        {0x01021994, true, "tmpfs"},      {0x858458f6, true, "ramfs"},
        {0x958458f6, true, "hugetlbfs"},  {0x0000ef53, false, "ext4"},
        {0x58465342, false, "xfs"},       {0x9123683e, false, "btrfs"},
        {0x794c7630, false, "overlayfs"}, {0x2fc12fc1, false, "zfs"},
        {0xf2f52010, false, "f2fs"},      {0xca451a4e, false, "bcachefs"},
        {0x00006969, false, "nfs"},       {0x01021997, false, "9p"},
        {0x65735546, false, "fuse"},      {0xff534d42, false, "cifs"},
        {0xfe534d42, false, "smb2"},      {0x00004d44, false, "vfat"},
        {0x2011bab0, false, "exfat"},     {0x5346544e, false, "ntfs"},
        {0x73717368, false, "squashfs"},  {0xe0f5e1e2, false, "erofs"},
        {0x0000f15f, false, "ecryptfs"},  {0x00009fa0, false, "proc"},
        {0x62656572, false, "sysfs"},     {0x3153464a, false, "jfs"},
        {0x52654973, false, "reiserfs"},  {0x00c36400, false, "ceph"},
        {0x0bd00bd0, false, "lustre"},
};

/* NULL for one that is not in the table, or that does not tell (magic is 0 then). */
static const struct file_system *look_up(const char *path, uint32_t *magic)
{
	struct statfs status;

	*magic = 0;
	if (statfs(path, &status) < 0)
		return NULL;
	/* f_type is signed and of different widths; only its low 32 bits are the magic number. */
	*magic = (uint32_t)status.f_type;
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (file_systems[i].magic == *magic)
			return &file_systems[i];
	return NULL;
}

void scratch_file_system(const char *path, char *text, size_t size)
{
	uint32_t magic;
	const struct file_system *known = look_up(path, &magic);

	if (known)
		snprintf(text, size, "%s", known->name);
	else if (magic)
		snprintf(text, size, "0x%" PRIx32, magic);
	else
		snprintf(text, size, "unknown");
}

bool scratch_in_memory(const char *path)
{
	uint32_t magic;
	const struct file_system *known = look_up(path, &magic);

	return known && known->in_memory;
}

/* MemAvailable of /proc/meminfo in bytes; no limit where the kernel does not tell. */
static uint64_t memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kib = UINT64_MAX / 1024;
	char line[128];

	if (!file)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}

uint64_t scratch_room(const char *path)
{
	uint64_t room = UINT64_MAX, memory;
	struct statvfs status;

	if (statvfs(path, &status) < 0)
		return 0;
	/* No blocks at all means that the file system does not count them, not that it is full. */
	if (status.f_blocks)
		room = (uint64_t)status.f_bavail * status.f_frsize;
	if (scratch_in_memory(path) && (memory = memory_available()) < room)
		room = memory;
	return room;
}

const char *scratch_print_bytes(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	if (bytes < 1024)
		snprintf(text, size, "%" PRIu64 " bytes", bytes);
	else
		snprintf(text, size, "%.1f %s", value, units[unit]);
	return text;
}

/* ---- Folders --------------------------------------------------------------------------------- */

/* Whether a folder can be made in `parent`, and files of so many bytes in it. */
static int look(const char *parent, uint64_t bytes, char real[SCRATCH_PATH], struct hd_error *err)
{
	char need[32], has[32], *resolved = realpath(parent, NULL);
	struct stat status;
	uint64_t room;

	if (!resolved)
		return hd_error(err, -errno, "%s: %s", parent, strerror(errno));
	snprintf(real, SCRATCH_PATH, "%s", resolved);
	free(resolved);
	if (stat(real, &status) < 0)
		return hd_error(err, -errno, "%s: %s", parent, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return hd_error(err, -ENOTDIR, "%s: not a folder", parent);
	if (access(real, W_OK | X_OK) < 0)
		return hd_error(err, -errno, "%s: not writable: %s", parent, strerror(errno));
	room = scratch_room(real);
	if (bytes > room)
		return hd_error(err, -ENOSPC, "%s: %s needed, %s free", parent,
		                scratch_print_bytes(bytes, need, sizeof(need)),
		                scratch_print_bytes(room, has, sizeof(has)));
	return 0;
}

int scratch_choose(const char *parent, uint64_t bytes, char chosen[SCRATCH_PATH],
                   struct hd_error *err)
{
	const char *const places[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};
	char why[900] = "";
	size_t used = 0;

	if (*parent)
		return look(parent, bytes, chosen, err);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct hd_error each = {0};

		if (!places[i] || !*places[i])
			continue;
		if (look(places[i], bytes, chosen, &each) == 0)
			return 0;
		used += (size_t)snprintf(why + used, sizeof(why) - used, "%s%.250s",
		                         used ? "; " : "", each.text);
	}
	return hd_error(err, -ENOSPC, "no place for files: %s", why);
}

/*
 * Told of before it is made: who is to remove it must know of it however early this process dies. Nobody can guess
 * the name, so nothing of somebody else's can stand there.
 */
static int make_private(struct scratch *scratch, const char *parent, char **name,
                        struct hd_error *err)
{
	uint64_t number;
	int code;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return hd_error(err, -EIO, "%s: no random name: %s", parent, strerror(errno));
	if (asprintf(name, "%s/heddle-%016" PRIx64, strcmp(parent, "/") == 0 ? "" : parent,
	             number) < 0)
		return hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
	if (scratch->announce)
		scratch->announce(scratch->context, *name);
	if (mkdir(*name, 0700) == 0)
		return 0;
	code = hd_error(err, -errno, "%s: %s", *name, strerror(errno));
	free(*name);
	return code;
}

static int make_folder(struct scratch *scratch, const char *parent, const char **path,
                       struct hd_error *err)
{
	char *name, *copy;
	int code;

	if (scratch->count == SCRATCH_FOLDERS)
		return hd_error(err, -E2BIG, "%s: more than %d folders in one run", parent,
		                SCRATCH_FOLDERS);
	copy = strdup(parent);
	if (!copy)
		return hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
	code = make_private(scratch, parent, &name, err);
	if (code) {
		free(copy);
		return code;
	}
	scratch->parents[scratch->count] = copy;
	scratch->paths[scratch->count++] = name;
	*path = name;
	return 0;
}

int scratch_folder(struct scratch *scratch, const char *parent, uint64_t bytes, const char **path,
                   struct hd_error *err)
{
	char chosen[SCRATCH_PATH];
	int code = scratch_choose(parent, bytes, chosen, err);

	if (code)
		return code;
	for (int i = 0; i < scratch->count; i++) {
		if (strcmp(scratch->parents[i], chosen) == 0) {
			*path = scratch->paths[i];
			return 0;
		}
	}
	return make_folder(scratch, chosen, path, err);
}

/* ---- What is kept ---------------------------------------------------------------------------- */

void *scratch_find(const struct scratch *scratch, const char *key)
{
	for (const struct scratch_item *item = scratch->items; item; item = item->next)
		if (strcmp(item->key, key) == 0)
			return item->value;
	return NULL;
}

int scratch_keep(struct scratch *scratch, const char *key, void *value,
                 void (*destroy)(void *value), struct hd_error *err)
{
	struct scratch_item *item = malloc(sizeof(*item));
	char *copy = strdup(key);

	if (!item || !copy) {
		free(item);
		free(copy);
		return hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
	}
	*item = (struct scratch_item){scratch->items, copy, value, destroy};
	scratch->items = item;
	return 0;
}

/* ---- Removal --------------------------------------------------------------------------------- */

struct names {
	size_t count, room;
	char **names; /* owned */
};

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
}

static int add_name(struct names *names, const char *name)
{
	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 32;
		char **more = realloc(names->names, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		names->names = more;
		names->room = room;
	}
	names->names[names->count] = strdup(name);
	if (!names->names[names->count])
		return -ENOMEM;
	names->count++;
	return 0;
}

/* The names in a folder, read through a descriptor of its own so that `folder` keeps its place. */
static int read_names(int folder, struct names *names)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!list) {
		code = -errno;
		if (fd >= 0)
			close(fd);
		return code;
	}
	while (!code && (errno = 0, entry = readdir(list)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			code = add_name(names, entry->d_name);
	if (!code && errno)
		code = -errno;
	closedir(list);
	return code;
}

static void remember(int *first, int code)
{
	if (*first == 0)
		*first = code;
}

/* A folder that forbids to be opened; never what a link in its place leads to. 0, or -1 with errno. */
static int open_up(int folder, const char *name)
{
	int fd = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), code;
	char path[32];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	code = chmod(path, 0700);
	close(fd);
	return code;
}

static int open_folder(int folder, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(folder, name, flags);

	if (fd < 0 && errno == EACCES && open_up(folder, name) == 0)
		fd = openat(folder, name, flags);
	return fd;
}

static int empty(int *folder, int *first);

/*
 * Goes down into a folder and comes back through "..", which must be where it came from. The way up
 * is not held open: a tree as deep as a path can be long would need more descriptors than there
 * are. 0, or -errno when there is no way back.
 */
static int remove_folder(int *folder, const char *name, int *first)
{
	int below = open_folder(*folder, name), above, code;
	struct stat before, after;

	if (below < 0 || fstat(*folder, &before) < 0) {
		remember(first, -errno);
		if (below >= 0)
			close(below);
		return 0;
	}
	close(*folder);
	*folder = below;
	code = empty(folder, first);
	if (code)
		return code;
	above = openat(*folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return -errno;
	close(*folder);
	*folder = above;
	if (fstat(above, &after) < 0)
		return -errno;
	if (after.st_ino != before.st_ino || after.st_dev != before.st_dev)
		return -ESTALE;
	if (unlinkat(above, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		remember(first, -errno);
	return 0;
}

/* The descriptor may be another one afterwards, of the same folder. */
static int empty(int *folder, int *first)
{
	struct names names = {0};
	int code = 0;

	/* A folder that was copied may forbid what we are about to do; where it is not ours, the
	   unlinkat() below tells. */
	if (fchmod(*folder, 0700) < 0)
		errno = 0;
	remember(first, read_names(*folder, &names));
	for (size_t i = 0; i < names.count && code == 0; i++) {
		if (unlinkat(*folder, names.names[i], 0) == 0 || errno == ENOENT)
			continue;
		if (errno == EISDIR)
			code = remove_folder(folder, names.names[i], first);
		else
			remember(first, -errno);
	}
	free_names(&names);
	return code;
}

int scratch_empty(int folder)
{
	int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), first = 0;

	if (own < 0)
		return -errno;
	remember(&first, empty(&own, &first));
	close(own);
	return first;
}

int scratch_remove_tree(const char *path)
{
	int folder = open_folder(AT_FDCWD, path), code;

	if (folder < 0 && (errno == ENOTDIR || errno == ELOOP))
		return unlink(path) < 0 ? -errno : 0;
	if (folder < 0)
		return errno == ENOENT ? 0 : -errno;
	code = scratch_empty(folder);
	close(folder);
	if (rmdir(path) < 0 && code == 0)
		code = -errno;
	return code;
}

void scratch_remove(struct scratch *scratch)
{
	while (scratch->items) {
		struct scratch_item *item = scratch->items;

		scratch->items = item->next;
		if (item->destroy)
			item->destroy(item->value);
		free(item->key);
		free(item);
	}
	for (int i = 0; i < scratch->count; i++) {
		scratch_remove_tree(scratch->paths[i]);
		free(scratch->paths[i]);
		free(scratch->parents[i]);
		scratch->paths[i] = scratch->parents[i] = NULL;
	}
	scratch->count = 0;
}

/* SPDX-License-Identifier: MIT */
#include "copy_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };

static const uint64_t list_magic = UINT64_C(0x31656572746c6468);

/* ---- Names ----------------------------------------------------------------------------------- */

/* How many bytes the UTF-8 character at `s` has; 0 where there is none. */
static size_t character(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t bytes = *s < 0x80   ? 1
	               : *s < 0xc0 ? 0
	               : *s < 0xe0 ? 2
	               : *s < 0xf0 ? 3
	               : *s < 0xf8 ? 4
	                           : 0;
	uint32_t code;

	if (bytes < 2)
		return bytes;
	code = *s & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return bytes;
}

/* One character as it is to be shown; how many bytes of the name it was. */
static size_t show_one(const unsigned char *s, char text[8])
{
	size_t bytes = character(s);

	if (*s == '\n' || *s == '\t' || *s == '\\')
		snprintf(text, 8, "\\%c", *s == '\n' ? 'n' : *s == '\t' ? 't' : '\\');
	else if (bytes == 0 || *s < 0x20 || *s == 0x7f)
		snprintf(text, 8, "\\x%02x", *s);
	else
		snprintf(text, 8, "%.*s", (int)bytes, (const char *)s);
	return bytes ? bytes : 1;
}

static size_t shown_bytes(const char *name)
{
	size_t total = 0;
	char one[8];

	for (const unsigned char *s = (const unsigned char *)name; *s; total += strlen(one))
		s += show_one(s, one);
	return total;
}

const char *copy_shown(const char *name, char text[COPY_SHOWN])
{
	const unsigned char *s = (const unsigned char *)name;
	size_t left = shown_bytes(name), used = 0;
	char one[8];

	if (left >= COPY_SHOWN) {
		used = (size_t)snprintf(text, COPY_SHOWN, "...");
		while (left >= COPY_SHOWN - used) {
			s += show_one(s, one);
			left -= strlen(one);
		}
	}
	text[used] = '\0';
	while (*s) {
		s += show_one(s, one);
		used += (size_t)snprintf(text + used, COPY_SHOWN - used, "%s", one);
	}
	return text;
}

/* ---- Walking --------------------------------------------------------------------------------- */

struct walk {
	struct copy_tree *tree;
	const char *root_name;
	int root;
	size_t entry_room, text_room;
	char path[PATH_MAX]; /* of what is looked at, relative to the root */
	char target[PATH_MAX];
};

static int told(const struct walk *walk, int code, const char *what, struct hd_error *err)
{
	char text[COPY_SHOWN];

	return hd_error(err, code, "%s: %s: %s%s%s", walk->root_name,
	                *walk->path ? copy_shown(walk->path, text) : ".", what, *what ? ": " : "",
	                strerror(-code));
}

static int grow(void **memory, size_t *room, size_t need, size_t unit)
{
	size_t more = *room ? *room : 64;
	void *moved;

	while (more < need)
		more *= 2;
	if (more == *room)
		return 0;
	moved = realloc(*memory, more * unit);
	if (!moved)
		return -ENOMEM;
	*memory = moved;
	*room = more;
	return 0;
}

static int add_text(struct walk *walk, const char *text, uint32_t *place)
{
	struct copy_tree *tree = walk->tree;
	size_t bytes = strlen(text) + 1;
	void *memory = tree->text;
	int code;

	if (tree->totals.text_bytes + bytes > UINT32_MAX)
		return -E2BIG;
	code = grow(&memory, &walk->text_room, tree->totals.text_bytes + bytes, 1);
	if (code)
		return code;
	tree->text = memory;
	memcpy(tree->text + tree->totals.text_bytes, text, bytes);
	*place = (uint32_t)tree->totals.text_bytes;
	tree->totals.text_bytes += bytes;
	return 0;
}

static int add_entry(struct walk *walk, struct copy_entry entry)
{
	struct copy_tree *tree = walk->tree;
	void *memory = tree->entries;
	int code;

	if (tree->totals.entries == UINT32_MAX)
		return -E2BIG;
	code = grow(&memory, &walk->entry_room, tree->totals.entries + 1, sizeof(entry));
	if (code)
		return code;
	tree->entries = memory;
	code = add_text(walk, walk->path, &entry.path);
	if (!code && entry.kind == COPY_LINK)
		code = add_text(walk, walk->target, &entry.target);
	if (!code)
		tree->entries[tree->totals.entries++] = entry;
	return code;
}

static int read_link(struct walk *walk, int folder, const char *name)
{
	ssize_t length = readlinkat(folder, name, walk->target, sizeof(walk->target));

	if (length < 0)
		return -errno;
	if ((size_t)length >= sizeof(walk->target))
		return -ENAMETOOLONG;
	walk->target[length] = '\0';
	return 0;
}

static uint64_t in_pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

/* walk->path is the whole path of `name`. 0 where it is gone since its folder was read. */
static int look_at(struct walk *walk, int folder, const char *name, struct hd_error *err)
{
	struct copy_totals *totals = &walk->tree->totals;
	struct copy_entry entry = {0};
	struct stat status;
	int code = 0;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : told(walk, -errno, "", err);
	entry.mode = status.st_mode & 0777;
	totals->room += PAGE; /* an inode, a name */
	if (S_ISREG(status.st_mode)) {
		entry.kind = COPY_FILE;
		entry.size = (uint64_t)status.st_size;
		totals->files++;
		totals->bytes += entry.size;
		totals->room += in_pages(entry.size);
		if (faccessat(folder, name, R_OK, AT_EACCESS) < 0)
			code = -errno;
	} else if (S_ISDIR(status.st_mode)) {
		entry.kind = COPY_FOLDER;
		totals->folders++;
	} else if (S_ISLNK(status.st_mode)) {
		entry.kind = COPY_LINK;
		totals->links++;
		code = read_link(walk, folder, name);
	} else {
		totals->special++;
		return 0;
	}
	if (!code)
		code = add_entry(walk, entry);
	return code ? told(walk, code, "cannot be read", err) : 0;
}

/* `base`: how much of walk->path is the folder's own, with its slash. */
static int read_folder(struct walk *walk, DIR *list, size_t base, struct hd_error *err)
{
	struct dirent *entry;
	int code = 0;

	while (!code && (errno = 0, entry = readdir(list))) {
		size_t bytes = strlen(entry->d_name) + 1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (base + bytes > sizeof(walk->path))
			return told(walk, -ENAMETOOLONG, "holds a path that is too long", err);
		memcpy(walk->path + base, entry->d_name, bytes);
		code = look_at(walk, dirfd(list), entry->d_name, err);
	}
	walk->path[base] = '\0';
	if (!code && errno)
		code = told(walk, -errno, "cannot be read", err);
	return code;
}

/* Opens the folder that walk->path names, and reads it. */
static int enter(struct walk *walk, struct hd_error *err)
{
	size_t base = strlen(walk->path);
	int fd = openat(walk->root, base ? walk->path : ".",
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	int code;

	if (!list) {
		code = told(walk, -errno, "cannot be read", err);
		if (fd >= 0)
			close(fd);
		return code;
	}
	if (base) {
		if (base + 2 > sizeof(walk->path)) {
			closedir(list);
			return told(walk, -ENAMETOOLONG, "the path is too long", err);
		}
		walk->path[base++] = '/';
		walk->path[base] = '\0';
	}
	code = read_folder(walk, list, base, err);
	closedir(list);
	return code;
}

static int by_path(const void *a, const void *b, void *text)
{
	const struct copy_entry *one = a, *two = b;

	return strcmp((const char *)text + one->path, (const char *)text + two->path);
}

/* The list is its own queue of folders still to be read: one descriptor, however deep the tree. */
static int walk_all(struct walk *walk, struct hd_error *err)
{
	const struct copy_tree *tree = walk->tree;
	int code = enter(walk, err);

	for (uint64_t i = 0; !code && i < tree->totals.entries; i++) {
		if (tree->entries[i].kind != COPY_FOLDER)
			continue;
		snprintf(walk->path, sizeof(walk->path), "%s", copy_path(tree, &tree->entries[i]));
		code = enter(walk, err);
	}
	return code;
}

int copy_tree_scan(struct copy_tree *tree, const char *root, struct hd_error *err)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int code;

	*tree = (struct copy_tree){0};
	if (!walk)
		return hd_error(err, -ENOMEM, "%s: %s", root, strerror(ENOMEM));
	walk->tree = tree;
	walk->root_name = root;
	walk->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (walk->root < 0) {
		code = hd_error(err, -errno, "%s: %s", root, strerror(errno));
	} else {
		code = walk_all(walk, err);
		close(walk->root);
	}
	free(walk);
	if (!code && tree->totals.entries)
		qsort_r(tree->entries, tree->totals.entries, sizeof(*tree->entries), by_path,
		        tree->text);
	return code;
}

void copy_tree_free(struct copy_tree *tree)
{
	if (tree->map) {
		munmap(tree->map, tree->map_bytes);
	} else {
		free(tree->entries);
		free(tree->text);
	}
	*tree = (struct copy_tree){0};
}

/* ---- The list as a file ---------------------------------------------------------------------- */

struct list_head {
	uint64_t magic;
	struct copy_totals totals;
};

int copy_tree_save(const struct copy_tree *tree, const char *path, struct hd_error *err)
{
	struct list_head head = {list_magic, tree->totals};
	FILE *file = fopen(path, "wex");
	bool bad;

	if (!file)
		return hd_error(err, -errno, "%s: %s", path, strerror(errno));
	errno = 0;
	bad = fwrite(&head, sizeof(head), 1, file) != 1;
	if (tree->totals.entries) {
		bad |= fwrite(tree->entries, sizeof(*tree->entries), tree->totals.entries, file) !=
		       tree->totals.entries;
		bad |= fwrite(tree->text, 1, tree->totals.text_bytes, file) !=
		       tree->totals.text_bytes;
	}
	bad |= fclose(file) != 0;
	if (!bad)
		return 0;
	bad = errno == 0;
	hd_error(err, bad ? -EIO : -errno, "%s: %s", path, strerror(bad ? EIO : errno));
	unlink(path);
	return err && err->code ? err->code : -EIO;
}

static int check_list(struct copy_tree *tree, const char *path, struct hd_error *err)
{
	const struct list_head *head = tree->map;
	uint64_t rest = tree->map_bytes - sizeof(*head);

	if (head->magic != list_magic || head->totals.entries > rest / sizeof(*tree->entries) ||
	    head->totals.entries * sizeof(*tree->entries) + head->totals.text_bytes != rest)
		return hd_error(err, -EINVAL, "%s: not a list of files", path);
	tree->totals = head->totals;
	tree->entries = (struct copy_entry *)(void *)((char *)tree->map + sizeof(*head));
	tree->text = (char *)(tree->entries + tree->totals.entries);
	return 0;
}

int copy_tree_load(struct copy_tree *tree, const char *path, struct hd_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *map = MAP_FAILED;
	int code;

	*tree = (struct copy_tree){0};
	if (fd < 0)
		return hd_error(err, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &status) == 0) {
		tree->map_bytes = (size_t)status.st_size;
		if (tree->map_bytes < sizeof(struct list_head))
			errno = EINVAL;
		else
			map = mmap(NULL, tree->map_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd,
			           0);
	}
	code = -errno;
	close(fd);
	if (map == MAP_FAILED)
		return hd_error(err, code, "%s: %s", path, strerror(-code));
	tree->map = map;
	return check_list(tree, path, err);
}

/* SPDX-License-Identifier: MIT */
#include "copy_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { PIECE = 256 << 10 };

struct check {
	const struct copy_tree *tree, *copied;
	struct copy_known *known;
	struct copy_difference *found;
	int source, copy; /* the roots */
	XXH3_state_t *state;
	char *buffer, *other; /* PIECE bytes each */
};

static void tell(struct check *check, const char *path, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void tell(struct check *check, const char *path, const char *format, ...)
{
	char name[COPY_SHOWN], what[COPY_DIFFERENCE - COPY_SHOWN];
	va_list args;

	if (check->found->count++)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(check->found->first, sizeof(check->found->first), "%s %s", copy_shown(path, name),
	         what);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static ssize_t read_piece(int fd, char *buffer)
{
	size_t have = 0;

	while (have < PIECE) {
		ssize_t got = read(fd, buffer + have, PIECE - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static int open_file(int root, const char *path)
{
	return openat(root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static int hash_file(struct check *check, int fd, uint64_t *hash, uint64_t *bytes)
{
	ssize_t got;

	*bytes = 0;
	XXH3_64bits_reset(check->state);
	do {
		got = read_piece(fd, check->buffer);
		if (got > 0) {
			XXH3_64bits_update(check->state, check->buffer, (size_t)got);
			*bytes += (uint64_t)got;
		}
	} while (got == PIECE);
	*hash = XXH3_64bits_digest(check->state);
	return got < 0 ? (int)got : 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Hashes a source file unless it is as it was when it was hashed before. */
static int know_source(struct check *check, struct copy_known *known, const char *path,
                       struct stat *status)
{
	int fd, code;

	if (fstatat(check->source, path, status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (known->valid && known->inode == status->st_ino &&
	    known->bytes == (uint64_t)status->st_size &&
	    same_time(known->modified, status->st_mtim) &&
	    same_time(known->changed, status->st_ctim))
		return 0;
	*known = (struct copy_known){
	        .inode = status->st_ino, .modified = status->st_mtim, .changed = status->st_ctim};
	fd = open_file(check->source, path);
	if (fd < 0)
		return -errno;
	code = hash_file(check, fd, &known->hash, &known->bytes);
	close(fd);
	known->valid = code == 0;
	return code;
}

/* Where two files begin to differ. */
static uint64_t first_difference(struct check *check, const char *path)
{
	int one = open_file(check->source, path), two = open_file(check->copy, path);
	uint64_t at = 0;

	while (one >= 0 && two >= 0) {
		ssize_t have = read_piece(one, check->buffer), has = read_piece(two, check->other);
		ssize_t i = 0, least = have < has ? have : has;

		while (i < least && check->buffer[i] == check->other[i])
			i++;
		at += i > 0 ? (uint64_t)i : 0;
		if (i < PIECE)
			break;
	}
	if (one >= 0)
		close(one);
	if (two >= 0)
		close(two);
	return at;
}

static void compare_copy(struct check *check, const char *path, const struct copy_known *known,
                         uint32_t mode, int fd)
{
	uint64_t hash = 0, bytes = 0;
	struct stat status;
	int code = fstat(fd, &status) < 0 ? -errno : 0;

	if (!code)
		code = hash_file(check, fd, &hash, &bytes);
	if (code)
		tell(check, path, "cannot be read in the copy: %s", strerror(-code));
	else if (bytes != known->bytes)
		tell(check, path, "is %" PRIu64 " bytes long, its source %" PRIu64, bytes,
		     known->bytes);
	else if (hash != known->hash)
		tell(check, path, "differs from its source at byte %" PRIu64,
		     first_difference(check, path));
	else if ((status.st_mode & 0777) != mode)
		tell(check, path, "has permissions %04o, its source %04o",
		     (unsigned)status.st_mode & 0777, mode);
}

static void check_file(struct check *check, const struct copy_entry *entry)
{
	const char *path = copy_path(check->tree, entry);
	struct copy_known *known = &check->known[entry - check->tree->entries];
	struct stat source;
	int code = know_source(check, known, path, &source), fd;

	if (code) {
		tell(check, path, "cannot be read in the source: %s", strerror(-code));
		return;
	}
	fd = open_file(check->copy, path);
	if (fd >= 0) {
		compare_copy(check, path, known, source.st_mode & 0777, fd);
		close(fd);
	} else if (errno == ENOENT) {
		tell(check, path, "is missing");
	} else {
		tell(check, path, "cannot be read in the copy: %s", strerror(errno));
	}
}

/* ---- Entries --------------------------------------------------------------------------------- */

static const char *kind_name(uint32_t kind)
{
	return kind == COPY_FOLDER ? "a folder" : kind == COPY_LINK ? "a symbolic link" : "a file";
}

static void check_link(struct check *check, const struct copy_entry *entry,
                       const struct copy_entry *copied)
{
	const char *is = check->copied->text + copied->target;
	const char *should = check->tree->text + entry->target;
	char one[COPY_SHOWN], two[COPY_SHOWN];

	if (strcmp(is, should))
		tell(check, copy_path(check->tree, entry), "points to %.50s, its source to %.50s",
		     copy_shown(is, one), copy_shown(should, two));
}

static void check_pair(struct check *check, const struct copy_entry *entry,
                       const struct copy_entry *copied)
{
	const char *path = copy_path(check->tree, entry);

	if (entry->kind != copied->kind)
		tell(check, path, "is %s, its source %s", kind_name(copied->kind),
		     kind_name(entry->kind));
	else if (entry->kind == COPY_LINK)
		check_link(check, entry, copied);
	else if (entry->kind == COPY_FILE)
		check_file(check, entry);
	else if (copied->mode != copy_folder_mode(entry->mode))
		tell(check, path, "has permissions %04o, its source %04o", copied->mode,
		     entry->mode);
}

/* Both lists are in the same order. */
static void merge(struct check *check)
{
	const struct copy_tree *tree = check->tree, *copied = check->copied;
	uint64_t i = 0, j = 0;

	while (i < tree->totals.entries || j < copied->totals.entries) {
		const struct copy_entry *one = &tree->entries[i], *two = &copied->entries[j];
		int order = i == tree->totals.entries ? 1
		            : j == copied->totals.entries
		                    ? -1
		                    : strcmp(copy_path(tree, one), copy_path(copied, two));

		if (order < 0)
			tell(check, copy_path(tree, one), "is missing");
		else if (order > 0)
			tell(check, copy_path(copied, two), "is not in the source");
		else
			check_pair(check, one, two);
		i += order <= 0;
		j += order >= 0;
	}
	/* The source's own are left and may be there; a copy has none. */
	if (copied->totals.special)
		tell(check, "a special file", "was made in the copy (%" PRIu64 " in all)",
		     copied->totals.special);
}

static int compare(struct check *check, const char *source, const char *copy, struct hd_error *err)
{
	check->source = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (check->source < 0)
		return hd_error(err, -errno, "%s: %s", source, strerror(errno));
	check->copy = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (check->copy < 0)
		return hd_error(err, -errno, "%s: %s", copy, strerror(errno));
	merge(check);
	return 0;
}

static int make_room(struct check *check, struct hd_error *err)
{
	*check->found = (struct copy_difference){0};
	check->source = check->copy = -1;
	check->state = XXH3_createState();
	check->buffer = malloc(PIECE);
	check->other = malloc(PIECE);
	if (check->state && check->buffer && check->other)
		return 0;
	return hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
}

static void free_room(struct check *check)
{
	XXH3_freeState(check->state);
	free(check->buffer);
	free(check->other);
}

int copy_check(const struct copy_tree *tree, struct copy_known *known, const char *source,
               const char *copy, struct copy_difference *found, struct hd_error *err)
{
	struct copy_tree copied = {0};
	struct check check = {.tree = tree, .copied = &copied, .known = known, .found = found};
	int code = make_room(&check, err);

	if (!code)
		code = copy_tree_scan(&copied, copy, err);
	if (!code)
		code = compare(&check, source, copy, err);
	if (check.source >= 0)
		close(check.source);
	if (check.copy >= 0)
		close(check.copy);
	free_room(&check);
	copy_tree_free(&copied);
	return code;
}

int copy_check_files(const struct copy_tree *tree, struct copy_known *known, int source, int copy,
                     struct arena_board *board, struct copy_difference *found, struct hd_error *err)
{
	struct check check = {.tree = tree, .known = known, .found = found};
	int code = make_room(&check, err);

	check.source = source;
	check.copy = copy;
	for (uint64_t i = 0; i < tree->totals.entries && !code; i++)
		if (tree->entries[i].kind == COPY_FILE) {
			check_file(&check, &tree->entries[i]);
			arena_beat(board);
		}
	free_room(&check);
	return code;
}

/* SPDX-License-Identifier: MIT */
/*
 * What the references of `copy` share: a folder is copied `--passes` times after one pass that
 * does not count, and only the copying is timed. As in Heddle the list of files is made once,
 * folders of the copy are made before a pass, and so are old copies spoilt (`--create reuse`) or
 * removed (`fresh`); after each pass all bytes and permissions of the copies are compared.
 *
 * Exits: 2 where there is no number for a reason that is told, 3 where a copy differs. Copies lie
 * in a private folder within `--work`, removed at any exit and after SIGINT and SIGTERM.
 */
#ifndef LIMITS_COPY_TREE_H
#define LIMITS_COPY_TREE_H

#include "reference.h"

#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

struct names {
	char **name; /* relative to the folder */
	size_t count;
};

struct copying {
	struct options common; /* of which only the CPUs are used */
	char *source;          /* absolute */
	const char *work;
	uint64_t block, passes; /* bytes; passes that count */
	bool fresh;
	struct names files, folders;
	uint64_t bytes;
	int from, to; /* the two folders */
};

static char copy_place[PATH_MAX];
static volatile sig_atomic_t copy_interrupted;

/* ---- Options -------------------------------------------------------------------------------- */

static inline bool read_copy_option(struct copying *copying, const char *name, char *value)
{
	if (!value)
		return false;
	if (!strcmp(name, "--source"))
		copying->source = realpath(value, NULL);
	else if (!strcmp(name, "--work"))
		copying->work = value;
	else if (!strcmp(name, "--cpus"))
		read_cpus(&copying->common, value);
	else if (!strcmp(name, "--block-kib"))
		copying->block = number(name, value) << 10;
	else if (!strcmp(name, "--passes"))
		copying->passes = number(name, value);
	else if (!strcmp(name, "--create") && (!strcmp(value, "fresh") || !strcmp(value, "reuse")))
		copying->fresh = *value == 'f';
	else
		return false;
	return true;
}

static inline void read_copy_options(struct copying *copying, int argc, char **argv)
{
	bool good = true;

	*copying = (struct copying){.common.cpu_count = 1, .block = 256 << 10, .passes = 5};
	for (int i = 1; i < argc && good; i += 2)
		good = read_copy_option(copying, argv[i], argv[i + 1]);
	if (!good || !copying->source || !copying->work)
		fail("usage: %s --source DIR --work DIR [--cpus 0,1] [--block-kib N] "
		     "[--create reuse|fresh] [--passes N]",
		     argv[0]);
	if (!copying->common.cpu_count || !copying->passes || copying->passes > 1000 ||
	    copying->block < 1 << 10 || copying->block > 1 << 30)
		fail("%s: a value is out of range", argv[0]);
}

/* ---- Folders -------------------------------------------------------------------------------- */

static inline int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static inline void add_name(struct names *names, const char *name)
{
	size_t room = names->count ? 2 * names->count : 1;

	if (!(names->count & (names->count - 1))) /* a power of two: full */
		names->name = realloc(names->name, room * sizeof *names->name);
	if (!names->name || !(names->name[names->count++] = strdup(name)))
		fail("no memory for the list of files");
}

/* Sorted, as Heddle's list is. */
static inline void list_source(struct copying *copying)
{
	char *folders[] = {copying->source, NULL};
	size_t root = strlen(copying->source) + 1;
	FTS *walk = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, by_name);

	for (FTSENT *entry; walk && (entry = fts_read(walk));) {
		if (entry->fts_info == FTS_F) {
			add_name(&copying->files, entry->fts_path + root);
			copying->bytes += (uint64_t)entry->fts_statp->st_size;
		} else if (entry->fts_info == FTS_D && entry->fts_level) {
			add_name(&copying->folders, entry->fts_path + root);
		} else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP) {
			fail("%s: neither a file nor a folder", entry->fts_path);
		}
	}
	if (!walk || fts_close(walk) || !copying->bytes)
		fail("%s: there is nothing to copy", copying->source);
}

/* Everything at and below `level`, of which 0 is the private folder itself. */
static inline void remove_copies(int level)
{
	char *folders[] = {copy_place, NULL};
	FTS *walk = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	for (FTSENT *entry; walk && (entry = fts_read(walk));)
		if (entry->fts_info != FTS_D && entry->fts_level >= level)
			remove(entry->fts_accpath);
	if (walk)
		fts_close(walk);
}

static inline void remove_place(void)
{
	remove_copies(0);
}

static inline void interrupt(int signal_number)
{
	copy_interrupted = signal_number;
}

static inline void make_place(struct copying *copying)
{
	snprintf(copy_place, sizeof copy_place, "%s/copy-XXXXXX", copying->work);
	if (!mkdtemp(copy_place))
		fail("%s: %s", copying->work, strerror(errno));
	atexit(remove_place);
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	copying->from = open(copying->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	copying->to = open(copy_place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copying->from < 0 || copying->to < 0)
		fail("%s: %s", copying->source, strerror(errno));
}

/* ---- Around a pass -------------------------------------------------------------------------- */

/* Eight random bytes in each block: a copy that is not written again cannot look right. */
static inline void spoil(const struct copying *copying, const char *name)
{
	int fd = openat(copying->to, name, O_WRONLY | O_CLOEXEC);
	struct stat status;
	uint64_t at = 0;

	if (fd < 0 && errno == ENOENT)
		return; /* not copied yet */
	if (fd < 0 || fstat(fd, &status))
		fail("%s: the old copy cannot be spoilt: %s", name, strerror(errno));
	do {
		uint64_t left = (uint64_t)status.st_size - at, spot = at;
		uint64_t bytes = (uint64_t)mrand48() << 32 ^ (uint64_t)mrand48();

		left = left < copying->block ? left : copying->block;
		if (left > sizeof bytes)
			spot += (uint64_t)lrand48() % (left - sizeof bytes + 1);
		if (pwrite(fd, &bytes, sizeof bytes, (off_t)spot) < 0)
			fail("%s: the old copy cannot be spoilt: %s", name, strerror(errno));
		at += copying->block;
	} while (at < (uint64_t)status.st_size);
	close(fd);
}

static inline void prepare_pass(const struct copying *copying)
{
	if (copying->fresh)
		remove_copies(1);
	for (size_t i = 0; i < copying->folders.count; i++)
		if (mkdirat(copying->to, copying->folders.name[i], 0700) && errno != EEXIST)
			fail("%s: %s", copying->folders.name[i], strerror(errno));
	for (size_t i = 0; i < copying->files.count && !copying->fresh; i++)
		spoil(copying, copying->files.name[i]);
}

static inline bool same(int one, int two)
{
	static char pieces[2][256 << 10];
	struct stat first, second;
	ssize_t has, have;

	if (one < 0 || two < 0 || fstat(one, &first) || fstat(two, &second) ||
	    (first.st_mode & 0777) != (second.st_mode & 0777))
		return false;
	do {
		has = read(one, pieces[0], sizeof pieces[0]);
		have = read(two, pieces[1], sizeof pieces[0]);
		if (has < 0 || has != have || memcmp(pieces[0], pieces[1], (size_t)has))
			return false;
	} while (has);
	return true;
}

static inline void check_pass(const struct copying *copying, uint64_t pass)
{
	for (size_t i = 0; i < copying->files.count; i++) {
		const char *name = copying->files.name[i];
		int one = openat(copying->from, name, O_RDONLY | O_CLOEXEC);
		int two = openat(copying->to, name, O_RDONLY | O_CLOEXEC);

		if (!same(one, two)) {
			fprintf(stderr, "%s: the copy of pass %" PRIu64 " differs\n", name, pass);
			exit(3);
		}
		close(one);
		close(two);
	}
	if (copy_interrupted)
		fail("interrupted");
}

/* What a program does but for `copy_all`, which is one pass, and the only part that is timed. */
static inline int run_copies(struct copying *copying, void (*copy_all)(struct copying *))
{
	uint64_t ns = 0, begin;

	umask(0); /* a new file gets its source's permissions as it is made */
	list_source(copying);
	make_place(copying);
	for (uint64_t pass = 0; pass <= copying->passes; pass++) {
		prepare_pass(copying);
		begin = now_ns();
		copy_all(copying);
		ns += pass ? now_ns() - begin : 0;
		check_pass(copying, pass);
	}
	printf("{\"throughput\": %.1f, \"passes\": %" PRIu64 "}\n",
	       (double)copying->bytes * (double)copying->passes * 1e9 / (double)ns,
	       copying->passes);
	return 0;
}

#endif

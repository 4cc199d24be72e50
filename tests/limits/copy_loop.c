/* SPDX-License-Identifier: MIT */
/*
 * `copy` by hand: a thread for each CPU, files claimed by one atomic index, read() and write()
 * with a buffer that was touched before. There is no second read to find the end, since fstat()
 * told the size (a source that grows shows when the copies are compared), and no look at a new
 * file's length. For writing over cached files sendfile, copy_file_range and io_uring were no
 * faster: there this is the limit.
 *
 * Blocks of 64, 128, 256, 512 and 1024 KiB were tried on tmpfs: 8 x 64 MiB in place is a tenth
 * slower with 64 and alike within 2 % from 128 on; 2 000 x 64 KiB is one block a file with any of
 * them.
 */
#include "copy_tree.h"

struct worker {
	_Alignas(APART) struct copying *copying;
	char *buffer;
	int cpu, error;
	const char *failed; /* the file that could not be copied, for the reason `error` */
	pthread_t thread;
};

static struct worker workers[MOST_TASKS];
static struct {
	_Alignas(APART) _Atomic size_t next; /* file that nobody has claimed */
} claims;

static bool write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t put = write(fd, bytes, size);

		if (put <= 0)
			return false;
		bytes += put;
		size -= (size_t)put;
	}
	return true;
}

static bool copy_bytes(const struct worker *worker, int in, int out, uint64_t size)
{
	uint64_t block = worker->copying->block;

	while (size) {
		ssize_t got = read(in, worker->buffer, size < block ? size : block);

		if (got <= 0 || !write_all(out, worker->buffer, (size_t)got))
			return false;
		size -= (size_t)got;
	}
	return true;
}

/*
 * Never O_TRUNC: it gives away pages that are wanted again at once, and on ext4 a file that was
 * truncated and written is flushed at its close. What was longer is cut off instead.
 */
static bool cut(int out, off_t size)
{
	struct stat copy;

	return !fstat(out, &copy) && (copy.st_size <= size || !ftruncate(out, size));
}

static bool copy_file(const struct worker *worker, const char *name)
{
	const struct copying *copying = worker->copying;
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (copying->fresh ? O_EXCL : 0);
	int in = openat(copying->from, name, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat source;
	bool good = in >= 0 && !fstat(in, &source);

	if (good)
		out = openat(copying->to, name, flags, source.st_mode & 0777);
	good = out >= 0 && copy_bytes(worker, in, out, (uint64_t)source.st_size) &&
	       (copying->fresh || cut(out, source.st_size));
	if (in >= 0)
		close(in);
	return (out < 0 || !close(out)) && good;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	const struct names *files = &worker->copying->files;

	pin(worker->cpu);
	for (size_t i; (i = atomic_fetch_add(&claims.next, 1)) < files->count;)
		if (!copy_file(worker, files->name[i])) {
			worker->error = errno;
			worker->failed = files->name[i];
			atomic_store(&claims.next, files->count);
		}
	return NULL;
}

static void copy_all(struct copying *copying)
{
	int count_of = copying->common.cpu_count;

	atomic_store(&claims.next, 0);
	for (int i = 1; i < count_of; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("no thread");
	work(&workers[0]);
	for (int i = 1; i < count_of; i++)
		pthread_join(workers[i].thread, NULL);
	for (int i = 0; i < count_of; i++)
		if (workers[i].failed)
			fail("%s: %s", workers[i].failed, strerror(workers[i].error));
}

int main(int argc, char **argv)
{
	static struct copying copying;

	read_copy_options(&copying, argc, argv);
	for (int i = 0; i < copying.common.cpu_count; i++) {
		workers[i].copying = &copying;
		workers[i].cpu = copying.common.cpus[i];
		workers[i].buffer = aligned_alloc(4096, (copying.block + 4095) / 4096 * 4096);
		if (!workers[i].buffer)
			fail("no memory for a buffer");
		memset(workers[i].buffer, 1, copying.block);
	}
	pin(copying.common.cpus[0]); /* also what is not timed */
	return run_copies(&copying, copy_all);
}

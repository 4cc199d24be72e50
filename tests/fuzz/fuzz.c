/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_fail(const char *why)
{
	fprintf(stderr, "fuzz: %s\n", why);
	abort();
}

static void put_bytes(int fd, const void *data, size_t size)
{
	if (fd < 0 || ftruncate(fd, 0) < 0 || (size && pwrite(fd, data, size, 0) != (ssize_t)size))
		fuzz_fail(strerror(errno));
}

const char *fuzz_file(int number, const void *data, size_t size)
{
	static struct {
		int fd;
		char path[32];
	} files[2] = {{-1, ""}, {-1, ""}};

	if (files[number].fd < 0) {
		files[number].fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(files[number].path, sizeof(files[number].path), "/proc/self/fd/%d",
		         files[number].fd);
	}
	put_bytes(files[number].fd, data, size);
	return files[number].path;
}

FILE *fuzz_nowhere(void)
{
	static FILE *file;

	if (!file)
		file = fopen("/dev/null", "we");
	return file ? file : stderr;
}

void fuzz_split(struct fuzz_parts *parts, const uint8_t *data, size_t size)
{
	char *at, *end;

	*parts = (struct fuzz_parts){.memory = malloc(size + 1)};
	if (!parts->memory)
		fuzz_fail("out of memory");
	if (size)
		memcpy(parts->memory, data, size);
	parts->memory[size] = '\0';
	at = parts->memory;
	end = at + size;
	while (parts->count < FUZZ_PARTS) {
		char *mark = memmem(at, (size_t)(end - at), "\n%%\n", 4);

		if (parts->count == FUZZ_PARTS - 1)
			mark = NULL;
		parts->texts[parts->count] = at;
		parts->sizes[parts->count++] = (size_t)((mark ? mark : end) - at);
		if (!mark)
			return;
		*mark = '\0';
		at = mark + 4;
	}
}

void fuzz_parts_free(struct fuzz_parts *parts)
{
	free(parts->memory);
}

size_t fuzz_lines(char *text, char **lines, size_t room)
{
	size_t count = 0;
	char *line;

	while (count < room && (line = strsep(&text, "\n")))
		lines[count++] = line;
	return count;
}

static char root[PATH_MAX];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void remove_root(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_root(void)
{
	if (root[0])
		return root;
	snprintf(root, sizeof(root), "%s/heddle-fuzz-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(root))
		fuzz_fail(strerror(errno));
	atexit(remove_root);
	return root;
}

void fuzz_put(const char *path, const void *data, size_t size)
{
	char full[2 * PATH_MAX];
	int fd;

	snprintf(full, sizeof(full), "%s%s", fuzz_root(), path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	put_bytes(fd, data, size);
	close(fd);
}

/* SPDX-License-Identifier: MIT */
/* What copy_tree.h says of making trees. */
#include "copy_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

static int make_one(const struct copy_tree *tree, const struct copy_entry *entry, int root)
{
	const char *path = copy_path(tree, entry);

	if (entry->kind == COPY_LINK)
		return symlinkat(tree->text + entry->target, root, path);
	if (mkdirat(root, path, 0700) < 0)
		return -1;
	/* Not the mode of mkdirat(): that one goes through the umask. */
	return fchmodat(root, path, copy_folder_mode(entry->mode), 0);
}

int copy_tree_make_folders(const struct copy_tree *tree, int root, struct hd_error *err)
{
	char text[COPY_SHOWN];

	for (uint64_t i = 0; i < tree->totals.entries; i++) {
		const struct copy_entry *entry = &tree->entries[i];

		if (entry->kind == COPY_FILE || make_one(tree, entry, root) == 0 || errno == EEXIST)
			continue;
		return hd_error(err, -errno, "copy of %s: %s",
		                copy_shown(copy_path(tree, entry), text), strerror(errno));
	}
	return 0;
}

static void fill(uint64_t *words, size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++)
		words[i] = copy_mix(seed + i);
}

static int write_all(int fd, const char *bytes, uint64_t size)
{
	while (size) {
		ssize_t done = write(fd, bytes, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		size -= (uint64_t)done;
	}
	return 0;
}

static int generate_file(int root, const char *path, uint64_t size, uint64_t seed, uint64_t *buffer)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int code = 0;

	if (fd < 0)
		return -errno;
	for (uint64_t at = 0; at < size && !code; at += PIECE) {
		uint64_t piece = size - at < PIECE ? size - at : PIECE;

		fill(buffer, (piece + 7) / 8, copy_mix(seed) + at);
		code = write_all(fd, (const char *)buffer, piece);
	}
	if (close(fd) < 0 && !code)
		code = -errno;
	return code;
}

void copy_tree_name(char name[64], uint64_t index)
{
	snprintf(name, 64, "%04" PRIu64 "/%02" PRIu64, index / COPY_FOLDER_FILES,
	         index % COPY_FOLDER_FILES);
}

static int generate_all(int root, uint64_t files, uint64_t file_bytes, uint64_t seed,
                        uint64_t *buffer, char path[64])
{
	int code = 0;

	for (uint64_t i = 0; i < files && !code; i++) {
		uint64_t folder = i / COPY_FOLDER_FILES;

		snprintf(path, 64, "%04" PRIu64, folder);
		if (i % COPY_FOLDER_FILES == 0 && mkdirat(root, path, 0755) < 0)
			return -errno;
		copy_tree_name(path, i);
		code = generate_file(root, path, file_bytes, copy_mix(seed) + i, buffer);
	}
	return code;
}

int copy_tree_generate(const char *root, uint64_t files, uint64_t file_bytes, uint64_t seed,
                       struct hd_error *err)
{
	uint64_t *buffer = malloc(PIECE);
	char path[64] = "";
	int fd = -1, code = -ENOMEM;

	if (buffer) {
		if (mkdir(root, 0700) == 0)
			fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		code = fd < 0 ? -errno : generate_all(fd, files, file_bytes, seed, buffer, path);
	}
	if (fd >= 0)
		close(fd);
	free(buffer);
	if (code)
		return hd_error(err, code, "%s%s%s: %s", root, *path ? "/" : "", path,
		                strerror(-code));
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* What is served, and what must not be: made once a run, kept beside the trees of copy. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy_tree.h"
#include "download.h"
#include "loader.h"

enum { LONG_NAME = 6000 };

/* Names that lead out of the folder, or are none of a file. "@" is the folder that the tree lies in. */
static const struct {
	const char *name, *label;
	uint32_t bytes; /* of the name, where it holds a NUL */
} forbidden[] = {
        {"../outside", "a name with .. that leads out", 0},
        {"0000/../../outside", "a name with .. in its middle", 0},
        {"@/outside", "an absolute name", 0},
        {"link", "a link that leads out", 0},
        {"up/outside", "a name through a folder that is a link", 0},
        {"0000/00\0.txt", "a name with a NUL in it", 12},
        {NULL, "a name that is too long", LONG_NAME},
        {"0000", "a folder", 0},
        {"0000/", "a name that ends with a slash", 0},
        {"", "a name of no bytes", 0},
        {"0000/none", "a file that is not there", 0},
};
enum { FORBIDDEN = sizeof(forbidden) / sizeof(forbidden[0]) };

/* ---- On the disk ------------------------------------------------------------------------------ */

static int make_outside(const char *made, const char *tree)
{
	char path[SCRATCH_PATH + 16];
	int fd, code = 0;

	snprintf(path, sizeof(path), "%s/outside", made);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "nobody's\n", 9) != 9)
		code = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	snprintf(path, sizeof(path), "%s/link", tree);
	if (!code && symlink("../outside", path) < 0)
		code = -errno;
	snprintf(path, sizeof(path), "%s/up", tree);
	if (!code && symlink("..", path) < 0)
		code = -errno;
	return code;
}

static int make_tree(struct download_folder *folder, const struct workload_trial *trial,
                     const struct download_params *params, struct hd_error *err)
{
	const char *parent;
	char made[SCRATCH_PATH];
	int code = scratch_folder(trial->scratch, params->work_dir,
	                          params->files * params->file_bytes, &parent, err);

	if (code)
		return code;
	if (snprintf(made, sizeof(made), "%s/served-XXXXXX", parent) >= (int)sizeof(made) - 8)
		return hd_error(err, -ENAMETOOLONG, "%s: %s", parent, strerror(ENAMETOOLONG));
	if (!mkdtemp(made))
		return hd_error(err, -errno, "%s: %s", made, strerror(errno));
	snprintf(folder->path, sizeof(folder->path), "%.*s/tree", SCRATCH_PATH - 8, made);
	code = copy_tree_generate(folder->path, params->files, params->file_bytes,
	                          trial->scratch->seed, err);
	if (!code) {
		code = make_outside(made, folder->path);
		if (code)
			hd_error(err, code, "%s: %s", made, strerror(-code));
	}
	if (code)
		scratch_remove_tree(made); /* half of it takes the room that the next try needs */
	return code;
}

/* Pages that were never written back cannot be dropped. */
static int write_back(const char *path)
{
	unsigned flags =
	        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;

	if (fd < 0)
		return -errno;
	code = sync_file_range(fd, 0, 0, flags) < 0 && errno == EIO ? -EIO : 0;
	close(fd);
	return code;
}

/* ---- What the generator asks for --------------------------------------------------------------- */

/* Both strings are never freed one by one: see destroy(). */
static int name_file(struct generator_file *file, const char *folder, uint64_t index,
                     const struct download_params *params)
{
	char name[64], *request, *path;
	int code;

	copy_tree_name(name, index);
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	file->path = path;
	if (asprintf(&request, "%s\n", name) < 0)
		return -ENOMEM;
	file->request = request;
	file->request_bytes = (uint32_t)strlen(request);
	file->label = path + strlen(folder) + 1;
	file->bytes = params->file_bytes;
	code = loader_hash(path, &file->hash);
	if (!code && params->cold)
		code = write_back(path);
	return code;
}

static int name_forbidden(struct generator_file *file, const char *folder, int index)
{
	const char *name = forbidden[index].name;
	uint32_t bytes = forbidden[index].bytes;
	char *request = NULL;

	*file = (struct generator_file){.label = forbidden[index].label, .refused = true};
	if (!name) {
		request = malloc(bytes + 1);
		for (uint32_t i = 0; request && i < bytes; i++)
			request[i] = i % 2 ? '/' : 'a';
	} else if (*name == '@') {
		bytes = (uint32_t)(strlen(folder) - strlen("/tree") + strlen(name) - 1);
		if (asprintf(&request, "%.*s%s\n", (int)(strlen(folder) - strlen("/tree")), folder,
		             name + 1) < 0)
			request = NULL;
	} else {
		bytes = bytes ? bytes : (uint32_t)strlen(name);
		request = malloc(bytes + 1);
		if (request)
			memcpy(request, name, bytes);
	}
	if (!request)
		return -ENOMEM;
	request[bytes] = '\n';
	file->request = request;
	file->request_bytes = bytes + 1;
	return 0;
}

static void free_files(const struct generator_file *files, uint64_t count)
{
	for (uint64_t i = 0; files && i < count; i++) {
		free((char *)(uintptr_t)files[i].request);
		free((char *)(uintptr_t)files[i].path);
	}
	free((void *)(uintptr_t)files);
}

static void destroy(void *value)
{
	struct download_folder *folder = value;

	free_files(folder->files.file, folder->files.count);
	free_files(folder->files.refused, folder->files.refused_count);
	free(folder);
}

static int name_all(struct download_folder *folder, const struct download_params *params,
                    struct hd_error *err)
{
	struct generator_file *file = calloc(params->files, sizeof(*file));
	struct generator_file *refused = calloc(FORBIDDEN, sizeof(*refused));
	int code = file && refused ? 0 : -ENOMEM;

	folder->files =
	        (struct generator_files){.file = file, .refused = refused, .cold = params->cold};
	folder->files.count = file ? (uint32_t)params->files : 0;
	folder->files.refused_count = refused ? FORBIDDEN : 0;
	for (uint64_t i = 0; i < params->files && !code; i++)
		code = name_file(&file[i], folder->path, i, params);
	for (int i = 0; i < FORBIDDEN && !code; i++)
		code = name_forbidden(&refused[i], folder->path, i);
	return code ? hd_error(err, code, "%s: %s", folder->path, strerror(-code)) : 0;
}

int download_find_folder(const struct workload_trial *trial, struct download_folder **found,
                         struct hd_error *err)
{
	struct download_params params = download_read_params(trial->kase);
	struct download_folder *folder;
	char *key;
	int code;

	if (asprintf(&key, "download %s\n%" PRIu64 "\n%" PRIu64 "\n%d", params.work_dir,
	             params.files, params.file_bytes, params.cold) < 0)
		return hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
	code = 0;
	*found = scratch_find(trial->scratch, key);
	if (!*found) {
		folder = calloc(1, sizeof(*folder));
		code = folder ? make_tree(folder, trial, &params, err)
		              : hd_error(err, -ENOMEM, "%s", strerror(ENOMEM));
		if (!code)
			code = name_all(folder, &params, err);
		if (!code)
			code = scratch_keep(trial->scratch, key, folder, destroy, err);
		if (!code)
			*found = folder;
		else if (folder)
			destroy(folder);
	}
	free(key);
	return code;
}

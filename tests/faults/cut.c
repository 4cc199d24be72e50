/* SPDX-License-Identifier: MIT */
/*
 * The power goes: a layer over the files of one folder that knows what is on disk and what is not yet.
 *
 *   HEDDLE_CUT_FOLDER=PATH   of the result
 *   HEDDLE_CUT_AT=N          before the N-th step (a write, a sync, a rename, a removal) the power goes: what was not
 *                            synced is taken back, and the process is killed. 0: never
 *   HEDDLE_CUT_LOG=FILE      "step N CALL PATH"; "trial BYTES": a trial begins, and so much of the journal is on disk;
 *                            "violation WHAT": something was counted on that was not
 *
 * Of a file its content is on disk once it was synced itself, its name once its folder was. What the core writes by
 * stdio is seen when it is synced.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 16, PATH = 1024 };

struct file {
	ino_t inode;
	char path[PATH];
	off_t synced;      /* bytes on disk */
	bool named;        /* its name is */
	char before[PATH]; /* it was renamed, and that is not on disk yet; else "" */
};

static struct file files[FILES];
static int file_count, steps;
static pid_t core;

__attribute__((constructor)) static void begin(void)
{
	core = getpid();
}

static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		_exit(99);
	return found;
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	const char *path = getenv("HEDDLE_CUT_LOG");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	va_list args;

	if (fd < 0)
		return;
	va_start(args, format);
	vdprintf(fd, format, args);
	va_end(args);
	close(fd);
}

/* Whether the path, or the descriptor's, is in the folder, or the folder itself. */
static bool is_ours(const char *path)
{
	const char *folder = getenv("HEDDLE_CUT_FOLDER");
	size_t length = folder ? strlen(folder) : 0;

	return folder && getpid() == core && strncmp(path, folder, length) == 0 &&
	       (path[length] == '/' || !path[length]);
}

static bool path_of(int fd, char path[PATH])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH - 1);
	path[length > 0 ? length : 0] = '\0';
	return length > 0 && is_ours(path);
}

static struct file *file_at(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return NULL;
	for (int i = 0; i < file_count; i++)
		if (files[i].inode == status.st_ino)
			return &files[i];
	if (file_count == FILES)
		return NULL;
	files[file_count] = (struct file){.inode = status.st_ino};
	snprintf(files[file_count].path, PATH, "%s", path);
	return &files[file_count++];
}

static void take_back(struct file *file)
{
	if (file->before[0])
		((int (*)(const char *, const char *))(uintptr_t)real("rename"))(file->path,
		                                                                 file->before);
	if (!file->named && !file->before[0])
		((int (*)(const char *))(uintptr_t)real("unlink"))(file->path);
	else
		(void)!truncate(file->before[0] ? file->before : file->path, file->synced);
}

static void step(const char *call, const char *path)
{
	const char *at = getenv("HEDDLE_CUT_AT");

	say("step %d %s %s\n", ++steps, call, path);
	if (!at || atoi(at) != steps)
		return;
	for (int i = 0; i < file_count; i++)
		take_back(&files[i]);
	kill(core, SIGKILL);
}

static void name_all(const char *folder)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		char path[2 * PATH];
		struct file *file;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (!(file = file_at(path)))
			continue;
		file->named = true;
		file->before[0] = '\0';
	}
	if (stream)
		closedir(stream);
}

static void note_sync(const char *path)
{
	struct stat status;
	struct file *file;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		name_all(path);
	else if ((file = file_at(path)))
		file->synced = status.st_size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	char path[PATH];

	if (path_of(fd, path)) {
		(void)file_at(path);
		step("write", path);
	}
	return ((ssize_t(*)(int, const void *, size_t))(uintptr_t)real("write"))(fd, bytes, size);
}

static int sync_by(const char *call, int fd)
{
	char path[PATH];
	bool ours = path_of(fd, path);
	int code;

	if (ours)
		step(call, path);
	code = ((int (*)(int))(uintptr_t)real(call))(fd);
	if (ours && code == 0)
		note_sync(path);
	return code;
}

int fdatasync(int fd)
{
	return sync_by("fdatasync", fd);
}

int fsync(int fd)
{
	return sync_by("fsync", fd);
}

int rename(const char *from, const char *to)
{
	struct file *file = is_ours(from) ? file_at(from) : NULL;
	struct stat status;
	int code;

	if (file) {
		step("rename", from);
		if (stat(from, &status) < 0 || status.st_size != file->synced)
			say("violation %s is renamed before it is synced\n", from);
	}
	code = ((int (*)(const char *, const char *))(uintptr_t)real("rename"))(from, to);
	if (file && code == 0) {
		snprintf(file->before, PATH, "%s", from);
		snprintf(file->path, PATH, "%s", to);
	}
	return code;
}

int unlink(const char *path)
{
	if (is_ours(path)) {
		step("unlink", path);
		for (int i = 0; i < file_count; i++)
			if (files[i].before[0])
				say("violation %s goes before the name %s is on disk\n", path,
				    files[i].path);
	}
	return ((int (*)(const char *))(uintptr_t)real("unlink"))(path);
}

static bool is_journal(const char *path)
{
	size_t length = strlen(path);

	return length > 8 && strcmp(path + length - 8, ".journal") == 0;
}

/* The arena is made at a trial's very beginning. */
int memfd_create(const char *name, unsigned flags)
{
	for (int i = 0; getpid() == core && strcmp(name, "heddle-trial") == 0 && i < file_count;
	     i++) {
		const struct file *file = &files[i];
		struct stat status;

		if (!is_journal(file->path) || stat(file->path, &status) < 0)
			continue;
		if (status.st_size != file->synced || !file->named)
			say("violation a trial begins, %lld of %lld bytes of the journal are on "
			    "disk%s\n",
			    (long long)file->synced, (long long)status.st_size,
			    file->named ? "" : ", not its name");
		say("trial %lld\n", (long long)file->synced);
	}
	return ((int (*)(const char *, unsigned))(uintptr_t)real("memfd_create"))(name, flags);
}

/* SPDX-License-Identifier: MIT */
#include "sysfile.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static bool join(char full[PATH_MAX], const char *root, const char *path)
{
	return snprintf(full, PATH_MAX, "%s%s", root, path) < PATH_MAX;
}

FILE *sysfile_open(const char *root, const char *path)
{
	char full[PATH_MAX];

	if (!join(full, root, path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(full, "re");
}

bool sysfile_exists(const char *root, const char *path)
{
	char full[PATH_MAX];

	return join(full, root, path) && access(full, F_OK) == 0;
}

int sysfile_line(const char *root, const char *path, char *text, size_t size)
{
	FILE *file = sysfile_open(root, path);
	int code = 0;

	text[0] = '\0';
	if (!file)
		return -errno;
	errno = 0;
	if (!fgets(text, (int)size, file))
		code = errno ? -errno : -ENODATA;
	text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return code;
}

int sysfile_text(const char *root, const char *path, char *text, size_t size)
{
	FILE *file = sysfile_open(root, path);
	size_t length;
	int code;

	text[0] = '\0';
	if (!file)
		return -errno;
	errno = 0;
	length = fread(text, 1, size - 1, file);
	code = ferror(file) && errno ? -errno : 0;
	text[code ? 0 : length] = '\0';
	fclose(file);
	return code;
}

/* The value in "key : value", or NULL where the line has another key. */
static char *value_in(char *line, const char *key)
{
	size_t length = strlen(key);
	char *value = strchr(line, ':');

	if (!value || strncmp(line, key, length) != 0 ||
	    line + length + strspn(line + length, " \t") != value)
		return NULL;
	value += 1 + strspn(value + 1, " \t");
	value[strcspn(value, "\n")] = '\0';
	return value;
}

int sysfile_key(const char *root, const char *path, const char *key, char *text, size_t size)
{
	FILE *file = sysfile_open(root, path);
	char line[4096]; /* the flags of a processor are a long line */
	int code = -ENODATA;

	if (!file)
		return -errno;
	while (code && fgets(line, sizeof(line), file) && line[0] != '\n') {
		char *value = value_in(line, key);

		if (!value)
			continue;
		snprintf(text, size, "%s", value);
		code = 0;
	}
	fclose(file);
	return code;
}

double sysfile_peak_bytes(pid_t pid)
{
	char path[64], text[64];
	unsigned long long kib;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (sysfile_key("", path, "VmHWM", text, sizeof(text)) || sscanf(text, "%llu", &kib) != 1 ||
	    !kib)
		return NAN;
	return (double)kib * 1024;
}

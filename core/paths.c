/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PREFIX of PREFIX/bin/heddle. */
int paths_prefix(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length <= 0)
		return -ENOENT;
	path[length] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(path, '/');

		if (!slash)
			return -ENOENT;
		*slash = '\0';
	}
	return 0;
}

static void add(struct plugin_folders *folders, const char *folder)
{
	if (*folder && folders->count < PATHS_FOLDERS &&
	    (folders->folders[folders->count] = strdup(folder)))
		folders->count++;
}

static void add_colons(struct plugin_folders *folders, const char *list)
{
	char *copy = list ? strdup(list) : NULL, *rest = NULL;

	for (char *word = copy ? strtok_r(copy, ":", &rest) : NULL; word;
	     word = strtok_r(NULL, ":", &rest))
		add(folders, word);
	free(copy);
}

static const char below_libdir[] = "/heddle/plugins";

int paths_libdir(char path[PATH_MAX])
{
	static const char *const libdirs[] = {HEDDLE_LIBDIR, "lib"};
	char own[PATH_MAX], plugins[PATH_MAX];

	for (size_t i = 0; i < 2 && paths_prefix(own) == 0; i++)
		if (snprintf(path, PATH_MAX, "%.3800s/%.200s", own, libdirs[i]) < PATH_MAX &&
		    snprintf(plugins, PATH_MAX, "%.4000s%s", path, below_libdir) < PATH_MAX &&
		    access(plugins, R_OK) == 0)
			return 0;
	return -ENOENT;
}

void paths_plugins(struct plugin_folders *folders, const char *const *given, int count)
{
	char libdir[PATH_MAX], path[2 * PATH_MAX];

	*folders = (struct plugin_folders){0};
	for (int i = 0; i < count; i++)
		add(folders, given[i]);
	add_colons(folders, getenv("HEDDLE_PLUGIN_PATH"));
	if (paths_libdir(libdir))
		return;
	snprintf(path, sizeof(path), "%s%s", libdir, below_libdir);
	add(folders, path);
}

static bool has_plugins(const char *folder)
{
	DIR *stream = opendir(folder);
	bool found = false;

	for (struct dirent *entry; stream && !found && (entry = readdir(stream));) {
		size_t length = strlen(entry->d_name);

		found = length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
	}
	if (stream)
		closedir(stream);
	return found;
}

int paths_plugins_in(const char *folder, char path[PATH_MAX])
{
	static const char *const below[] = {"", "/" HEDDLE_LIBDIR "/heddle/plugins",
	                                    "/lib/heddle/plugins"};

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (snprintf(path, PATH_MAX, "%s%s", folder, below[i]) < PATH_MAX &&
		    has_plugins(path))
			return 0;
	path[0] = '\0';
	return -ENOENT;
}

void paths_plugins_free(struct plugin_folders *folders)
{
	for (int i = 0; i < folders->count; i++)
		free(folders->folders[i]);
	*folders = (struct plugin_folders){0};
}

int paths_config(const char *name, char path[PATH_MAX])
{
	char own[PATH_MAX];

	snprintf(path, PATH_MAX, "%s", name);
	if (access(name, F_OK) == 0 || strchr(name, '/'))
		return access(name, F_OK) == 0 ? 0 : -ENOENT;
	for (int with = 0; with < 2 && paths_prefix(own) == 0; with++) {
		if (snprintf(path, PATH_MAX, "%.3800s/share/heddle/configs/%.200s%s", own, name,
		             with ? ".json" : "") < PATH_MAX &&
		    access(path, F_OK) == 0)
			return 0;
	}
	snprintf(path, PATH_MAX, "%s", name);
	return -ENOENT;
}

static int is_config(const struct dirent *entry)
{
	const char *end = strstr(entry->d_name, ".json");

	return end && !end[5] && !strstr(entry->d_name, ".schema.");
}

int paths_config_names(char **names, int room)
{
	struct dirent **entries = NULL;
	char own[PATH_MAX], folder[PATH_MAX + 64];
	int found, count = 0;

	if (paths_prefix(own))
		return 0;
	snprintf(folder, sizeof(folder), "%s/share/heddle/configs", own);
	found = scandir(folder, &entries, is_config, alphasort);
	for (int i = 0; i < found; i++) {
		entries[i]->d_name[strlen(entries[i]->d_name) - strlen(".json")] = '\0';
		if (count < room && (names[count] = strdup(entries[i]->d_name)))
			count++;
		free(entries[i]);
	}
	free(entries);
	return count;
}

int paths_templates(char path[PATH_MAX])
{
	char own[PATH_MAX] = "";

	paths_prefix(own);
	snprintf(path, PATH_MAX, "%.3800s/share/heddle/templates", own);
	return access(path, R_OK) == 0 ? 0 : -ENOENT;
}

int paths_script(const char *name, char path[PATH_MAX])
{
	char own[PATH_MAX];

	if (paths_prefix(own))
		return -ENOENT;
	snprintf(path, PATH_MAX, "%.3800s/libexec/heddle/heddle-%.200s", own, name);
	return access(path, X_OK) == 0 ? 0 : -ENOENT;
}

void paths_results(char path[PATH_MAX])
{
	char folder[PATH_MAX], mark[PATH_MAX + 64];
	char *slash = getcwd(folder, sizeof(folder)) ? folder : NULL;

	snprintf(path, PATH_MAX, ".");
	while (slash) {
		snprintf(mark, sizeof(mark), "%s/core/include/heddle/plugin.h", folder);
		if (access(mark, F_OK) == 0) {
			snprintf(path, PATH_MAX, "%.4000s/results", folder);
			if (access(path, W_OK) < 0)
				snprintf(path, PATH_MAX, ".");
			return;
		}
		slash = strrchr(folder, '/');
		if (slash)
			*slash = '\0';
	}
}

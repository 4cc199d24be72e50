/* SPDX-License-Identifier: MIT */
/*
 * Where the program's parts lie: found from the program's own place, so that an installation can be
 * moved. A build tree has the same shape as an installation:
 * PREFIX/bin/heddle, PREFIX/LIBDIR/heddle/plugins, PREFIX/share/heddle/configs and templates, PREFIX/libexec/heddle.
 */
#ifndef HEDDLE_PATHS_H
#define HEDDLE_PATHS_H

#include <limits.h>

enum { PATHS_FOLDERS = 32 };

/* PREFIX: what the program was installed below, or the build tree. 0 or -ENOENT. */
int paths_prefix(char path[PATH_MAX]);
/* PREFIX/LIBDIR, where the program's own plugins are found. 0 or -ENOENT. */
int paths_libdir(char path[PATH_MAX]);

/* Plugin folders in the order in which they are searched, ends with NULL. Texts are owned. */
struct plugin_folders {
	int count;
	char *folders[PATHS_FOLDERS + 1];
};

/* `given`: --plugin-dir, `count` of them; then $HEDDLE_PLUGIN_PATH (colons), then the program's own. */
void paths_plugins(struct plugin_folders *, const char *const *given, int count);
/*
 * Where below `folder` plugins lie: itself, or it is the top of a build or an installation. 0 or -ENOENT.
 */
int paths_plugins_in(const char *folder, char path[PATH_MAX]);
void paths_plugins_free(struct plugin_folders *);
/*
 * The config that `name` means: the file itself where there is one, else an installed config of that name
 * with or without ".json". 0, or -ENOENT with `path` as it was given.
 */
int paths_config(const char *name, char path[PATH_MAX]);
/* Names of the installed configs, at most `room` of them; owned by the caller, as is each. How many. */
int paths_config_names(char **names, int room);
/* What `heddle new` begins with. 0, or -ENOENT with where it should be. */
int paths_templates(char path[PATH_MAX]);
/* The script behind a subcommand: heddle-NAME beside the installation. 0 or -ENOENT. */
int paths_script(const char *name, char path[PATH_MAX]);
/* The results folder of the checkout that the current folder lies in, else ".". */
void paths_results(char path[PATH_MAX]);

#endif

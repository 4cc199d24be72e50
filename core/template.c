/* SPDX-License-Identifier: MIT */
#include "template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader.h"
#include "words.h"

const char *const template_langs[] = {"c", "c++", "rust", "go", NULL};
const char *const template_kinds[] = {"lock", "full", NULL};

static const char mark[] = "@NAME@";

/* A copy on its way. */
struct writing {
	const struct template *template;
	const char *folder;
	struct template_files *files;
	struct hd_error *err;
};

int template_check_name(const char *name, struct hd_error *err)
{
	/* Targets of CMake, and heddle.go, which is there already. */
	static const char *const taken[] = {"all",     "clean", "depend",  "heddle", "help",
	                                    "install", "model", "package", "test",   NULL};
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
	char quoted[WORDS_QUOTE];

	if (name[length] || length == 0 || length >= MODEL_NAME || name[0] < 'a')
		return hd_error(err, -EINVAL,
		                "%s is no name of a model: a letter of a-z, then a-z, 0-9 and -, "
		                "%d characters at most",
		                words_quote(name, quoted), MODEL_NAME - 1);
	if (words_is_one_of(name, taken))
		return hd_error(err, -EINVAL,
		                "%s means something else to the build; choose another name",
		                words_quote(name, quoted));
	return 0;
}

void template_files_free(struct template_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	files->count = 0;
}

/* ---- Texts ----------------------------------------------------------------------------------- */

/* The whole file, owned by the caller, or NULL with the error. */
static char *read_text(const char *path, struct hd_error *err)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t size = -1;

	if (file) {
		errno = 0; /* of an empty file nothing is said */
		size = getdelim(&text, &room, '\0', file);
	}
	if (size < 0) {
		hd_error(err, errno ? -errno : -EIO, "%s: %s", path, strerror(errno ? errno : EIO));
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

static bool put_text(FILE *file, const char *text, const char *name)
{
	for (const char *at; (at = strstr(text, mark)); text = at + strlen(mark)) {
		fwrite(text, 1, (size_t)(at - text), file);
		fputs(name, file);
	}
	fputs(text, file);
	return !ferror(file);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Remembers what is made next, so that it can be told, and taken back. Its path, or NULL with the error. */
static const char *remember(const struct writing *writing, const char *below)
{
	struct template_files *files = writing->files;
	char *path;

	if (files->count == TEMPLATE_FILES) {
		hd_error(writing->err, -E2BIG, "%s: too many files", writing->template->templates);
		return NULL;
	}
	if (asprintf(&path, "%s/%s", writing->folder, below) < 0) {
		hd_error(writing->err, -ENOMEM, "out of memory");
		return NULL;
	}
	return files->paths[files->count++] = path;
}

/* What could not be made is not ours to remove. */
static int forget(const struct writing *writing, int error)
{
	struct template_files *files = writing->files;
	char *path = files->paths[--files->count];

	hd_error(writing->err, -error, "%s: cannot be made: %s", path, strerror(error));
	free(path);
	return -error;
}

static int write_file(const struct writing *writing, const char *from, const char *below)
{
	char *text = read_text(from, writing->err);
	const char *path = text ? remember(writing, below) : NULL;
	FILE *file;
	int code = 0;
	bool whole;

	if (!path) {
		free(text);
		return writing->err->code;
	}
	file = fopen(path, "wxe");
	if (!file) {
		free(text);
		return forget(writing, errno);
	}
	errno = 0;
	whole = put_text(file, text, writing->template->name);
	if (fclose(file) != 0 || !whole)
		code = hd_error(writing->err, errno ? -errno : -EIO, "%s: cannot be written: %s",
		                path, strerror(errno ? errno : EIO));
	free(text);
	return code;
}

static int make_folder(const struct writing *writing, const char *below)
{
	const char *path = remember(writing, below);

	if (!path)
		return writing->err->code;
	return mkdir(path, 0777) == 0 ? 0 : forget(writing, errno);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int copy_folder(const struct writing *writing, const char *from, const char *below,
                       int depth);

/* A folder that two templates have is made once. */
static int copy_entry(const struct writing *writing, const char *from, const char *below,
                      const char *name, int depth)
{
	const char *slash = *below ? "/" : "";
	bool named = strncmp(name, "NAME.", 5) == 0;
	char source[PATH_MAX], target[PATH_MAX], full[PATH_MAX];
	struct stat status;
	int code = 0;

	if (snprintf(source, sizeof(source), "%s/%s", from, name) >= PATH_MAX ||
	    snprintf(target, sizeof(target), "%s%s%s%s", below, slash,
	             named ? writing->template->name : "", named ? name + 4 : name) >= PATH_MAX ||
	    snprintf(full, sizeof(full), "%s/%s", writing->folder, target) >= PATH_MAX)
		return hd_error(writing->err, -ENAMETOOLONG, "%.200s: the path is too long", from);
	if (stat(source, &status) < 0)
		return hd_error(writing->err, -errno, "%s: %s", source, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return write_file(writing, source, target);
	if (access(full, F_OK) != 0)
		code = make_folder(writing, target);
	return code ? code : copy_folder(writing, source, target, depth + 1);
}

static int copy_folder(const struct writing *writing, const char *from, const char *below,
                       int depth)
{
	struct dirent **entries = NULL;
	int count = depth < 4 ? scandir(from, &entries, not_hidden, alphasort)
	                      : (errno = ELOOP, -1),
	    code = 0;

	if (count < 0)
		return hd_error(writing->err, -errno, "%s: %s", from, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!code)
			code = copy_entry(writing, from, below, entries[i]->d_name, depth);
		free(entries[i]);
	}
	free(entries);
	return code;
}

static int copy_part(const struct writing *writing, const char *first, const char *dash,
                     const char *second)
{
	char from[PATH_MAX];

	if (snprintf(from, sizeof(from), "%s/%s%s%s", writing->template->templates, first, dash,
	             second) >= PATH_MAX)
		return hd_error(writing->err, -ENAMETOOLONG, "%.200s: the path is too long",
		                writing->template->templates);
	return copy_folder(writing, from, "", 0);
}

/* ---- The folder ------------------------------------------------------------------------------ */

static int be_empty(const char *folder, struct hd_error *err)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;
	int code = 0;

	if (!stream)
		return hd_error(err, -errno, "%s: %s", folder, strerror(errno));
	while (!code && (entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			code = hd_error(err, -ENOTEMPTY, "%s: is not empty", folder);
	closedir(stream);
	return code;
}

static void take_back(struct template_files *files, const char *folder, bool made)
{
	for (size_t i = files->count; i > 0; i--)
		remove(files->paths[i - 1]);
	if (made)
		rmdir(folder);
	template_files_free(files);
}

int template_write(const struct template *template, const char *folder,
                   struct template_files *files, struct hd_error *err)
{
	const struct writing writing = {template, folder, files, err};
	bool made = mkdir(folder, 0777) == 0;
	int code = 0;

	files->count = 0;
	if (!made && errno != EEXIST)
		return hd_error(err, -errno, "%s: cannot be made: %s", folder, strerror(errno));
	if (!made)
		code = be_empty(folder, err);
	if (!code)
		code = copy_part(&writing, template->kind, "", "");
	if (!code)
		code = copy_part(&writing, template->lang, "", "");
	if (!code)
		code = copy_part(&writing, template->lang, "-", template->kind);
	if (code)
		take_back(files, folder, made);
	return code;
}

/* SPDX-License-Identifier: MIT */
/* `heddle new`: a plugin to begin with, which builds, passes `heddle check` and runs as it is. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "paths.h"
#include "template.h"
#include "words.h"

enum { LANGUAGE = 256, KIND };

static const struct option long_options[] = {
        {"lang", required_argument, NULL, LANGUAGE},
        {"kind", required_argument, NULL, KIND},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct arguments {
	struct template template;
	const char *folder;
};

static int choose(const struct command *command, const char *option, const char *const *allowed,
                  const char **value)
{
	char line[WORDS_LINE], quoted[WORDS_QUOTE];

	if (!words_is_one_of(optarg, allowed))
		return command_misused(command, "%s %s: %s", option, words_quote(optarg, quoted),
		                       words_suggest(optarg, allowed, "one of", line));
	*value = optarg;
	return -1;
}

static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	switch (option) {
	case LANGUAGE:
		return choose(command, "--lang", template_langs, &arguments->template.lang);
	case KIND:
		return choose(command, "--kind", template_kinds, &arguments->template.kind);
	case 'h':
		command_print_help(command);
		return EXIT_OK;
	default:
		return command_bad_option(command, option, argv);
	}
}

static int parse(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		int code = take_option(command, option, argv, arguments);

		if (code >= 0)
			return code;
	}
	if (optind == argc)
		return command_misused(command, "no name is given");
	if (argc - optind > 2)
		return command_misused(command, "\"%s\" is one word too many", argv[optind + 2]);
	arguments->template.name = argv[optind];
	arguments->folder = optind + 1 < argc ? argv[optind + 1] : argv[optind];
	return -1;
}

/* In a config the name would mean the other one. */
static int be_unused(const char *name, struct hd_error *err)
{
	struct plugin_folders folders;
	char path[PATH_MAX];
	int code = 0;

	paths_plugins(&folders, NULL, 0);
	for (int i = 0; !code && i < folders.count; i++)
		if (snprintf(path, sizeof(path), "%s/%s.so", folders.folders[i], name) < PATH_MAX &&
		    access(path, F_OK) == 0)
			code = hd_error(err, -EEXIST,
			                "there is a model \"%s\" already: %s; choose another name",
			                name, path);
	paths_plugins_free(&folders);
	return code;
}

/* So that a shell takes it for one word, and for nothing else. */
static void print_word(const char *word)
{
	static const char plain[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";

	if (word[0] == '-')
		printf("./");
	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	putchar('\'');
}

/* Tools look in the system's folders by themselves; elsewhere they have to be told. */
static void print_environment(void)
{
	char prefix[PATH_MAX], libdir[PATH_MAX];

	if (paths_prefix(prefix) || strcmp(prefix, "/usr") == 0 ||
	    strcmp(prefix, "/usr/local") == 0 || paths_libdir(libdir))
		return;
	printf("  export PATH=");
	print_word(prefix);
	printf("/bin:\"$PATH\" CMAKE_PREFIX_PATH=");
	print_word(prefix);
	printf(" PKG_CONFIG_PATH=");
	print_word(libdir);
	printf("/pkgconfig\n");
}

static void print_next(const struct arguments *arguments, const struct template_files *files)
{
	const struct template *template = &arguments->template;
	const char *build =
	        template->lang[0] == 'c' ? "cmake -B build && cmake --build build" : "make";

	printf("made");
	for (size_t i = 0; i < files->count; i++)
		printf(" %s", files->paths[i]);
	printf("\nnow\n");
	print_environment();
	printf("  cd ");
	print_word(arguments->folder);
	printf("\n  %s\n  heddle check build/%s.so\n  heddle run %s.json\n", build, template->name,
	       template->name);
}

static int run(const struct command *command, int argc, char **argv)
{
	char templates[PATH_MAX];
	struct arguments arguments = {
	        .template = {.lang = "c", .kind = "lock", .templates = templates}};
	struct template_files files = {0};
	struct hd_error err = {0};
	int code = parse(command, argc, argv, &arguments);

	if (code >= 0)
		return code;
	code = template_check_name(arguments.template.name, &err);
	if (!code)
		code = be_unused(arguments.template.name, &err);
	if (!code && paths_templates(templates))
		code = hd_error(&err, -ENOENT, "no templates beside this program: %s", templates);
	if (!code)
		code = template_write(&arguments.template, arguments.folder, &files, &err);
	if (code) {
		fprintf(stderr, "heddle new: %s. Nothing was written\n", err.text);
		return code == -EINVAL || code == -EEXIST || code == -ENOTEMPTY || code == -ENOTDIR
		               ? EXIT_USAGE
		               : EXIT_INTERNAL;
	}
	print_next(&arguments, &files);
	template_files_free(&files);
	return EXIT_OK;
}

const struct command command_new = {
        .name = "new",
        .usage = "NAME [DIR] [--lang c|c++|rust|go] [--kind lock|full]",
        .summary = "write a plugin of your own to begin with",
        .help = "      NAME              of the model: a-z, 0-9 and -, a letter first\n"
                "      DIR               where: a folder that is empty, or not there yet; NAME\n"
                "                        unless given\n"
                "      --lang LANGUAGE   c (unless given), c++, rust or go\n"
                "      --kind KIND       lock (unless given): sections under a lock of your own\n"
                "                        full: every request, tasks and all\n\n"
                "It builds, passes `heddle check` and runs beside thread-mutex as it is; its "
                "README\n"
                "says how. Nothing that is there is written over.\n\n"
                "Exit: 0 written, 2 usage or a folder that is not empty, 6 it could not be "
                "written.\n",
        .run = run,
};

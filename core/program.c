/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "paths.h"
#include "result_document.h"

/* Of `heddle run`; after a failed case a document stands all the same. */
enum { EXIT_OF_REFUSAL = 2, EXIT_OF_FAILED_CASE = 3, EXIT_OF_NO_PROGRAM = 127 };

/* In the folder; a program that died leaves what it had begun. */
static const char document_name[] = "result.json", errors_name[] = "stderr",
                  journal_name[] = "result.json.journal",
                  temporary_name[] = "result.json.heddle.tmp";

struct words {
	size_t count;
	const char *items[6 * WORKBENCH_LIST + 24];
	char seed[32];
};

/* Either may be NULL: a word alone. */
static void put(struct words *words, const char *option, const char *value)
{
	if (option)
		words->items[words->count++] = option;
	if (value)
		words->items[words->count++] = value;
}

/* `name`: of the one case that is wanted; NULL: all that the user wants. */
static void put_words(struct words *words, const struct program *program, const char *name,
                      uint64_t seed, const char *output)
{
	const struct workbench_options *options = program->options;

	*words = (struct words){0};
	put(words, program->path, "run");
	put(words, program->config, NULL);
	for (size_t i = 0; !name && i < options->only_count; i++)
		put(words, "--only", options->only[i]);
	for (size_t i = 0; i < options->model_count; i++)
		put(words, "--model", options->models[i]);
	for (size_t i = 0; i < options->change_count; i++)
		put(words, "--set", program->changes[i]);
	if (options->cores)
		put(words, "--cores", options->cores);
	if (name)
		put(words, "--only", name);
	put(words, "--set", "sampling.rounds=1");
	put(words, "--set", "sampling.budget_s=0");
	snprintf(words->seed, sizeof(words->seed), "%llu", (unsigned long long)seed);
	put(words, "--seed", words->seed);
	put(words, "-o", output);
	put(words, "-f", NULL);
}

static void file_of(const struct program *program, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", program->folder, name);
}

/* In the child: what the program prints is kept apart, and it does not outlive us. Does not return. */
static void become(const struct program *program, const struct words *words, pid_t parent)
{
	char errors[PATH_MAX];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), fd;

	file_of(program, errors_name, errors);
	fd = open(errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (null >= 0 && fd >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	    dup2(fd, STDERR_FILENO) >= 0 && getppid() == parent)
		execv(program->path, (char *const *)(uintptr_t)words->items); /* it changes none */
	_exit(EXIT_OF_NO_PROGRAM);
}

static int spawn(const struct program *program, const struct words *words, pid_t *child)
{
	pid_t parent = getpid();

	*child = fork();
	if (*child == 0)
		become(program, words, parent);
	return *child < 0 ? -errno : 0;
}

/* The user's signal may have gone to this process alone: it is looked for while the program runs. */
static int await(pid_t child, const struct run_show *show)
{
	struct timespec pause = {.tv_nsec = 2000000};
	bool passed_on = false;
	pid_t ended;
	int status;

	while ((ended = waitpid(child, &status, show ? WNOHANG : 0)) != child) {
		if (ended < 0 && errno != EINTR)
			return -1;
		if (show && run_show_asked_to_end(show) && !passed_on) {
			kill(child, *show->signal);
			passed_on = true;
		}
		if (show)
			nanosleep(&pause, NULL);
	}
	return status;
}

/* A line of what it said: the first where it refused what was asked, else the last. */
static void words_of(const struct program *program, bool refused, char *text, size_t size)
{
	char path[PATH_MAX], *line = NULL;
	size_t room = 0;
	FILE *file;

	text[0] = '\0';
	file_of(program, errors_name, path);
	file = fopen(path, "re");
	while (file && !(refused && text[0]) && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			snprintf(text, size, "%s", line);
	}
	text_clean(text);
	free(line);
	if (file)
		fclose(file);
}

/* What the program left, or NULL with the error: -EINTR, -EINVAL where it refused, -EIO. */
static json_t *take_document(const struct program *program, int status, const char *path,
                             const struct run_show *show, struct hd_error *err)
{
	bool refused = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_OF_REFUSAL;
	char words[256];

	if (show && run_show_asked_to_end(show)) {
		hd_error(err, -EINTR, "interrupted");
		return NULL;
	}
	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_OF_FAILED_CASE))
		return result_load(path, err);
	words_of(program, refused, words, sizeof(words));
	if (WIFSIGNALED(status))
		hd_error(err, -EIO, "%s ended by signal %d", program->path, WTERMSIG(status));
	else
		hd_error(err, refused ? -EINVAL : -EIO, "%s ended with %d: %s", program->path,
		         WEXITSTATUS(status), words);
	return NULL;
}

json_t *program_run(const struct program *program, const char *name, uint64_t seed,
                    const struct run_show *show, struct hd_error *err)
{
	char output[PATH_MAX];
	json_t *document = NULL;
	struct words words;
	pid_t child;
	int code;

	file_of(program, document_name, output);
	put_words(&words, program, name, seed, output);
	code = spawn(program, &words, &child);
	if (code)
		hd_error(err, code, "%s: %s", program->path, strerror(-code));
	else
		document = take_document(program, await(child, show), output, show, err);
	unlink(output);
	return document;
}

static int make_folder(struct program *program, struct hd_error *err)
{
	const char *parent = getenv("TMPDIR");

	if (asprintf(&program->folder, "%s/heddle-ab-XXXXXX", parent && *parent ? parent : "/tmp") <
	    0) {
		program->folder = NULL;
		return hd_error(err, -ENOMEM, "out of memory");
	}
	if (mkdtemp(program->folder))
		return 0;
	hd_error(err, -errno, "%s: %s", program->folder, strerror(errno));
	free(program->folder);
	program->folder = NULL;
	return err->code;
}

int program_open(struct program *program, const char *path, const struct workbench_options *options,
                 struct hd_error *err)
{
	*program = (struct program){.options = options, .path = realpath(path, NULL)};
	if (!program->path || access(program->path, X_OK) < 0)
		return hd_error(err, -EINVAL, "%s: %s", path, strerror(errno));
	(void)digest_file(program->path, program->sha256);
	setenv("HEDDLE_NO_LOCK", "1",
	       1); /* this process measures; what it starts is its measurement */
	if (paths_config(options->config, program->config))
		return hd_error(err, -EINVAL, "%s: no such file, and no installed config",
		                options->config);
	for (size_t i = 0; i < options->change_count; i++)
		if (asprintf(&program->changes[i], "%s=%s", options->changes[i].place,
		             options->changes[i].value) < 0) {
			program->changes[i] = NULL;
			return hd_error(err, -ENOMEM, "out of memory");
		}
	return make_folder(program, err);
}

static void remove_folder(struct program *program)
{
	static const char *const names[] = {document_name, errors_name, journal_name,
	                                    temporary_name};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		file_of(program, names[i], path);
		unlink(path);
	}
	rmdir(program->folder);
	free(program->folder);
}

void program_close(struct program *program)
{
	if (program->folder)
		remove_folder(program);
	for (size_t i = 0; i < WORKBENCH_LIST; i++)
		free(program->changes[i]);
	free(program->path);
	*program = (struct program){0};
}

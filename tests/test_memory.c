/* SPDX-License-Identifier: MIT */
/*
 * Every allocation made to fail once, at each place where one is asked for, the places told from each other by
 * the functions that led there: what reads and makes documents says that memory was short, or it comes to exactly
 * what it comes to with enough of it. Nothing crashes, and under a sanitizer nothing leaks. The linker sends the
 * program's own calls here (--wrap), jansson's come through memory.c, and those that libc makes for the program
 * are wrapped by their callers' names.
 */
#include "suite.h"

#include <errno.h>
#include <execinfo.h>
#include <jansson.h>
#include <stdarg.h>

#include "compare.h"
#include "export.h"
#include "fake_run.h"
#include "fit.h"
#include "memory.h"
#include "result_resume.h"
#include "verdict_document.h"

/* ---- Failing ---------------------------------------------------------------------------------- */

enum {
	FRAMES = 12,   /* of a call, innermost, by which two places are told from each other */
	SPREAD = 10,   /* calls that fail beside the first and the last of each place */
	CALLS = 400000 /* of one task, at most */
};

/* Only what a task asks for between arm() and disarm() is counted and fails: not what the test itself takes. */
static struct {
	bool armed, recording, stays; /* stays: all calls after the one that fails do as well */
	unsigned long calls, failing; /* failing: the call that does, from 1; 0: none */
	uint64_t places[CALLS];       /* of each call, while recording */
} memory;

static void arm(void)
{
	memory.armed = true;
}

static void disarm(void)
{
	memory.armed = false;
}

/* The functions that a call came through, in a number. */
static uint64_t place_of_call(void)
{
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES);
	uint64_t place = 0;

	for (int i = 0; i < count; i++)
		place = (place ^ (uintptr_t)frames[i]) * UINT64_C(0x100000001b3);
	return place;
}

static bool fails(void)
{
	if (!memory.armed)
		return false;
	if (memory.recording && memory.calls < CALLS) {
		memory.armed = false;
		memory.places[memory.calls] = place_of_call();
		memory.armed = true;
	}
	memory.calls++;
	return memory.failing &&
	       (memory.stays ? memory.calls >= memory.failing : memory.calls == memory.failing);
}

/* The linker's names. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t most);
char *__real_realpath(const char *path, char *resolved);
char *__real_get_current_dir_name(void);
int __real_vasprintf(char **text, const char *format, va_list args);
ssize_t __real_getline(char **line, size_t *room, FILE *file);
FILE *__real_open_memstream(char **text, size_t *size);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__real_fdopen(int fd, const char *mode);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
char *__wrap_realpath(const char *path, char *resolved);
char *__wrap_get_current_dir_name(void);
int __wrap_vasprintf(char **text, const char *format, va_list args);
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
ssize_t __wrap_getline(char **line, size_t *room, FILE *file);
FILE *__wrap_open_memstream(char **text, size_t *size);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);

static void *nothing(void)
{
	errno = ENOMEM;
	return NULL;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? nothing() : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? nothing() : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? nothing() : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? nothing() : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? nothing() : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t most)
{
	return fails() ? nothing() : __real_strndup(text, most);
}

char *__wrap_realpath(const char *path, char *resolved)
{
	return fails() ? nothing() : __real_realpath(path, resolved);
}

char *__wrap_get_current_dir_name(void)
{
	return fails() ? nothing() : __real_get_current_dir_name();
}

int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	return fails() ? -1 : __real_vasprintf(text, format, args);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = fails() ? -1 : __real_vasprintf(text, format, args);
	va_end(args);
	return length;
}

ssize_t __wrap_getline(char **line, size_t *room, FILE *file)
{
	if (!fails())
		return __real_getline(line, room, file);
	errno = ENOMEM;
	return -1;
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return fails() ? nothing() : __real_open_memstream(text, size);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return fails() ? nothing() : __real_fopen(path, mode);
}

FILE *__wrap_fdopen(int fd, const char *mode)
{
	return fails() ? nothing() : __real_fdopen(fd, mode);
}

/* ---- What is tried ----------------------------------------------------------------------------- */

/* What one run of a task came to: its code, and all that it wrote. */
struct outcome {
	int code;
	char *text; /* owned, NULL where there is none */
};

/* What it asks for between arm() and disarm() fails. */
typedef struct outcome task(const void *context);

static void free_outcome(struct outcome *outcome)
{
	free(outcome->text);
	outcome->text = NULL;
}

static struct outcome try_one(task *run, const void *context, unsigned long failing, bool stays)
{
	struct outcome outcome;

	memory.stays = stays;
	memory.calls = 0;
	memory.failing = failing;
	outcome = run(context);
	disarm();
	memory.failing = 0;
	return outcome;
}

/* The same text as with memory enough, or an error that says it was short. */
static void assert_told(struct outcome outcome, const struct outcome *whole, const char *what,
                        unsigned long failing)
{
	if (outcome.code == 0)
		ck_assert_msg(
		        outcome.text && strcmp(outcome.text, whole->text) == 0,
		        "%s: call %lu failed, nobody says so, and this is another text:\n%.2000s",
		        what, failing, outcome.text ? outcome.text : "(none)");
	else
		ck_assert_msg(outcome.code == -ENOMEM, "%s: call %lu failed: code %d", what,
		              failing, outcome.code);
}

struct seen {
	uint64_t place;
	unsigned long call;
};

static int by_place(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return left->call < right->call ? -1 : left->call > right->call;
}

/* The first and the last call from each place, and some in between: 1 in the call's place in `chosen`. How many
   places there are. */
static unsigned long choose(unsigned char *chosen, unsigned long count)
{
	struct seen *seen = malloc(count * sizeof(*seen));
	unsigned long places = 0;

	ck_assert_ptr_nonnull(seen);
	for (unsigned long i = 0; i < count; i++)
		seen[i] = (struct seen){memory.places[i], i};
	qsort(seen, count, sizeof(*seen), by_place);
	for (unsigned long i = 0; i < count; i++) {
		bool first = i == 0 || seen[i - 1].place != seen[i].place;
		bool last = i + 1 == count || seen[i + 1].place != seen[i].place;

		chosen[seen[i].call] = first || last || seen[i].call % (count / SPREAD + 1) == 0;
		places += first;
	}
	free(seen);
	return places;
}

/* Once with memory enough, then with calls failing, one at a time: each place at least once. */
static unsigned long try_all(task *run, const void *context, const char *what)
{
	unsigned long count, places, tried = 0;
	struct outcome whole;
	unsigned char *chosen;

	memory.recording = true;
	whole = try_one(run, context, 0, false);
	memory.recording = false;
	count = memory.calls;
	ck_assert_msg(whole.code == 0 && whole.text, "%s: code %d", what, whole.code);
	ck_assert(count > 0 && count <= CALLS);
	chosen = calloc(count, 1);
	ck_assert_ptr_nonnull(chosen);
	places = choose(chosen, count);
	for (unsigned long i = 0; i < count; i++) {
		/* One call alone, and now and then all that come after it. */
		for (int stays = 0; chosen[i] && stays <= (tried % 40 == 0); stays++) {
			struct outcome outcome = try_one(run, context, i + 1, stays);

			assert_told(outcome, &whole, what, i + 1);
			free_outcome(&outcome);
		}
		tried += chosen[i];
	}
	printf("%-24s %7lu calls from %4lu places, %5lu failed\n", what, count, places, tried);
	free(chosen);
	free_outcome(&whole);
	return places;
}

/* ---- Texts that are kept aside ------------------------------------------------------------------- */

static char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t room = 1 << 20;
	char *text = malloc(room);

	ck_assert(file && text);
	text[fread(text, 1, room - 1, file)] = '\0';
	fclose(file);
	return text;
}

static struct fake_run run;
static char other_path[128], out_path[128];

static const char config_text[] =
        "{ \"name\": \"test\", \"models\": [\"serial\", { \"model\": \"thread-mutex\", \"kind\": "
        "[\"normal\", \"adaptive\"] }, \"broken\"], \"baseline\": \"serial\", \"cores\": ["
        "\"50%\"], \"placement\": [0, 1, 2, 3], \"workloads\": [{ \"workload\": \"counter\", "
        "\"batch\": { \"from\": 1, \"to\": 2 } }, { \"workload\": \"echo\", \"rate\": 1000, "
        "\"models\": [\"serial\"], \"sampling\": { \"windows\": 3 } }], \"sampling\": { "
        "\"rounds\": 6 } }";

/* Two results of one plan, with a failure, notes and two modes in them. */
static void write_result(const char *path, double factor, const char *started)
{
	for (size_t i = 0; i < run.plan.count; i++)
		for (uint32_t round = 1; round <= 6 && i < 4; round++) {
			struct trial_result trial =
			        fake_trial((round % 2 ? 1e6 : 2e6) * factor + round);

			if (i == 3 && round == 2) {
				trial_free(&trial);
				trial = fake_failure(STATUS_CRASHED, "died of signal 11");
			}
			trial.metrics[1] = 1e9 / trial.metrics[0];
			trial.metrics[2] = 2e9 / trial.metrics[0];
			snprintf(trial.note, sizeof(trial.note), "a note of round %u", round);
			fake_run_add(&run, i, round, trial);
		}
	run.facts.started[0] = '\0';
	strcat(run.facts.started, started);
	ck_assert_int_eq(result_write(path, &run.journal, &run.plan, &run.facts, &run.err), 0);
}

static void setup(void)
{
	void *frame;

	(void)backtrace(&frame, 1); /* the first one takes memory */
	fake_run_open(&run, config_text);
	snprintf(other_path, sizeof(other_path), "%s/other.json", run.root);
	snprintf(out_path, sizeof(out_path), "%s/out", run.root);
	write_result(run.result_path, 1, "2026-01-31T12:00:00Z");
	journal_close(&run.journal, true);
	ck_assert_int_eq(journal_open(&run.journal, run.journal_path, &run.plan, false, &run.err),
	                 0);
	write_result(other_path, 1.5, "2026-02-28T12:00:00Z");
}

static void teardown(void)
{
	fake_run_close(&run);
}

/* ---- Config and plan ----------------------------------------------------------------------------- */

/* Without Check, which takes memory of its own where something is asserted. */
static void ask(struct model *model, void *unused)
{
	(void)unused;
	model->asked = true;
}

static struct outcome load_and_plan(const void *path)
{
	static const struct config_change changes[] = {{"sampling.rounds", "8"},
	                                               {"models[0].label", "first"}};
	static const char *const only[] = {"workload=counter", "workload=echo"};
	const struct plan_filter filter = {.only = only, .only_count = 2, .cores = "2,max"};
	struct problems problems = {0};
	struct outcome outcome;
	struct config config;
	struct plan plan = {0};
	char name[PLAN_NAME];

	for (size_t i = 0; i < run.models.count; i++)
		run.models.items[i]->asked = false;
	arm();
	outcome.code = config_load(&config, path, changes, 2, &problems);
	if (!outcome.code)
		outcome.code = plan_make(&plan, &config, &run.models, &run.topology, &filter, ask,
		                         NULL, &problems);
	disarm();
	outcome.text = calloc(1 << 16, 1);
	for (size_t i = 0; !outcome.code && i < plan.count; i++) {
		strcat(outcome.text, plan_case_name(&plan.cases[i], name));
		strcat(outcome.text, plan_case_key(&plan.cases[i], name));
		strcat(outcome.text, plan.cases[i].reason ? plan.cases[i].reason : "\n");
	}
	if (!outcome.code)
		strcat(outcome.text, config.json);
	plan_free(&plan);
	config_free(&config);
	problems_free(&problems);
	return outcome;
}

START_TEST(config_and_plan)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/config.json", run.root);
	ck_assert_uint_gt(try_all(load_and_plan, path, "config"), 50);
}
END_TEST

/* What is wrong with a config is told whole, or memory was short: never is a bad one taken for good. */
static struct outcome refuse(const void *path)
{
	struct problems problems = {0};
	struct outcome outcome = {.text = calloc(1 << 16, 1)};
	struct config config;
	int code;

	arm();
	code = config_load(&config, path, NULL, 0, &problems);
	disarm();
	outcome.code = code == -EINVAL ? 0 : code ? code : -EBADMSG;
	for (size_t i = 0; i < problems.count; i++)
		strcat(outcome.text, problems.lines[i]);
	config_free(&config);
	problems_free(&problems);
	return outcome;
}

START_TEST(a_bad_config_stays_bad)
{
	char path[128];

	fake_tree_put(run.root, "bad.json",
	              "{ \"models\": [\"serial\", 7], \"cores\": 0, \"unknown\": 1,"
	              " \"workloads\": [{ \"workload\": \"counter\", \"batch\": [1, 1] }] }");
	snprintf(path, sizeof(path), "%s/bad.json", run.root);
	try_all(refuse, path, "bad config");
}
END_TEST

/* ---- Results ----------------------------------------------------------------------------------- */

static struct outcome write_it(const void *unused)
{
	struct hd_error err = {0};
	struct outcome outcome = {0};

	(void)unused;
	unlink(out_path);
	arm();
	outcome.code = result_write(out_path, &run.journal, &run.plan, &run.facts, &err);
	disarm();
	if (outcome.code)
		ck_assert_int_ne(access(out_path, F_OK), 0); /* all of it or nothing */
	else
		outcome.text = slurp(out_path);
	return outcome;
}

static struct outcome append_it(const void *trial)
{
	struct hd_error err = {0};
	struct outcome outcome = {0};
	struct journal journal;

	unlink(out_path);
	arm();
	outcome.code = journal_open(&journal, out_path, &run.plan, false, &err);
	if (!outcome.code)
		outcome.code = journal_begin(&journal, &run.plan, &run.facts, &err);
	if (!outcome.code)
		outcome.code = journal_append(&journal, &run.plan, 0, 1, 1, trial, &err);
	disarm();
	journal_close(&journal, false);
	if (!outcome.code)
		outcome.text = slurp(out_path);
	return outcome;
}

/* ---- Going on with a run ------------------------------------------------------------------------- */

static const char *const words[] = {"run", "config.json", NULL};

/* A journal with two trials; it is made anew, since going on with it writes to it. */
static void leave_journal(void)
{
	struct trial_result trial = fake_trial(1e6);
	struct hd_error err = {0};
	struct journal journal;
	int code = journal_open(&journal, out_path, &run.plan, true, &err);

	for (uint32_t round = 1; !code && round <= 2; round++) {
		if (round == 1)
			code = journal_begin(&journal, &run.plan, &run.facts, &err);
		if (!code)
			code = journal_append(&journal, &run.plan, 0, round, round, &trial, &err);
	}
	ck_assert_msg(code == 0, "%s", err.text);
	journal_close(&journal, false);
	trial_free(&trial);
}

static int take_trials(struct resume *resume, struct journal *journal, struct hd_error *err)
{
	uint64_t elapsed_ns = 0;
	int code = 1;

	for (uint32_t round = 1; code > 0 && round <= 3; round++)
		code = resume_take(resume, journal, &run.plan, 0, round, round, &elapsed_ns, err);
	return code;
}

static struct outcome resume_it(const void *unused)
{
	struct problems problems = {0};
	struct hd_error err = {0};
	struct outcome outcome = {0};
	struct journal journal = {0};
	struct resume resume;

	(void)unused;
	leave_journal();
	arm();
	outcome.code = resume_open(&resume, out_path, &err);
	if (!outcome.code)
		outcome.code = resume_check(&resume, &run.plan, &run.facts, &problems);
	if (!outcome.code && problems.count)
		outcome.code = -EBADMSG;
	if (!outcome.code)
		outcome.code = resume_journal(&resume, &journal, &run.plan, &err);
	if (!outcome.code)
		outcome.code = take_trials(&resume, &journal, &err);
	disarm();
	if (!outcome.code)
		ck_assert_int_ge(asprintf(&outcome.text, "%zu trials, %s, %g %g", resume.count,
		                          resume.arguments[1], journal.cases[0].gate[0],
		                          journal.cases[0].gate[1]),
		                 0);
	journal_close(&journal, false);
	resume_close(&resume);
	problems_free(&problems);
	return outcome;
}

START_TEST(going_on_with_a_run)
{
	run.facts.arguments = words;
	snprintf(out_path, sizeof(out_path), "%s/again.json.journal", run.root);
	try_all(resume_it, NULL, "resume");
}
END_TEST

START_TEST(writing_a_result)
{
	try_all(write_it, NULL, "result");
}
END_TEST

/* Prints into a file, since a stream in memory would take of what fails. */
static struct outcome printed(int code, FILE *out)
{
	struct outcome outcome = {.code = code};

	fclose(out);
	if (!code)
		outcome.text = slurp(out_path);
	return outcome;
}

static FILE *open_out(void)
{
	FILE *out = fopen(out_path, "w");

	ck_assert_ptr_nonnull(out);
	return out;
}

static struct outcome show_it(const void *by)
{
	static const char *const only[] = {"workload=counter", "batch=1"};
	struct table_view view = {
	        .by = by, .only = only, .only_count = by ? 0 : 2, .bars = by, .scaling = by};
	struct hd_error err = {0};
	FILE *out = open_out();
	int code;

	arm();
	code = result_show(run.result_path, &view, out, &err);
	disarm();
	return printed(code, out);
}

static struct outcome dump_it(const void *unused)
{
	struct hd_error err = {0};
	FILE *out = open_out();
	int code;

	(void)unused;
	arm();
	code = result_dump(run.result_path, 2, out, &err);
	disarm();
	return printed(code, out);
}

/* ---- Fits --------------------------------------------------------------------------------------- */

static struct outcome fit_it(const void *path)
{
	static const char *const only[] = {"model=serial"};
	const struct fit_options options = {
	        .path = path, .only = only, .only_count = 1, .at = {1, 64}, .at_count = 2};
	struct hd_error err = {0};
	FILE *out = open_out();
	json_t *document;

	arm();
	document = fit_document(&options, &err);
	if (document)
		fit_print(document, 80, out);
	disarm();
	json_decref(document);
	return printed(err.code, out);
}

/* A series with a law and what is left out of it, and one that has only the reason. */
static void put_scaling(void)
{
	static const char head[] = "{\"format\":\"heddle-result\",\"version\":1,\"run\":{},"
	                           "\"machine\":{\"simulated\":\"by hand\"},\"cases\":[";
	char *text = calloc(1 << 16, 1), *end = text;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, "%s", head);
	for (int cores = 1; cores <= 8; cores++)
		for (int trials = 6; trials >= 5; trials--)
			end += sprintf(end,
			               "%s{\"name\":\"%d\",\"title\":\"counter\",\"series\":\"%d\","
			               "\"workload\":\"counter\",\"model\":\"serial\",\"cores\":%d,"
			               "\"params\":{\"batch\":1,\"tasks\":%d},\"status\":\"ok\","
			               "\"metrics\":{\"throughput\":{\"unit\":\"ops/s\",\"trials\":"
			               "[%d,%d,%d,%d,%d%s]}}}",
			               end == text + sizeof(head) - 1 ? "" : ",", cores, trials,
			               cores, cores, cores * 97, cores * 98, cores * 99, cores * 95,
			               cores * 94, trials == 6 && cores < 8 ? ",9" : "");
	sprintf(end, "]}");
	fake_tree_put(run.root, "scaling.json", text);
	free(text);
}

START_TEST(fitting_a_result)
{
	char path[128];

	put_scaling();
	snprintf(path, sizeof(path), "%s/scaling.json", run.root);
	ck_assert_uint_gt(try_all(fit_it, path, "fit"), 50);
}
END_TEST

START_TEST(reading_a_result)
{
	try_all(show_it, NULL, "show");
	try_all(show_it, "model", "show --by model");
	try_all(dump_it, NULL, "show --json");
}
END_TEST

static struct outcome export_it(const void *name)
{
	const char *const paths[] = {run.result_path};
	const struct export_options options = {.paths = paths, .path_count = 1};
	struct hd_error err = {0};
	struct outcome outcome = {0};
	FILE *told = open_out();
	size_t size;

	arm();
	outcome.code =
	        export_text(export_find(name, &err), &options, &outcome.text, &size, told, &err);
	disarm();
	fclose(told);
	return outcome;
}

START_TEST(exporting_a_result)
{
	const char *name;

	for (size_t i = 0; (name = export_name(i)); i++)
		try_all(export_it, name, name);
}
END_TEST

/* ---- Comparisons ------------------------------------------------------------------------------- */

static struct outcome compare_it(const void *force)
{
	static const char *const metrics[] = {"time_per_op"};
	struct compare_options options = {.base = run.result_path,
	                                  .new = other_path,
	                                  .margin_percent = 5,
	                                  .metrics = metrics,
	                                  .metric_count = 1,
	                                  .by = "model",
	                                  .force = force != NULL};
	struct compared compared;
	struct hd_error err = {0};
	struct outcome outcome = {0};

	arm();
	outcome.code = compare(&options, &compared, &err);
	disarm();
	if (!outcome.code && !compared.document)
		outcome.code = -EBADMSG;
	if (!outcome.code)
		outcome.text = json_dumps(compared.document, JSON_INDENT(1));
	compared_free(&compared);
	return outcome;
}

struct print_task {
	const json_t *document;
	struct verdict_view view;
};

static struct outcome print_it(const void *context)
{
	const struct print_task *print = context;
	struct hd_error err = {0};
	FILE *out = open_out();
	struct outcome outcome;
	int code;

	arm();
	code = verdict_print(print->document, &print->view, out, &err);
	disarm();
	outcome = printed(code, out);
	if (!code && print->view.junit) {
		free(outcome.text);
		outcome.text = slurp(print->view.junit);
	}
	return outcome;
}

START_TEST(comparing_results)
{
	try_all(compare_it, NULL, "compare");
	try_all(compare_it, "force", "compare --force");
}
END_TEST

START_TEST(printing_verdicts)
{
	static const char *const names[] = {"table", "json", "markdown", "junit", "annotations"};
	char junit[128];
	json_t *document = json_load_file(TEST_SOURCE_DIR "/verdict/sample.json", 0, NULL);
	struct print_task tasks[] = {{document, {.form = VERDICT_AS_TABLE}},
	                             {document, {.form = VERDICT_AS_JSON}},
	                             {document, {.form = VERDICT_AS_MARKDOWN}},
	                             {document, {.form = VERDICT_AS_JSON, .junit = junit}},
	                             {document, {.form = VERDICT_AS_TABLE, .annotations = true}}};

	ck_assert_ptr_nonnull(document);
	snprintf(junit, sizeof(junit), "%s/junit.xml", run.root);
	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
		try_all(print_it, &tasks[i], names[i]);
	json_decref(document);
}
END_TEST

START_TEST(appending_to_the_journal)
{
	struct trial_result trial = fake_trial(1e6);

	try_all(append_it, &trial, "journal");
	trial_free(&trial);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {config_and_plan,
	                            a_bad_config_stays_bad,
	                            writing_a_result,
	                            appending_to_the_journal,
	                            going_on_with_a_run,
	                            fitting_a_result,
	                            reading_a_result,
	                            exporting_a_result,
	                            comparing_results,
	                            printing_verdicts,
	                            NULL};

	return suite_run_with("memory", tests, setup, teardown);
}

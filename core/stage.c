/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "arena.h"
#include "check_property.h"
#include "clock.h"
#include "fdpass.h"
#include "loader.h"
#include "stage_fault.h"
#include "stage_host.h"
#include "stage_traces.h"
#include "workload.h"

struct stage {
	struct arena arena;
	struct arena_board *board;
	struct workload_case kase;
	struct value params[ARENA_VALUES];
	int *sockets;
	struct loaded loaded;
	struct stage_host host;
	struct workload_stage workload;
	struct stage_traces traces; /* before the plugin was loaded */
	void *model_state;
};

static void enter(struct stage *stage, enum arena_phase phase)
{
	atomic_store(&stage->board->phase, phase);
}

/* Tells the core why the stage goes no further. */
static int fail(struct stage *stage, int code, const char *why)
{
	stage_reason(stage->board, why);
	stage->board->code = code < 0 ? code : -EIO;
	return stage->board->code;
}

static int receive(struct stage *stage, struct hd_error *err)
{
	uint32_t count;
	int fd;

	if (fdpass_receive_all(STAGE_CHANNEL, &fd, 1))
		return hd_error(err, -EPIPE, "no arena came");
	if (arena_map(&stage->arena, fd, err))
		return err->code;
	stage->board = stage->arena.board;
	count = stage->board->sockets;
	stage->sockets = calloc(count ? count : 1, sizeof(int));
	if (!stage->sockets || fdpass_receive_all(STAGE_CHANNEL, stage->sockets, (int)count))
		return hd_error(err, -EPIPE, "no sockets came");
	close(STAGE_CHANNEL);
	return 0;
}

static void *nothing(void *unused)
{
	return unused;
}

/* glibc leaves the atomics out of its mutexes until a first thread was created. */
static int create_first_thread(struct stage *stage)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);
	char why[96];

	if (!error) {
		pthread_join(thread, NULL);
		return 0;
	}
	snprintf(why, sizeof(why), "the stage could not start a thread: %s", strerror(error));
	return fail(stage, -error, why);
}

static int bind_to_case(struct stage *stage)
{
	int code;

	enter(stage, PHASE_BIND);
	code = stage_bind(stage->board->cpus, stage->board->cores);
	return code ? fail(stage, code, "the case's PUs cannot be used")
	            : create_first_thread(stage);
}

static int load(struct stage *stage, struct hd_error *err)
{
	const char *why;

	enter(stage, PHASE_LOAD);
	stage_traces_take(&stage->traces);
	if (loader_open(&stage->loaded, arena_text(stage->board, stage->board->plugin_path), err))
		return fail(stage, err->code, err->text);
	stage_host_init(&stage->host, &stage->arena, &stage->loaded);
	why = stage->loaded.model.unsupported ? stage->loaded.model.unsupported(&stage->host.host)
	                                      : NULL;
	if (!why)
		return 0;
	stage->board->skipped = 1;
	return fail(stage, -ENOTSUP, why);
}

static int set_workload_up(struct stage *stage, struct hd_error *err)
{
	struct arena_board *board = stage->board;

	enter(stage, PHASE_SETUP);
	stage->kase.workload = workload_find(arena_text(board, board->workload_name));
	if (!stage->kase.workload)
		return fail(stage, -EINVAL, "unknown workload");
	for (uint32_t i = 0; i < board->params; i++)
		stage->params[i] = (struct value){.number = board->param[i].number,
		                                  .text = arena_text(board, board->param[i].text)};
	stage->kase.params = stage->params;
	stage->kase.cores = board->cores;
	stage->workload = (struct workload_stage){.kase = &stage->kase,
	                                          .arena = &stage->arena,
	                                          .sockets = stage->sockets,
	                                          .socket_count = board->sockets,
	                                          .seed = board->seed};
	if (stage->kase.workload->setup(&stage->workload, err))
		return fail(stage, err->code, err->text);
	return 0;
}

/* The model's own reason goes without saying what was called; the error belongs to both. */
static int fail_model(struct stage *stage, const char *call, int code)
{
	struct arena_board *board = stage->board;
	const char *error = strerror(code < 0 ? -code : code);
	char why[96];

	if (board->reason[0])
		text_add(board->reason, sizeof(board->reason), ": ", "%s", error);
	snprintf(why, sizeof(why), "%s returned %d (%s)", call, code, error);
	return fail(stage, code, why);
}

static int open_model(struct stage *stage)
{
	int code;

	enter(stage, PHASE_OPEN);
	code = stage->loaded.model.open(&stage->host.host, &stage->model_state);
	return code ? fail_model(stage, "open()", code) : 0;
}

static uint64_t work_done(struct stage *stage)
{
	struct arena_slot *slots = arena_slots(&stage->arena);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < stage->board->in_flight; i++)
		sum += slot_ops(&slots[i]);
	return sum;
}

static void record_pass(struct arena_board *board, uint64_t ns, uint64_t ops)
{
	board->measured.ns += ns;
	board->measured.ops += ops;
	board->measured.count++;
}

static int run_pass(struct stage *stage)
{
	int code = stage->loaded.model.run(stage->model_state, &stage->workload.jobs);

	return code ? fail_model(stage, "run()", code) : 0;
}

static int before_pass(struct stage *stage, uint64_t pass, struct hd_error *err)
{
	const struct workload *workload = stage->kase.workload;

	arena_begin_beats(stage->board);
	if (workload->before_pass && workload->before_pass(&stage->workload, pass, err))
		return fail(stage, err->code, err->text);
	arena_beat(stage->board);
	return 0;
}

/* A finite workload is repeated until the core has seen enough; a pass counts whole or not at all. */
static int run_passes(struct stage *stage, struct hd_error *err)
{
	struct arena_board *board = stage->board;

	for (uint64_t pass = 0; !arena_stopping(board); pass++) {
		uint64_t begin, before = work_done(stage);
		uint32_t measured;

		if (before_pass(stage, pass, err))
			return board->code;
		measured = atomic_load(&board->measuring);
		begin = clock_now_ns();
		if (run_pass(stage))
			return board->code;
		/* Whole within the time observed, or not at all. */
		if (measured && atomic_load(&board->measuring))
			record_pass(board, clock_now_ns() - begin, work_done(stage) - before);
		atomic_store(&board->passes_done, pass + 1);
	}
	return 0;
}

static int run(struct stage *stage, struct hd_error *err)
{
	enter(stage, PHASE_RUN);
	return stage->kase.workload->finite ? run_passes(stage, err) : run_pass(stage);
}

/* While its threads are there to be asked. */
static void check_cpus(struct stage *stage, struct hd_error *err)
{
	if (stage_traces_check_cpus(stage->board, err))
		fail(stage, err->code, err->text);
}

/* What a plugin says of itself, for `heddle list` and the plan. */
static void describe(struct stage *stage, struct hd_error *err)
{
	struct model_info *info = arena_workload(&stage->arena);
	const char *why;

	enter(stage, PHASE_LOAD);
	if (loader_open(&stage->loaded, arena_text(stage->board, stage->board->plugin_path), err)) {
		fail(stage, err->code, err->text);
		return;
	}
	loader_describe(&stage->loaded, info);
	stage_host_init(&stage->host, &stage->arena, &stage->loaded);
	why = stage->loaded.model.unsupported ? stage->loaded.model.unsupported(&stage->host.host)
	                                      : NULL;
	snprintf(info->unsupported, sizeof(info->unsupported), "%s", why ? why : "");
}

/* One property of `heddle check`. */
static void check(struct stage *stage, struct hd_error *err)
{
	if (bind_to_case(stage) || load(stage, err))
		return;
	check_look(&stage->host, &stage->traces);
}

static void perform(struct stage *stage, struct hd_error *err)
{
	if (bind_to_case(stage) || load(stage, err) || set_workload_up(stage, err) ||
	    open_model(stage))
		return;
	if (run(stage, err) == 0)
		check_cpus(stage, err);
	enter(stage, PHASE_CLOSE);
	stage->loaded.model.close(stage->model_state);
	stage_traces_tell(&stage->traces, stage->board->changed, sizeof(stage->board->changed));
}

int stage_main(void)
{
	/* Static: the plugin's stack overflow should not begin with our frame. */
	static struct stage stage;
	struct hd_error err = {0};

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "heddle-stage");
	if (receive(&stage, &err)) {
		fprintf(stderr, "stage: %s\n", err.text);
		return STAGE_EXIT_BROKEN;
	}
	stage_fault_prepare(stage.board);
	if (stage.board->describe)
		describe(&stage, &err);
	else if (stage.board->check)
		check(&stage, &err);
	else
		perform(&stage, &err);
	/* The workload's and the plugin's memory ends with the process, after its exit handlers. */
	enter(&stage, PHASE_UNLOAD);
	stage.board->finished = 1;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* What a model does to the process that it lives in: what grows from life to life, what is another afterwards. */
#include "check_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 8, SETTLED_MS = 300, FEW_CYCLES = 4, LAST_CYCLES = 8, ENOUGH_S = 20 };

struct holdings {
	long descriptors, threads, processes, heap_bytes, mapped_bytes;
};

struct holding {
	const char *name;
	size_t at;  /* of the number in struct holdings */
	bool exact; /* one more is growth; else only what never stops growing is */
};

static const struct holding kinds[] = {
        {"descriptors", offsetof(struct holdings, descriptors), true},
        {"threads", offsetof(struct holdings, threads), true},
        {"processes", offsetof(struct holdings, processes), true},
        {"bytes of heap", offsetof(struct holdings, heap_bytes), false},
        {"bytes of mapped memory", offsetof(struct holdings, mapped_bytes), false},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static long number(const struct holdings *held, uint32_t kind)
{
	return *(const long *)(const void *)((const char *)held + kinds[kind].at);
}

static long count_entries(const char *path)
{
	DIR *folder = opendir(path);
	long count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static long count_children(void)
{
	char path[64];
	long count = 0;
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		count++;
	if (file)
		fclose(file);
	return count;
}

/* Data that is private and may be written, as the kernel counts it: VmData. */
static long mapped_bytes(void)
{
	char line[256];
	long kib = 0;
	FILE *file = fopen("/proc/self/status", "re");

	while (file && kib == 0 && fgets(line, sizeof(line), file))
		sscanf(line, "VmData: %ld", &kib);
	if (file)
		fclose(file);
	return kib * 1024;
}

static long heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (long)(info.uordblks + info.hblkhd);
}

static struct holdings look_around(void)
{
	return (struct holdings){.descriptors = count_entries("/proc/self/fd"),
	                         .threads = count_entries("/proc/self/task"),
	                         .processes = count_children(),
	                         .heap_bytes = heap_bytes(),
	                         .mapped_bytes = mapped_bytes()};
}

static bool holds_more(const struct holdings *than, const struct holdings *held)
{
	return held->descriptors > than->descriptors || held->threads > than->threads ||
	       held->processes > than->processes;
}

/* Threads leave /proc a little after they were joined. */
static struct holdings look_when_settled(const struct holdings *before)
{
	uint64_t deadline = clock_now_ns() + SETTLED_MS * NS_PER_MS;
	struct holdings held = look_around();

	while (holds_more(before, &held) && clock_now_ns() < deadline) {
		clock_sleep_until(clock_now_ns() + NS_PER_MS);
		held = look_around();
	}
	return held;
}

/* What requests of all kinds find to work on; nobody waits for anybody. */
struct life {
	int silent[2]; /* a pipe */
	int nothing;   /* /dev/null */
	int listener;  /* to which nobody comes */
};

struct life_job {
	struct check_job base;
	const struct life *life;
	uint32_t left;
};

/* The next of the requests that the model interprets; now and then one that waits a little. */
static void life_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct life_job *job = (struct life_job *)(void *)base;
	uint32_t op = HD_DONE + 1 + job->left % HD_WAIT;

	(void)answer;
	if (job->left-- == 0)
		return;
	rig_cheap_request(base, request);
	if (!rig_can(base->rig, HD_CAN(op)))
		return;
	request->op = op;
	request->timeout_ns = job->left < HD_WAIT ? RIG_MS / 10 : 0;
	if (op == HD_READ)
		request->fd = job->life->silent[0];
	else if (op == HD_WRITE)
		request->fd = job->life->nothing;
	else
		request->fd = op == HD_ACCEPT ? job->life->listener : 1;
}

static struct life_job *life_jobs(struct rig *rig)
{
	struct life_job *jobs = rig_alloc(rig, JOBS * sizeof(*jobs));
	struct life *life = rig_alloc(rig, sizeof(*life));
	const struct sockaddr_un anywhere = {.sun_family = AF_UNIX};

	life->nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	life->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pipe(life->silent) || life->nothing < 0 ||
	    bind(life->listener, (const struct sockaddr *)(const void *)&anywhere,
	         sizeof(sa_family_t)) ||
	    listen(life->listener, 1))
		rig_fail(rig, "no descriptors for the check itself: %s", strerror(errno));
	for (uint32_t i = 0; i < JOBS; i++)
		jobs[i].life = life;
	return jobs;
}

static bool live_once(struct rig *rig, struct life_job *jobs)
{
	for (uint32_t i = 0; i < JOBS; i++) {
		jobs[i].base.script = life_step;
		jobs[i].left = 3 * HD_WAIT;
	}
	return rig_do(rig, jobs, JOBS, sizeof(*jobs));
}

/* Descriptors, threads, processes: more after the second close() than after the first, and ever more. */
static bool grows_at_once(const struct holdings *held, uint32_t count, uint32_t kind)
{
	return kinds[kind].exact && number(&held[1], kind) > number(&held[0], kind) &&
	       number(&held[count - 1], kind) > number(&held[1], kind);
}

/* Memory may swing, and caches fill: it grows where it was more after each of the last lives. */
static bool grows_for_ever(const struct holdings held[CHECK_CYCLES], uint32_t kind)
{
	/* A sanitizer's own heap does, and hides the model's. */
	if (sizeof(HEDDLE_SANITIZE) > 1)
		return false;
	for (uint32_t i = CHECK_CYCLES - 1 - LAST_CYCLES; i + 1 < CHECK_CYCLES; i++)
		if (number(&held[i + 1], kind) <= number(&held[i], kind))
			return false;
	return !kinds[kind].exact;
}

/* False, and a failure noted, where something grows. */
static bool judge_growth(struct rig *rig, const struct holdings *held, uint32_t count)
{
	for (uint32_t kind = 0; kind < KINDS; kind++)
		if (grows_at_once(held, count, kind) ||
		    (count == CHECK_CYCLES && grows_for_ever(held, kind))) {
			rig_does(rig, "no more than after the first close()",
			         "%u times open(), run() and close()", count);
			return rig_fail(rig, "%ld %s more",
			                number(&held[count - 1], kind) - number(&held[0], kind),
			                kinds[kind].name);
		}
	return true;
}

static void tell_kept(struct rig *rig, const struct holdings *before, const struct holdings *after)
{
	char *told = rig->report->told;

	for (uint32_t kind = 0; kind < KINDS; kind++)
		if (kinds[kind].exact && number(after, kind) > number(before, kind))
			text_add(told, CHECK_TEXT, ", ", "%s %ld", kinds[kind].name,
			         number(after, kind) - number(before, kind));
	if (*told)
		text_add(told, CHECK_TEXT, ": ",
		         "kept after the first close(), and no more later: by a runtime?");
}

void check_reopened(struct rig *rig)
{
	struct life_job *jobs = life_jobs(rig);
	struct holdings before, held[CHECK_CYCLES];
	uint64_t began;

	if (rig_failed(rig))
		return;
	rig->reopens = true;
	began = clock_now_ns();
	before = look_around();
	for (uint32_t i = 0; i < CHECK_CYCLES; i++) {
		rig_does(rig, "the same as the first time",
		         "open(), run() and close() for the %u. time", i + 1);
		if (!live_once(rig, jobs))
			return;
		held[i] = look_when_settled(i ? &held[0] : &before);
		rig_does(rig, "the same as the first time", "open() and close() for the %u. time",
		         i + 1);
		if (!rig_open(rig))
			return;
		rig_close(rig);
		if (i + 1 == FEW_CYCLES && !judge_growth(rig, held, FEW_CYCLES))
			return;
		if (i + 1 >= FEW_CYCLES && clock_now_ns() > began + ENOUGH_S * NS_PER_S) {
			snprintf(rig->report->told, CHECK_TEXT,
			         "opened and closed only %u times: it takes long", 2 * (i + 1));
			return;
		}
	}
	if (judge_growth(rig, held, CHECK_CYCLES))
		tell_kept(rig, &before, &held[0]);
}

/* ---- What is another afterwards ---- */

static int allowed_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 0 : CPU_COUNT(&set);
}

/* bind() of the thread that opens and runs narrows it, as it says. */
static bool keeps_affinity(struct rig *rig, int before)
{
	struct check_report *report = rig->report;
	uint32_t thread = (uint32_t)gettid() % CHECK_THREADS;
	bool bound = atomic_load(&report->bound[thread / 8]) & 1u << thread % 8;
	int after = allowed_cpus();

	if (after == before || (bound && after == 1))
		return true;
	return rig_fail(rig, "its affinity changed from %d to %d processors", before, after);
}

void check_process(struct rig *rig)
{
	struct life_job *jobs = life_jobs(rig);
	const char *serious[] = {"directory", "locale", "rounding", NULL};
	char changed[CHECK_TEXT];
	int cpus = allowed_cpus();

	rig_does(rig, "the process as it was before", "open(), run() and close()");
	if (rig_failed(rig) || !live_once(rig, jobs) || !keeps_affinity(rig, cpus))
		return;
	stage_traces_tell(rig->before, changed, sizeof(changed));
	for (const char **word = serious; *word; word++)
		if (strstr(changed, *word)) {
			rig_fail(rig, "%s changed", changed);
			return;
		}
	if (*changed)
		snprintf(rig->report->told, sizeof(rig->report->told), "it changes %.280s",
		         changed);
}

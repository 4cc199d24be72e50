/* SPDX-License-Identifier: MIT */
/* EXCLUSIVE and SHARED: nothing lost, nothing torn, all of the work done. */
#include "check_rig.h"

#include <errno.h>
#include <stdio.h>

#include "request.h"

/* ---- One request ---- */

struct single_job {
	struct check_job base;
	struct hd_request request;
	int64_t answer;
	uint64_t began_ns, took_ns;
};

static void single_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct single_job *job = (struct single_job *)(void *)base;

	job->took_ns = clock_now_ns() - job->began_ns;
	job->answer = answer;
	if (base->started > 1)
		return;
	*request = job->request;
	job->began_ns = clock_now_ns();
}

/* One request alone, to be looked at afterwards; zeroed but for what every request has. */
static struct single_job *single(struct rig *rig, uint32_t op, uint64_t times, uint32_t lines)
{
	struct single_job *job = rig_alloc(rig, sizeof(*job));

	job->base.script = single_step;
	job->request = (struct hd_request){.op = op,
	                                   .fd2 = -1,
	                                   .offset = -1,
	                                   .timeout_ns = -1,
	                                   .times = times,
	                                   .section.lines = lines};
	job->request.section.words = rig_alloc(rig, lines * HD_LINE_WORDS * sizeof(uint64_t));
	return job;
}

/*
 * A model may do sections of one word and no work only, if it answers all others with -EOPNOTSUPP and tells why. That
 * is told, and what needs a larger section is left out. The model is open.
 */
static bool refuses_large(struct rig *rig, uint32_t op)
{
	const char *why = rig->host.arena->board->reason;
	struct check_sentence then = rig->report->doing;
	struct single_job *job = single(rig, op, 1, 2);

	job->request.section.turns = 1;
	rig_does(rig, "an answer", "a section of 2 words and a turn");
	if (!rig_run(rig, job, 1, sizeof(*job)))
		return false;
	rig->report->doing = then;
	if (job->answer != -EOPNOTSUPP || !*why)
		return false;
	snprintf(rig->report->told, sizeof(rig->report->told),
	         "refuses sections of more than one word: %.200s", why);
	return true;
}

/* Runs jobs whose requests are large ones of `op`. False where nothing is to be judged afterwards. */
static bool do_large(struct rig *rig, uint32_t op, void *jobs, uint64_t count, uint64_t stride)
{
	if (!rig_open(rig))
		return false;
	rig->report->left_out = refuses_large(rig, op);
	if (rig_failed(rig) || (!rig->report->left_out && !rig_run(rig, jobs, count, stride)))
		return false;
	rig_close(rig);
	return !rig->report->left_out && !rig_failed(rig);
}

/* ---- Exclusion ---- */

struct section_job {
	struct check_job base;
	uint64_t *words;
	uint32_t lines;
	uint64_t times, asked, most;
	uint64_t deadline_ns;
	uint64_t done[RIG_LOCKS];
	bool with_work;
};

static void section_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct section_job *job = (struct section_job *)(void *)base;
	uint32_t lock = (uint32_t)((job->asked + base->index) % RIG_LOCKS);
	char text[RIG_ANSWER];

	if (answer != 0)
		rig_complain(base->rig, "EXCLUSIVE", "0", "%s", rig_answer(answer, text));
	if (job->asked == job->most || (job->asked >= 20 && clock_now_ns() > job->deadline_ns))
		return;
	request->op = HD_EXCLUSIVE;
	request->times = job->times;
	request->section.words = job->words + (uint64_t)lock * job->lines * HD_LINE_WORDS;
	request->section.lines = job->lines;
	request->section.turns = job->with_work ? base->index % 3 : 0;
	request->section.lock = lock;
	job->done[lock] += job->times;
	job->asked++;
}

static bool judge_words(struct rig *rig, const struct section_job *jobs, uint32_t count)
{
	const struct section_job *job = jobs;
	uint64_t expected[RIG_LOCKS] = {0};

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t lock = 0; lock < RIG_LOCKS; lock++)
			expected[lock] += jobs[i].done[lock];
	for (uint32_t w = 0; w < RIG_LOCKS * job->lines; w++) {
		uint64_t wanted = expected[w / job->lines], found = job->words[w * HD_LINE_WORDS];

		if (found == wanted)
			continue;
		return rig_fail(rig, "%llu of %llu updates in word %u of lock %u: %lld %s",
		                (unsigned long long)found, (unsigned long long)wanted,
		                w % job->lines, w / job->lines,
		                (long long)(found < wanted ? wanted - found : found - wanted),
		                found < wanted ? "lost" : "too many");
	}
	return true;
}

static bool run_sections(struct rig *rig, uint64_t times, uint32_t lines, bool with_work)
{
	uint32_t count = 3 * rig->tasks + 1;
	struct section_job *jobs = rig_alloc(rig, count * sizeof(*jobs));
	uint64_t *words = rig_alloc(rig, RIG_LOCKS * lines * HD_LINE_WORDS * sizeof(*words));

	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = section_step;
		jobs[i].words = words;
		jobs[i].lines = lines;
		jobs[i].times = times;
		jobs[i].with_work = with_work;
		jobs[i].most = 300;
		jobs[i].deadline_ns = clock_now_ns() + 15 * NS_PER_MS;
	}
	rig_does(rig, "each update of each word once",
	         "EXCLUSIVE, batch=%llu lines=%u, %u jobs, %d locks", (unsigned long long)times,
	         lines, count, RIG_LOCKS);
	return rig_run(rig, jobs, count, sizeof(*jobs)) && judge_words(rig, jobs, count);
}

/* Of sections of one word and no work, and of larger ones where the model does them. */
void check_exclusion(struct rig *rig)
{
	static const struct {
		uint32_t times, lines;
	} sections[] = {{1, 1}, {16, 1}, {1024, 1}, {1, 4}, {16, 4}, {1024, 4}, {16, 200}};
	bool large;

	if (!rig_open(rig))
		return;
	large = !refuses_large(rig, HD_EXCLUSIVE);
	if (rig_failed(rig))
		return;
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if ((large || sections[i].lines == 1) &&
		    !run_sections(rig, sections[i].times, sections[i].lines, large))
			return;
	rig_close(rig);
}

/* ---- The work of one section ---- */

static uint64_t busy_ns(uint32_t turns)
{
	uint64_t least = UINT64_MAX;

	for (int again = 0; again < 3; again++) {
		uint64_t began = clock_now_ns(), took;

		hd_busy(turns);
		took = clock_now_ns() - began;
		least = took < least ? took : least;
	}
	return least;
}

/*
 * The least time of so many turns. A core whose other hardware thread somebody else uses, in another guest perhaps,
 * takes twice as long for moments or minutes: where the model took less than half it is looked at again for a while.
 */
static uint64_t least_ns(uint32_t turns, uint64_t least, uint64_t took)
{
	enum { LOOKS = 100, PAUSE_NS = 10000000 };

	for (int i = 0; i < LOOKS && took < least / 2; i++) {
		uint64_t now;

		clock_sleep_until(clock_now_ns() + PAUSE_NS);
		now = busy_ns(turns);
		least = now < least ? now : least;
	}
	return least;
}

static bool judge_words_of_one(struct rig *rig, const struct hd_section *section, uint64_t wanted)
{
	for (uint32_t i = 0; i < section->lines; i++)
		if (section->words[i * HD_LINE_WORDS] != wanted)
			return rig_fail(rig, "%llu in word %u",
			                (unsigned long long)section->words[i * HD_LINE_WORDS], i);
	return true;
}

/* Sections of so many lines, long enough that their work shows. */
static bool look_at_work(struct rig *rig, uint32_t op, uint32_t lines)
{
	enum { TIMES = 3, TURNS = 1000000 };
	struct single_job *job = single(rig, op, TIMES, lines);
	uint64_t before = busy_ns(TURNS), after, wanted = op == HD_EXCLUSIVE ? TIMES : 0;
	char expected[CHECK_TEXT];

	job->request.section.turns = TURNS;
	snprintf(expected, sizeof(expected), "%u in each word", (uint32_t)wanted);
	rig_does(rig, expected, "%s of %d sections of %u lines and %d turns", request_name(op),
	         TIMES, lines, TURNS);
	if (!do_large(rig, op, job, 1, sizeof(*job)) ||
	    !judge_words_of_one(rig, &job->request.section, wanted))
		return false;
	after = busy_ns(TURNS);
	before = least_ns(TURNS, after < before ? after : before, job->took_ns / TIMES);
	snprintf(expected, sizeof(expected), "about %.2f ms of work, as by hd_busy() alone",
	         TIMES * (double)before / 1e6);
	rig_does(rig, expected, "%s of %d sections of %u lines and %d turns", request_name(op),
	         TIMES, lines, TURNS);
	return job->took_ns >= TIMES * before / 2 ||
	       rig_fail(rig, "the answer after %.2f ms", (double)job->took_ns / 1e6);
}

void check_section(struct rig *rig)
{
	rig->reopens = true;
	if (look_at_work(rig, HD_EXCLUSIVE, 100) && look_at_work(rig, HD_EXCLUSIVE, 1))
		look_at_work(rig, HD_EXCLUSIVE, 8);
}

/* ---- SHARED ---- */

/* The words disagree from the start: each reading has to see it, and to leave it so. */
static bool look_at_readings(struct rig *rig, uint32_t lines)
{
	enum { TIMES = 50 };
	struct single_job *job = single(rig, HD_SHARED, TIMES, lines);
	uint64_t *words = job->request.section.words;
	char text[RIG_ANSWER];

	words[(lines - 1) * HD_LINE_WORDS] = 1;
	rig_does(rig, "50, the readings that saw a difference",
	         "SHARED, 50 readings of %u words of which one differs", lines);
	if (!do_large(rig, HD_SHARED, job, 1, sizeof(*job)))
		return false;
	if (job->answer != TIMES)
		return rig_fail(rig, "%s", rig_answer(job->answer, text));
	for (uint32_t i = 0; i < lines; i++)
		if (words[i * HD_LINE_WORDS] != (i == lines - 1))
			return rig_fail(rig, "it, but the words changed");
	return true;
}

void check_reading(struct rig *rig)
{
	rig->reopens = true;
	if (look_at_readings(rig, 4) && look_at_readings(rig, 2) && look_at_readings(rig, 200) &&
	    look_at_work(rig, HD_SHARED, 1))
		look_at_work(rig, HD_SHARED, 8);
}

enum { READ_LINES = 64, READ_TIMES = 50, READ_REQUESTS = 900 };

struct reader_job {
	struct check_job base;
	uint64_t *words; /* of each lock */
	uint32_t asked;
};

/* Of each lock in turn, all jobs of the same at about the same time. */
static void reader_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct reader_job *job = (struct reader_job *)(void *)base;
	bool writes = base->index % 2;
	char text[RIG_ANSWER];

	if (answer != 0)
		rig_complain(base->rig,
		             writes ? "EXCLUSIVE beside SHARED" : "SHARED beside EXCLUSIVE",
		             writes ? "0" : "0, no reading that saw half a change", "%s",
		             rig_answer(answer, text));
	if (job->asked == READ_REQUESTS)
		return;
	request->op = writes ? HD_EXCLUSIVE : HD_SHARED;
	request->times = READ_TIMES;
	request->section.lock = job->asked++ * RIG_LOCKS / READ_REQUESTS;
	request->section.words = job->words + request->section.lock * READ_LINES * HD_LINE_WORDS;
	request->section.lines = READ_LINES;
}

void check_readers(struct rig *rig)
{
	uint32_t count = rig->tasks + rig->tasks % 2;
	struct reader_job *jobs = rig_alloc(rig, count * sizeof(*jobs));
	uint64_t *words = rig_alloc(rig, RIG_LOCKS * READ_LINES * HD_LINE_WORDS * sizeof(*words));
	uint64_t wanted = (uint64_t)count / 2 * READ_REQUESTS / RIG_LOCKS * READ_TIMES;

	for (uint32_t i = 0; i < count; i++) {
		jobs[i].base.script = reader_step;
		jobs[i].words = words;
	}
	rig_does(rig, "each update of each word once",
	         "EXCLUSIVE and SHARED of the same words, %u jobs", count);
	if (!do_large(rig, HD_EXCLUSIVE, jobs, count, sizeof(*jobs)))
		return;
	for (uint32_t i = 0; i < RIG_LOCKS * READ_LINES; i++)
		if (words[i * HD_LINE_WORDS] != wanted) {
			rig_fail(rig, "%llu of %llu", (unsigned long long)words[i * HD_LINE_WORDS],
			         (unsigned long long)wanted);
			return;
		}
}

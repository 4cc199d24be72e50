/* SPDX-License-Identifier: MIT */
/* Requests one after another with the answers that they must get; requests that wait for nobody; helpers. */
#include "check_rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct player {
	struct check_job base;
	const struct check_line *lines;
	uint32_t count, at; /* at: the line after the one that is answered next */
	int64_t asked_ns;
};

static bool allows(const struct check_line *line, int64_t answer)
{
	return answer >= line->least && answer <= line->most;
}

static void tell_answers(const struct check_line *line, char text[CHECK_TEXT])
{
	char least[RIG_ANSWER], most[RIG_ANSWER];

	if (line->least == line->most)
		snprintf(text, CHECK_TEXT, "%s", rig_answer(line->least, least));
	else if (line->most < 0)
		snprintf(text, CHECK_TEXT, "-errno");
	else
		snprintf(text, CHECK_TEXT, "%s to %s", rig_answer(line->least, least),
		         rig_answer(line->most, most));
}

static void judge(const struct player *player, int64_t answer)
{
	const struct check_line *line = &player->lines[player->at - 1];
	int64_t took_ns = (int64_t)clock_now_ns() - player->asked_ns;
	char expected[CHECK_TEXT], text[RIG_ANSWER];

	tell_answers(line, expected);
	if (!allows(line, answer)) {
		rig_complain(player->base.rig, line->what, expected, "%s",
		             rig_answer(answer, text));
		return;
	}
	snprintf(expected, sizeof(expected), "the answer after %.3f ms%s",
	         (double)line->wait_ns / 1e6, line->wait_ns ? " or a little later" : " or so");
	if (took_ns < line->wait_ns || took_ns > line->wait_ns + RIG_LATE_NS)
		rig_complain(player->base.rig, line->what, expected, "it after %.3f ms",
		             (double)took_ns / 1e6);
	else if (line->bytes && answer > 0 &&
	         memcmp(line->bytes, line->request.buf, (size_t)answer) != 0)
		rig_complain(player->base.rig, line->what, "the bytes that are there", "others");
}

/* Where it dies or hangs, this is what it was about. No other job is in progress. */
static void begin_line(const struct rig *rig, const struct check_line *line)
{
	struct check_sentence *doing = &rig->report->doing;

	snprintf(doing->done, sizeof(doing->done), "%s", line->what);
	tell_answers(line, doing->expected);
}

static void play_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct player *player = (struct player *)(void *)base;

	if (player->at)
		judge(player, answer);
	while (player->at < player->count &&
	       !rig_can(base->rig, HD_CAN(player->lines[player->at].request.op)))
		player->at = player->at + 1;
	if (player->at == player->count || rig_failed(base->rig))
		return;
	begin_line(base->rig, &player->lines[player->at]);
	*request = player->lines[player->at++].request;
	player->asked_ns = (int64_t)clock_now_ns();
}

bool rig_play(struct rig *rig, const struct check_line *lines, uint32_t count)
{
	struct player *player = rig_alloc(rig, sizeof(*player));

	player->base.script = play_step;
	player->lines = lines;
	player->count = count;
	return rig_do(rig, player, 1, sizeof(*player));
}

static uint32_t cheap_op(uint64_t ops)
{
	static const uint32_t cheap[] = {HD_EXCLUSIVE, HD_YIELD, HD_SHARED, HD_SET,
	                                 HD_CLEAR,     HD_WRITE, HD_READ,   HD_PUT,
	                                 HD_GET,       HD_WAIT,  HD_SLEEP,  HD_ACCEPT};

	for (uint32_t i = 0; i < sizeof(cheap) / sizeof(cheap[0]); i++)
		if (ops & HD_CAN(cheap[i]))
			return cheap[i];
	return HD_DONE;
}

void rig_cheap_request(struct check_job *job, struct hd_request *request)
{
	request->op = cheap_op(job->rig->report->ops);
	request->section.words = job->own;
	request->section.lines = 1;
	request->timeout_ns = 0;
	request->buf = job->own;
	request->size = sizeof(job->own[0]);
	request->fd = 1; /* a queue or an event that no property waits for */
	/* No such descriptor: an answer at once. */
	if (request->op == HD_WRITE || request->op == HD_READ || request->op == HD_ACCEPT)
		request->fd = -1;
}

pid_t rig_helper(struct rig *rig, void (*act)(struct rig *, void *), void *argument)
{
	pid_t pid = fork();

	if (pid == 0) {
		act(rig, argument);
		_exit(0);
	}
	if (pid < 0)
		rig_fail(rig, "no process for the check itself: %s", strerror(errno));
	return pid;
}

void rig_reap(pid_t helper)
{
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
}

/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "ruler.h"

static struct ruler_look look;
static struct hd_error err;

static int first_cpu(void)
{
	cpu_set_t set;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return 0;
}

START_TEST(it_tells_a_rate_and_what_was_taken)
{
	int cpu = first_cpu();
	uint64_t began = clock_now_ns();

	ck_assert_int_eq(ruler_measure(&cpu, 1, &look, &err), 0);
	ck_assert_double_gt(look.rate, 0);
	ck_assert_double_ge(look.taken, 0);
	ck_assert_double_lt(look.taken, 1);
	ck_assert_uint_ge(clock_now_ns() - began, RULER_MS * NS_PER_MS);
}
END_TEST

/* Four threads on one PU: each gets a quarter, and both the rate and the share tell it. */
START_TEST(a_shared_processor_shows)
{
	int cpus[4] = {first_cpu(), first_cpu(), first_cpu(), first_cpu()};
	double alone, most = 0, least = INFINITY;

	ck_assert_int_eq(ruler_measure(cpus, 1, &look, &err), 0);
	alone = look.rate;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ruler_measure(cpus, 4, &look, &err), 0);
		most = fmax(most, look.taken);
		least = fmin(least, look.rate);
	}
	ck_assert_double_gt(most, 0.4);
	ck_assert_double_lt(least, alone);
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
}

/* A signal to the caller alone does not end it. */
START_TEST(an_interrupted_wait_goes_on)
{
	struct sigaction action = {.sa_handler = on_alarm};
	int cpu = first_cpu();

	sigaction(SIGALRM, &action, NULL);
	ualarm(5000, 5000);
	ck_assert_int_eq(ruler_measure(&cpu, 1, &look, &err), 0);
	ualarm(0, 0);
	ck_assert_double_gt(look.rate, 0);
}
END_TEST

static void on_child(int signal)
{
	(void)signal;
	kill(0, SIGINT);
}

/* Ctrl-C goes to the whole group: the ruler is gone, the caller says so. */
START_TEST(a_signal_to_the_group_ends_it)
{
	struct sigaction to_group = {.sa_handler = on_child}, ignored = {.sa_handler = on_alarm};
	int cpu = first_cpu();

	setpgid(0, 0);
	sigaction(SIGALRM, &to_group, NULL);
	sigaction(SIGINT, &ignored, NULL);
	ualarm(10000, 10000); /* again and again: the first may come before there is a child */
	ck_assert_int_eq(ruler_measure(&cpu, 1, &look, &err), -EINTR);
}
END_TEST

START_TEST(nothing_is_left_behind)
{
	int cpu = first_cpu();

	ck_assert_int_eq(ruler_measure(&cpu, 1, &look, &err), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {it_tells_a_rate_and_what_was_taken,
	                            a_shared_processor_shows,
	                            an_interrupted_wait_goes_on,
	                            a_signal_to_the_group_ends_it,
	                            nothing_is_left_behind,
	                            NULL};

	return suite_run("ruler", tests);
}

/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <signal.h>
#include <sys/time.h>

#include "clock.h"

START_TEST(time_goes_on)
{
	uint64_t before = clock_now_ns();

	ck_assert_int_eq(clock_sleep_until(before + 2 * NS_PER_MS), 0);
	ck_assert_uint_ge(clock_now_ns(), before + 2 * NS_PER_MS);
	ck_assert_int_eq(clock_sleep_until(before), 0); /* long gone */
}
END_TEST

START_TEST(nanoseconds_are_split)
{
	struct timespec time = clock_timespec(3 * NS_PER_S + 17);

	ck_assert_int_eq(time.tv_sec, 3);
	ck_assert_int_eq(time.tv_nsec, 17);
}
END_TEST

static void nothing(int number)
{
	(void)number;
}

START_TEST(signals_end_a_sleep)
{
	struct sigaction action = {.sa_handler = nothing};
	struct itimerval often = {.it_value.tv_usec = 1000, .it_interval.tv_usec = 1000};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(clock_sleep_until(clock_now_ns() + 60 * NS_PER_S), -EINTR);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {time_goes_on, nanoseconds_are_split, signals_end_a_sleep, NULL};

	return suite_run("clock", tests);
}

/* SPDX-License-Identifier: MIT */
/*
 * Runs a target without libFuzzer: each file, then changed copies of them for some seconds. The changes
 * come from a seed, so that a finding can be had again; an input that ends the process is left in
 * `fuzz-finding` in the current folder.
 *
 *     fuzz_TARGET [--seconds N] [--seed N] FILE|FOLDER...
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

enum { MOST_BYTES = 1 << 16, MOST_FILES = 4096, MOST_CHANGES = 8 };

struct input {
	size_t size;
	uint8_t *bytes; /* owned */
};

static struct input inputs[MOST_FILES];
static size_t input_count;

/* What is under way, for the handler. */
static const uint8_t *current;
static size_t current_size;

/* Of a sanitizer, which may end the process without a signal; absent elsewhere. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void keep_finding(void)
{
	int fd = open("fuzz-finding", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, current, current_size) < 0)
		(void)!write(STDERR_FILENO, "fuzz-finding: not written\n", 26);
}

static void die(int number)
{
	keep_finding();
	signal(number, SIG_DFL);
	raise(number);
}

static void watch_deaths(void)
{
	static const int signals[] = {SIGABRT, SIGFPE, SIGILL, SIGSEGV, SIGBUS};

	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(keep_finding);
		signal(SIGABRT, die);
		return;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], die);
}

static void run(const uint8_t *bytes, size_t size)
{
	/* A copy of its own size, so that reading past its end is seen. */
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		fuzz_fail("out of memory");
	if (size)
		memcpy(copy, bytes, size);
	current = copy;
	current_size = size;
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct input *input = &inputs[input_count];

	if (!file || input_count == MOST_FILES) {
		fprintf(stderr, "%s: %s\n", path, file ? "too many inputs" : strerror(errno));
		exit(2);
	}
	input->bytes = malloc(MOST_BYTES);
	if (!input->bytes)
		fuzz_fail("out of memory");
	input->size = fread(input->bytes, 1, MOST_BYTES, file);
	fclose(file);
	input_count++;
	run(input->bytes, input->size);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void read_place(const char *path)
{
	struct dirent **entries;
	struct stat status;
	char each[4096];
	int count;

	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		read_file(path);
		return;
	}
	count = scandir(path, &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(each, sizeof(each), "%s/%s", path, entries[i]->d_name);
		read_file(each);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* xorshift64 */
static uint64_t random_of(uint64_t *state, uint64_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return below ? *state % below : 0;
}

/* What readers take for more than a byte. */
static const char *const words[] = {"null",
                                    "true",
                                    "{}",
                                    "[]",
                                    "\"\"",
                                    "0",
                                    "-1",
                                    "1e308",
                                    "9223372036854775807",
                                    "-9223372036854775808",
                                    "0.0",
                                    "4294967296",
                                    "\"\\u001b[2J\"",
                                    "\"\xe2\x80\xa6\"",
                                    "%n%s",
                                    "\n%%\n",
                                    "[[[[[[[[[[[[[[[[",
                                    "../../..",
                                    ":",
                                    ","};

static size_t put(uint8_t *bytes, size_t size, size_t at, size_t taken, const void *more,
                  size_t count)
{
	if (size - taken + count > MOST_BYTES)
		return size;
	memmove(bytes + at + count, bytes + at + taken, size - at - taken);
	memcpy(bytes + at, more, count);
	return size - taken + count;
}

static size_t change(uint8_t *bytes, size_t size, uint64_t *state)
{
	size_t at = random_of(state, size + 1), left = size - at;
	const char *word = words[random_of(state, sizeof(words) / sizeof(words[0]))];
	const struct input *other = &inputs[random_of(state, input_count)];
	uint8_t piece[256];
	size_t from, count;

	switch (random_of(state, 5)) {
	case 0:
		if (left)
			bytes[at] ^= (uint8_t)(1u << random_of(state, 8));
		return size;
	case 1:
		count = random_of(state, left < 64 ? left + 1 : 64);
		return put(bytes, size, at, count, "", 0);
	case 2: /* a word in the place of what stands up to the next mark */
		for (count = 0; count < left && !strchr(",:]}\n ", bytes[at + count]); count++)
			;
		return put(bytes, size, at, count, word, strlen(word));
	case 3: /* a part of an input, its own among them */
		from = random_of(state, other->size + 1);
		count = random_of(state, sizeof(piece));
		if (count > other->size - from)
			count = other->size - from;
		memcpy(piece, other->bytes + from, count);
		return put(bytes, size, at, 0, piece, count);
	default:
		piece[0] = (uint8_t)random_of(state, 256);
		return put(bytes, size, at, left ? random_of(state, 2) : 0, piece, 1);
	}
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static unsigned long mutate(double seconds, uint64_t seed)
{
	static uint8_t bytes[2 * MOST_BYTES];
	double end = now_s() + seconds;
	uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	unsigned long runs = 0;

	for (; input_count && now_s() < end; runs++) {
		const struct input *input = &inputs[random_of(&state, input_count)];
		size_t size = input->size, changes = 1 + random_of(&state, MOST_CHANGES);

		memcpy(bytes, input->bytes, size);
		for (size_t i = 0; i < changes; i++)
			size = change(bytes, size, &state);
		run(bytes, size);
	}
	return runs;
}

int main(int argc, char **argv)
{
	double seconds = 0;
	uint64_t seed = 1;
	unsigned long runs;

	watch_deaths();
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
			seconds = atof(argv[++i]);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else
			read_place(argv[i]);
	if (!input_count) {
		fprintf(stderr, "%s: no input\n", argv[0]);
		return 2;
	}
	runs = mutate(seconds, seed);
	printf("%zu files, %lu changed ones (seed %llu): no finding\n", input_count, runs,
	       (unsigned long long)seed);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].bytes);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "generator_fetch.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "clock.h"

enum { APART = 7919 }; /* a prime: connections begin with files far from each other */

static const struct generator_file *file_of(const struct generator_files *files, uint32_t id,
                                            uint64_t message)
{
	uint64_t turn = id + message;

	/* Message 1 of connection 0 is the first: also few large files hold some. */
	if (files->refused_count && turn % FETCH_REFUSED_EVERY == 1)
		return &files->refused[turn / FETCH_REFUSED_EVERY % files->refused_count];
	return &files->file[(message + (uint64_t)id * APART) % files->count];
}

static const struct generator_file *asked(const struct load *load, const struct connection *c,
                                          uint64_t message)
{
	return file_of(load->plan->files, c->id, message);
}

static XXH3_state_t *hash_of(const struct load *load, const struct connection *c)
{
	return load->hashes[c - load->connections];
}

int fetch_begin(struct load *load)
{
	load->hashes = calloc((size_t)load->count + 1, sizeof(*load->hashes));
	if (!load->hashes)
		return -ENOMEM;
	for (uint32_t i = 0; i < load->count; i++) {
		XXH3_state_t *hash = XXH3_createState();

		if (!hash)
			return -ENOMEM;
		load->hashes[i] = hash;
	}
	return 0;
}

void fetch_end(struct load *load)
{
	for (uint32_t i = 0; load->hashes && i < load->count; i++)
		XXH3_freeState(load->hashes[i]);
	free(load->hashes);
}

uint32_t fetch_request_bytes(const struct load *load, const struct connection *c, uint64_t message)
{
	return asked(load, c, message)->request_bytes;
}

uint64_t fetch_answer_bytes(const struct load *load, const struct connection *c, uint64_t message)
{
	return FETCH_HEAD + asked(load, c, message)->bytes;
}

/* Takes no part in the times: they begin after it. */
static void drop_from_cache(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

size_t fetch_fill(struct load *load, const struct connection *c)
{
	const struct generator_file *file = asked(load, c, c->next);
	size_t left = file->request_bytes - c->sent_at;

	if (c->sent_at == 0) {
		if (load->plan->files->cold && file->path)
			drop_from_cache(file->path);
		load->now = clock_now_ns();
		load->sent_ns[load_ring(load, c, c->next)] = load->now;
	}
	if (left > LOAD_BUFFER)
		left = LOAD_BUFFER;
	memcpy(load->buffer, file->request + c->sent_at, left);
	return left;
}

/* The number that the answer begins with, in as many parts as it comes. False where it is not as it must be. */
static bool check_head(struct load *load, struct connection *c, const char *got, size_t count)
{
	const struct generator_file *file = asked(load, c, c->done);
	int64_t size;

	memcpy(c->head + c->received_at, got, count);
	if (c->received_at + count < FETCH_HEAD)
		return true;
	memcpy(&size, c->head, sizeof(size));
	size = (int64_t)le64toh((uint64_t)size);
	XXH3_64bits_reset(hash_of(load, c));
	if (file->refused ? size < 0 : size == (int64_t)file->bytes)
		return true;
	load->tally->wrong++;
	if (file->refused)
		load_tell(load->tally->wrong_text,
		          "connection %u: %s was not refused, it was answered with %" PRId64
		          " bytes",
		          c->id, file->label, size);
	else if (size < 0 && size > -4096)
		load_tell(load->tally->wrong_text, "connection %u: %s was refused: %s", c->id,
		          file->label, strerror((int)-size));
	else
		load_tell(load->tally->wrong_text,
		          "connection %u: %s has %" PRIu64 " bytes, the answer %" PRId64, c->id,
		          file->label, file->bytes, size);
	return false;
}

/* All of the answer is there. */
static void count_answer(struct load *load, struct connection *c)
{
	const struct generator_file *file = asked(load, c, c->done);

	if (file->refused) {
		load->tally->refused++;
		load_count_served(load, c);
	} else if (XXH3_64bits_digest(hash_of(load, c)) == file->hash) {
		load_count(load, c, c->done);
	} else {
		load->tally->wrong++;
		load_tell(load->tally->wrong_text, "connection %u: %s: the checksum differs", c->id,
		          file->label);
	}
	c->done++;
	c->received_at = 0;
}

bool fetch_check(struct load *load, struct connection *c, const char *got, size_t count)
{
	size_t head = c->received_at < FETCH_HEAD ? FETCH_HEAD - c->received_at : 0;
	uint64_t whole = fetch_answer_bytes(load, c, c->done);

	if (c->received_at == 0 && load->measuring && !asked(load, c, c->done)->refused)
		histogram_add(&load->tally->first,
		              load->now - load->sent_ns[load_ring(load, c, c->done)]);
	if (head > count)
		head = count;
	if (head && !check_head(load, c, got, head))
		return false;
	if (count > head)
		XXH3_64bits_update(hash_of(load, c), got + head, count - head);
	c->received_at += (uint32_t)count;
	if (c->received_at == whole)
		count_answer(load, c);
	return true;
}

void fetch_tell_owed(const struct load *load, const struct connection *c, char *text)
{
	load_tell(text, "connection %u, %s: %u of %" PRIu64 " bytes came", c->id,
	          asked(load, c, c->done)->label, c->received_at,
	          fetch_answer_bytes(load, c, c->done));
}

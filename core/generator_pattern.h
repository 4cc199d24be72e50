/* SPDX-License-Identifier: MIT */
/*
 * What messages are made of. The 8-byte word i of a message is first + i * step, little-endian, where
 * `first` is its sequence number plus a constant of its connection, and `step` is odd and depends on
 * `first`. So the first bytes count up from message to message, however short it is, and a byte that
 * was dropped, doubled, swapped or taken from another message or connection shows where it stands.
 * Any part of a message can be made again at any time: nothing of it needs to be kept.
 */
#ifndef HEDDLE_GENERATOR_PATTERN_H
#define HEDDLE_GENERATOR_PATTERN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { PATTERN_WORD = sizeof(uint64_t) };

static inline uint64_t pattern_salt(uint32_t connection)
{
	return (connection + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint64_t pattern_first(uint32_t connection, uint64_t message)
{
	return message + pattern_salt(connection);
}

static inline uint64_t pattern_step(uint64_t first)
{
	return (first * UINT64_C(0xd1342543de82ef95)) | 1;
}

static inline uint8_t pattern_byte(uint64_t first, size_t at)
{
	uint64_t word = first + at / PATTERN_WORD * pattern_step(first);

	return (uint8_t)(word >> (at % PATTERN_WORD * 8));
}

/* Bytes from ... from + count - 1 of a message. */
static inline void pattern_fill(uint64_t first, size_t from, char *out, size_t count)
{
	uint64_t step = pattern_step(first), word;
	size_t i = 0;

	for (; i < count && (from + i) % PATTERN_WORD; i++)
		out[i] = (char)pattern_byte(first, from + i);
	word = first + (from + i) / PATTERN_WORD * step;
	for (; count - i >= PATTERN_WORD; i += PATTERN_WORD, word += step) {
		uint64_t stored = htole64(word);

		memcpy(out + i, &stored, PATTERN_WORD);
	}
	for (; i < count; i++)
		out[i] = (char)pattern_byte(first, from + i);
}

/* The place in `got` of the first byte that is not as pattern_fill() makes it; `count` where all are. */
static inline size_t pattern_check(uint64_t first, size_t from, const char *got, size_t count)
{
	uint64_t step = pattern_step(first), word;
	size_t i = 0;

	for (; i < count && (from + i) % PATTERN_WORD; i++)
		if ((uint8_t)got[i] != pattern_byte(first, from + i))
			return i;
	word = first + (from + i) / PATTERN_WORD * step;
	for (; count - i >= PATTERN_WORD; i += PATTERN_WORD, word += step) {
		uint64_t stored;

		memcpy(&stored, got + i, PATTERN_WORD);
		if (stored != htole64(word))
			break;
	}
	for (; i < count; i++)
		if ((uint8_t)got[i] != pattern_byte(first, from + i))
			return i;
	return count;
}

#endif

/* SPDX-License-Identifier: MIT */
#include "digest.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 32 * 1024 };

static void write_hex(struct sha256_ctx *context, char hex[DIGEST_TEXT])
{
	uint8_t bytes[SHA256_DIGEST_SIZE];

	/* Since version 4 the length is not asked for. */
#if NETTLE_VERSION_MAJOR >= 4
	sha256_digest(context, bytes);
#else
	sha256_digest(context, sizeof(bytes), bytes);
#endif
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static int read_all(int fd, struct sha256_ctx *context)
{
	uint8_t block[BLOCK_BYTES];
	ssize_t got;

	do {
		got = read(fd, block, sizeof(block));
		if (got > 0)
			sha256_update(context, (size_t)got, block);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : 0;
}

int digest_file(const char *path, char hex[DIGEST_TEXT])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code;
	struct sha256_ctx context;
	struct stat status;

	hex[0] = '\0';
	if (fd < 0)
		return -errno;
	code = fstat(fd, &status) < 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -ENOEXEC;
	sha256_init(&context);
	if (!code)
		code = read_all(fd, &context);
	if (!code)
		write_hex(&context, hex);
	close(fd);
	return code;
}

/* SPDX-License-Identifier: MIT */
/* What identifies a file for good: SHA-256 (FIPS 180-4, by nettle), which other tools compute as well. */
#ifndef HEDDLE_DIGEST_H
#define HEDDLE_DIGEST_H

enum { DIGEST_TEXT = 65 };

/*
 * The digest of a regular file's bytes as 64 hex digits. 0, or -errno with "" in `hex`; -ENOEXEC for what
 * is no regular file: it could block or never end.
 */
int digest_file(const char *path, char hex[DIGEST_TEXT]);

#endif

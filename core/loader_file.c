/* SPDX-License-Identifier: MIT */
/* Files that are to be plugins, looked at without loading them. */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* Our own header, as the linker has laid it down. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* A FIFO must not block. */
enum { LOOK = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode)    ? "a folder"
	       : S_ISFIFO(mode) ? "a FIFO"
	       : S_ISSOCK(mode) ? "a socket"
	                        : "a device";
}

static const char *machine_name(const ElfW(Ehdr) * head, char other[32])
{
	static const struct {
		unsigned number;
		const char *name;
	} known[] = {{EM_386, "i386"},        {EM_X86_64, "x86-64"}, {EM_ARM, "ARM"},
	             {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"},  {EM_PPC64, "PowerPC"},
	             {EM_S390, "S/390"},      {EM_MIPS, "MIPS"},     {EM_SPARCV9, "SPARC"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (head->e_machine == known[i].number)
			return known[i].name;
	snprintf(other, 32, "ELF machine %u", head->e_machine);
	return other;
}

static int bits_of(const ElfW(Ehdr) * head)
{
	return head->e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
}

static bool is_of_this_machine(const ElfW(Ehdr) * head)
{
	return head->e_machine == __ehdr_start.e_machine &&
	       head->e_ident[EI_CLASS] == __ehdr_start.e_ident[EI_CLASS] &&
	       head->e_ident[EI_DATA] == __ehdr_start.e_ident[EI_DATA];
}

/* The dynamic linker maps what the headers promise and dies of SIGBUS where the file ends early. */
static bool is_cut_short(int fd, const ElfW(Ehdr) * head, uint64_t bytes)
{
	ElfW(Phdr) part;

	for (unsigned i = 0; i < head->e_phnum; i++) {
		uint64_t at = head->e_phoff + i * sizeof(part);

		if (at > bytes ||
		    pread(fd, &part, sizeof(part), (off_t)at) != (ssize_t)sizeof(part))
			return true;
		if (part.p_type == PT_LOAD &&
		    (part.p_offset > bytes || part.p_filesz > bytes - part.p_offset))
			return true;
	}
	return false;
}

static const char *wrong_type(const ElfW(Ehdr) * head)
{
	return head->e_type == ET_REL    ? "an object file, not linked yet: link it with -shared"
	       : head->e_type == ET_EXEC ? "a program, no shared library: link it with -shared"
	       : head->e_type == ET_CORE ? "a core dump"
	       : head->e_type != ET_DYN || head->e_phentsize != sizeof(ElfW(Phdr))
	               ? "its ELF header is damaged"
	               : NULL;
}

/* What is wrong with the open file, or NULL. `room` is for a sentence that has to be made. */
static const char *look_at(int fd, char *room, size_t size)
{
	char theirs[32], ours[32];
	struct stat status;
	ElfW(Ehdr) head = {0};
	ssize_t got;

	if (fstat(fd, &status) < 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode)) {
		snprintf(room, size, "%s, no file", kind_of(status.st_mode));
		return room;
	}
	if (status.st_size == 0)
		return "the file is empty";
	got = pread(fd, &head, sizeof(head), 0);
	if (got < SELFMAG || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return "no ELF file";
	if (got < (ssize_t)sizeof(head))
		return "the file is cut short";
	if (!is_of_this_machine(&head)) {
		snprintf(room, size, "built for %s (%d-bit), this heddle for %s (%d-bit)",
		         machine_name(&head, theirs), bits_of(&head),
		         machine_name(&__ehdr_start, ours), bits_of(&__ehdr_start));
		return room;
	}
	if (wrong_type(&head))
		return wrong_type(&head);
	return is_cut_short(fd, &head, (uint64_t)status.st_size) ? "the file is cut short" : NULL;
}

int loader_look(const char *path, struct hd_error *err)
{
	int fd = open(path, LOOK), code = 0;
	const char *why;
	char room[160];

	if (fd < 0)
		return hd_error(err, -errno, "%s: cannot be loaded: %s", path, strerror(errno));
	why = look_at(fd, room, sizeof(room));
	if (why)
		code = hd_error(err, -ENOEXEC, "%s: cannot be loaded: %s", path, why);
	close(fd);
	return code;
}

/* Read, not mapped: whoever cuts the file short meanwhile ends nobody. */
static int hash_all(int fd, XXH3_state_t *state)
{
	char piece[16384];
	ssize_t got;

	XXH3_64bits_reset(state);
	while ((got = read(fd, piece, sizeof(piece))) > 0)
		XXH3_64bits_update(state, piece, (size_t)got);
	return got < 0 ? -errno : 0;
}

int loader_hash(const char *path, uint64_t *hash)
{
	int fd = open(path, LOOK), code = -ENOMEM;
	XXH3_state_t *state;
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
		close(fd);
		return -ENOEXEC;
	}
	state = XXH3_createState();
	if (state)
		code = hash_all(fd, state);
	if (!code)
		*hash = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	close(fd);
	return code;
}

/* SPDX-License-Identifier: MIT */
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* A symbol table is read in pieces; one that is larger than any real one is not read to its end. */
enum { PIECE = 256, MOST_SYMBOLS = 4 << 20 };

#if UINTPTR_MAX > 0xffffffffu
#define TYPE_OF(info) ELF64_ST_TYPE(info)
#else
#define TYPE_OF(info) ELF32_ST_TYPE(info)
#endif

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
	return offset <= INT64_MAX && pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

static bool read_head(int fd, ElfW(Ehdr) * head)
{
	return read_at(fd, head, sizeof(*head), 0) && memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
	       head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
	       head->e_phentsize == sizeof(ElfW(Phdr));
}

static bool find_address(int fd, const ElfW(Ehdr) * head, uint64_t offset, uint64_t *address)
{
	ElfW(Phdr) part;

	for (unsigned i = 0; i < head->e_phnum; i++) {
		if (!read_at(fd, &part, sizeof(part), head->e_phoff + i * sizeof(part)))
			return false;
		if (part.p_type != PT_LOAD || offset < part.p_offset ||
		    offset - part.p_offset >= part.p_filesz)
			continue;
		*address = part.p_vaddr + (offset - part.p_offset);
		return true;
	}
	return false;
}

static bool find_table(int fd, const ElfW(Ehdr) * head, uint32_t type, ElfW(Shdr) * table)
{
	if (head->e_shentsize != sizeof(*table))
		return false;
	for (unsigned i = 0; i < head->e_shnum; i++) {
		if (!read_at(fd, table, sizeof(*table), head->e_shoff + i * sizeof(*table)))
			return false;
		if (table->sh_type == type)
			return true;
	}
	return false;
}

static bool contains(const ElfW(Sym) * symbol, uint64_t address)
{
	return TYPE_OF(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
	       address >= symbol->st_value && address - symbol->st_value < symbol->st_size;
}

static bool find_symbol(int fd, const ElfW(Shdr) * table, uint64_t address, ElfW(Sym) * found)
{
	uint64_t count = table->sh_size / sizeof(ElfW(Sym)), at = 0, many;
	ElfW(Sym) symbols[PIECE];

	for (; at < count && at < MOST_SYMBOLS; at += many) {
		many = count - at < PIECE ? count - at : PIECE;
		if (!read_at(fd, symbols, many * sizeof(*symbols),
		             table->sh_offset + at * sizeof(*symbols)))
			return false;
		for (uint64_t i = 0; i < many; i++)
			if (contains(&symbols[i], address)) {
				*found = symbols[i];
				return true;
			}
	}
	return false;
}

static void read_name(int fd, const ElfW(Ehdr) * head, const ElfW(Shdr) * table,
                      const ElfW(Sym) * found, struct symbol *symbol)
{
	ElfW(Shdr) names;
	ssize_t got;

	if (table->sh_link >= head->e_shnum ||
	    !read_at(fd, &names, sizeof(names), head->e_shoff + table->sh_link * sizeof(names)) ||
	    names.sh_offset > INT64_MAX || found->st_name >= names.sh_size)
		return;
	got = pread(fd, symbol->name, SYMBOL_NAME - 1, (off_t)(names.sh_offset + found->st_name));
	symbol->name[got > 0 ? got : 0] = '\0';
	text_clean(symbol->name);
	if (symbol->name[0])
		symbol->begin = found->st_value;
}

static int find(int fd, uint64_t offset, struct symbol *symbol)
{
	ElfW(Ehdr) head;
	ElfW(Shdr) table;
	ElfW(Sym) found;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || !read_head(fd, &head) ||
	    !find_address(fd, &head, offset, &symbol->address))
		return -ENOEXEC;
	/* A stripped file has the names that it exports. */
	if ((find_table(fd, &head, SHT_SYMTAB, &table) ||
	     find_table(fd, &head, SHT_DYNSYM, &table)) &&
	    find_symbol(fd, &table, symbol->address, &found))
		read_name(fd, &head, &table, &found, symbol);
	return 0;
}

int symbols_find(const char *path, uint64_t offset, struct symbol *symbol)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), code;

	*symbol = (struct symbol){0};
	if (fd < 0)
		return -errno;
	code = find(fd, offset, symbol);
	close(fd);
	return code;
}

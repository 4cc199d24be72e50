/* SPDX-License-Identifier: MIT */
/* Which connections a server takes for the generator's, over TCP and local sockets. */
#include "suite.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "generator_names.h"
#include "loopback.h"

static struct generator_names *names;
static int listener;

static void setup(void)
{
	names = calloc(1, sizeof(*names));
	ck_assert_ptr_nonnull(names);
}

static void teardown(void)
{
	close(listener);
	free(names);
}

static int open_end(int family)
{
	struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr local = {.sa_family = AF_UNIX};
	bool is_tcp = family == AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, is_tcp ? (struct sockaddr *)&tcp : &local,
	                      is_tcp ? sizeof(tcp) : sizeof(local.sa_family)),
	                 0);
	return fd;
}

static int accept_from(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int accepted;

	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, length), 0);
	accepted = accept(listener, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	return accepted;
}

static void known_while_it_is_there(int family)
{
	int own, other, of_own, of_other;
	int32_t name;

	listener = open_end(family);
	ck_assert_int_eq(listen(listener, 8), 0);
	own = open_end(family);
	other = open_end(family);
	name = names_add(names, own);
	ck_assert_int_ge(name, 0);
	of_own = accept_from(own);
	of_other = accept_from(other);
	ck_assert(!names_lack_peer(names, of_own));
	ck_assert(names_lack_peer(names, of_other));
	names_remove(names, name);
	ck_assert(names_lack_peer(names, of_own));
	close(own);
	close(other);
	close(of_own);
	close(of_other);
}

START_TEST(known_over_tcp)
{
	if (loopback_is_up())
		known_while_it_is_there(AF_INET);
}
END_TEST

START_TEST(known_over_local_sockets)
{
	known_while_it_is_there(AF_UNIX);
}
END_TEST

/* A socket without a name, one with a name of its owner's choice, one of another family. */
START_TEST(other_names_are_none)
{
	struct sockaddr_un chosen = {.sun_family = AF_UNIX, .sun_path = "\0heddle-chosen"};
	struct sockaddr_un word = {.sun_family = AF_UNIX, .sun_path = "\0zzzzz"};
	int plain = socket(AF_UNIX, SOCK_STREAM, 0), named = socket(AF_UNIX, SOCK_STREAM, 0);
	int alike = socket(AF_UNIX, SOCK_STREAM, 0), accepted;

	ck_assert_int_eq(bind(named, (struct sockaddr *)&chosen, sizeof(chosen)), 0);
	ck_assert_int_eq(
	        bind(alike, (struct sockaddr *)&word, offsetof(struct sockaddr_un, sun_path) + 6),
	        0);
	ck_assert_int_eq(names_add(names, plain), -1);
	ck_assert_int_eq(names_add(names, named), -1);
	ck_assert_int_eq(names_add(names, alike), -1);
	names_remove(names, -1);
	listener = open_end(AF_UNIX);
	ck_assert_int_eq(listen(listener, 8), 0);
	accepted = accept_from(plain);
	ck_assert(names_lack_peer(names, accepted));
	close(accepted);
	close(plain);
	close(named);
	close(alike);
}
END_TEST

int main(void)
{
	const suite_test tests[] = {known_over_tcp, known_over_local_sockets, other_names_are_none,
	                            NULL};

	return suite_run_with("generator_names", tests, setup, teardown);
}

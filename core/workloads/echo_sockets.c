/* SPDX-License-Identifier: MIT */
/*
 * The sockets of a trial, made by the core so that it can end every wait on them: shutdown() works on
 * the socket itself, whichever process has it open. Loopback only; local sockets lie in the run's private
 * folder, where no other user can reach them.
 */
#include "echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../scratch.h"

enum {
	DESCRIPTORS_SPARE = 128,  /* of the program, its libraries and the model */
	DATAGRAM_OVERHEAD = 1024, /* what the kernel counts for a datagram beside its bytes */
};

int echo_allow_descriptors(uint64_t count, struct hd_error *err)
{
	struct rlimit limit;
	uint64_t needed = count + DESCRIPTORS_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return hd_error(err, -errno, "limit of descriptors: %s", strerror(errno));
	if (limit.rlim_cur >= needed)
		return 0;
	if (limit.rlim_max < needed)
		return hd_error(err, -EMFILE,
		                "needs %llu descriptors, %llu are allowed: raise the hard limit "
		                "(ulimit -Hn) or use fewer connections",
		                (unsigned long long)needed, (unsigned long long)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return hd_error(err, -errno, "limit of descriptors: %s", strerror(errno));
	return 0;
}

static int failed(const char *what, struct hd_error *err)
{
	int code = -errno;

	return hd_error(err, code, "echo: %s: %s", what, strerror(-code));
}

static void name_tcp(struct generator_plan *plan, int fd)
{
	int on = 1;

	plan->address.tcp = (struct sockaddr_in){.sin_family = AF_INET,
	                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	plan->address_bytes = sizeof(plan->address.tcp);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

/* The folder is one user's alone; what a killed trial left in it goes first. */
static int name_local(const struct workload_trial *trial, struct generator_plan *plan,
                      struct hd_error *err)
{
	struct sockaddr_un *address = &plan->address.local;
	const char *folder;
	int code = scratch_folder(trial->scratch, "", 0, &folder, err);

	if (code)
		return code;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	plan->address_bytes = sizeof(*address);
	if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%s/echo", folder) >=
	    sizeof(address->sun_path))
		return hd_error(err, -ENAMETOOLONG,
		                "echo: %s: too long for a local socket; set TMPDIR", folder);
	unlink(address->sun_path);
	return 0;
}

static int open_listener(struct workload_trial *trial, enum generator_transport transport,
                         struct hd_error *err)
{
	struct echo_state *state = trial->state;
	struct generator_plan *plan = &state->plan;
	bool tcp = transport == GENERATOR_TCP;
	int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), code;

	if (fd < 0)
		return failed("socket", err);
	trial->sockets[trial->socket_count++] = fd;
	if (tcp)
		name_tcp(plan, fd);
	else if ((code = name_local(trial, plan, err)))
		return code;
	if (bind(fd, &plan->address.any, plan->address_bytes) < 0)
		return failed("bind", err);
	plan->address_bytes = sizeof(plan->address);
	if (getsockname(fd, &plan->address.any, &plan->address_bytes) < 0)
		return failed("getsockname", err);
	/* The kernel narrows it to net.core.somaxconn. */
	return listen(fd, INT_MAX) < 0 ? failed("listen", err) : 0;
}

/* Room for what can be under way, so that nothing is lost for want of it. */
static void size_buffers(int fd, const struct echo_params *params)
{
	uint64_t bytes = (uint64_t)params->pipeline *
	                 (params->message_bytes + UINT64_C(1) * DATAGRAM_OVERHEAD);
	socklen_t length = sizeof(int);
	int now = 0, wanted = bytes > INT_MAX / 2 ? INT_MAX / 2 : (int)bytes;

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &now, &length) == 0 && now < wanted)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, &length) == 0 && now < wanted)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
}

static int open_datagram(const struct echo_params *params, struct sockaddr_in *address,
                         struct hd_error *err)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failed("socket", err);
	*address = (struct sockaddr_in){.sin_family = AF_INET,
	                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	size_buffers(fd, params);
	if (bind(fd, (struct sockaddr *)address, length) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &length) == 0)
		return fd;
	failed("bind", err);
	close(fd);
	return err->code;
}

/* What others sent before the kernel knew whom to hear. */
static void forget_early(int fd)
{
	char byte;

	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) >= 0)
		;
}

static int open_pair(struct workload_trial *trial, const struct echo_params *params,
                     struct hd_error *err)
{
	struct echo_state *state = trial->state;
	struct sockaddr_in here, there;
	int server, client;

	server = open_datagram(params, &here, err);
	if (server < 0)
		return server;
	trial->sockets[trial->socket_count++] = server;
	client = open_datagram(params, &there, err);
	if (client < 0)
		return client;
	state->clients[state->client_count++] = client;
	if (connect(server, (struct sockaddr *)&there, sizeof(there)) < 0 ||
	    connect(client, (struct sockaddr *)&here, sizeof(here)) < 0)
		return failed("connect", err);
	forget_early(server);
	forget_early(client);
	return 0;
}

int echo_need_loopback(struct hd_error *err)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), code = 0;

	if (fd < 0)
		return failed("socket", err);
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_UP)) {
		request.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
			code = hd_error(
			        err, -ENETDOWN,
			        "the loopback interface is down; as root: ip link set lo up");
	}
	close(fd);
	return code;
}

int echo_open_sockets(struct workload_trial *trial, const struct echo_params *params,
                      struct hd_error *err)
{
	struct echo_state *state = trial->state;
	bool udp = params->transport == GENERATOR_UDP;
	uint32_t count = udp ? params->connections : 1;
	int code = echo_allow_descriptors((uint64_t)params->connections * (udp ? 2 : 1), err);

	if (!code && params->transport != GENERATOR_UNIX)
		code = echo_need_loopback(err);
	if (code)
		return code;
	trial->sockets = calloc(count, sizeof(*trial->sockets));
	state->clients = calloc(count, sizeof(*state->clients));
	if (!trial->sockets || !state->clients)
		return hd_error(err, -ENOMEM, "echo: no memory for %u sockets", count);
	state->plan.sockets = state->clients;
	if (!udp)
		return open_listener(trial, params->transport, err);
	while (!code && trial->socket_count < count)
		code = open_pair(trial, params, err);
	return code;
}

void echo_shut_sockets(struct workload_trial *trial)
{
	for (uint32_t i = 0; i < trial->socket_count; i++)
		shutdown(trial->sockets[i], SHUT_RDWR);
}

void echo_close_sockets(struct workload_trial *trial)
{
	struct echo_state *state = trial->state;

	for (uint32_t i = 0; i < trial->socket_count; i++)
		close(trial->sockets[i]);
	if (state->plan.transport == GENERATOR_UNIX && *state->plan.address.local.sun_path)
		unlink(state->plan.address.local.sun_path);
	for (uint32_t i = 0; i < state->client_count; i++)
		close(state->clients[i]);
	free(trial->sockets);
	free(state->clients);
	trial->sockets = NULL;
	state->clients = NULL;
	trial->socket_count = state->client_count = 0;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

void server_ask_accept(const struct server *server, struct hd_request *request)
{
	*request = (struct hd_request){
	        .op = HD_ACCEPT, .fd = server->listener, .fd2 = -1, .offset = -1, .timeout_ns = -1};
}

void server_ask_nothing(struct hd_request *request)
{
	*request = (struct hd_request){.op = HD_DONE, .fd = -1, .fd2 = -1};
}

void server_ask(struct hd_request *request, uint32_t op, int fd, void *buf, uint64_t size,
                int64_t offset)
{
	*request = (struct hd_request){.op = op,
	                               .fd = fd,
	                               .fd2 = -1,
	                               .buf = buf,
	                               .size = size,
	                               .offset = offset,
	                               .timeout_ns = -1};
}

void server_next(struct server *server, struct hd_request *request)
{
	close(server->fd);
	server->fd = -1;
	if (arena_stopping(server->board))
		server_ask_nothing(request);
	else
		server_ask_accept(server, request);
}

bool server_accepted(struct server *server, int64_t answer, struct hd_request *request)
{
	int on = 1;

	if (answer < 0) {
		/* A peer that has gone already is no reason to end; the listener's end is. */
		if ((server_is_passing(answer) || answer == -ECONNABORTED) &&
		    !arena_stopping(server->board))
			server_ask_accept(server, request);
		else
			server_ask_nothing(request);
		return false;
	}
	server->fd = (int32_t)answer;
	/* Another program is not served: it would keep the job for as long as it likes. */
	if (names_lack_peer(server->names, server->fd)) {
		server->strangers++;
		server_next(server, request);
		return false;
	}
	if (arena_stopping(server->board)) {
		server_next(server, request);
		return false;
	}
	if (server->no_delay)
		setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return true;
}

void server_begin(struct server *server)
{
	server->started = 1;
	atomic_store_explicit(&server->slots[server->job.task].stepped, 1, memory_order_relaxed);
}

/* SPDX-License-Identifier: MIT */
/* READ, WRITE and ACCEPT of cxx-coroutines: answered at once, or -EAGAIN. */
#ifndef CXX_COROUTINES_IO_HPP
#define CXX_COROUTINES_IO_HPP

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <heddle/plugin.h>
#include <heddle/threads.h>

namespace
{

inline int64_t never_waiting(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
	               ? -errno
	               : 0;
}

/* A socket is asked as one, which leaves its flags alone; what is none is made non-blocking first. */
inline int64_t stream_at_once(const hd_request &request)
{
	int64_t answer = -1;

	errno = ENOTSOCK;
	if (request.size)
		answer = request.op == HD_READ
		                 ? recv(request.fd, request.buf, request.size, MSG_DONTWAIT)
		                 : send(request.fd, request.buf, request.size,
		                        MSG_DONTWAIT | MSG_NOSIGNAL);
	if (answer >= 0 || errno != ENOTSOCK)
		return answer < 0 ? -errno : answer;
	if (int64_t error = never_waiting(request.fd))
		return error;
	answer = request.op == HD_READ ? read(request.fd, request.buf, request.size)
	                               : write(request.fd, request.buf, request.size);
	return answer < 0 ? -errno : answer;
}

inline int64_t transfer_once(const hd_request &request)
{
	int64_t error;

	if (request.op == HD_ACCEPT) {
		error = never_waiting(request.fd);
		if (error)
			return error;
	} else if (request.offset < 0) {
		return stream_at_once(request);
	}
	error = hd_io_once(&request);
	return error < 0 ? -errno : error;
}

inline int64_t transfer(const hd_request &request)
{
	int64_t answer;

	do
		answer = transfer_once(request);
	while (answer == -EINTR);
	return answer;
}

/* Some sockets that were shut down say so only to those who would block (UDP, a Unix listener). */
inline bool is_over(int fd)
{
	pollfd item = {fd, POLLIN | POLLRDHUP, 0};

	return ::poll(&item, 1, 0) > 0 && item.revents & (POLLHUP | POLLRDHUP);
}

} // namespace

#endif

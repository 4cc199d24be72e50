/* SPDX-License-Identifier: MIT */
/*
 * serial - one job after another in the calling thread.
 *
 * Nothing runs at the same time, so a section is a plain call and no lock stands anywhere: the base
 * that every speed-up is measured from. With sockets it is the iterative server, which serves one
 * connection until its end before it accepts the next. Nobody else could fill an empty queue or set an
 * event, so full, empty and not set are answers (-EAGAIN) and never waits.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>

struct serial {
	uint32_t queues;
	struct hd_ring *rings;
	char *events; /* 1: set */
};

static inline int64_t perform(void *state, struct hd_request *request)
{
	struct serial *serial = state;
	uint64_t moved;

	switch (request->op) {
	case HD_EXCLUSIVE:
		hd_section_run_times(&request->section, request->times);
		return 0;
	case HD_SHARED:
		return (int64_t)hd_section_read_times(&request->section, request->times);
	case HD_YIELD:
		return 0; /* there is no other task */
	case HD_PUT:
		moved = hd_ring_put(&serial->rings[request->fd], request->buf, request->times);
		return moved ? (int64_t)moved : -EAGAIN;
	case HD_GET:
		moved = hd_ring_get(&serial->rings[request->fd], request->buf, request->times);
		return moved ? (int64_t)moved : -EAGAIN;
	case HD_SET:
	case HD_CLEAR:
		serial->events[request->fd] = request->op == HD_SET;
		return 0;
	case HD_WAIT:
		return serial->events[request->fd] ? 0 : -EAGAIN;
	default:
		return hd_thread_answer(request);
	}
}

static int serial_run(void *state, const struct hd_jobs *jobs)
{
	for (uint64_t i = 0; i < jobs->count; i++)
		hd_job_run(hd_job_at(jobs, i), 0, state, perform);
	return 0;
}

static void serial_close(void *state)
{
	struct serial *serial = state;

	for (uint32_t i = 0; i < serial->queues; i++)
		hd_ring_close(&serial->rings[i]);
	free(serial->rings);
	free(serial->events);
	free(serial);
}

static int serial_open(const struct hd_host *host, void **state)
{
	struct serial *serial = calloc(1, sizeof *serial);
	int error;

	if (!serial)
		return -ENOMEM;
	serial->rings = calloc(host->queues + 1, sizeof *serial->rings);
	serial->events = calloc(host->events + 1, 1);
	error = serial->rings && serial->events ? host->bind(host, 0) : -ENOMEM;
	while (!error && serial->queues < host->queues)
		error = hd_ring_open(&serial->rings[serial->queues++], host->queue_capacity);
	if (error)
		serial_close(serial);
	else
		*state = serial;
	return error;
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "serial",
        .summary = "one job after another in the calling thread",
        .build = HD_BUILD,
        .open = serial_open,
        .run = serial_run,
        .close = serial_close,
};

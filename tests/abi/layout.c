/* SPDX-License-Identifier: MIT */
/* Where the fields of heddle/plugin.h lie: a line for each, "struct.field offset size". */
#include <heddle/plugin.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE(type) printf("%s %zu\n", #type, sizeof(struct type))
#define FIELD(type, field)                                                     \
	printf("%s.%s %zu %zu\n", #type, #field, offsetof(struct type, field), \
	       sizeof(((struct type *)NULL)->field))

int main(void)
{
	SIZE(hd_section);
	FIELD(hd_section, words);
	FIELD(hd_section, lines);
	FIELD(hd_section, turns);
	FIELD(hd_section, lock);
	FIELD(hd_section, flags);
	SIZE(hd_request);
	FIELD(hd_request, op);
	FIELD(hd_request, flags);
	FIELD(hd_request, fd);
	FIELD(hd_request, fd2);
	FIELD(hd_request, buf);
	FIELD(hd_request, size);
	FIELD(hd_request, offset);
	FIELD(hd_request, times);
	FIELD(hd_request, timeout_ns);
	FIELD(hd_request, section);
	FIELD(hd_request, reserved);
	SIZE(hd_job);
	FIELD(hd_job, step);
	FIELD(hd_job, task);
	FIELD(hd_job, reserved);
	SIZE(hd_jobs);
	FIELD(hd_jobs, count);
	FIELD(hd_jobs, stride);
	FIELD(hd_jobs, first);
	SIZE(hd_host);
	FIELD(hd_host, size);
	FIELD(hd_host, cores);
	FIELD(hd_host, in_flight);
	FIELD(hd_host, locks);
	FIELD(hd_host, queues);
	FIELD(hd_host, queue_capacity);
	FIELD(hd_host, events);
	FIELD(hd_host, cpus);
	FIELD(hd_host, bind);
	FIELD(hd_host, shared_alloc);
	FIELD(hd_host, option_int);
	FIELD(hd_host, option_text);
	FIELD(hd_host, watch);
	FIELD(hd_host, fail);
	FIELD(hd_host, note);
	SIZE(hd_option);
	FIELD(hd_option, name);
	FIELD(hd_option, kind);
	FIELD(hd_option, reserved);
	FIELD(hd_option, value);
	FIELD(hd_option, min);
	FIELD(hd_option, max);
	FIELD(hd_option, text);
	FIELD(hd_option, choices);
	FIELD(hd_option, help);
	SIZE(hd_model);
	FIELD(hd_model, magic);
	FIELD(hd_model, abi);
	FIELD(hd_model, size);
	FIELD(hd_model, option_size);
	FIELD(hd_model, ops);
	FIELD(hd_model, name);
	FIELD(hd_model, summary);
	FIELD(hd_model, build);
	FIELD(hd_model, options);
	FIELD(hd_model, unsupported);
	FIELD(hd_model, open);
	FIELD(hd_model, run);
	FIELD(hd_model, close);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "check_json.h"

#include <errno.h>
#include <jansson.h>

#include "memory.h"
#include "result_value.h"

static json_t *count_or_null(uint32_t count)
{
	return count ? json_integer(count) : json_null();
}

static json_t *result_json(const struct check_result *result)
{
	const struct check_sentence *failure = &result->failure;

	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "property",
	                 result->name, "with", json_text_or_null(result->with), "status",
	                 check_status_name(result->status), "text", json_any_text(result->text),
	                 "tasks", count_or_null(result->tasks), "cores",
	                 count_or_null(result->cores), "done", json_text_or_null(failure->done),
	                 "expected", json_text_or_null(failure->expected), "seen",
	                 json_text_or_null(failure->seen), "elapsed_ns",
	                 (json_int_t)result->elapsed_ns);
}

int check_print_json(const struct model *model, const struct check_results *list,
                     uint64_t elapsed_ns, FILE *out)
{
	uint64_t failures = memory_failures();
	json_t *properties = json_array(), *document;
	int code = -ENOMEM;

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(properties, result_json(&list->items[i]));
	document = json_pack(
	        "{s:s, s:i, s:s, s:o, s:o, s:o, s:b, s:I, s:{s:i, s:i, s:i, s:i}, s:o}", "format",
	        "heddle-check", "version", 1, "model", model->name, "file",
	        json_any_text(model->path), "sha256", json_text_or_null(model->sha256), "build",
	        json_text_or_null(model->info.build), "passed", list->counts[CHECK_FAILED] == 0,
	        "elapsed_ns", (json_int_t)elapsed_ns, "counts", "ok", (int)list->counts[CHECK_OK],
	        "failed", (int)list->counts[CHECK_FAILED], "told", (int)list->counts[CHECK_TOLD],
	        "skipped", (int)list->counts[CHECK_SKIPPED], "properties", properties);
	if (document && json_array_size(properties) == list->count &&
	    memory_failures() == failures) {
		errno = 0;
		code = json_dumpf(document, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF
		               ? 0
		               : -(errno ? errno : EIO);
	}
	json_decref(document);
	return code;
}

/* SPDX-License-Identifier: MIT */
#include "list_json.h"

#include <errno.h>
#include <jansson.h>

#include "option.h"
#include "request.h"
#include "result_value.h"
#include "workload.h"

static json_t *requests(uint64_t ops)
{
	json_t *array = json_array();

	for (uint32_t op = 1; request_name(op); op++)
		if (ops & HD_CAN(op))
			json_array_append_new(array, json_string(request_name(op)));
	return array;
}

static json_t *option_json(const struct hd_option *option)
{
	static const char *const kinds[] = {"", "int", "flag", "choice", "text"};
	json_t *object = json_pack("{s:s, s:s, s:o}", "name", option->name, "kind",
	                           kinds[option->kind], "help", json_text_or_null(option->help));

	if (option_is_text(option))
		json_object_set_new(object, "default", json_any_text(option->text));
	else
		json_object_set_new(object, "default",
		                    option->kind == HD_OPTION_FLAG ? json_boolean(option->value)
		                                                   : json_integer(option->value));
	if (option->kind == HD_OPTION_INT) {
		json_object_set_new(object, "min", json_integer(option->min));
		json_object_set_new(object, "max", json_integer(option->max));
	}
	if (option->kind == HD_OPTION_CHOICE || option_has_words(option))
		json_object_set_new(object, "choices", json_any_text(option->choices));
	return object;
}

static json_t *options_json(const struct hd_option *options)
{
	json_t *array = json_array();

	for (; options->name; options++)
		json_array_append_new(array, option_json(options));
	return array;
}

static json_t *model_json(const struct model *model)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name", model->name,
	                 "file", json_any_text(model->path), "status", status_name(model->status),
	                 "reason", json_text_or_null(model->reason), "summary",
	                 json_text_or_null(model->info.summary), "build",
	                 json_text_or_null(model->info.build), "cannot_run_here",
	                 json_text_or_null(model->info.unsupported), "interprets",
	                 requests(model->info.ops), "options", options_json(model->options));
}

static json_t *workload_json(const struct workload *workload)
{
	json_t *metrics = json_array();

	for (const struct workload_metric *m = workload->metrics; m->name; m++)
		json_array_append_new(metrics,
		                      json_pack("{s:s, s:s, s:o, s:o}", "name", m->name, "unit",
		                                m->unit, "better", json_text_or_null(m->better),
		                                "help", json_text_or_null(m->help)));
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", workload->name, "summary",
	                 workload->summary, "asks_for", requests(workload->ops), "parameters",
	                 options_json(workload->params), "metrics", metrics);
}

int list_print_json(const struct models *models, FILE *out)
{
	json_t *all = json_pack("{s:[], s:[], s:[]}", "models", "not_built", "workloads");
	int code;

	for (size_t i = 0; all && i < models->count; i++)
		json_array_append_new(json_object_get(all, "models"), model_json(models->items[i]));
	for (size_t i = 0; all && i < models->missing_count; i++)
		json_array_append_new(json_object_get(all, "not_built"),
		                      json_pack("{s:o, s:o}", "name",
		                                json_any_text(models->missing[i].name), "reason",
		                                json_any_text(models->missing[i].reason)));
	for (const struct workload *const *w = workloads; all && *w; w++)
		json_array_append_new(json_object_get(all, "workloads"), workload_json(*w));
	errno = 0;
	code = all && json_dumpf(all, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF
	               ? 0
	               : -(errno ? errno : EIO);
	json_decref(all);
	return code;
}

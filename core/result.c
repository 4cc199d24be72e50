/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "memory.h"
#include "outfile.h"
#include "result_document.h"
#include "result_value.h"
#include "topology_json.h"

json_t *result_tool_json(void)
{
	struct build build = build_of_this();

	return json_pack(
	        "{s:s, s:i, s:s, s:s, s:o, s:o, s:o}", "version", build.version, "plugin_interface",
	        HD_PLUGIN_ABI, "compiler", build.compiler, "build_type", build.type, "sanitizers",
	        json_text_or_null(build.sanitizers), "flags", json_text_or_null(build.flags),
	        "revision", json_text_or_null(build.revision));
}

static json_t *unavailable(const struct machine *machine)
{
	json_t *object = json_object();

	for (int i = 0; i < machine->unavailable_count; i++)
		json_object_set_new(object, machine->unavailable[i].what,
		                    json_any_text(machine->unavailable[i].why));
	return object;
}

static void put_texts(json_t *object, const struct machine *machine)
{
	const struct {
		const char *key, *text;
	} texts[] = {
	        {"hostname", machine->hostname},
	        {"cpu_model", machine->cpu_model},
	        {"cpu_flags", machine->cpu_flags},
	        {"architecture", machine->architecture},
	        {"kernel", machine->kernel},
	        {"governor", machine->governor},
	        {"turbo", machine->turbo},
	        {"smt", machine->smt},
	        {"clock_source", machine->clock_source},
	        {"virtualisation", machine->virtualisation},
	        {"protection", machine->protection},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_object_set_new(object, texts[i].key, json_text_or_null(texts[i].text));
}

static void put_load(json_t *object, const struct machine_load *load)
{
	json_object_set_new(object, "load_1min", json_number_or_null(load->load_1min));
	json_object_set_new(object, "cpu_pressure_percent",
	                    json_number_or_null(load->cpu_pressure_percent));
	json_object_set_new(object, "io_pressure_percent",
	                    json_number_or_null(load->io_pressure_percent));
}

static void put_numbers(json_t *object, const struct machine *machine,
                        const struct topology *topology)
{
	json_t *at_end = json_object();

	json_object_set_new(object, "cpu_quota", json_number_or_null(topology->cpu_quota));
	json_object_set_new(object, "clock_read_ns", json_number_or_null(machine->clock_read_ns));
	json_object_set_new(object, "memory_bytes",
	                    machine->memory_bytes ? json_integer((json_int_t)machine->memory_bytes)
	                                          : json_null());
	put_load(object, &machine->at_start);
	put_load(at_end, &machine->at_end);
	json_object_set_new(object, "at_end", at_end);
}

json_t *result_machine_json(const struct machine *machine, const struct topology *topology)
{
	json_t *object = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:o}", "packages",
	                           topology->packages, "numa_nodes", topology->numa_nodes, "cores",
	                           topology->cores, "pus", topology->pus, "kinds", topology->kinds,
	                           "cores_usable", topology->cores_usable, "pus_usable",
	                           topology->pus_usable, "cpuset", topology->cpuset, "topology",
	                           topology->summary, "caches", topology_caches_json(topology));

	put_texts(object, machine);
	put_numbers(object, machine, topology);
	if (machine->counts_user_only)
		json_object_set_new(object, "counters_of", json_string("user space only"));
	json_object_set_new(object, "unavailable", unavailable(machine));
	return object;
}

/* The plugins that the plan uses: a number belongs to a file and its build. */
json_t *result_plugins_json(const struct plan *plan)
{
	json_t *object = json_object();

	for (size_t i = 0; i < plan->count; i++) {
		const struct model *model = plan->cases[i].model;
		char hash[17];

		if (json_object_get(object, model->name))
			continue;
		snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)model->hash);
		json_object_set_new(object, model->name,
		                    json_pack("{s:o, s:s, s:o, s:o}", "file",
		                              json_any_text(model->path), "xxh3", hash, "sha256",
		                              json_text_or_null(model->sha256), "build",
		                              json_text_or_null(model->info.build)));
	}
	return object;
}

static json_t *texts_json(const char *const *texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_any_text(texts[i]));
	return list;
}

json_t *result_filter_json(const struct plan_filter *filter)
{
	static const struct plan_filter none;

	if (!filter)
		filter = &none;
	return json_pack("{s:o, s:o, s:o, s:b}", "only",
	                 texts_json(filter->only, filter->only_count), "cores",
	                 json_text_or_null(filter->cores), "models",
	                 texts_json(filter->models, filter->model_count), "with_empty",
	                 (int)filter->with_empty);
}

static json_t *run_json(const struct plan *plan, const struct result_run *run)
{
	const struct config *config = plan->config;
	json_t *document = json_loads(config->json, JSON_DECODE_ANY, NULL);

	double target = config->sampling.target_ci_percent;

	return json_pack(
	        "{s:s, s:s, s:s, s:i, s:f, s:I, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
	        config->name, "status", run->status, "started", run->started, "resumed",
	        (int)run->resumed, "elapsed_s", run->elapsed_s, "seed", (json_int_t)run->seed,
	        "rounds_planned", (int)config->sampling.rounds, "rounds", (int)run->rounds,
	        "target_ci_percent", json_number_or_null(target > 0 ? target : NAN), "reduced",
	        json_text_or_null(plan->reduced), "warnings", warnings_json(run->warnings),
	        "plugins", result_plugins_json(plan), "filter", result_filter_json(run->filter),
	        "config", document ? document : json_null());
}

/* Puts `"key": value` at the document's first level. */
static bool put_member(FILE *file, const char *key, json_t *value)
{
	bool good = value && fprintf(file, ",\n\"%s\": ", key) > 0 &&
	            json_dumpf(value, file, JSON_COMPACT | JSON_REAL_PRECISION(RESULT_DIGITS)) == 0;

	json_decref(value);
	return good;
}

static bool put_document(FILE *file, struct journal *journal, const struct plan *plan,
                         const struct result_run *run)
{
	bool good = fprintf(file, "{ \"format\": \"heddle-result\", \"version\": %d",
	                    RESULT_VERSION) > 0 &&
	            put_member(file, "run", run_json(plan, run)) &&
	            put_member(file, "tool", result_tool_json()) &&
	            put_member(file, "machine", result_machine_json(run->machine, run->topology)) &&
	            fputs(",\n\"cases\": [", file) != EOF;

	for (size_t i = 0; good && i < plan->count; i++) {
		json_t *of_case = result_case(journal, plan, i, NULL);

		good = of_case && fputs(i ? ",\n" : "\n", file) != EOF &&
		       json_dumpf(of_case, file,
		                  JSON_COMPACT | JSON_REAL_PRECISION(RESULT_DIGITS)) == 0;
		json_decref(of_case);
	}
	return good && fputs("\n] }\n", file) != EOF;
}

int result_write(const char *path, struct journal *journal, const struct plan *plan,
                 const struct result_run *run, struct hd_error *err)
{
	size_t failures = memory_failures();
	struct outfile file;
	int code = outfile_open(&file, path, err);
	bool good;

	if (code)
		return code;
	errno = 0;
	good = put_document(file.stream, journal, plan, run);
	if (memory_failures() != failures) {
		good = false; /* whatever was left out: the journal has it */
		errno = ENOMEM;
	}
	return outfile_close(&file, good, err);
}

int document_print(const json_t *document, int indent, FILE *out, struct hd_error *err)
{
	size_t flags = JSON_REAL_PRECISION(RESULT_DIGITS) |
	               (indent ? JSON_INDENT((size_t)indent) : JSON_COMPACT);
	size_t failures = memory_failures();

	if (json_dumpf(document, out, flags) == 0 && fputc('\n', out) != EOF &&
	    memory_failures() == failures)
		return 0;
	return hd_error(err, memory_failures() != failures ? -ENOMEM : -EIO,
	                "the document could not be printed");
}

int result_show(const char *path, const struct table_view *view, FILE *out, struct hd_error *err)
{
	size_t failures = memory_failures();
	json_t *document = result_load_shortened(path, result_forget_trials, err);
	int code = document ? result_print(document, view, out, err) : err->code;

	json_decref(document);
	if (!code && memory_failures() != failures)
		code = hd_error(err, -ENOMEM, "out of memory, the tables are not whole");
	return code;
}

int result_dump(const char *path, int indent, FILE *out, struct hd_error *err)
{
	json_t *document = result_load(path, err);
	int code = document ? document_print(document, indent, out, err) : err->code;

	json_decref(document);
	return code;
}

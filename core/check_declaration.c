/* SPDX-License-Identifier: MIT */
/* What a model says of itself, beyond what the loader refuses. */
#include "check_rig.h"

#include <stdio.h>
#include <string.h>

#include "option.h"

enum { LINE_MOST = 100 };

static bool is_line(const char *text)
{
	return text && *text && strlen(text) <= LINE_MOST && !strpbrk(text, "\n\r\t");
}

static bool judge_requests(struct rig *rig, uint64_t ops)
{
	rig_does(rig, "HD_CAN() of at least one request, and not of HD_DONE",
	         "the declaration, its ops");
	if (!ops || ops & HD_CAN(HD_DONE))
		return rig_fail(rig, "0x%llx", (unsigned long long)ops);
	if (ops >> (HD_WAIT + 1))
		snprintf(rig->report->told, sizeof(rig->report->told),
		         "ops 0x%llx name requests that this heddle does not know: they are never "
		         "asked",
		         (unsigned long long)ops);
	return true;
}

static bool judge_texts(struct rig *rig, const struct hd_model *model)
{
	rig_does(rig, "one line of 1 to 100 characters", "the declaration, its summary");
	if (!is_line(model->summary))
		return rig_fail(rig, "\"%.120s\"", model->summary ? model->summary : "");
	rig_does(rig, "HD_BUILD, compiler and flags", "the declaration, its build");
	return (model->build && *model->build) || rig_fail(rig, "nothing");
}

static bool judge_range(struct rig *rig, const struct hd_option *option)
{
	if (option->kind == HD_OPTION_INT && option_has_words(option) && option->min < 0) {
		rig_does(rig, "a range from 0 up, for words are held as -1, -2 and so on",
		         "option %.64s, which has words beside its numbers", option->name);
		return rig_fail(rig, "one from %lld", (long long)option->min);
	}
	return true;
}

static bool judge_option(struct rig *rig, const struct loaded *loaded, uint32_t i)
{
	const struct hd_option *option = loader_option(loaded, i);

	rig_does(rig, "a help of one line", "option %.64s", option->name);
	if (!is_line(option->help))
		return rig_fail(rig, "\"%.120s\"", option->help ? option->help : "");
	rig_does(rig, "a name of its own", "option %.64s", option->name);
	for (uint32_t before = 0; before < i; before++)
		if (strcmp(loader_option(loaded, before)->name, option->name) == 0)
			return rig_fail(rig, "two of that name");
	return judge_range(rig, option);
}

void check_declaration(struct rig *rig)
{
	const struct loaded *loaded = rig->host.loaded;
	const struct hd_model *model = &loaded->model;

	if (!judge_requests(rig, model->ops) || !judge_texts(rig, model))
		return;
	for (uint32_t i = 0; model->options && loader_option(loaded, i)->name; i++)
		if (!judge_option(rig, loaded, i))
			return;
}

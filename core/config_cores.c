/* SPDX-License-Identifier: MIT */
/* How many cores, and which: "cores", "pus", "placement". What the machine has is plan.c's. */
#include "config_read.h"

#include <string.h>

enum { MOST_CORES = 1 << 20 };

bool config_read_count(const char *text, struct config_core_count *count)
{
	size_t digits = strspn(text, "0123456789");
	int number = 0;

	if (strcmp(text, "max") == 0) {
		*count = (struct config_core_count){.kind = COUNT_MAX};
		return true;
	}
	for (size_t i = 0; i < digits && number <= MOST_CORES; i++)
		number = number * 10 + text[i] - '0';
	if (number < 1 || number > MOST_CORES)
		return false;
	*count = (struct config_core_count){text[digits] ? COUNT_PERCENT : COUNT_NUMBER, number};
	return !text[digits] || (strcmp(text + digits, "%") == 0 && number <= 100);
}

/* False where it is no count. A number is written without quotes. */
static bool read_count(const json_t *json, struct config_core_count *count)
{
	const char *text = json_string_value(json);

	if (text)
		return config_read_count(text, count) && count->kind != COUNT_NUMBER;
	*count = (struct config_core_count){COUNT_NUMBER, (int)json_integer_value(json)};
	return read_is_integer(json, 1, MOST_CORES);
}

static void add_count(struct reader *reader, const char *place, const json_t *json,
                      struct config_cores *cores)
{
	char found[WORDS_QUOTE];
	struct config_core_count count;

	if (!read_count(json, &count)) {
		read_problem(reader, place,
		             "%s; must be a number from 1, a percentage from \"1%%\" to \"100%%\" "
		             "or \"max\"",
		             read_describe(json, found));
		return;
	}
	for (size_t i = 0; i < cores->count; i++) {
		if (cores->list[i].kind != count.kind || cores->list[i].number != count.number)
			continue;
		read_problem(reader, place, "%s stands there twice; each value once",
		             read_describe(json, found));
		return;
	}
	cores->list[cores->count++] = count;
}

bool config_read_cores(const char *word, enum config_cores_kind *kind)
{
	static const char *const words[] = {
	        [CORES_POW2] = "pow2", [CORES_ALL] = "all", [CORES_MAX] = "max"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i], word) == 0) {
			*kind = (enum config_cores_kind)i;
			return true;
		}
	}
	return false;
}

static void read_list(struct reader *reader, const json_t *json, struct config_cores *cores)
{
	char place[PLACE];
	const json_t *item;
	size_t i;

	cores->kind = CORES_LIST;
	cores->list =
	        pool_zalloc(&reader->config->pool, json_array_size(json), sizeof(*cores->list));
	if (!cores->list)
		return;
	json_array_foreach(json, i, item)
	        add_count(reader, place_of_item(place, cores->place, i), item, cores);
}

void read_cores(struct reader *reader, const char *place, const json_t *object,
                struct config_cores *cores)
{
	const json_t *of_cores = json_object_get(object, "cores");
	const json_t *of_pus = json_object_get(object, "pus"), *json = of_pus ? of_pus : of_cores;
	char where[PLACE], found[WORDS_QUOTE];
	struct config_core_count count;

	if (!json)
		return;
	place_of_key(where, place, of_pus ? "pus" : "cores");
	if (of_cores && of_pus)
		read_problem(reader, where, "stands beside \"cores\"; only one of the two");
	cores->given = true;
	cores->pus = of_pus;
	cores->place = pool_text(&reader->config->pool, where);
	if (!cores->place ||
	    (json_is_string(json) && config_read_cores(json_string_value(json), &cores->kind)))
		return;
	if (json_is_array(json)) {
		if (read_is_list(reader, where, json))
			read_list(reader, json, cores);
		return;
	}
	if (!read_count(json, &count)) {
		read_problem(reader, where,
		             "%s; must be \"pow2\", \"all\", \"max\" or a list of numbers, "
		             "percentages and \"max\"",
		             read_describe(json, found));
		return;
	}
	cores->kind = CORES_LIST; /* one number is a list of one */
	cores->list = pool_zalloc(&reader->config->pool, 1, sizeof(*cores->list));
	if (!cores->list)
		return;
	*cores->list = count;
	cores->count = 1;
}

static void read_pus(struct reader *reader, const json_t *list, struct config_placement *placement)
{
	char place[PLACE], found[WORDS_QUOTE];
	const json_t *item;
	size_t i;

	placement->pus =
	        pool_zalloc(&reader->config->pool, json_array_size(list), sizeof(*placement->pus));
	if (!placement->pus)
		return;
	json_array_foreach(list, i, item)
	{
		int pu = (int)json_integer_value(item);
		size_t known = 0;

		place_of_item(place, "placement", i);
		while (known < placement->count && placement->pus[known] != pu)
			known++;
		if (!read_is_integer(item, 0, MOST_CORES))
			read_problem(reader, place, "%s; must be the number of a PU, from 0",
			             read_describe(item, found));
		else if (known < placement->count)
			read_problem(reader, place, "%d stands there twice; each PU once", pu);
		else
			placement->pus[placement->count++] = pu;
	}
}

void read_placement(struct reader *reader, const json_t *root)
{
	const json_t *json = json_object_get(root, "placement");
	struct config_placement *placement = &reader->config->placement;
	const char *word = json_string_value(json);
	size_t before = reader->told;
	char found[WORDS_QUOTE];

	placement->kind = PLACEMENT_NEAR;
	placement->place = pool_text(&reader->config->pool, "placement");
	if (!json || (word && strcmp(word, "near") == 0))
		return;
	if (word && strcmp(word, "spread") == 0) {
		placement->kind = PLACEMENT_SPREAD;
	} else if (json_is_array(json)) {
		placement->kind = PLACEMENT_LIST;
		if (read_is_list(reader, "placement", json))
			read_pus(reader, json, placement);
	} else {
		read_problem(reader, "placement",
		             "%s; must be \"near\", \"spread\" or a list of PUs",
		             read_describe(json, found));
	}
	if (reader->told > before)
		placement->kind = PLACEMENT_NEAR; /* no list to count cores by */
}

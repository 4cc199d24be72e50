/* Required: what the plugin is. Optional: .options and .unsupported. What .ops does not name is never asked. */
#include "_cgo_export.h"
#include "ops.h"

static int model_open(const struct hd_host *host, void **state)
{
	*state = (void *)modelOpen((struct hd_host *)host);
	return 0;
}

static int model_run(void *state, const struct hd_jobs *jobs)
{
	modelRun((uintptr_t)state, (struct hd_jobs *)jobs);
	return 0;
}

static void model_close(void *state)
{
	modelClose((uintptr_t)state);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = OPS,
        .name = "@NAME@",
        .summary = SUMMARY,
        .build = "go; cgo: " HD_BUILD,
        .open = model_open,
        .run = model_run,
        .close = model_close,
};

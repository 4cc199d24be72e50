/* SPDX-License-Identifier: MIT */
/* unfit_words - right, but what it says of itself is not: WRONG says what. */
#include "unfit.h"

#define CAN_NOTHING 1
#define CAN_BE_DONE 2
#define CAN_MORE 3
#define NO_SUMMARY 4
#define TWO_LINES 5
#define NO_BUILD 6
#define NO_HELP 7
#define SAME_NAME 8

static const struct hd_option options[] = {{.name = "depth",
                                            .kind = HD_OPTION_INT,
                                            .value = 1,
                                            .min = 0,
                                            .max = 2,
                                            .help = WRONG == NO_HELP ? "" : "of nothing"},
                                           {.name = WRONG == SAME_NAME ? "depth" : "deep",
                                            .kind = HD_OPTION_FLAG,
                                            .help = "of nothing"},
                                           {0}};

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = WRONG == CAN_NOTHING   ? 0
               : WRONG == CAN_BE_DONE ? WHOLE_OPS | HD_CAN(HD_DONE)
               : WRONG == CAN_MORE    ? WHOLE_OPS | HD_CAN(60)
                                      : WHOLE_OPS,
        .name = MODEL_NAME,
        .summary = WRONG == NO_SUMMARY  ? NULL
                   : WRONG == TWO_LINES ? "one\ntwo"
                                        : "wrong on purpose",
        .build = WRONG == NO_BUILD ? NULL : HD_BUILD,
        .options = options,
        .open = whole_open,
        .run = hd_crew_run,
        .close = whole_close,
};

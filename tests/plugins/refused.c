/* SPDX-License-Identifier: MIT */
/* refused - wrong in what it declares, WRONG says how: never to be called, only to be refused. */
#include "broken.h"

#define NO_SYMBOL 1
#define MAGIC 2
#define OLDER_ABI 3
#define NEWER_ABI 4
#define SMALL_SIZE 5
#define NO_OPEN 6
#define NO_RUN 7
#define NO_CLOSE 8
#define OTHER_NAME 9
#define NO_NAME 10
#define BAD_DEFAULT 11
#define BAD_KIND 12
#define BAD_OPTION_NAME 13
#define SMALL_OPTION 14
#define NO_TEXT 15
#define BAD_NAME 16
#define UNDEFINED 17
#define NO_LIBRARY 18

#if WRONG == UNDEFINED || WRONG == NO_LIBRARY
int heddle_absent(void);

static int refused_open(const struct hd_host *host, void **state)
{
	return heddle_absent() ? -EINVAL : base_open(host, state);
}
#else
#define refused_open base_open
#endif

static const struct hd_option options[] = {
        {.name = WRONG == BAD_OPTION_NAME ? "Threads!" : "threads",
         .kind = WRONG == BAD_KIND  ? 77
                 : WRONG == NO_TEXT ? HD_OPTION_TEXT
                                    : HD_OPTION_INT,
         .value = WRONG == BAD_DEFAULT ? 65 : 1,
         .min = 1,
         .max = 64,
         .help = "none"},
        {0},
};

#if WRONG == NO_SYMBOL
#define SYMBOL heddle_modell
extern HD_EXPORT const struct hd_model heddle_modell;
#else
#define SYMBOL heddle_model
#endif

HD_EXPORT const struct hd_model SYMBOL = {
        .magic = WRONG == MAGIC ? 0x12345678u : HD_PLUGIN_MAGIC,
        .abi = WRONG == OLDER_ABI   ? HD_PLUGIN_ABI - 1
               : WRONG == NEWER_ABI ? HD_PLUGIN_ABI + 1
                                    : HD_PLUGIN_ABI,
        .size = WRONG == SMALL_SIZE ? 64 : sizeof(struct hd_model),
        .option_size = WRONG == SMALL_OPTION ? 8 : sizeof(struct hd_option),
        .ops = BASE_OPS,
        .name = WRONG == OTHER_NAME ? "somebody-else"
                : WRONG == NO_NAME  ? NULL
                : WRONG == BAD_NAME ? "Bad Name"
                                    : MODEL_NAME,
        .summary = "wrong on purpose",
        .build = HD_BUILD,
        .options = options,
        .open = WRONG == NO_OPEN ? NULL : refused_open,
        .run = WRONG == NO_RUN ? NULL : base_run,
        .close = WRONG == NO_CLOSE ? NULL : base_close,
};

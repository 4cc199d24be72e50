/* SPDX-License-Identifier: MIT */
/* All that crosses between heddle and a plugin, as variables: abidiff compares what two headers make of them. */
#include <heddle/plugin.h>

enum abi_numbers {
	ABI_MAGIC = HD_PLUGIN_MAGIC,
	ABI_NUMBER = HD_PLUGIN_ABI,
	ABI_LINE_WORDS = HD_LINE_WORDS,
};

enum abi_numbers abi_numbers;
enum hd_op abi_op;
enum hd_option_kind abi_option_kind;
struct hd_section abi_section;
struct hd_request abi_request;
struct hd_job abi_job;
struct hd_jobs abi_jobs;
struct hd_host *abi_host;
struct hd_option abi_option;
struct hd_model *abi_model;

/* SPDX-License-Identifier: MIT */
/* The document of a comparison, in each form that `heddle show`, `ab` and `compare` print. */
#include <string.h>

#include "fuzz.h"
#include "verdict_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int forms[] = {VERDICT_AS_TABLE, VERDICT_AS_JSON, VERDICT_AS_MARKDOWN};
	const char *path = fuzz_file(0, data, size);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct verdict_view view = {.form = forms[i],
		                            .width = i == 2 ? 0 : 132,
		                            .junit = i == 0 ? "/dev/null" : NULL,
		                            .annotations = forms[i] == VERDICT_AS_TABLE};
		struct verdict_outcome outcome;
		struct hd_error err = {0};

		if (verdict_show(path, &view, fuzz_nowhere(), &outcome, &err) && !err.code)
			fuzz_fail("a comparison is refused without a word");
	}
	return 0;
}

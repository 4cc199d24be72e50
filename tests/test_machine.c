/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_tree.h"
#include "machine.h"

static char root[FAKE_TREE_PATH];

static void setup(void)
{
	fake_tree_make(root);
}

static void teardown(void)
{
	fake_tree_remove(root);
}

/* NULL where the fact is there. */
static const char *why(const struct machine *machine, const char *what)
{
	for (int i = 0; i < machine->unavailable_count; i++)
		if (strcmp(machine->unavailable[i].what, what) == 0)
			return machine->unavailable[i].why;
	return NULL;
}

START_TEST(this_machine)
{
	struct machine machine;

	machine_read(&machine, "");
	ck_assert_str_ne(machine.hostname, "");
	ck_assert_str_ne(machine.kernel, "");
	ck_assert_str_ne(machine.architecture, "");
	ck_assert_uint_gt(machine.memory_bytes, 1 << 20);
	ck_assert_double_ge(machine.at_start.load_1min, 0);
	ck_assert_double_gt(machine.clock_read_ns, 0);
	ck_assert_double_lt(machine.clock_read_ns, 1e6);
}
END_TEST

START_TEST(a_bare_server)
{
	struct machine machine;

	fake_tree_put(root, "proc/sys/kernel/hostname", "loom\n");
	fake_tree_put(root, "proc/sys/kernel/osrelease", "6.1.0\n");
	fake_tree_put(root, "proc/cpuinfo",
	              "processor\t: 0\nmodel\t\t: 1\nmodel name\t: Fast: CPU @ 3 GHz\nflags\t\t: "
	              "fpu rdtscp vme\n\n"
	              "processor\t: 1\nmodel name\t: another\n");
	fake_tree_put(root, "proc/meminfo", "MemTotal:       16 kB\nMemFree: 1 kB\n");
	fake_tree_put(root, "proc/loadavg", "1.25 0.00 0.00 1/100 12\n");
	fake_tree_put(root, "proc/pressure/cpu",
	              "some avg10=45.50 avg60=1.00 avg300=0.00 total=9\n");
	fake_tree_put(root, "proc/pressure/io", "some avg10=2.25 avg60=1.00 avg300=0.00 total=9\n");
	fake_tree_put(root, "sys/devices/system/cpu/smt/active", "1\n");
	fake_tree_put(root, "sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
	              "powersave\n");
	fake_tree_put(root, "sys/devices/system/cpu/cpufreq/policy1/scaling_governor",
	              "performance\n");
	fake_tree_put(root, "sys/devices/system/cpu/cpufreq/policy2/scaling_governor",
	              "powersave\n");
	fake_tree_put(root, "sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
	fake_tree_put(root, "sys/devices/system/clocksource/clocksource0/current_clocksource",
	              "hpet\n");
	fake_tree_put(root, "sys/class/dmi/id/sys_vendor", "Amazon EC2\n"); /* its bare metal */
	machine_read(&machine, root);
	ck_assert_str_eq(machine.hostname, "loom");
	ck_assert_str_eq(machine.kernel, "6.1.0");
	ck_assert_str_eq(machine.cpu_model, "Fast: CPU @ 3 GHz");
	ck_assert_str_eq(machine.governor, "powersave, performance");
	ck_assert_str_eq(machine.turbo, "off");
	ck_assert_str_eq(machine.virtualisation, "none");
	ck_assert_str_eq(machine.clock_source, "hpet");
	ck_assert_uint_eq(machine.memory_bytes, 16384);
	ck_assert_double_eq(machine.at_start.load_1min, 1.25);
	ck_assert_double_eq(machine.at_start.cpu_pressure_percent, 45.5);
	ck_assert_double_eq(machine.at_start.io_pressure_percent, 2.25);
	ck_assert_str_eq(machine.smt, "on");
	ck_assert_str_eq(machine.cpu_flags, "rdtscp");
	ck_assert_int_eq(machine.unavailable_count, 0);
	/* Its end is another moment. */
	ck_assert_double_nan(machine.at_end.load_1min);
	fake_tree_put(root, "proc/loadavg", "2.5 0.00 0.00 1/100 12\n");
	fake_tree_put(root, "proc/pressure/io", "full\n");
	fake_tree_put(root, "sys/devices/system/cpu/smt/active", "0\n");
	machine_read_end(&machine, root);
	ck_assert_double_eq(machine.at_end.load_1min, 2.5);
	ck_assert_double_eq(machine.at_end.cpu_pressure_percent, 45.5);
	ck_assert_double_nan(machine.at_end.io_pressure_percent);
	ck_assert_double_eq(machine.at_start.load_1min, 1.25);
	ck_assert_int_eq(machine.unavailable_count, 0);
	machine_read(&machine, root);
	ck_assert_str_eq(machine.smt, "off");
}
END_TEST

START_TEST(a_guest_in_a_container)
{
	struct machine machine;

	fake_tree_put(root, "proc/cpuinfo", "flags\t\t: fpu hypervisor lahf_lm\n");
	machine_read(&machine, root);
	ck_assert_str_eq(machine.virtualisation, "unknown hypervisor");
	fake_tree_put(root, "sys/class/dmi/id/sys_vendor", "VMware, Inc.\n");
	fake_tree_put(root, ".dockerenv", "");
	fake_tree_put(root, "sys/devices/system/cpu/cpufreq/boost", "1\n");
	machine_read(&machine, root);
	ck_assert_str_eq(machine.virtualisation, "VMware, docker");
	ck_assert_str_eq(machine.turbo, "on");
	fake_tree_put(root, "run/systemd/container", "lxc\n");
	machine_read(&machine, root);
	ck_assert_str_eq(machine.virtualisation, "VMware, lxc");
}
END_TEST

START_TEST(processors_without_a_name)
{
	struct machine machine;

	fake_tree_put(root, "proc/cpuinfo",
	              "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n");
	machine_read(&machine, root);
	ck_assert_str_eq(machine.cpu_model, "ARM implementer 0x41, part 0xd0c");
	ck_assert_str_eq(machine.virtualisation, "");
	ck_assert_ptr_nonnull(why(&machine, "virtualisation"));
	fake_tree_put(root, "sys/class/dmi/id/product_name", "KVM Virtual Machine\n");
	machine_read(&machine, root);
	ck_assert_str_eq(machine.virtualisation, "KVM");
	fake_tree_put(root, "proc/cpuinfo", "processor\t: 0\ncpu\t\t: POWER9\n");
	machine_read(&machine, root);
	ck_assert_str_eq(machine.cpu_model, "POWER9");
}
END_TEST

START_TEST(nothing_readable_is_told)
{
	static const char missing[] = "not readable: No such file or directory";
	static const char *const facts[] = {"hostname",  "kernel",       "cpu_model",
	                                    "governor",  "turbo",        "clock_source",
	                                    "load_1min", "memory_bytes", "cpu_pressure_percent",
	                                    "smt",       "cpu_flags",    "io_pressure_percent"};
	struct machine machine;

	machine_read(&machine, root);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		ck_assert_ptr_nonnull(why(&machine, facts[i]));
		ck_assert_str_eq(why(&machine, facts[i]), missing);
	}
	ck_assert_str_eq(machine.hostname, "");
	ck_assert_double_nan(machine.at_start.load_1min);
	ck_assert_double_nan(machine.at_start.cpu_pressure_percent);
	ck_assert_uint_eq(machine.memory_bytes, 0);
}
END_TEST

START_TEST(nonsense_is_told)
{
	struct machine machine;

	fake_tree_put(root, "proc/sys/kernel/hostname", "");
	fake_tree_put(root, "proc/cpuinfo", "no colon here\n");
	fake_tree_put(root, "proc/meminfo", "MemTotal: lots\n");
	fake_tree_put(root, "proc/loadavg", "high\n");
	fake_tree_put(root, "proc/pressure/cpu", "full\n");
	machine_read(&machine, root);
	ck_assert_str_eq(why(&machine, "hostname"), "not readable: No data available");
	ck_assert_str_eq(why(&machine, "cpu_model"), "not readable: No data available");
	ck_assert_str_eq(why(&machine, "memory_bytes"), "not readable: Invalid argument");
	ck_assert_str_eq(why(&machine, "load_1min"), "not readable: Invalid argument");
	ck_assert_str_eq(why(&machine, "cpu_pressure_percent"), "not readable: Invalid argument");
	ck_assert_double_nan(machine.at_start.load_1min);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("machine");
	TCase *tests = tcase_create("machine");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, this_machine);
	tcase_add_test(tests, a_bare_server);
	tcase_add_test(tests, a_guest_in_a_container);
	tcase_add_test(tests, processors_without_a_name);
	tcase_add_test(tests, nothing_readable_is_told);
	tcase_add_test(tests, nonsense_is_told);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
#include "check_property.h"

#include "check_rig.h"

#define CAN1(a) HD_CAN(HD_##a)
#define CAN2(a, b) (HD_CAN(HD_##a) | HD_CAN(HD_##b))
#define CAN3(a, b, c) (CAN2(a, b) | HD_CAN(HD_##c))

static const struct check_shape alone[] = {{1, 1}, {0}};
static const struct check_shape pair[] = {{1, 2}, {0}};
static const struct check_shape four[] = {{1, 4}, {0}};
static const struct check_shape four_on_two[] = {{2, 4}, {0}};
static const struct check_shape odd[] = {
        {1, 1}, {1, 3}, {1, 4}, {2, 2}, {2, 4}, {CHECK_ALL_CORES, CHECK_TWO_A_CORE}, {0}};
static const struct check_shape each[] = {
        {1, 1}, {1, 4}, {2, 2}, {2, 4}, {CHECK_ALL_CORES, CHECK_TWO_A_CORE}, {0}};
static const struct check_shape some[] = {{1, 4}, {2, 4}, {CHECK_ALL_CORES, CHECK_TWO_A_CORE}, {0}};
/* Two cores first: there it shows whether a model runs one job at a time on principle. */
static const struct check_shape crowds[] = {
        {2, 4}, {1, 2}, {CHECK_ALL_CORES, CHECK_TWO_A_CORE}, {1, 64}, {0}};

const struct check_property check_properties[] = {
        {"declaration", "requests, texts and options are declared as they must be", 0, alone,
         .once = true, .look = check_declaration},
        {"open", "it can be opened and closed", 0, each, .look = check_opens},
        {"job-once", "each job is stepped to its end, once", 0, odd, .look = check_once},
        {"in-flight", "as many jobs are in progress at a time as asked for", 0, crowds, true,
         .look = check_in_flight},
        {"task-numbers", "no two jobs in progress share a task number, all are below in_flight", 0,
         crowds, true, .look = check_task_numbers},
        {"bind", "steps run in threads that have called bind(), on processors of the case", 0, some,
         .look = check_bound},
        {"progress", "each task gets its answers while others ask without end", 0, some, true,
         .look = check_progress},
        {"step-stack", "a step has 4 KiB of stack", 0, four, .look = check_step_stack},
        {"run-again", "run() can be called many times, also without a job", 0, four,
         .look = check_runs},
        {"stop", "run() ends within a second of the jobs' end", 0, some, .look = check_stop},
        {"stop-waiting", "the same where jobs wait in READ", CAN1(READ), some,
         .look = check_stop_waiting},
        {"exclusion", "no update of a section is lost", CAN1(EXCLUSIVE), each,
         .look = check_exclusion},
        {"section", "a section's words and its work are all done", CAN1(EXCLUSIVE), alone,
         .look = check_section},
        {"shared", "a reading sees where words differ, and changes none", CAN1(SHARED), alone,
         .look = check_reading},
        {"shared-exclusive", "no reader sees half a change", CAN2(EXCLUSIVE, SHARED), some,
         .look = check_readers},
        {"files", "READ and WRITE of files: positions, short counts, ends, errors",
         CAN2(READ, WRITE), pair, .look = check_files},
        {"streams", "READ and WRITE of pipes and sockets: short counts, ends, EPIPE, timeouts",
         CAN2(READ, WRITE), pair, .look = check_streams},
        {"large-write", "a WRITE moves what fits", CAN1(WRITE), pair, .look = check_large_write},
        {"signals", "signals neither end nor shorten a wait", CAN2(READ, WRITE), pair,
         .look = check_interrupted},
        {"copies", "copies are like their sources", CAN2(READ, WRITE), some, .look = check_copies},
        {"accept", "ACCEPT gives up in time, and tells errors", CAN1(ACCEPT), pair,
         .look = check_accept},
        {"server-local", "a server over local sockets", CAN3(READ, WRITE, ACCEPT), some,
         .look = check_local_server},
        {"server-tcp", "a server over TCP", CAN3(READ, WRITE, ACCEPT), some,
         .look = check_tcp_server},
        {"server-udp", "a server of datagrams", CAN2(READ, WRITE), some, .look = check_udp_server},
        {"queue-limits",
         "a queue holds as many as asked for, keeps order, honours timeouts, is no other queue",
         CAN2(PUT, GET), alone, .look = check_queue_limits},
        {"messages", "each message once, each sender's in order", CAN2(PUT, GET), some, true,
         .look = check_messages},
        {"yield", "YIELD answers 0", CAN1(YIELD), alone, .look = check_turns},
        {"yield-others", "YIELD lets others run", CAN1(YIELD), some, true, .look = check_yield},
        {"sleep", "SLEEP takes as long as asked for", CAN1(SLEEP), alone, .look = check_sleep},
        {"sleep-many", "SLEEPs of several tasks pass at the same time", CAN1(SLEEP), four, true,
         .look = check_sleepers},
        {"sleep-last", "run() returns where the last SLEEP has ended unseen", CAN1(SLEEP), pair,
         .look = check_last_sleep},
        {"events", "SET, CLEAR and WAIT, also a SET before the WAIT", CAN3(SET, CLEAR, WAIT), alone,
         .look = check_events},
        {"events-many", "one SET lets all go on that wait, none goes before", CAN2(SET, WAIT), some,
         true, .look = check_wake},
        {"wait-read", "a wait in READ stops no other task", CAN1(READ), pair, true,
         .look = check_wait_read},
        {"wait-write", "a wait in WRITE stops no other task", CAN1(WRITE), pair, true,
         .look = check_wait_write},
        {"wait-accept", "a wait in ACCEPT stops no other task", CAN1(ACCEPT), pair, true,
         .look = check_wait_accept},
        {"wait-sleep", "a SLEEP stops no other task", CAN1(SLEEP), pair, true,
         .look = check_wait_sleep},
        {"wait-put", "a wait in PUT stops no other task", CAN2(PUT, GET), pair, true,
         .look = check_wait_put},
        {"wait-get", "a wait in GET stops no other task", CAN2(PUT, GET), pair, true,
         .look = check_wait_get},
        {"wait-event", "a WAIT stops no other task", CAN2(SET, WAIT), pair, true,
         .look = check_wait_event},
        {"reopen", "nothing grows when it is opened and closed again", 0, four,
         .look = check_reopened},
        {"process", "affinity, locale, directory and rounding mode stay as they are", 0,
         four_on_two, .look = check_process},
        {"amortised", "a section of a batch of 1024 takes at least half of one alone",
         CAN1(EXCLUSIVE), alone, .once = true, .look = check_amortised},
        {0},
};

// A goroutine for each task, which steps jobs and has @NAME@.go answer what they ask for.
package main

/*
#cgo pkg-config: heddle
#cgo CFLAGS: -O2 -D_GNU_SOURCE
#include <stdlib.h>
#include "model.h"
*/
import "C"

import (
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

type (
	host    = C.struct_hd_host
	request = C.struct_hd_request
	section = C.struct_hd_section
)

type state struct {
	host  *host
	model *model
}

// Required: everything that run needs. What it gives back is handed to the two others.
//
//export modelOpen
func modelOpen(h *host) C.uintptr_t {
	return C.uintptr_t(cgo.NewHandle(&state{h, newModel(h)}))
}

// Required: every job once, in_flight of them at a time; it may be called many times.
//
//export modelRun
func modelRun(handle C.uintptr_t, jobs *C.struct_hd_jobs) {
	s := cgo.Handle(handle).Value().(*state)
	var tasks sync.WaitGroup
	var next uint64

	for task := C.uint32_t(0); task < s.host.in_flight; task++ {
		tasks.Add(1)
		go func(task C.uint32_t) {
			defer tasks.Done()
			r := (*request)(C.calloc(1, C.size_t(unsafe.Sizeof(request{}))))
			defer C.free(unsafe.Pointer(r))
			for {
				i := atomic.AddUint64(&next, 1) - 1
				if i >= uint64(jobs.count) {
					return
				}
				s.stepToTheEnd(C.hd_job_at(jobs, C.uint64_t(i)), task, r)
			}
		}(task)
	}
	tasks.Wait()
}

// Required: leaves nothing behind. What Go's runtime keeps, its threads, is told by `heddle check`, and no failure.
//
//export modelClose
func modelClose(handle C.uintptr_t) {
	cgo.Handle(handle).Delete()
}

func (s *state) stepToTheEnd(job *C.struct_hd_job, task C.uint32_t, r *request) {
	job.task = task
	C.model_step(s.host, job, 0, r)
	for r.op != C.HD_DONE {
		C.model_step(s.host, job, C.int64_t(s.answer(r)), r)
	}
}

// YIELD and SLEEP are every goroutine's own; the rest is the model's.
func (s *state) answer(r *request) int64 {
	switch r.op {
	case C.HD_YIELD:
		for i := C.uint64_t(0); i < r.times; i++ {
			runtime.Gosched()
		}
		return 0
	case C.HD_SLEEP:
		time.Sleep(time.Duration(r.timeout_ns))
		return 0
	}
	return s.model.perform(r)
}

// The section once, in Go: a call into C costs more than most sections. Call it with the section's lock held.
func runSection(s *section) {
	for i := uintptr(0); i < uintptr(s.lines); i++ {
		*(*uint64)(unsafe.Add(unsafe.Pointer(s.words), i*64))++
	}
	for i := C.uint32_t(0); i < s.turns; i++ {
	}
}

// A reader's: 0 where all its words agree, 1 where half a change was seen.
func readSection(s *section) int64 {
	torn := int64(0)
	for i := uintptr(1); i < uintptr(s.lines); i++ {
		if *(*uint64)(unsafe.Add(unsafe.Pointer(s.words), i*64)) != *(*uint64)(unsafe.Pointer(s.words)) {
			torn = 1
		}
	}
	for i := C.uint32_t(0); i < s.turns; i++ {
	}
	return torn
}

func main() {} // a shared library of Go's has one

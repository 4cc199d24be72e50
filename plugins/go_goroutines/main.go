// SPDX-License-Identifier: MIT

// go-goroutines - Go: a goroutine for each task.
//
// A section is run under a sync.Mutex, or with lock=channel while holding the one token of a channel. A queue is a
// channel, an event one that is closed. Descriptors wait in the runtime's own poller (poller.go). Sections, queues
// and events are Go from end to end; each step is a call into C, which has its price: see plugins/README.md.
package main

// #include "model.h"
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Locks of their own stand so far apart: processors fetch lines in pairs.
type lock struct {
	sync.Mutex
	_ [120]byte
}

type model struct {
	host     *C.struct_hd_host
	life     C.uint64_t
	requests []C.struct_hd_request // in memory of C, which writes pointers into them
	locks    []lock
	tokens   []chan struct{} // in place of locks, with lock=channel
	queues   []chan uint64
	events   []*event
	poller   *poller
	jobs     C.struct_hd_jobs
	next     uint64
}

var lives uint64

func address(of unsafe.Pointer) C.uintptr_t { return C.uintptr_t(uintptr(of)) }

func failed(err syscall.Errno) int64 { return -int64(err) }

// ---- Sections: hd_section_run() and hd_section_read() in Go ----

func word(section *C.struct_hd_section, line uint32) *uint64 {
	return (*uint64)(unsafe.Add(unsafe.Pointer(section.words), uintptr(line)*8*C.HD_LINE_WORDS))
}

//go:noinline
func busy(turns uint32) {
	for i := uint32(0); i < turns; i++ {
	}
}

// Not inlined, so that each increment is made in memory.
//
//go:noinline
func runSection(section *C.struct_hd_section) {
	for line := uint32(0); line < uint32(section.lines); line++ {
		*word(section, line)++
	}
	if section.turns != 0 {
		busy(uint32(section.turns))
	}
}

//go:noinline
func readSection(section *C.struct_hd_section) (torn int64) {
	first := *word(section, 0)
	for line := uint32(1); line < uint32(section.lines); line++ {
		if *word(section, line) != first {
			torn = 1
		}
	}
	if section.turns != 0 {
		busy(uint32(section.turns))
	}
	return torn
}

func (m *model) sections(request *C.struct_hd_request) (torn int64) {
	section := request.section
	reads := request.op == C.HD_SHARED
	act := func() {
		if reads {
			torn += readSection(&section)
		} else {
			runSection(&section)
		}
	}
	if m.tokens != nil {
		token := m.tokens[section.lock]
		for i := request.times; i > 0; i-- {
			token <- struct{}{}
			act()
			<-token
		}
		return torn
	}
	mutex := &m.locks[section.lock]
	for i := request.times; i > 0; i-- {
		mutex.Lock()
		act()
		mutex.Unlock()
	}
	return torn
}

// ---- Queues and events ----

// The end of a wait: never for one without a timeout.
func after(timeout C.int64_t) (<-chan time.Time, *time.Timer) {
	if timeout < 0 {
		return nil, nil
	}
	timer := time.NewTimer(time.Duration(timeout))
	return timer.C, timer
}

func stop(timer *time.Timer) {
	if timer != nil {
		timer.Stop()
	}
}

// The first message may wait; those behind it go as far as there is room.
func put(queue chan uint64, messages []uint64, timeout C.int64_t) int64 {
	for i, message := range messages {
		select {
		case queue <- message:
			continue
		default:
		}
		if i > 0 {
			return int64(i)
		}
		if timeout == 0 {
			return failed(syscall.EAGAIN)
		}
		over, timer := after(timeout)
		select {
		case queue <- message:
			stop(timer)
		case <-over:
			return failed(syscall.ETIMEDOUT)
		}
	}
	return int64(len(messages))
}

func get(queue chan uint64, messages []uint64, timeout C.int64_t) int64 {
	for i := range messages {
		select {
		case messages[i] = <-queue:
			continue
		default:
		}
		if i > 0 {
			return int64(i)
		}
		if timeout == 0 {
			return failed(syscall.EAGAIN)
		}
		over, timer := after(timeout)
		select {
		case messages[i] = <-queue:
			stop(timer)
		case <-over:
			return failed(syscall.ETIMEDOUT)
		}
	}
	return int64(len(messages))
}

// Closed is set. Who waits holds the channel that was there when it began: it goes on also after a clear.
type event struct {
	sync.Mutex
	changes chan struct{}
	isSet   bool
}

func (e *event) set() {
	e.Lock()
	defer e.Unlock()
	if !e.isSet {
		e.isSet = true
		close(e.changes)
	}
}

func (e *event) clear() {
	e.Lock()
	defer e.Unlock()
	if e.isSet {
		e.isSet = false
		e.changes = make(chan struct{})
	}
}

func (e *event) wait(timeout C.int64_t) int64 {
	e.Lock()
	changes, isSet := e.changes, e.isSet
	e.Unlock()
	if isSet {
		return 0
	}
	if timeout == 0 {
		return failed(syscall.EAGAIN)
	}
	over, timer := after(timeout)
	select {
	case <-changes:
		stop(timer)
		return 0
	case <-over:
		return failed(syscall.ETIMEDOUT)
	}
}

// ---- A task ----

func (m *model) perform(request *C.struct_hd_request) int64 {
	switch request.op {
	case C.HD_EXCLUSIVE, C.HD_SHARED:
		return m.sections(request)
	case C.HD_READ, C.HD_WRITE, C.HD_ACCEPT:
		return m.poller.transfer(request)
	case C.HD_YIELD:
		for i := request.times; i > 0; i-- {
			runtime.Gosched()
		}
		return 0
	case C.HD_SLEEP:
		time.Sleep(time.Duration(request.timeout_ns))
		return 0
	case C.HD_PUT:
		return put(m.queues[request.fd], messages(request), request.timeout_ns)
	case C.HD_GET:
		return get(m.queues[request.fd], messages(request), request.timeout_ns)
	case C.HD_SET:
		m.events[request.fd].set()
		return 0
	case C.HD_CLEAR:
		m.events[request.fd].clear()
		return 0
	case C.HD_WAIT:
		return m.events[request.fd].wait(request.timeout_ns)
	default:
		return failed(syscall.EOPNOTSUPP)
	}
}

func messages(request *C.struct_hd_request) []uint64 {
	return unsafe.Slice((*uint64)(request.buf), int(request.times))
}

func (m *model) take() *C.struct_hd_job {
	i := C.uint64_t(atomic.AddUint64(&m.next, 1) - 1)
	if i >= m.jobs.count {
		return nil
	}
	return (*C.struct_hd_job)(unsafe.Add(unsafe.Pointer(m.jobs.first), i*m.jobs.stride))
}

// Ends the process of a panic, whose last line then is what it says.
func tellPanic() {
	if why := recover(); why != nil {
		fmt.Fprintf(os.Stderr, "%s\npanic: %v\n", debug.Stack(), why)
		C.abort()
	}
}

func (m *model) work(task int, done *sync.WaitGroup) {
	defer done.Done()
	defer tellPanic()
	request := &m.requests[task]
	host, asked := address(unsafe.Pointer(m.host)), address(unsafe.Pointer(request))
	for job := m.take(); job != nil; job = m.take() {
		job.task = C.uint32_t(task)
		stepped := address(unsafe.Pointer(job))
		for C.model_step(host, m.life, stepped, 0, asked); request.op != C.HD_DONE; {
			answer := m.perform(request)
			C.model_step(host, m.life, stepped, C.int64_t(answer), asked)
		}
	}
}

// ---- What C calls ----

//export goOpen
func goOpen(host *C.struct_hd_host, handle *C.uintptr_t) C.int {
	made, err := newPoller()
	if err != nil {
		why := C.CString("no epoll: " + err.Error())
		defer C.free(unsafe.Pointer(why))
		C.model_fail(host, why)
		return -C.int(syscall.EMFILE)
	}
	m := &model{host: host, poller: made, life: C.uint64_t(atomic.AddUint64(&lives, 1))}
	requests := C.calloc(C.size_t(host.in_flight), C.sizeof_struct_hd_request)
	m.requests = unsafe.Slice((*C.struct_hd_request)(requests), int(host.in_flight))
	if C.model_locks_by_channel(host) != 0 {
		for i := 0; i < int(host.locks); i++ {
			m.tokens = append(m.tokens, make(chan struct{}, 1))
		}
	} else {
		m.locks = make([]lock, host.locks)
	}
	for i := 0; i < int(host.queues); i++ {
		m.queues = append(m.queues, make(chan uint64, host.queue_capacity))
	}
	for i := 0; i < int(host.events); i++ {
		m.events = append(m.events, &event{changes: make(chan struct{})})
	}
	*handle = C.uintptr_t(cgo.NewHandle(m))
	return 0
}

//export goRun
func goRun(handle C.uintptr_t, jobs *C.struct_hd_jobs) {
	m := cgo.Handle(handle).Value().(*model)
	m.jobs = *jobs
	m.next = 0
	var done sync.WaitGroup
	done.Add(len(m.requests))
	for task := range m.requests {
		go m.work(task, &done)
	}
	done.Wait()
}

//export goClose
func goClose(handle C.uintptr_t) {
	m := cgo.Handle(handle).Value().(*model)
	m.poller.close()
	C.free(unsafe.Pointer(&m.requests[0]))
	cgo.Handle(handle).Delete()
}

func main() {}

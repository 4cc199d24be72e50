// @NAME@ - goroutines; sync.RWMutex around sections, channels for messages and events.
//
// Each part says what the contract asks of it; heddle/plugin.h is the contract. What is "optional" may go: leave the
// request out of ops.h as well, and workloads that need it are skipped. heddle.go does YIELD and SLEEP.
package main

// #include "model.h"
import "C"

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// The padding: what different cores write shares no cache line.
type lock struct {
	sync.RWMutex
	_ [104]byte
}

type queue chan uint64

type event struct {
	sync.Mutex
	isSet  bool
	wasSet chan struct{} // closed by SET; CLEAR makes a new one
}

type model struct {
	locks  []lock
	queues []queue
	events []event
}

// Required: everything that requests will name.
func newModel(h *host) *model {
	m := &model{make([]lock, h.locks), make([]queue, h.queues), make([]event, h.events)}

	for i := range m.queues {
		m.queues[i] = make(queue, h.queue_capacity)
	}
	for i := range m.events {
		m.events[i].wasSet = make(chan struct{})
	}
	return m
}

// Required: answers one request; a failure is an answer, -errno.
func (m *model) perform(r *request) int64 {
	switch r.op {
	case C.HD_EXCLUSIVE:
		return m.exclusive(r.section, uint64(r.times))
	case C.HD_SHARED:
		return m.shared(r.section, uint64(r.times))
	case C.HD_READ, C.HD_WRITE, C.HD_ACCEPT:
		// Optional. It waits in C; the runtime has another thread run the other goroutines meanwhile.
		return int64(C.hd_blocking_io(r))
	case C.HD_PUT:
		return m.queues[r.fd].put(messages(r), int64(r.timeout_ns))
	case C.HD_GET:
		return m.queues[r.fd].get(messages(r), int64(r.timeout_ns))
	case C.HD_SET:
		return m.events[r.fd].set()
	case C.HD_CLEAR:
		return m.events[r.fd].clear()
	case C.HD_WAIT:
		return m.events[r.fd].wait(int64(r.timeout_ns))
	}
	return -int64(syscall.EOPNOTSUPP)
}

// Required by most workloads: the section `times` times, each time alone among those of its lock. They are separate:
// never one acquisition for two. Answers 0.
func (m *model) exclusive(s section, times uint64) int64 {
	l := &m.locks[s.lock]

	for ; times > 0; times-- {
		l.Lock()
		runSection(&s)
		l.Unlock()
	}
	return 0
}

// Optional: reads the section `times` times, beside other readers, never beside a writer. Answers how many readings saw
// half a change: 0, if the lock is right.
func (m *model) shared(s section, times uint64) int64 {
	l, torn := &m.locks[s.lock], int64(0)

	for ; times > 0; times-- {
		l.RLock()
		torn += readSection(&s)
		l.RUnlock()
	}
	return torn
}

func messages(r *request) []uint64 {
	return unsafe.Slice((*uint64)(r.buf), uint64(r.times))
}

// timeout_ns is -1: for ever; 0: not at all, EAGAIN; else ETIMEDOUT when it is over, never before. Here: a channel
// that tells when, and what to call when it is no longer needed.
func patience(timeoutNs int64) (<-chan time.Time, func() bool) {
	if timeoutNs < 0 {
		return nil, func() bool { return true }
	}
	timer := time.NewTimer(time.Duration(timeoutNs))
	return timer.C, timer.Stop
}

// Optional: PUT and GET move messages, in order for each sender, as many as there is room for or are there. They answer
// how many, and wait while it would be none.
func (q queue) put(from []uint64, timeoutNs int64) int64 {
	moved := q.putSome(from)
	if moved > 0 {
		return moved
	}
	if timeoutNs == 0 {
		return -int64(syscall.EAGAIN)
	}
	over, stop := patience(timeoutNs)
	defer stop()
	select {
	case q <- from[0]:
		return 1 + q.putSome(from[1:])
	case <-over:
		return -int64(syscall.ETIMEDOUT)
	}
}

func (q queue) putSome(from []uint64) int64 {
	for i, message := range from {
		select {
		case q <- message:
		default:
			return int64(i)
		}
	}
	return int64(len(from))
}

func (q queue) get(to []uint64, timeoutNs int64) int64 {
	moved := q.getSome(to)
	if moved > 0 {
		return moved
	}
	if timeoutNs == 0 {
		return -int64(syscall.EAGAIN)
	}
	over, stop := patience(timeoutNs)
	defer stop()
	select {
	case to[0] = <-q:
		return 1 + q.getSome(to[1:])
	case <-over:
		return -int64(syscall.ETIMEDOUT)
	}
}

func (q queue) getSome(to []uint64) int64 {
	for i := range to {
		select {
		case to[i] = <-q:
		default:
			return int64(i)
		}
	}
	return int64(len(to))
}

// Optional: SET lets all go on that wait, also if CLEAR follows at once, and later ones do not wait until then.
func (e *event) set() int64 {
	e.Lock()
	defer e.Unlock()
	if !e.isSet {
		e.isSet = true
		close(e.wasSet)
	}
	return 0
}

func (e *event) clear() int64 {
	e.Lock()
	defer e.Unlock()
	if e.isSet {
		e.isSet = false
		e.wasSet = make(chan struct{})
	}
	return 0
}

func (e *event) wait(timeoutNs int64) int64 {
	e.Lock()
	wasSet := e.wasSet
	e.Unlock()

	select {
	case <-wasSet:
		return 0
	default:
		if timeoutNs == 0 {
			return -int64(syscall.EAGAIN)
		}
	}
	over, stop := patience(timeoutNs)
	defer stop()
	select {
	case <-wasSet:
		return 0
	case <-over:
		return -int64(syscall.ETIMEDOUT)
	}
}

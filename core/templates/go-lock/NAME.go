// @NAME@ - goroutines; a sync.Mutex around each section. heddle.go does the rest.
package main

// #include "model.h"
import "C"

import "sync"

// Required: one lock. The padding: no two share a cache line.
type lock struct {
	sync.Mutex
	_ [120]byte
}

type model struct {
	locks []lock
}

// Required: as many locks as sections will name.
func newModel(h *host) *model {
	return &model{make([]lock, h.locks)}
}

// Required: the section `times` times, each under an acquisition of its own: never one for two. A reader's section
// answers how many readings saw half a change; optional: readers side by side. What ops.h does not name is never asked.
func (m *model) perform(r *request) int64 {
	s, torn := r.section, int64(0)
	l := &m.locks[s.lock]

	for i := r.times; i > 0; i-- {
		l.Lock()
		if r.op == C.HD_EXCLUSIVE {
			runSection(&s)
		} else {
			torn += readSection(&s)
		}
		l.Unlock()
	}
	return torn
}

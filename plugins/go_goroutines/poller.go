// SPDX-License-Identifier: MIT

// Descriptors. The runtime's poller takes those that an os.File owns, and jobs close theirs themselves: so it is
// given one, of an epoll, in which the jobs' descriptors wait. A goroutine that waits costs no thread.
package main

// #include "model.h"
import "C"

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// Of a request that waits: it gets a token when the descriptor seems ready.
type waiter chan struct{}

type descriptor [2][]waiter // that read, that write

type poller struct {
	epoll   int
	file    *os.File
	watches syscall.RawConn
	ended   chan struct{}

	sync.Mutex  // of the rest
	descriptors map[int32]*descriptor
}

func newPoller() (*poller, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	syscall.SetNonblock(epoll, true) // else os.NewFile does not give it to the runtime's poller
	p := &poller{epoll: epoll, file: os.NewFile(uintptr(epoll), "epoll"), ended: make(chan struct{}),
		descriptors: map[int32]*descriptor{}}
	p.watches, err = p.file.SyscallConn()
	if err != nil {
		p.file.Close()
		return nil, err
	}
	go p.look()
	return p, nil
}

func (p *poller) close() {
	p.file.Close()
	<-p.ended
}

func (p *poller) look() {
	var events [64]syscall.EpollEvent
	p.watches.Read(func(uintptr) bool {
		for {
			count, err := syscall.EpollWait(p.epoll, events[:], 0)
			if err == syscall.EINTR {
				continue
			}
			if count <= 0 {
				return false // wait for the next
			}
			p.Lock()
			for _, event := range events[:count] {
				p.tell(event)
			}
			p.Unlock()
		}
	})
	close(p.ended)
}

// An event tells one waiter, and the next where there still is something.
func (p *poller) tell(event syscall.EpollEvent) {
	watched := p.descriptors[event.Fd]
	broken := event.Events&(syscall.EPOLLERR|syscall.EPOLLHUP) != 0
	for side, kind := range [2]uint32{syscall.EPOLLIN, syscall.EPOLLOUT} {
		if broken || event.Events&kind != 0 {
			watched.wake(side)
		}
	}
	if len(watched[0])+len(watched[1]) > 0 {
		p.arm(event.Fd, watched)
	}
}

func (d *descriptor) wake(side int) {
	if len(d[side]) > 0 {
		d[side][0] <- struct{}{}
		d[side] = d[side][1:]
	}
}

func (p *poller) arm(fd int32, watched *descriptor) error {
	event := syscall.EpollEvent{Fd: fd, Events: 1 << 30} // EPOLLONESHOT
	if len(watched[0]) > 0 {
		event.Events |= syscall.EPOLLIN
	}
	if len(watched[1]) > 0 {
		event.Events |= syscall.EPOLLOUT
	}
	err := syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_MOD, int(fd), &event)
	if err == syscall.ENOENT { // closing it has taken an old one out
		err = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, int(fd), &event)
	}
	return err
}

func (p *poller) enter(fd int32, side int, who waiter) error {
	p.Lock()
	defer p.Unlock()
	watched := p.descriptors[fd]
	if watched == nil {
		watched = &descriptor{}
		p.descriptors[fd] = watched
	}
	watched[side] = append(watched[side], who)
	err := p.arm(fd, watched)
	if err != nil {
		watched.leave(side, who)
	}
	return err
}

func (d *descriptor) leave(side int, who waiter) {
	for i, other := range d[side] {
		if other == who {
			d[side] = append(d[side][:i], d[side][i+1:]...)
			return
		}
	}
}

// Until fd seems ready, or the time is over.
func (p *poller) wait(fd int32, side int, who waiter, over <-chan time.Time) error {
	if err := p.enter(fd, side, who); err != nil {
		return err
	}
	select {
	case <-who:
		return nil
	case <-over:
		p.Lock()
		defer p.Unlock()
		p.descriptors[fd].leave(side, who)
		return syscall.ETIMEDOUT
	}
}

// ---- Requests ----

func answer(moved uintptr, err syscall.Errno) int64 {
	if err != 0 {
		return failed(err)
	}
	return int64(moved)
}

func neverWait(fd uintptr) syscall.Errno {
	flags, _, err := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
	if err == 0 && flags&syscall.O_NONBLOCK == 0 {
		_, _, err = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_SETFL, flags|syscall.O_NONBLOCK)
	}
	return err
}

// A socket is asked as one, which leaves its flags alone; what is none is made non-blocking first.
func transferOnce(request *C.struct_hd_request) int64 {
	fd, buf, size := uintptr(request.fd), uintptr(request.buf), uintptr(request.size)
	reads := request.op == C.HD_READ
	if request.op == C.HD_ACCEPT {
		if err := neverWait(fd); err != 0 {
			return failed(err)
		}
		came, _, err := syscall.Syscall6(syscall.SYS_ACCEPT4, fd, 0, 0, 0, 0, 0)
		return answer(came, err)
	}
	if request.offset >= 0 {
		call := uintptr(syscall.SYS_PWRITE64)
		if reads {
			call = syscall.SYS_PREAD64
		}
		moved, _, err := syscall.Syscall6(call, fd, buf, size, uintptr(request.offset), 0, 0)
		return answer(moved, err)
	}
	if size > 0 {
		call, flags := uintptr(syscall.SYS_SENDTO), uintptr(syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
		if reads {
			call, flags = syscall.SYS_RECVFROM, syscall.MSG_DONTWAIT
		}
		moved, _, err := syscall.Syscall6(call, fd, buf, size, flags, 0, 0)
		if err != syscall.ENOTSOCK {
			return answer(moved, err)
		}
	}
	if err := neverWait(fd); err != 0 {
		return failed(err)
	}
	call := uintptr(syscall.SYS_WRITE)
	if reads {
		call = syscall.SYS_READ
	}
	moved, _, err := syscall.Syscall(call, fd, buf, size)
	return answer(moved, err)
}

func (p *poller) transfer(request *C.struct_hd_request) int64 {
	if request.fd < 0 {
		return failed(syscall.EBADF)
	}
	var over <-chan time.Time
	var who waiter
	side := 0
	if request.op == C.HD_WRITE {
		side = 1
	}
	for {
		moved := transferOnce(request)
		if moved == failed(syscall.EINTR) {
			continue
		}
		if moved != failed(syscall.EAGAIN) || request.timeout_ns == 0 {
			if who != nil && request.op == C.HD_ACCEPT && moved >= 0 {
				p.passOn(int32(request.fd))
			}
			return moved
		}
		if who == nil {
			who = make(waiter, 1)
			var timer *time.Timer
			over, timer = after(request.timeout_ns)
			defer stop(timer)
		} else if side == 0 && C.model_is_over(C.int(request.fd)) != 0 {
			if request.op == C.HD_ACCEPT {
				return failed(syscall.EINVAL)
			}
			return 0
		}
		if err := p.wait(int32(request.fd), side, who, over); err != nil {
			return failed(err.(syscall.Errno))
		}
	}
}

// Where one has come there may be more: else they come one with each event.
func (p *poller) passOn(fd int32) {
	p.Lock()
	p.descriptors[fd].wake(0)
	p.Unlock()
}

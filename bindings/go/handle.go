package semper

import (
	"errors"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// ErrClosed is returned by what is used after its Close.
var ErrClosed = errors.New("semper: used after Close")

const (
	stateClosed = 1 << 62
	stateAlone  = 1 << 61
)

// handle is one reference to something of the library. It is given back once, when it was closed
// and no call uses it any more: closing never waits, and is allowed inside of a call.
type handle struct {
	// stateClosed, stateAlone, and how many use it beside.
	state   atomic.Int64
	pointer unsafe.Pointer
	free    func(unsafe.Pointer)
}

// guard makes the handle of a new owner. It is closed when nobody can reach the owner any more, at
// the latest.
func guard[T any](owner *T, pointer unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	made := &handle{pointer: pointer, free: free}
	runtime.AddCleanup(owner, (*handle).close, made)
	return made
}

// enter keeps the handle until leave. Any number of goroutines may be in at the same time.
func (h *handle) enter() error {
	for {
		state := h.state.Load()
		if state&stateClosed != 0 {
			return ErrClosed
		}
		if state&stateAlone != 0 {
			return errBusy
		}
		if h.state.CompareAndSwap(state, state+1) {
			return nil
		}
	}
}

// enterAgain does the same; who is in already gets in even if the handle was closed.
func (h *handle) enterAgain(isIn bool) error {
	if isIn {
		h.state.Add(1)
		return nil
	}
	return h.enter()
}

func (h *handle) leave() {
	if h.state.Add(-1) == stateClosed {
		h.free(h.pointer)
	}
}

// enterAlone keeps the handle until leaveAlone, and nobody else may be in.
func (h *handle) enterAlone() error {
	if h.state.CompareAndSwap(0, stateAlone) {
		return nil
	}
	if h.state.Load()&stateClosed != 0 {
		return ErrClosed
	}
	return errBusy
}

func (h *handle) leaveAlone() {
	if h.state.Add(-stateAlone) == stateClosed {
		h.free(h.pointer)
	}
}

func (h *handle) close() {
	if h.state.Or(stateClosed) == 0 {
		h.free(h.pointer)
	}
}

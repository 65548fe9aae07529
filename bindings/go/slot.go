package semper

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Slot holds the policy set in force, for what evaluates while it is replaced: each call decides by
// what is in the slot when it begins. To reload: [Compile], and Replace only if that succeeded. Any
// goroutine may use it at any time.
type Slot struct {
	handle *handle
	pool   *Pool
}

// NewSlot returns a slot that holds a policy set, which may be closed then.
func NewSlot(policies *PolicySet) (*Slot, error) {
	if err := policies.enter(); err != nil {
		return nil, err
	}
	defer policies.handle.leave()
	var pointer *C.semper_slot_t
	var failure *C.semper_error_t
	status := C.semper_slot_create(policies.c(), &pointer, &failure)
	if err := check("create a slot", status, failure); err != nil {
		return nil, err
	}
	made := &Slot{}
	made.handle = guard(made, unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.semper_slot_free((*C.semper_slot_t)(p))
	})
	made.pool = newPool(source{slot: made.handle}, nil)
	return made, nil
}

func (s *Slot) enter() error {
	defer runtime.KeepAlive(s)
	return s.handle.enter()
}

func (s *Slot) c() *C.semper_slot_t { return (*C.semper_slot_t)(s.handle.pointer) }

// Close gives the slot back, and ends its Evaluate; evaluators and pools made for it go on with what
// it held. It always returns nil, and may be called again.
func (s *Slot) Close() error {
	s.pool.Close()
	s.handle.close()
	return nil
}

// Replace lets calls that begin from now on be decided by another policy set, which may be closed
// then.
func (s *Slot) Replace(policies *PolicySet) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.handle.leave()
	if err := policies.enter(); err != nil {
		return err
	}
	defer policies.handle.leave()
	var failure *C.semper_error_t
	status := C.semper_slot_replace(s.c(), policies.c(), &failure)
	return check("replace", status, failure)
}

// PolicySet returns what the slot holds; close it.
func (s *Slot) PolicySet() (*PolicySet, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.handle.leave()
	var pointer *C.semper_policy_set_t
	var failure *C.semper_error_t
	status := C.semper_slot_get(s.c(), &pointer, &failure)
	if err := check("get", status, failure); err != nil {
		return nil, err
	}
	return newPolicySet(pointer), nil
}

// Evaluate decides about one event, by an evaluator with the default options out of a [Pool]. Any
// goroutine may call it at any time. Close the result.
func (s *Slot) Evaluate(event []byte) (*Result, error) {
	defer runtime.KeepAlive(s)
	return s.pool.Evaluate(event)
}

// EvaluateBatch decides about many events in one call: see [Evaluator.EvaluateBatch].
func (s *Slot) EvaluateBatch(events [][]byte) (*Result, error) {
	defer runtime.KeepAlive(s)
	return s.pool.EvaluateBatch(events)
}

// EvaluateNDJSON decides about each line: see [Evaluator.EvaluateNDJSON].
func (s *Slot) EvaluateNDJSON(lines []byte) (*Result, error) {
	defer runtime.KeepAlive(s)
	return s.pool.EvaluateNDJSON(lines)
}

// Counters counts what Evaluate, EvaluateBatch and EvaluateNDJSON of this object gave.
func (s *Slot) Counters() Counters {
	defer runtime.KeepAlive(s)
	return s.pool.Counters()
}

// NewEvaluator returns an evaluator that decides by what the slot holds when a call begins. Options
// nil: defaults.
func (s *Slot) NewEvaluator(options *EvaluatorOptions) (*Evaluator, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.handle.leave()
	return newEvaluator(source{slot: s.handle}, options)
}

// NewPool returns evaluators for any number of goroutines, which decide by what the slot holds when a
// call begins. Options nil: defaults. The pool goes on after the slot is closed.
func (s *Slot) NewPool(options *EvaluatorOptions) (*Pool, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	return leasingPool(source{slot: s.handle}, options)
}

package semper

// #include "shim.h"
// #cgo noescape semper_go_policies
// #cgo nocallback semper_go_policies
// #cgo noescape semper_policy_set_count
// #cgo nocallback semper_policy_set_count
import "C"

import (
	"iter"
	"runtime"
	"time"
	"unsafe"
)

// PolicySet is a set of compiled policies. It does not change, and any goroutine may use it at any
// time. Close it when it is no longer needed; evaluators, pools, slots and results that use it go on.
type PolicySet struct {
	handle *handle
	pool   *Pool
}

func freePolicySet(p unsafe.Pointer) { C.semper_policy_set_free((*C.semper_policy_set_t)(p)) }

func newPolicySet(pointer *C.semper_policy_set_t) *PolicySet {
	made := &PolicySet{}
	made.handle = guard(made, unsafe.Pointer(pointer), freePolicySet)
	made.pool = newPool(source{policySet: made.handle}, nil)
	return made
}

func (p *PolicySet) enter() error {
	defer runtime.KeepAlive(p)
	return p.handle.enter()
}

func (p *PolicySet) c() *C.semper_policy_set_t { return (*C.semper_policy_set_t)(p.handle.pointer) }

// Close gives the policy set back, and ends its Evaluate. It always returns nil, and may be called
// again.
func (p *PolicySet) Close() error {
	p.pool.Close()
	p.handle.close()
	return nil
}

// Evaluate decides about one event, by an evaluator with the default options out of a [Pool]. Any
// goroutine may call it at any time. Close the result.
//
// Bytes that are no event are no error: they come out as a record of decision [Invalid].
func (p *PolicySet) Evaluate(event []byte) (*Result, error) {
	defer runtime.KeepAlive(p)
	return p.pool.Evaluate(event)
}

// EvaluateBatch decides about many events in one call: see [Evaluator.EvaluateBatch].
func (p *PolicySet) EvaluateBatch(events [][]byte) (*Result, error) {
	defer runtime.KeepAlive(p)
	return p.pool.EvaluateBatch(events)
}

// EvaluateNDJSON decides about each line: see [Evaluator.EvaluateNDJSON].
func (p *PolicySet) EvaluateNDJSON(lines []byte) (*Result, error) {
	defer runtime.KeepAlive(p)
	return p.pool.EvaluateNDJSON(lines)
}

// Counters counts what Evaluate, EvaluateBatch and EvaluateNDJSON of this object gave.
func (p *PolicySet) Counters() Counters {
	defer runtime.KeepAlive(p)
	return p.pool.Counters()
}

// NewEvaluator returns an evaluator that decides by this set. Options nil: defaults.
func (p *PolicySet) NewEvaluator(options *EvaluatorOptions) (*Evaluator, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.handle.leave()
	return newEvaluator(source{policySet: p.handle}, options)
}

// NewPool returns evaluators for any number of goroutines, which decide by this set. Options nil:
// defaults. The pool goes on after the policy set is closed.
func (p *PolicySet) NewPool(options *EvaluatorOptions) (*Pool, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	return leasingPool(source{policySet: p.handle}, options)
}

// Retain returns one more reference to the same policies, to be closed on its own.
func (p *PolicySet) Retain() (*PolicySet, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.handle.leave()
	return newPolicySet(C.semper_policy_set_retain(p.c())), nil
}

// Fingerprint names the generation: a hash over all policies and options, 32 hex digits, which each
// record carries. Empty after Close.
func (p *PolicySet) Fingerprint() string {
	if p.enter() != nil {
		return ""
	}
	defer p.handle.leave()
	return copied(C.semper_policy_set_fingerprint(p.c()))
}

// Policy is what a host may ask about a policy.
type Policy struct {
	// Index is the number of the policy in its set, as in [Hit.Policy].
	Index int
	// ID is the path below the repository's root without .json.
	ID string
	// Kind is "filtering", "extension", "event_rule", "config_rule", …
	Kind string
	// Title, Reason (why it is accepted) and Ticket may be empty.
	Title, Reason, Ticket string
	// File is where it was read from.
	File string
	// Hash is XXH3-128 of the file, 32 hex digits.
	Hash string
	// Observes: an acceptance that never drops.
	Observes bool
	// ValidFrom and ExpiresAt bound the life of an acceptance; the zero time: there is no bound.
	ValidFrom, ExpiresAt time.Time
}

// Len returns how many policies there are; 0 after Close.
func (p *PolicySet) Len() int {
	if p.enter() != nil {
		return 0
	}
	defer p.handle.leave()
	return int(C.semper_policy_set_count(p.c()))
}

// Policy describes the policy with this index. [ErrNotFound]: there is none.
func (p *PolicySet) Policy(index int) (Policy, error) {
	var one [1]C.semper_policy_t
	if err := p.describe(index, one[:]); err != nil {
		return Policy{}, err
	}
	defer p.handle.leave()
	return toPolicy(index, &one[0]), nil
}

// describe leaves the policy set entered where it succeeds: views into it are good until then.
func (p *PolicySet) describe(first int, to []C.semper_policy_t) error {
	if err := p.enter(); err != nil {
		return err
	}
	if first < 0 {
		first = 1<<62 - 1
	}
	var failure *C.semper_error_t
	status := C.semper_go_policies(p.c(), C.size_t(first), unsafe.SliceData(to), C.size_t(len(to)), &failure)
	if err := check("describe", status, failure); err != nil {
		p.handle.leave()
		return err
	}
	return nil
}

// Policies yields the descriptions of all policies, sorted by id; none after Close.
func (p *PolicySet) Policies() iter.Seq[Policy] {
	return func(yield func(Policy) bool) {
		const many = 64
		count := p.Len()
		for first := 0; first < count; first += many {
			some := make([]C.semper_policy_t, min(many, count-first))
			if p.describe(first, some) != nil {
				return
			}
			policies := make([]Policy, len(some))
			for i := range some {
				policies[i] = toPolicy(first+i, &some[i])
			}
			p.handle.leave()
			for _, policy := range policies {
				if !yield(policy) {
					return
				}
			}
		}
	}
}

func toPolicy(index int, from *C.semper_policy_t) Policy {
	return Policy{
		Index:     index,
		ID:        copied(from.id),
		Kind:      copied(from.kind),
		Title:     copied(from.title),
		Reason:    copied(from.reason),
		Ticket:    copied(from.ticket),
		File:      copied(from.file),
		Hash:      copied(from.hash),
		Observes:  from.flags&C.SEMPER_POLICY_OBSERVES != 0,
		ValidFrom: toTime(from.valid_from),
		ExpiresAt: toTime(from.expires_at),
	}
}

func toTime(seconds C.int64_t) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

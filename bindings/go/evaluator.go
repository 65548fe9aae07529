package semper

// #include "shim.h"
// #cgo noescape semper_go_policy_hits
// #cgo nocallback semper_go_policy_hits
import "C"

import (
	"runtime"
	"runtime/cgo"
	"time"
	"unsafe"
)

// Format is the form of a record.
type Format int32

// Formats.
const (
	// FormatNative: finding, accountContext, normalized, extensions, verdict.
	FormatNative Format = C.SEMPER_FORMAT_NATIVE
	// FormatSemper17 is that of generation 1.7: normalized, extensions, raw.
	FormatSemper17 Format = C.SEMPER_FORMAT_SEMPER17
)

// EvaluatorOptions are how records are made. The zero value has the defaults.
type EvaluatorOptions struct {
	// Format of the records; default [FormatNative].
	Format Format
	// Now tells the time by which the life of acceptances is judged; nil: the system's clock. It is
	// called by goroutines that evaluate (of a pool, by several at once). Where it panics, the call
	// fails with a [PanicError].
	Now func() time.Time
	// OmitDroppedJSON leaves the JSON of dropped findings empty; their decision and policies are
	// there all the same. It saves most of the time where most are dropped and nobody archives them.
	OmitDroppedJSON bool
	// OmitNoFindingJSON does the same for events that nobody asked to detect.
	OmitNoFindingJSON bool
}

// Counters count records: In = Relevant + Dropped + NoFinding + Invalid. Calls that failed count
// nothing.
type Counters struct {
	In, Relevant, Dropped, NoFinding, Invalid uint64
}

func (c *Counters) add(more Counters) {
	c.In += more.In
	c.Relevant += more.Relevant
	c.Dropped += more.Dropped
	c.NoFinding += more.NoFinding
	c.Invalid += more.Invalid
}

// Evaluator decides about events. It is for one goroutine at a time; another gets [ErrBusy]. A
// [Pool] has as many as there are goroutines.
type Evaluator struct {
	handle  *handle
	clock   *clock
	results *resultCores
	// The results are those of a pool.
	borrowsResults bool
	views          []pinnedView // of a batch; used again
}

// source is what an evaluator decides by; one of both is nil.
type source struct {
	policySet, slot *handle
}

func (s source) handle() *handle {
	if s.slot != nil {
		return s.slot
	}
	return s.policySet
}

// newEvaluator wants the handle of the source to be entered.
func newEvaluator(from source, options *EvaluatorOptions) (*Evaluator, error) {
	if options == nil {
		options = &EvaluatorOptions{}
	}
	var flags C.uint64_t
	if options.OmitDroppedJSON {
		flags |= C.SEMPER_EVALUATOR_NO_DROPPED_JSON
	}
	if options.OmitNoFindingJSON {
		flags |= C.SEMPER_EVALUATOR_NO_NO_FINDING_JSON
	}
	made := &Evaluator{results: &resultCores{most: 1}}
	var state cgo.Handle // the library ends it, whether this succeeds or not
	if options.Now != nil {
		made.clock = &clock{now: options.Now}
		state = cgo.NewHandle(made.clock)
	}
	var policySet *C.semper_policy_set_t
	var slot *C.semper_slot_t
	if from.slot != nil {
		slot = (*C.semper_slot_t)(from.slot.pointer)
	} else {
		policySet = (*C.semper_policy_set_t)(from.policySet.pointer)
	}
	var pointer *C.semper_evaluator_t
	var failure *C.semper_error_t
	status := C.semper_go_evaluator_create(policySet, slot, C.int32_t(options.Format), flags,
		C.uintptr_t(state), &pointer, &failure)
	if err := check("create an evaluator", status, failure); err != nil {
		return nil, err
	}
	made.handle = guard(made, unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.semper_evaluator_free((*C.semper_evaluator_t)(p))
	})
	return made, nil
}

func (e *Evaluator) c() *C.semper_evaluator_t { return (*C.semper_evaluator_t)(e.handle.pointer) }

// Close gives the evaluator back; results stay. It always returns nil, and may be called again, also
// from a provider that the evaluator asks.
func (e *Evaluator) Close() error {
	e.handle.close()
	if !e.borrowsResults {
		e.results.close()
	}
	return nil
}

// Evaluate decides about one event, which is one JSON text; every event gives at least one record.
// Bytes that are no event are no error: they come out as a record of decision [Invalid]. On failure
// nothing was counted, and the call may be repeated. Nothing refers to the event afterwards.
//
// Close the result when you are done with it: the next call uses its memory again then.
func (e *Evaluator) Evaluate(event []byte) (*Result, error) {
	core, err := e.begin()
	if err != nil {
		return nil, err
	}
	status := C.semper_go_evaluate(e.c(), (*C.char)(unsafe.Pointer(unsafe.SliceData(event))),
		C.size_t(len(event)), core.c)
	return e.end("evaluate", core, status)
}

// EvaluateNDJSON does the same for each line that is not blank. The number of an event is that of
// its line, from 0.
func (e *Evaluator) EvaluateNDJSON(lines []byte) (*Result, error) {
	core, err := e.begin()
	if err != nil {
		return nil, err
	}
	status := C.semper_go_evaluate_ndjson(e.c(), (*C.char)(unsafe.Pointer(unsafe.SliceData(lines))),
		C.size_t(len(lines)), core.c)
	return e.end("evaluate", core, status)
}

// EvaluateBatch does the same for many events, in their order, which costs less per event. One policy
// set decides about all of them.
func (e *Evaluator) EvaluateBatch(events [][]byte) (*Result, error) {
	core, err := e.begin()
	if err != nil {
		return nil, err
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	e.views = appendViews(e.views[:0], &pinner, events)
	status := C.semper_go_evaluate_batch(e.c(), cViews(e.views), C.size_t(len(e.views)), core.c)
	return e.end("evaluate", core, status)
}

// begin has the evaluator alone until end.
func (e *Evaluator) begin() (*resultCore, error) {
	defer runtime.KeepAlive(e)
	if err := e.handle.enterAlone(); err != nil {
		return nil, err
	}
	core, err := e.results.take()
	if err != nil {
		e.handle.leaveAlone()
	}
	return core, err
}

func (e *Evaluator) end(op string, core *resultCore, status C.int32_t) (*Result, error) {
	var panicked *PanicError
	if e.clock != nil {
		panicked, e.clock.panicked = e.clock.panicked, nil
	}
	e.handle.leaveAlone()
	if status != C.SEMPER_OK {
		failure := core.c.error
		core.c.error = nil
		err := check(op, status, failure)
		e.results.giveBack(core)
		return nil, err
	}
	if panicked != nil {
		e.results.giveBack(core)
		return nil, panicked
	}
	return &Result{core: core, home: e.results}, nil
}

// Replace lets another policy set decide from the next call on; an evaluator made for a slot leaves
// it.
func (e *Evaluator) Replace(policies *PolicySet) error {
	defer runtime.KeepAlive(e)
	if err := e.handle.enterAlone(); err != nil {
		return err
	}
	defer e.handle.leaveAlone()
	if err := policies.enter(); err != nil {
		return err
	}
	defer policies.handle.leave()
	var failure *C.semper_error_t
	status := C.semper_evaluator_replace(e.c(), policies.c(), &failure)
	return check("replace", status, failure)
}

// Counters counts what the evaluator gave since it was made.
func (e *Evaluator) Counters() (Counters, error) {
	defer runtime.KeepAlive(e)
	if err := e.handle.enterAlone(); err != nil {
		return Counters{}, err
	}
	defer e.handle.leaveAlone()
	from := C.semper_counters_t{struct_size: C.uint32_t(unsafe.Sizeof(C.semper_counters_t{}))}
	var failure *C.semper_error_t
	status := C.semper_evaluator_counters(e.c(), &from, &failure)
	if err := check("count", status, failure); err != nil {
		return Counters{}, err
	}
	return Counters{
		In:        uint64(from.in),
		Relevant:  uint64(from.relevant),
		Dropped:   uint64(from.dropped),
		NoFinding: uint64(from.no_finding),
		Invalid:   uint64(from.invalid),
	}, nil
}

// PolicyHits returns for each policy, by its index, how many findings it stood in a verdict of, since
// the evaluator has the policy set that its last call was decided by.
func (e *Evaluator) PolicyHits() ([]uint64, error) {
	defer runtime.KeepAlive(e)
	if err := e.handle.enterAlone(); err != nil {
		return nil, err
	}
	defer e.handle.leaveAlone()
	count := int(C.semper_go_policy_hits(e.c(), nil, 0))
	hits := make([]uint64, count)
	C.semper_go_policy_hits(e.c(), (*C.uint64_t)(unsafe.SliceData(hits)), C.size_t(count))
	return hits, nil
}

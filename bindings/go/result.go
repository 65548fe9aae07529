package semper

// #include "shim.h"
// #cgo noescape semper_go_hits
// #cgo nocallback semper_go_hits
// #cgo noescape semper_go_routes
// #cgo nocallback semper_go_routes
// #cgo noescape semper_result_normalized
// #cgo nocallback semper_result_normalized
import "C"

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Decision is what became of a finding. One that you do not know comes from a newer library: treat
// it as [Relevant].
type Decision int32

// Decisions.
const (
	// Relevant: for the SIEM.
	Relevant Decision = C.SEMPER_DECISION_RELEVANT
	// Dropped: accepted by a filter policy.
	Dropped Decision = C.SEMPER_DECISION_DROPPED
	// NoFinding: nothing that anybody asked to detect.
	NoFinding Decision = C.SEMPER_DECISION_NO_FINDING
	// Invalid: bytes that are no event.
	Invalid Decision = C.SEMPER_DECISION_INVALID
)

// String returns the word that stands in records: "no_finding".
func (d Decision) String() string {
	switch d {
	case Relevant:
		return "relevant"
	case Dropped:
		return "dropped"
	case NoFinding:
		return "no_finding"
	case Invalid:
		return "invalid"
	}
	return fmt.Sprintf("decision(%d)", int32(d))
}

// Effect is what a policy had to do with a decision.
type Effect int32

// Effects.
const (
	// EffectDrop: its acceptance dropped the finding.
	EffectDrop Effect = C.SEMPER_EFFECT_DROP
	// EffectExtend: its extension is in the record.
	EffectExtend Effect = C.SEMPER_EFFECT_EXTEND
	// EffectDetect: its event rule makes the event a finding.
	EffectDetect Effect = C.SEMPER_EFFECT_DETECT
	// EffectWouldDrop: an acceptance that only observes.
	EffectWouldDrop Effect = C.SEMPER_EFFECT_WOULD_DROP
	// EffectExpired: an acceptance that is no longer in force.
	EffectExpired Effect = C.SEMPER_EFFECT_EXPIRED
	// EffectUndetermined: it matches, but whether it is for the account is unknown.
	EffectUndetermined Effect = C.SEMPER_EFFECT_UNDETERMINED
)

// String returns the word that stands in records: "would_drop".
func (e Effect) String() string {
	switch e {
	case EffectDrop:
		return "drop"
	case EffectExtend:
		return "extend"
	case EffectDetect:
		return "detect"
	case EffectWouldDrop:
		return "would_drop"
	case EffectExpired:
		return "expired"
	case EffectUndetermined:
		return "undetermined"
	}
	return fmt.Sprintf("effect(%d)", int32(e))
}

// Hit is why a policy stands in a verdict.
type Hit struct {
	Effect Effect
	// Policy is the index in the policy set of the result.
	Policy int
	// ID of the policy. Title, Reason and Ticket may be empty.
	ID, Title, Reason, Ticket string
}

// Kind is what a normalized field is.
type Kind int32

// Kinds.
const (
	KindNull    Kind = C.SEMPER_KIND_NULL
	KindBoolean Kind = C.SEMPER_KIND_BOOLEAN
	KindNumber  Kind = C.SEMPER_KIND_NUMBER
	KindString  Kind = C.SEMPER_KIND_STRING
	KindArray   Kind = C.SEMPER_KIND_ARRAY
	KindObject  Kind = C.SEMPER_KIND_OBJECT
)

// resultCore is a result of the library, which is filled again and again. One [Result] has it at a
// time.
type resultCore struct {
	handle *handle
	c      *C.semper_go_result
}

func newResultCore() (*resultCore, error) {
	pointer := C.semper_go_result_create()
	if pointer == nil {
		return nil, &Error{Status: ErrOutOfMemory, Op: "create a result", Message: "out of memory"}
	}
	made := &resultCore{c: pointer}
	made.handle = guard(made, unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.semper_go_result_free((*C.semper_go_result)(p))
	})
	return made, nil
}

// resultCores are those that no Result has.
type resultCores struct {
	mutex  sync.Mutex
	idle   []*resultCore
	most   int
	closed bool
}

func (r *resultCores) take() (*resultCore, error) {
	r.mutex.Lock()
	if last := len(r.idle) - 1; last >= 0 {
		core := r.idle[last]
		r.idle[last] = nil
		r.idle = r.idle[:last]
		r.mutex.Unlock()
		return core, nil
	}
	r.mutex.Unlock()
	return newResultCore()
}

func (r *resultCores) giveBack(core *resultCore) {
	r.mutex.Lock()
	keeps := !r.closed && len(r.idle) < r.most
	if keeps {
		r.idle = append(r.idle, core)
	}
	r.mutex.Unlock()
	if !keeps {
		core.handle.close()
	}
}

func (r *resultCores) close() {
	r.mutex.Lock()
	idle := r.idle
	r.idle, r.closed = nil, true
	r.mutex.Unlock()
	for _, core := range idle {
		core.handle.close()
	}
}

// Result holds the records of one call. It belongs to nobody but you, and stays when the evaluator
// and the policy set are closed. Goroutines may read it at the same time, while none closes it.
//
// Close it when you are done: then its memory serves the next call. Where that is forgotten, it is
// given back when the result is collected. Using a result or one of its records after Close panics.
type Result struct {
	core   *resultCore
	home   *resultCores
	closed atomic.Bool
}

// Close ends the result, its records, and every view into it. It always returns nil, and may be
// called again.
func (r *Result) Close() error {
	if !r.closed.Swap(true) {
		r.home.giveBack(r.core)
	}
	return nil
}

// open returns what Go reads of the library's result. Who reads it keeps r alive until then: without
// it, the collector may give the memory back.
func (r *Result) open() *C.semper_go_result {
	if r.closed.Load() {
		panic("semper: a result, or a record of it, is used after Close")
	}
	return r.core.c
}

func (r *Result) records() []C.semper_record_t {
	c := r.open()
	return unsafe.Slice(c.records, int(c.count))
}

func (r *Result) count() Counters {
	defer runtime.KeepAlive(r)
	var counters Counters
	for _, record := range r.records() {
		counters.In++
		switch Decision(record.decision) {
		case Relevant:
			counters.Relevant++
		case Dropped:
			counters.Dropped++
		case NoFinding:
			counters.NoFinding++
		default:
			counters.Invalid++
		}
	}
	return counters
}

// Len returns how many records there are.
func (r *Result) Len() int {
	defer runtime.KeepAlive(r)
	return int(r.open().count)
}

// Record returns the record with this index, from 0; it panics where there is none.
func (r *Result) Record(index int) Record {
	defer runtime.KeepAlive(r)
	return Record{result: r, from: r.records()[index], index: index}
}

// Records yields all records in their order: those of the first event first.
func (r *Result) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for index := range r.Len() {
			if !yield(r.Record(index)) {
				return
			}
		}
	}
}

// NDJSON returns a copy of all records that have JSON, each with its newline.
func (r *Result) NDJSON() []byte { return r.AppendNDJSON(nil) }

// AppendNDJSON appends what [Result.NDJSON] returns.
func (r *Result) AppendNDJSON(to []byte) []byte {
	defer runtime.KeepAlive(r)
	return append(to, borrowedBytes(r.open().ndjson)...)
}

// NDJSONView returns the same without a copy: memory of the library, which must not be written to,
// nor be used after the result is closed or no longer referred to (see [runtime.KeepAlive]).
func (r *Result) NDJSONView() []byte {
	defer runtime.KeepAlive(r)
	return borrowedBytes(r.open().ndjson)
}

// WriteTo writes all records that have JSON, each with its newline, in one call of w.Write.
func (r *Result) WriteTo(w io.Writer) (int64, error) {
	defer runtime.KeepAlive(r)
	view := r.NDJSONView()
	if len(view) == 0 {
		return 0, nil
	}
	written, err := w.Write(view)
	return int64(written), err
}

// PolicySet returns the policy set that decided; close it.
func (r *Result) PolicySet() (*PolicySet, error) {
	defer runtime.KeepAlive(r)
	var pointer *C.semper_policy_set_t
	var failure *C.semper_error_t
	status := C.semper_result_policy_set(r.open().result, &pointer, &failure)
	if err := check("get", status, failure); err != nil {
		return nil, err
	}
	return newPolicySet(pointer), nil
}

// Record is one finding with its decision. It is a reference into its [Result], and ends with it.
type Record struct {
	result *Result
	from   C.semper_record_t
	index  int
}

func (r *Record) c() *C.semper_record_t {
	r.result.open()
	return &r.from
}

// Index is the number of the record in its result, from 0.
func (r Record) Index() int { return r.index }

// Decision is what became of the finding.
func (r Record) Decision() Decision { return Decision(r.c().decision) }

// Event is the number of the event in the call, from 0.
func (r Record) Event() int { return int(r.c().event) }

// JSON returns a copy of the record's JSON, one line without the newline. It is empty only where an
// option of the evaluator says so.
func (r Record) JSON() []byte { return r.AppendJSON(nil) }

// AppendJSON appends what [Record.JSON] returns.
func (r Record) AppendJSON(to []byte) []byte {
	defer runtime.KeepAlive(r.result)
	return append(to, borrowedBytes(r.c().json)...)
}

// JSONView returns the same without a copy: memory of the library, which must not be written to, nor
// be used after the result is closed or no longer referred to (see [runtime.KeepAlive]).
func (r Record) JSONView() []byte { return borrowedBytes(r.c().json) }

// Hits returns why each policy of the verdict stands there.
func (r Record) Hits() []Hit {
	count := int(r.c().hit_count)
	if count == 0 {
		return nil
	}
	defer runtime.KeepAlive(r.result)
	from := make([]C.semper_hit_t, count)
	var failure *C.semper_error_t
	status := C.semper_go_hits(r.result.open().result, C.size_t(r.index), unsafe.SliceData(from),
		C.size_t(count), &failure)
	if err := check("read hits", status, failure); err != nil {
		panic(err) // the record says that they are there
	}
	hits := make([]Hit, count)
	for i := range from {
		hits[i] = Hit{
			Effect: Effect(from[i].effect),
			Policy: int(from[i].policy),
			ID:     copied(from[i].id),
			Title:  copied(from[i].title),
			Reason: copied(from[i].reason),
			Ticket: copied(from[i].ticket),
		}
	}
	return hits
}

// RouteType is a way to send a record.
type RouteType int32

// Ways.
const (
	// RouteSQS: to a queue, as an sqsFanOut block says.
	RouteSQS RouteType = C.SEMPER_ROUTE_SQS
	// RouteSecurityHub: by BatchImportFindings, as a sendToSecurityHub block says.
	RouteSecurityHub RouteType = C.SEMPER_ROUTE_SECURITY_HUB
)

// Route is where an extension policy sends a record: all you need to send it. It is a copy, and stays
// when the result is closed.
type Route struct {
	Type RouteType
	// Target is a JSON object. SQS: {"type": "sqs", "policy": …, "queueName" or "queueUrl": …,
	// "instructions": the whole block}; Security Hub: {"type": "securityhub", "policy": …,
	// "accountId": …, "region": …}.
	Target []byte
	// Record is what to send. SQS: the record; Security Hub: a finding in ASFF.
	Record []byte
}

// Routes returns to where the record is to be sent; none unless it is relevant. What could not be
// routed is a note "unroutable" of the record.
func (r Record) Routes() []Route {
	defer runtime.KeepAlive(r.result)
	result := r.result.open().result
	count := int(C.semper_result_route_count(result, C.size_t(r.index)))
	if count == 0 {
		return nil
	}
	from := make([]C.semper_route_t, count)
	var failure *C.semper_error_t
	status := C.semper_go_routes(result, C.size_t(r.index), unsafe.SliceData(from), C.size_t(count), &failure)
	if err := check("read routes", status, failure); err != nil {
		panic(err) // the record says that they are there
	}
	routes := make([]Route, count)
	for i := range from {
		routes[i] = Route{
			Type:   RouteType(from[i]._type),
			Target: bytes.Clone(borrowedBytes(from[i].target)),
			Record: bytes.Clone(borrowedBytes(from[i].record)),
		}
	}
	return routes
}

// HitCount returns how many hits there are, without reading them.
func (r Record) HitCount() int { return int(r.c().hit_count) }

// Normalized returns the normalized field with this name ("severity"; the project's
// docs/normalized.md lists them): the decoded text of a string, and the JSON text of anything else.
// [ErrNotFound]: the record has no such field, or no JSON. For many fields parse the record.
func (r Record) Normalized(name string) (string, Kind, error) {
	defer runtime.KeepAlive(r.result)
	var value C.semper_string_view_t
	var kind C.int32_t
	var failure *C.semper_error_t
	status := C.semper_result_normalized(r.result.open().result, C.size_t(r.index), view(name), &value, &kind, &failure)
	if err := check("read a normalized field", status, failure); err != nil {
		return "", 0, err
	}
	return copied(value), Kind(kind), nil
}

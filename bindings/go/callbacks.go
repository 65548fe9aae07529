package semper

// #include "shim.h"
import "C"

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime/cgo"
	"runtime/debug"
	"time"
	"unsafe"
)

// No panic passes a function of this file: the frames of the library are above it.

//export semperGoLookup
func semperGoLookup(state C.uintptr_t, call *C.semper_call_t, views *C.semper_string_view_t, count C.size_t, remaining C.int64_t) {
	provider := cgo.Handle(state).Value().(Provider)
	keys := make([]string, int(count))
	for i, key := range unsafe.Slice(views, int(count)) {
		keys[i] = copied(key)
	}
	ctx := context.Background()
	if int64(remaining) != math.MaxInt64 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(remaining))
		defer cancel()
	}
	answers, err := lookup(ctx, provider, keys)
	answer(call, len(keys), answers, err)
}

func lookup(ctx context.Context, provider Provider, keys []string) (answers []Answer, err error) {
	defer func() {
		if value := recover(); value != nil {
			answers, err = nil, fmt.Errorf("the provider panicked: %v", value)
		}
	}()
	return provider.Lookup(ctx, keys)
}

// answer hands all answers over in one call.
func answer(call *C.semper_call_t, count int, answers []Answer, err error) {
	if len(answers) != count {
		if err == nil && len(answers) > 0 {
			err = fmt.Errorf("the provider gave %d answers for %d keys", len(answers), count)
		}
		answers = make([]Answer, count)
	}
	reason := "the provider gave no answer"
	if err != nil {
		reason = errorText(err)
	}
	all := make([]C.semper_go_key_answer, count)
	var texts []byte
	for i, a := range answers {
		if a == (Answer{}) {
			a = Failed(reason)
		}
		all[i].kind = a.kind
		all[i].size = C.size_t(len(a.text))
		all[i].age_seconds = C.uint64_t(a.age / time.Second)
		texts = append(texts, a.text...)
	}
	C.semper_go_answer(call, unsafe.SliceData(all),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(texts))), C.size_t(count))
}

// errorText survives an Error method that panics, as that of a nil pointer in an error does.
func errorText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("the provider failed (%T)", err)
		}
	}()
	return err.Error()
}

//export semperGoWritePlan
func semperGoWritePlan(state C.uintptr_t, path, piece C.semper_string_view_t) (stops C.int32_t) {
	plan := cgo.Handle(state).Value().(*planning)
	defer func() {
		if value := recover(); value != nil {
			plan.failure = &PanicError{Of: "the writer of a plan", Value: value, Stack: debug.Stack()}
		}
		if plan.failure != nil {
			stops = 1
		}
	}()
	plan.failure = plan.write(copied(path), borrowedBytes(piece))
	return 0
}

//export semperGoWarnOfPlan
func semperGoWarnOfPlan(state C.uintptr_t, warning *C.semper_diagnostic_t) {
	plan := cgo.Handle(state).Value().(*planning)
	plan.warnings = append(plan.warnings, toDiagnostic(warning))
}

// clock is a function of the host, and how it panicked in the call under way.
type clock struct {
	now      func() time.Time
	panicked *PanicError
}

//export semperGoNow
func semperGoNow(state C.uintptr_t) (seconds C.int64_t) {
	clock := cgo.Handle(state).Value().(*clock)
	defer func() {
		if value := recover(); value != nil {
			clock.panicked = &PanicError{Of: "the clock", Value: value, Stack: debug.Stack()}
			seconds = C.int64_t(time.Now().Unix())
		}
	}()
	return C.int64_t(clock.now().Unix())
}

//export semperGoDestroy
func semperGoDestroy(state C.uintptr_t) {
	handle := cgo.Handle(state)
	value := handle.Value()
	handle.Delete()
	if closer, ok := value.(io.Closer); ok {
		defer func() { _ = recover() }()
		_ = closer.Close()
	}
}

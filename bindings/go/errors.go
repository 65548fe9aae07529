package semper

// #include "shim.h"
// #cgo noescape semper_go_error_diagnostics
// #cgo nocallback semper_go_error_diagnostics
import "C"

import (
	"fmt"
	"unsafe"
)

// Status says what kind of failure an [Error] is. It is an error itself, for [errors.Is]:
//
//	if errors.Is(err, semper.ErrInvalidPolicy) { … }
type Status int32

// The statuses. A value that is none of them comes from a newer library.
const (
	// ErrInvalidArgument: an argument is unusable; the call must be mended.
	ErrInvalidArgument Status = C.SEMPER_INVALID_ARGUMENT
	// ErrInvalidPolicy: policies, a pattern or a scope do not load; see [Error.Diagnostics].
	ErrInvalidPolicy Status = C.SEMPER_INVALID_POLICY
	// ErrInvalidEvent: the bytes are no event ([Pattern] and [Scope] only; evaluators give a record
	// of decision [Invalid] instead).
	ErrInvalidEvent Status = C.SEMPER_INVALID_EVENT
	// ErrLimitExceeded: larger than a limit, which the message names.
	ErrLimitExceeded Status = C.SEMPER_LIMIT_EXCEEDED
	// ErrIO: the operating system refused; the message names the file.
	ErrIO Status = C.SEMPER_IO
	// ErrNotFound: an index, name or value that is not there.
	ErrNotFound Status = C.SEMPER_NOT_FOUND
	// ErrUnsupported: this build or version of the library cannot do it.
	ErrUnsupported Status = C.SEMPER_UNSUPPORTED
	// ErrBusy: the object is in use by a call that still runs; it is for one goroutine at a time.
	ErrBusy Status = C.SEMPER_BUSY
	// ErrOutOfMemory: nothing happened; the objects are as usable as before.
	ErrOutOfMemory Status = C.SEMPER_OUT_OF_MEMORY
	// ErrInternal: a bug in the library; please report the message.
	ErrInternal Status = C.SEMPER_INTERNAL
)

// Error returns the name of the status: "semper: invalid_policy".
func (s Status) Error() string {
	name := borrowed(C.semper_status_name(C.int32_t(s)))
	if name == "" {
		return fmt.Sprintf("semper: status %d", int32(s))
	}
	return "semper: " + name
}

// Error is how a call failed. [errors.As] finds it, [errors.Is] compares its Status.
type Error struct {
	// Status is the kind of failure.
	Status Status
	// Op is what was tried: "compile".
	Op string
	// Message is one sentence for the person who must mend it.
	Message string
	// Diagnostics are the problems found in policies, a pattern or a scope, in the order of files and
	// places, warnings too. Only an ErrInvalidPolicy has some.
	Diagnostics []Diagnostic
}

// Error returns what was tried and the message, on one line.
func (e *Error) Error() string { return "semper: " + e.Op + ": " + e.Message }

// Unwrap returns the status.
func (e *Error) Unwrap() error { return e.Status }

var errBusy = &Error{
	Status:  ErrBusy,
	Op:      "use",
	Message: "a call that uses the same object is still running; use one per goroutine, and none in a callback",
}

// PanicError is returned by a call whose clock ([EvaluatorOptions.Now]) or writer ([Compiler.Plan])
// panicked. An evaluator hands nothing of the call out. (What a provider panics with becomes the
// reason of a failed lookup.)
type PanicError struct {
	// Of is what panicked: "the clock".
	Of string
	// Value is what panic was called with.
	Value any
	// Stack is the stack of the goroutine at that time.
	Stack []byte
}

// Error returns the value of the panic.
func (e *PanicError) Error() string { return fmt.Sprintf("semper: %s panicked: %v", e.Of, e.Value) }

// Severity is how bad a [Diagnostic] is.
type Severity int32

// Severities.
const (
	SeverityWarning Severity = C.SEMPER_SEVERITY_WARNING
	SeverityError   Severity = C.SEMPER_SEVERITY_ERROR
)

// String returns "warning" or "error".
func (s Severity) String() string {
	switch s {
	case SeverityWarning:
		return "warning"
	case SeverityError:
		return "error"
	}
	return fmt.Sprintf("severity(%d)", int32(s))
}

// Diagnostic is one problem in a policy, pattern or scope.
type Diagnostic struct {
	Severity Severity
	// Code is stable: "unknown_comparator". The project's docs/diagnostics.md explains each.
	Code string
	// File is the path, the id of a policy from memory, or the number of a pattern.
	File string
	// Pointer is the JSON Pointer (RFC 6901) of the offending value or key.
	Pointer string
	// Message says what is wrong, and what to write instead.
	Message string
	// Offset counts bytes from the start of the text.
	Offset int
	// Line and Column (in bytes) count from 1; Line 0: there is no place.
	Line, Column int
}

// String returns "file:line:column: severity: message [code]".
func (d Diagnostic) String() string {
	place := d.File
	if d.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Column)
	}
	if place != "" {
		place += ": "
	}
	return fmt.Sprintf("%s%s: %s [%s]", place, d.Severity, d.Message, d.Code)
}

// check makes the error of a call that failed, and frees what the library gave; nil for SEMPER_OK.
func check(op string, status C.int32_t, from *C.semper_error_t) error {
	if status == C.SEMPER_OK {
		return nil
	}
	made := &Error{Status: Status(status), Op: op}
	made.Message = copied(C.semper_error_message(from))
	if made.Message == "" {
		made.Message = made.Status.Error()
	}
	made.Diagnostics = gatherDiagnostics(func(to *C.semper_diagnostic_t, capacity int) int {
		return int(C.semper_go_error_diagnostics(from, to, C.size_t(capacity)))
	})
	C.semper_error_free(from)
	return made
}

// gatherDiagnostics copies all that `fill` has; it fills up to a capacity and tells how many there are.
func gatherDiagnostics(fill func(to *C.semper_diagnostic_t, capacity int) int) []Diagnostic {
	count := fill(nil, 0)
	if count == 0 {
		return nil
	}
	from := make([]C.semper_diagnostic_t, count)
	fill(unsafe.SliceData(from), count)
	made := make([]Diagnostic, count)
	for i, d := range from {
		made[i] = toDiagnostic(&d)
	}
	return made
}

func toDiagnostic(from *C.semper_diagnostic_t) Diagnostic {
	return Diagnostic{
		Severity: Severity(from.severity),
		Code:     copied(from.code),
		File:     copied(from.file),
		Pointer:  copied(from.pointer),
		Message:  copied(from.message),
		Offset:   int(from.offset),
		Line:     int(from.line),
		Column:   int(from.column),
	}
}

package semper

// #include "shim.h"
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// ScopeKind is what a scope document is.
type ScopeKind int32

// Kinds of scopes.
const (
	// ScopePolicy is a policyScope: accounts and regions.
	ScopePolicy ScopeKind = C.SEMPER_SCOPE_POLICY
	// ScopeList is a list scope: regions alone.
	ScopeList ScopeKind = C.SEMPER_SCOPE_LIST
)

// Truth is an answer that may be unknown.
type Truth int32

// Answers.
const (
	No  Truth = C.SEMPER_NO
	Yes Truth = C.SEMPER_YES
	// Unknown: what is known does not tell.
	Unknown Truth = C.SEMPER_UNKNOWN
)

// String returns "no", "yes" or "unknown".
func (t Truth) String() string {
	switch t {
	case No:
		return "no"
	case Yes:
		return "yes"
	case Unknown:
		return "unknown"
	}
	return fmt.Sprintf("truth(%d)", int32(t))
}

// Place is where a finding is. Everything may be left empty: what is unknown.
type Place struct {
	// AccountContext is a JSON object.
	AccountContext []byte
	// AccountID is used where there is no context.
	AccountID string
	// Region of the finding.
	Region string
	// DefaultRegions are what region scopes start from; none: every region.
	DefaultRegions []string
}

// Scope is a scope alone. It does not change, and any goroutine may use it at any time.
type Scope struct {
	handle *handle
}

// CompileScope compiles a scope, a JSON text. [ErrInvalidPolicy]: the error's diagnostics tell what
// is wrong.
func CompileScope(json []byte, kind ScopeKind) (*Scope, error) {
	if versionProblem != nil {
		return nil, versionProblem
	}
	var pointer *C.semper_scope_t
	var failure *C.semper_error_t
	status := C.semper_scope_compile(viewBytes(json), C.int32_t(kind), &pointer, &failure)
	if err := check("compile a scope", status, failure); err != nil {
		return nil, err
	}
	made := &Scope{}
	made.handle = guard(made, unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.semper_scope_free((*C.semper_scope_t)(p))
	})
	return made, nil
}

// Close gives the scope back. It always returns nil, and may be called again.
func (s *Scope) Close() error {
	s.handle.close()
	return nil
}

// Contains tells whether the place is in the scope. [ErrInvalidEvent]: the account context is no
// JSON object.
func (s *Scope) Contains(place Place) (Truth, error) {
	defer runtime.KeepAlive(s)
	if err := s.handle.enter(); err != nil {
		return Unknown, err
	}
	defer s.handle.leave()
	var pinner runtime.Pinner
	defer pinner.Unpin()
	regions := viewsOf(&pinner, place.DefaultRegions)
	var answer C.int32_t
	var failure *C.semper_error_t
	status := C.semper_go_scope_contains((*C.semper_scope_t)(s.handle.pointer), viewBytes(place.AccountContext),
		view(place.AccountID), view(place.Region), unsafe.SliceData(regions), C.size_t(len(regions)), &answer, &failure)
	if err := check("look at a scope", status, failure); err != nil {
		return Unknown, err
	}
	return Truth(answer), nil
}

package semper

// #include "shim.h"
// #cgo noescape semper_go_compiler_diagnostics
// #cgo nocallback semper_go_compiler_diagnostics
import "C"

import (
	"runtime"
	"strings"
	"unsafe"
)

// Compiler collects policies, providers and options, and compiles them. Most hosts need [Compile]
// only. A compiler is for one goroutine at a time; another gets [ErrBusy].
type Compiler struct {
	handle *handle
}

// NewCompiler returns a compiler without policies. Close it; policy sets that it compiled stay.
func NewCompiler() (*Compiler, error) {
	if versionProblem != nil {
		return nil, versionProblem
	}
	var pointer *C.semper_compiler_t
	var failure *C.semper_error_t
	status := C.semper_compiler_create(&pointer, &failure)
	if err := check("create a compiler", status, failure); err != nil {
		return nil, err
	}
	made := &Compiler{}
	made.handle = guard(made, unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.semper_compiler_free((*C.semper_compiler_t)(p))
	})
	return made, nil
}

// Close gives the compiler back. It always returns nil, and may be called again.
func (c *Compiler) Close() error {
	c.handle.close()
	return nil
}

// alone runs one call of the library.
func (c *Compiler) alone(op string, call func(*C.semper_compiler_t, **C.semper_error_t) C.int32_t) error {
	defer runtime.KeepAlive(c)
	if err := c.handle.enterAlone(); err != nil {
		return err
	}
	defer c.handle.leaveAlone()
	var failure *C.semper_error_t
	status := call((*C.semper_compiler_t)(c.handle.pointer), &failure)
	return check(op, status, failure)
}

// Limits are budgets; 0 is the default of each (the project's docs/limits.md says what lies beyond).
// Those that may be raised go up to 2147483647, the others may be lowered only.
type Limits struct {
	EventBytes      uint64 // of one event; default 16 MiB; may be raised
	EventDepth      uint64 // nested containers of an event; default 1024
	EventFindings   uint64 // of one event; default 100000; may be raised
	PolicyBytes     uint64 // of one policy; default 1 MiB; may be raised
	PatternDepth    uint64 // nested containers of a policy; default 128
	BranchFields    uint64 // of one branch of a pattern; default 256
	Branches        uint64 // of a pattern; default 1000
	WildcardStars   uint64 // of one wildcard; default 64
	RegexBytes      uint64 // of one regular expression; default 4096
	CombinatorDepth uint64 // nested not, and, or; default 16
	Accounts        uint64 // that an evaluator remembers; default 100000; may be raised
}

// SetLimits sets budgets, before the first policy is added. Those of events hold for all evaluators
// of the policy sets.
func (c *Compiler) SetLimits(limits Limits) error {
	return c.alone("set limits", func(to *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		given := C.semper_limits_t{
			struct_size:      C.uint32_t(unsafe.Sizeof(C.semper_limits_t{})),
			event_bytes:      C.uint64_t(limits.EventBytes),
			event_depth:      C.uint64_t(limits.EventDepth),
			event_findings:   C.uint64_t(limits.EventFindings),
			policy_bytes:     C.uint64_t(limits.PolicyBytes),
			pattern_depth:    C.uint64_t(limits.PatternDepth),
			branch_fields:    C.uint64_t(limits.BranchFields),
			branches:         C.uint64_t(limits.Branches),
			wildcard_stars:   C.uint64_t(limits.WildcardStars),
			regex_bytes:      C.uint64_t(limits.RegexBytes),
			combinator_depth: C.uint64_t(limits.CombinatorDepth),
			accounts:         C.uint64_t(limits.Accounts),
		}
		return C.semper_compiler_set_limits(to, &given, failure)
	})
}

// SetDefaultRegions sets the regions that region scopes start from; none (the default): every region.
func (c *Compiler) SetDefaultRegions(regions ...string) error {
	return c.alone("set default regions", func(to *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		var pinner runtime.Pinner
		defer pinner.Unpin()
		views := viewsOf(&pinner, regions)
		return C.semper_compiler_set_default_regions(to, unsafe.SliceData(views), C.size_t(len(views)), failure)
	})
}

// AddRepository reads all policies below a directory, now. [ErrIO]: it cannot be read or is no
// repository. Problems inside policies are no failure here: Compile refuses then.
func (c *Compiler) AddRepository(directory string) error {
	return c.alone("add repository", func(to *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		return C.semper_compiler_add_repository(to, view(directory), failure)
	})
}

// AddPolicy adds one policy from memory. Its id is as its path below a repository would be, without
// .json: "20_filtering/cloudtrail_api_calls/x". [ErrInvalidPolicy]: it does not load and is not
// added; the error has the diagnostics, and Compile will refuse, too.
func (c *Compiler) AddPolicy(id string, json []byte) error {
	return c.alone("add policy", func(to *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		return C.semper_compiler_add_policy(to, view(id), viewBytes(json), failure)
	})
}

// Compile compiles all that was added. [ErrInvalidPolicy]: the error has diagnostics of
// [SeverityError]. The compiler may be used on; the policy set does not change any more.
func (c *Compiler) Compile() (*PolicySet, error) {
	var pointer *C.semper_policy_set_t
	err := c.alone("compile", func(from *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		return C.semper_compiler_compile(from, &pointer, failure)
	})
	if err != nil {
		return nil, err
	}
	return newPolicySet(pointer), nil
}

// Diagnostics returns everything found so far, warnings too: also after Compile succeeded.
func (c *Compiler) Diagnostics() []Diagnostic {
	var found []Diagnostic
	c.alone("read diagnostics", func(from *C.semper_compiler_t, _ **C.semper_error_t) C.int32_t {
		found = gatherDiagnostics(func(to *C.semper_diagnostic_t, capacity int) int {
			return int(C.semper_go_compiler_diagnostics(from, to, C.size_t(capacity)))
		})
		return C.SEMPER_OK
	})
	return found
}

// Option is something that [Compile] does before it compiles: one of the With functions, or a
// function of yours.
type Option func(*Compiler) error

// WithAccounts takes account contexts from a file (the project's docs/providers.md tells what it may
// look like). Without accounts, a policy with an account scope drops nothing. For another type, name
// it: WithBuiltinProvider("accounts", "sqlite:…", nil).
func WithAccounts(file string) Option {
	escaped := strings.NewReplacer("%", "%25", "?", "%3F").Replace(file)
	return WithBuiltinProvider("accounts", "file:"+escaped, nil)
}

// WithBuiltinProvider: see [Compiler.AddBuiltinProvider].
func WithBuiltinProvider(name, specification string, options *ProviderOptions) Option {
	return func(c *Compiler) error { return c.AddBuiltinProvider(name, specification, options) }
}

// WithProvider: see [Compiler.AddProvider].
func WithProvider(name string, kind KeyKind, provider Provider, options *ProviderOptions) Option {
	return func(c *Compiler) error { return c.AddProvider(name, kind, provider, options) }
}

// WithPolicy: see [Compiler.AddPolicy].
func WithPolicy(id string, json []byte) Option {
	return func(c *Compiler) error { return c.AddPolicy(id, json) }
}

// WithRepository adds a further repository: see [Compiler.AddRepository].
func WithRepository(directory string) Option {
	return func(c *Compiler) error { return c.AddRepository(directory) }
}

// WithLimits: see [Compiler.SetLimits].
func WithLimits(limits Limits) Option {
	return func(c *Compiler) error { return c.SetLimits(limits) }
}

// WithDefaultRegions: see [Compiler.SetDefaultRegions].
func WithDefaultRegions(regions ...string) Option {
	return func(c *Compiler) error { return c.SetDefaultRegions(regions...) }
}

// Compile compiles the policies below a directory, with options that are applied first, in their
// order. An empty directory: what the options add, alone. Close the policy set.
func Compile(directory string, options ...Option) (*PolicySet, error) {
	compiler, err := NewCompiler()
	if err != nil {
		return nil, err
	}
	defer compiler.Close()
	for _, apply := range options {
		if err := apply(compiler); err != nil {
			return nil, err
		}
	}
	if directory != "" {
		if err := compiler.AddRepository(directory); err != nil {
			return nil, err
		}
	}
	return compiler.Compile()
}

package semper

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Dialect is a dialect of the pattern language (the project's docs/pattern-language.md).
type Dialect int32

// Dialects.
const (
	DialectSemper      Dialect = C.SEMPER_DIALECT_SEMPER
	DialectEventBridge Dialect = C.SEMPER_DIALECT_EVENTBRIDGE
)

// Arrays is what must match of a list in an event.
type Arrays int32

// Quantifiers.
const (
	// AnyElement: any one; what reveals.
	AnyElement Arrays = C.SEMPER_ARRAYS_ANY
	// AllElements: all of them; what hides. [DialectSemper] only.
	AllElements Arrays = C.SEMPER_ARRAYS_ALL
)

// PatternOptions are how patterns are read. The zero value: [DialectSemper], [AnyElement].
type PatternOptions struct {
	Dialect Dialect
	Arrays  Arrays
}

// Pattern is one or many patterns in one program, without policies around them. It does not change,
// and any goroutine may use it at any time.
type Pattern struct {
	handle *handle
}

// CompilePattern compiles one pattern, a JSON text. Options nil: defaults. [ErrInvalidPolicy]: the
// error's diagnostics tell what is wrong.
func CompilePattern(pattern []byte, options *PatternOptions) (*Pattern, error) {
	return CompilePatterns([][]byte{pattern}, options)
}

// CompilePatterns compiles many patterns, numbered from 0, into one program; what an event costs
// hardly depends on how many there are. [ErrInvalidPolicy]: one of them is wrong; the error's
// diagnostics tell, their File being the pattern's number.
func CompilePatterns(patterns [][]byte, options *PatternOptions) (*Pattern, error) {
	if versionProblem != nil {
		return nil, versionProblem
	}
	if options == nil {
		options = &PatternOptions{}
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	views := appendViews(nil, &pinner, patterns)
	var pointer *C.semper_pattern_t
	var failure *C.semper_error_t
	status := C.semper_pattern_compile(cViews(views), C.size_t(len(views)),
		C.int32_t(options.Dialect), C.int32_t(options.Arrays), &pointer, &failure)
	if err := check("compile patterns", status, failure); err != nil {
		return nil, err
	}
	made := &Pattern{}
	made.handle = guard(made, unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.semper_pattern_free((*C.semper_pattern_t)(p))
	})
	return made, nil
}

// Close gives the pattern back. It always returns nil, and may be called again.
func (p *Pattern) Close() error {
	p.handle.close()
	return nil
}

// Matches tells whether any of the patterns matches the event, a JSON object. [ErrInvalidEvent]: it
// is none; the message begins with the code and a colon: "event_json_syntax: …".
func (p *Pattern) Matches(event []byte) (bool, error) {
	count, err := p.match(event, nil)
	return count > 0, err
}

// Match returns the numbers of the patterns that match the event, ascending; errors as Matches.
func (p *Pattern) Match(event []byte) ([]uint32, error) {
	return p.AppendMatch(nil, event)
}

// AppendMatch appends what [Pattern.Match] returns.
func (p *Pattern) AppendMatch(to []uint32, event []byte) ([]uint32, error) {
	begin := len(to)
	if cap(to)-begin < 16 {
		to = append(to, make([]uint32, 16)...)[:begin]
	}
	for {
		room := to[begin:cap(to)]
		count, err := p.match(event, room)
		if err != nil {
			return to[:begin], err
		}
		if count <= len(room) {
			return to[:begin+count], nil
		}
		to = append(to, make([]uint32, count)...)[:begin]
	}
}

func (p *Pattern) match(event []byte, matched []uint32) (int, error) {
	defer runtime.KeepAlive(p)
	if err := p.handle.enter(); err != nil {
		return 0, err
	}
	defer p.handle.leave()
	var count C.size_t
	var failure *C.semper_error_t
	status := C.semper_pattern_match((*C.semper_pattern_t)(p.handle.pointer), viewBytes(event),
		(*C.uint32_t)(unsafe.SliceData(matched)), C.size_t(len(matched)), &count, &failure)
	if err := check("match", status, failure); err != nil {
		return 0, err
	}
	return int(count), nil
}

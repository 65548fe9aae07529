package semper

// #include "shim.h"
import "C"

import "fmt"

// Version returns the version of the library that is in use: "0.1.0".
func Version() string { return copied(C.semper_version()) }

// HeaderABI and LibraryABI return the ABI that this package was compiled against and the one of the
// library that is in use.
func HeaderABI() (major, minor int) { return split(C.SEMPER_ABI_VERSION) }

// LibraryABI: see [HeaderABI].
func LibraryABI() (major, minor int) { return split(uint32(C.semper_abi_version())) }

func split(version uint32) (major, minor int) { return int(version >> 16), int(version & 0xffff) }

// LiveHandles returns how many handles of the library this process has not closed yet: 0 where
// nothing leaks. For tests. Idle evaluators and results of pools count.
func LiveHandles() int64 { return int64(C.semper_debug_live_handles()) }

// The versions are compared when the package loads. It does not panic then, because a program that
// never uses Semper is none the worse; whatever makes the first object returns this error instead.
var versionProblem = compareVersions(C.SEMPER_ABI_VERSION, uint32(C.semper_abi_version()))

// CheckVersion returns an [Error] of status [ErrUnsupported] where the library that was found at run
// time does not fit the header that this package was compiled against. All functions that make the
// first object ([NewCompiler], [Compile], [CompilePatterns], [CompileScope]) return it, too.
func CheckVersion() error { return versionProblem }

func compareVersions(header, library uint32) error {
	headerMajor, headerMinor := split(header)
	libraryMajor, libraryMinor := split(library)
	if headerMajor == libraryMajor && headerMinor <= libraryMinor {
		return nil
	}
	return &Error{
		Status: ErrUnsupported,
		Op:     "load",
		Message: fmt.Sprintf("compiled against semper.h of ABI %d.%d, but libsemper has ABI %d.%d; "+
			"install the library that belongs to the header, or build again against the library's own header",
			headerMajor, headerMinor, libraryMajor, libraryMinor),
	}
}

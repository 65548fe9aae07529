package semper

import (
	"os"
	"runtime"
	"testing"
	"unsafe"
)

// run_tests asks for this leak, and fails where the leak check does not find it.
func TestPlantedLeak(t *testing.T) {
	if os.Getenv("SEMPER_TEST_LEAK") == "" {
		t.Skip("leaks only when it is asked to")
	}
	// Many, because stale words in Go's heap still point to some.
	for range 100 {
		compiler, err := NewCompiler()
		if err != nil {
			t.Fatal(err)
		}
		compiler.handle.free = func(unsafe.Pointer) {}
		compiler.Close()
		compiler.handle.pointer = nil
	}
	runtime.GC()
}

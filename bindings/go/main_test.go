package semper_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"semper.dev/go/semper"
)

// All tests together leave no handle behind, whether they closed theirs or let them be collected.
func TestMain(m *testing.M) {
	status := m.Run()
	if os.Getenv("SEMPER_TEST_LEAK") != "" {
		os.Exit(status) // the leak check is to find it
	}
	if live := settle(); live != 0 {
		fmt.Fprintf(os.Stderr, "%d handles were not given back\n", live)
		status = 1
	}
	os.Exit(status)
}

// settle collects until no handle is left, and returns how many are.
func settle() int64 {
	for range 200 {
		runtime.GC()
		if semper.LiveHandles() == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return semper.LiveHandles()
}

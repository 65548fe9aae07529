package semper

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCompareVersions(t *testing.T) {
	for _, test := range []struct {
		header, library uint32
		fits            bool
	}{
		{1 << 16, 1 << 16, true},
		{1 << 16, 1<<16 | 7, true},
		{1<<16 | 1, 1 << 16, false},
		{1 << 16, 2 << 16, false},
		{2 << 16, 1<<16 | 9, false},
	} {
		err := compareVersions(test.header, test.library)
		if (err == nil) != test.fits || (err != nil && !errors.Is(err, ErrUnsupported)) {
			t.Errorf("%x, %x: %v", test.header, test.library, err)
		}
	}
}

func TestVersions(t *testing.T) {
	if err := CheckVersion(); err != nil {
		t.Fatal(err)
	}
	headerMajor, headerMinor := HeaderABI()
	libraryMajor, libraryMinor := LibraryABI()
	if headerMajor != libraryMajor || headerMinor > libraryMinor || headerMajor < 1 || strings.Count(Version(), ".") != 2 {
		t.Error(headerMajor, headerMinor, libraryMajor, libraryMinor, Version())
	}
}

// Beside a library of another version, the first use tells so, and nothing else happens.
func TestLibraryOfAnotherVersion(t *testing.T) {
	if os.Getenv("SEMPER_TEST_OTHER_VERSION") != "" {
		for i, err := range []error{
			first(NewCompiler()), first(Compile("")), first(CompilePatterns(nil, nil)), first(CompileScope(nil, ScopePolicy)),
		} {
			if err == nil || !strings.Contains(err.Error(), "libsemper has ABI 9.3") || !errors.Is(err, ErrUnsupported) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		return
	}
	if !canPreload {
		t.Skip("static libraries cannot be replaced, and none may be loaded before AddressSanitizer")
	}
	other := filepath.Join(t.TempDir(), "other.so")
	compiler := exec.Command("cc", "-shared", "-fPIC", "-x", "c", "-o", other, "-")
	compiler.Stdin = strings.NewReader("unsigned semper_abi_version(void) { return 9u << 16 | 3; }")
	if output, err := compiler.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	again := exec.Command(os.Args[0], "-test.run=^TestLibraryOfAnotherVersion$", "-test.v")
	again.Env = append(os.Environ(), "SEMPER_TEST_OTHER_VERSION=1", "LD_PRELOAD="+other)
	output, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS") {
		t.Errorf("%v: %s", err, output)
	}
}

func first[T any](_ T, err error) error { return err }

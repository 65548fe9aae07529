package semper_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The program of the README is compiled and run as a user would.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("links a program")
	}
	program := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindSubmatch(must(os.ReadFile("README.md"))(t))
	if program == nil {
		t.Fatal("there is no program")
	}
	here := must(filepath.Abs("."))(t)
	directory := t.TempDir()
	for name, text := range map[string]string{
		"main.go": string(program[1]),
		"go.mod":  "module readme\n\ngo 1.24\n",
	} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(directory string, arguments ...string) string {
		command := exec.Command(arguments[0], arguments[1:]...)
		command.Dir = directory
		command.Stdin = bytes.NewReader(deleteRole)
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", arguments, err, output)
		}
		return string(output)
	}
	run(directory, "go", "mod", "edit", "-require=semper.dev/go/semper@v0.0.0", "-replace=semper.dev/go/semper="+here)
	run(directory, "go", "build", "-o", "program", ".")
	output := run("../..", filepath.Join(directory, "program"))
	if !strings.HasPrefix(output, `relevant {"finding":`) || !strings.HasSuffix(output, "}\n") {
		t.Error(output)
	}
}

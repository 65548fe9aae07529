package semper_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are the texts of the package's files, without tests.
func sources(t *testing.T) map[string]string {
	texts := map[string]string{}
	for _, pattern := range []string{"*.go", "shim.c"} {
		for _, name := range must(filepath.Glob(pattern))(t) {
			if !strings.HasSuffix(name, "_test.go") {
				texts[name] = string(must(os.ReadFile(name))(t))
			}
		}
	}
	return texts
}

// Hosts in Go can do all that the C ABI can: a function that is added there fails here.
func TestAllOfTheABIIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, text := range sources(t) {
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(text, -1) {
			used[word] = true
		}
	}
	functions := map[string]bool{}
	for _, name := range []string{"semper.h", "debug.h"} {
		header := string(must(os.ReadFile("../../include/semper/" + name))(t))
		for _, found := range regexp.MustCompile(`(?s)SEMPER_API [^;(]*?\b(semper_\w+)\(`).FindAllStringSubmatch(header, -1) {
			functions[found[1]] = true
		}
		// Options, flags and values, too.
		for _, found := range regexp.MustCompile(`(?m)^#define (SEMPER_[A-Z0-9_]+)\s+[^(\s]`).FindAllStringSubmatch(header, -1) {
			functions[found[1]] = true
		}
	}
	if len(functions) < 90 {
		t.Fatalf("only %d names were found in the headers", len(functions))
	}
	// The status comes with the call that fails; the rest is for C.
	elsewhere := []string{"semper_error_status", "SEMPER_ABI_MAJOR", "SEMPER_ABI_MINOR", "SEMPER_API", "SEMPER_SEMPER_H", "SEMPER_DEBUG_H"}
	for name := range functions {
		if strings.HasSuffix(name, "_INIT") || strings.HasSuffix(name, "_SIZE_1_0") || slices.Contains(elsewhere, name) {
			continue
		}
		if !used[name] {
			t.Errorf("%s is not used", name)
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	count := 0
	for name, text := range sources(t) {
		if filepath.Ext(name) != ".go" {
			continue
		}
		file := must(parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments))(t)
		want := func(name *ast.Ident, docs ...*ast.CommentGroup) {
			if !name.IsExported() {
				return
			}
			count++
			for _, doc := range docs {
				if doc != nil {
					return
				}
			}
			t.Errorf("%s has no comment", name)
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				want(d.Name, d.Doc)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						want(s.Name, s.Doc, d.Doc)
					case *ast.ValueSpec:
						for _, name := range s.Names {
							want(name, s.Doc, s.Comment, d.Doc)
						}
					}
				}
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d names were looked at", count)
	}
}

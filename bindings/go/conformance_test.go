package semper_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"semper.dev/go/semper"
)

// vector is one line of tests/conformance/*.jsonl.
type vector map[string]json.RawMessage

func (v vector) text(key string) string {
	var text string
	if raw, ok := v[key]; ok {
		if err := json.Unmarshal(raw, &text); err != nil {
			panic(err)
		}
	}
	return text
}

func (v vector) flag(t *testing.T, key string) bool {
	var flag bool
	if err := json.Unmarshal(v[key], &flag); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return flag
}

func (v vector) strings(t *testing.T, key string) []string {
	var list []string
	if err := json.Unmarshal(v[key], &list); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return list
}

// json returns the bytes of a pattern, event or scope.
func (v vector) json(t *testing.T, key string) []byte {
	if raw, ok := v[key]; ok {
		return raw
	}
	if _, ok := v[key+"_text"]; ok {
		return []byte(v.text(key + "_text"))
	}
	if _, ok := v[key+"_b64"]; !ok {
		t.Fatalf("no %s", key)
	}
	bytes, err := base64.StdEncoding.DecodeString(v.text(key + "_b64"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func (v vector) dialects(t *testing.T) []semper.Dialect {
	switch v.text("dialect") {
	case "both":
		return []semper.Dialect{semper.DialectEventBridge, semper.DialectSemper}
	case "eventbridge":
		return []semper.Dialect{semper.DialectEventBridge}
	case "semper":
		return []semper.Dialect{semper.DialectSemper}
	}
	t.Fatalf("dialect %q", v.text("dialect"))
	return nil
}

func (v vector) arrays(t *testing.T) semper.Arrays {
	switch v.text("arrays") {
	case "", "any":
		return semper.AnyElement
	case "all":
		return semper.AllElements
	}
	t.Fatalf("arrays %q", v.text("arrays"))
	return 0
}

// codeOf is the code of the first error in what does not compile; "" where it does.
func codeOf(t *testing.T, err error) string {
	if err == nil {
		return ""
	}
	if !errors.Is(err, semper.ErrInvalidPolicy) {
		t.Errorf("not ErrInvalidPolicy: %v", err)
	}
	var failure *semper.Error
	if !errors.As(err, &failure) || len(failure.Diagnostics) == 0 {
		t.Fatalf("no diagnostics: %v", err)
	}
	first := failure.Diagnostics[0]
	if first.Message == "" || first.Severity != semper.SeverityError || first.Line < 1 {
		t.Errorf("diagnostic lacks something: %+v", first)
	}
	return first.Code
}

func (v vector) run(t *testing.T) {
	switch kind := v.text("kind"); kind {
	case "match", "invalid", "event-error":
		for _, dialect := range v.dialects(t) {
			v.runPattern(t, kind, dialect)
		}
	case "scope", "scope-invalid":
		v.runScope(t, semper.ScopePolicy)
	case "effective-list", "effective-list-invalid":
		v.runScope(t, semper.ScopeList)
	default:
		t.Errorf("unknown kind %q", kind)
	}
}

func (v vector) runPattern(t *testing.T, kind string, dialect semper.Dialect) {
	options := &semper.PatternOptions{Dialect: dialect, Arrays: v.arrays(t)}
	pattern, err := semper.CompilePattern(v.json(t, "pattern"), options)
	wanted := ""
	if kind == "invalid" {
		wanted = v.text("error")
	}
	if code := codeOf(t, err); code != wanted {
		t.Errorf("dialect %d: %q instead of %q: %v", dialect, code, wanted, err)
	}
	if err != nil {
		return
	}
	defer pattern.Close()
	if kind == "invalid" {
		return
	}
	matches, err := pattern.Matches(v.json(t, "event"))
	if kind == "match" {
		if err != nil || matches != v.flag(t, "match") {
			t.Errorf("dialect %d: matches: %v, %v", dialect, matches, err)
		}
		numbers, err := pattern.Match(v.json(t, "event"))
		if err != nil || (len(numbers) == 1) != matches {
			t.Errorf("dialect %d: numbers: %v, %v", dialect, numbers, err)
		}
		return
	}
	var failure *semper.Error
	if !errors.Is(err, semper.ErrInvalidEvent) || !errors.As(err, &failure) {
		t.Fatalf("not ErrInvalidEvent: %v", err)
	}
	if code, _, _ := strings.Cut(failure.Message, ":"); code != v.text("error") {
		t.Errorf("dialect %d: %s", dialect, failure.Message)
	}
}

func (v vector) runScope(t *testing.T, kind semper.ScopeKind) {
	scope, err := semper.CompileScope(v.json(t, "scope"), kind)
	if code := codeOf(t, err); code != v.text("error") {
		t.Errorf("%q: %v", code, err)
	}
	if err != nil {
		return
	}
	defer scope.Close()
	contains := func(place semper.Place) bool {
		answer, err := scope.Contains(place)
		if err != nil {
			t.Error(err)
		}
		return answer == semper.Yes
	}
	if kind == semper.ScopePolicy {
		place := semper.Place{AccountContext: v.json(t, "account"), Region: v.text("region")}
		if contains(place) != v.flag(t, "in_scope") {
			t.Errorf("in scope: %v", !v.flag(t, "in_scope"))
		}
		return
	}
	defaults := v.strings(t, "defaults")
	effective := v.strings(t, "effective")
	for _, region := range append(defaults, effective...) {
		place := semper.Place{Region: region, DefaultRegions: defaults}
		if contains(place) != slices.Contains(effective, region) {
			t.Errorf("%s: contained: %v", region, contains(place))
		}
	}
}

func TestConformance(t *testing.T) {
	files, err := filepath.Glob("../../tests/conformance/*.jsonl")
	if err != nil || len(files) < 2 {
		t.Fatalf("the vectors of the pattern language are missing: %v %v", files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			lines := bufio.NewScanner(file)
			lines.Buffer(nil, 64<<20)
			count := 0
			for lines.Scan() {
				var v vector
				if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
					t.Fatalf("line %d: %v", count+1, err)
				}
				t.Run(v.text("id"), v.run)
				count++
			}
			if lines.Err() != nil || count < 100 {
				t.Fatalf("%d vectors: %v", count, lines.Err())
			}
			t.Logf("%d vectors", count)
		})
	}
}

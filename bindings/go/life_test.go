package semper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"semper.dev/go/semper"
)

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestWhatProvidersDo(t *testing.T) {
	found := semper.FoundString(testAccount)
	for _, test := range []struct {
		name    string
		answers []semper.Answer
		err     error
		panics  any
		wanted  semper.Decision
		reason  string
	}{
		{name: "answers", answers: []semper.Answer{found}, wanted: semper.Dropped},
		{name: "answers with a value", answers: []semper.Answer{semper.FoundValue(map[string]any{"accountTags": map[string]string{"env": "test"}})}, wanted: semper.Dropped},
		{name: "answers with what was", answers: []semper.Answer{semper.Stale([]byte(testAccount), 90*time.Second)}, wanted: semper.Dropped},
		{name: "is absent", answers: []semper.Answer{semper.Absent()}, wanted: semper.Relevant},
		{name: "returns nothing", wanted: semper.Relevant, reason: "the provider gave no answer"},
		{name: "returns an empty answer", answers: make([]semper.Answer, 1), wanted: semper.Relevant, reason: "the provider gave no answer"},
		{name: "fails", answers: []semper.Answer{semper.Failed("the table is down")}, wanted: semper.Relevant, reason: "the table is down"},
		{name: "fails without a reason", answers: []semper.Answer{semper.Failed("")}, wanted: semper.Relevant},
		{name: "errs", err: errors.New("no route"), wanted: semper.Relevant, reason: "no route"},
		{name: "errs with an answer", answers: []semper.Answer{found}, err: errors.New("half"), wanted: semper.Dropped},
		{name: "errs with an error that panics", err: (*nilError)(nil), wanted: semper.Relevant, reason: "*semper_test.nilError"},
		{name: "answers too often", answers: []semper.Answer{found, found}, wanted: semper.Relevant, reason: "2 answers for 1 keys"},
		{name: "answers garbage", answers: []semper.Answer{semper.FoundString("no JSON")}, wanted: semper.Relevant},
		{name: "answers with what is no JSON", answers: []semper.Answer{semper.FoundValue(func() {})}, wanted: semper.Relevant, reason: "unsupported type"},
		{name: "panics", panics: "out of luck", wanted: semper.Relevant, reason: "the provider panicked: out of luck"},
		{name: "panics with an error", panics: io.ErrUnexpectedEOF, wanted: semper.Relevant, reason: "unexpected EOF"},
		{name: "panics with nil", panics: (*int)(nil), wanted: semper.Relevant, reason: "panicked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lookup := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
				if len(keys) != 1 || keys[0] != "111122223333" {
					t.Errorf("keys %q", keys)
				}
				if _, has := ctx.Deadline(); has {
					t.Error("there is a deadline")
				}
				if test.panics != nil {
					panic(test.panics)
				}
				return test.answers, test.err
			}
			policies := compile(t, testAccountsPolicy, semper.ProviderFunc(lookup), nil)
			for range 2 {
				pool := must(policies.NewPool(&semper.EvaluatorOptions{Now: in(2026)}))(t)
				wantDecision(t, pool, deleteRole, test.wanted, test.reason)
				pool.Close()
			}
		})
	}
}

func TestStaleAnswer(t *testing.T) {
	policies := compile(t, testAccountsPolicy, semper.ProviderFunc(func(context.Context, []string) ([]semper.Answer, error) {
		return []semper.Answer{semper.Stale([]byte(testAccount), 90*time.Second)}, nil
	}), nil)
	result := must(policies.Evaluate(deleteRole))(t)
	defer result.Close()
	if record := string(result.NDJSON()); !strings.Contains(record, `"status":"stale","ageSeconds":90`) {
		t.Error(record)
	}
}

// Answers go to the keys that they belong to.
func TestSeveralKeys(t *testing.T) {
	lookup := func(_ context.Context, keys []string) ([]semper.Answer, error) {
		answers := make([]semper.Answer, len(keys))
		for i, key := range keys {
			switch {
			case strings.HasPrefix(key, "absent"):
				answers[i] = semper.Absent()
			case strings.HasPrefix(key, "failed"):
				answers[i] = semper.Failed("why " + key)
			default:
				answers[i] = semper.FoundValue(map[string]string{"of": key})
			}
		}
		return answers, nil
	}
	policies := must(semper.Compile("", semper.WithPolicy("30_extension/owners", []byte(`{"extension": {
	 "findingPattern": {"detail": {"keys": [{"exists": true}]}},
	 "contextBlock": [{"provider": "cmdb", "key": "${raw.detail.keys[*]}"}]}}`)),
		semper.WithProvider("cmdb", semper.KeyString, semper.ProviderFunc(lookup), nil)))(t)
	defer policies.Close()
	var keys, wanted []string
	for i := range 40 { // more than the few that need no memory of their own
		key := fmt.Sprintf("key %d ü", i)
		keys = append(keys, key)
		wanted = append(wanted, fmt.Sprintf(`{"key":"%s","value":{"of":"%s"}}`, key, key))
	}
	keys = append(keys, "absent", "failed", "")
	list, _ := json.Marshal(keys)
	event := strings.Replace(string(deleteRole), `"detail": {`, `"detail": {"keys": `+string(list)+`, `, 1)
	result := must(policies.Evaluate([]byte(event)))(t)
	defer result.Close()
	record := string(result.Record(0).JSON())
	for _, part := range append(wanted, "why failed", `"absent"`) {
		if !strings.Contains(record, part) {
			t.Fatalf("%s is not in %s", part, record)
		}
	}
}

func TestSlowProvider(t *testing.T) {
	slow := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
		deadline, has := ctx.Deadline()
		if left := time.Until(deadline); !has || left > 20*time.Millisecond {
			t.Errorf("deadline %v, %v", has, left)
		}
		<-ctx.Done()
		return fromTest(ctx, keys)
	}
	policies := compile(t, testAccountsPolicy, semper.ProviderFunc(slow), &semper.ProviderOptions{Deadline: 20 * time.Millisecond})
	wantDecision(t, policies, deleteRole, semper.Relevant, "")
	// Within the deadline, or where there is none, the same provider is believed.
	quick := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
		if _, has := ctx.Deadline(); has {
			t.Error("there is a deadline")
		}
		time.Sleep(time.Millisecond)
		return fromTest(ctx, keys)
	}
	policies = compile(t, testAccountsPolicy, semper.ProviderFunc(quick), &semper.ProviderOptions{Deadline: semper.Off})
	pool := must(policies.NewPool(&semper.EvaluatorOptions{Now: in(2026)}))(t)
	defer pool.Close()
	wantDecision(t, pool, deleteRole, semper.Dropped, "")
}

func TestCacheOfAProvider(t *testing.T) {
	var asked atomic.Int64
	count := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
		asked.Add(1)
		return fromTest(ctx, keys)
	}
	for options, wanted := range map[*semper.ProviderOptions]int64{
		nil:                    3, // each evaluator asks anew
		{Deadline: semper.Off}: 1,
		{Deadline: semper.Off, CacheBytes: semper.Off}: 3,
	} {
		asked.Store(0)
		policies := compile(t, testAccountsPolicy, semper.ProviderFunc(count), options)
		for range 3 {
			evaluator := must(policies.NewEvaluator(&semper.EvaluatorOptions{Now: in(2026)}))(t)
			wantDecision(t, evaluator, deleteRole, semper.Dropped, "")
			evaluator.Close()
		}
		if asked.Load() != wanted {
			t.Errorf("%+v: asked %d times", options, asked.Load())
		}
	}
}

// A provider uses the library while it is asked.
func TestCallsBackIn(t *testing.T) {
	other := compile(t, everywherePolicy, nil, nil)
	var evaluator *semper.Evaluator
	var policies *semper.PolicySet
	var inside []error
	lookup := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
		if len(inside) > 0 { // asked by the call from below
			return fromTest(ctx, keys)
		}
		_, err := evaluator.Evaluate(deleteRole)
		_, counted := evaluator.Counters()
		inside = append(inside, err, counted, evaluator.Replace(other))
		runtime.GC()
		wantDecision(t, other, deleteRole, semper.Dropped, "")
		pattern := must(semper.CompilePattern([]byte(`{"a": [1]}`), nil))(t)
		pattern.Close()
		// A pool has another evaluator for it.
		if decision, _ := decide(t, policies, eventOf("222233334444", "DeleteRole")); decision != semper.Relevant {
			t.Errorf("from below: %s", decision)
		}
		return fromTest(ctx, keys)
	}
	policies = compile(t, testAccountsPolicy, semper.ProviderFunc(lookup), nil)
	evaluator = must(policies.NewEvaluator(&semper.EvaluatorOptions{Now: in(2026)}))(t)
	defer evaluator.Close()
	wantDecision(t, evaluator, deleteRole, semper.Dropped, "")
	if len(inside) != 3 {
		t.Fatalf("%v", inside)
	}
	for _, err := range inside {
		if !errors.Is(err, semper.ErrBusy) {
			t.Errorf("%v", err)
		}
	}
}

// Everything is closed from inside of the call that uses it.
func TestClosedInsideOfItsLookup(t *testing.T) {
	var evaluator *semper.Evaluator
	var policies *semper.PolicySet
	lookup := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
		evaluator.Close()
		policies.Close()
		runtime.GC()
		return fromTest(ctx, keys)
	}
	policies = compile(t, testAccountsPolicy, semper.ProviderFunc(lookup), nil)
	evaluator = must(policies.NewEvaluator(&semper.EvaluatorOptions{Now: in(2026)}))(t)
	wantDecision(t, evaluator, deleteRole, semper.Dropped, "")
	if _, err := evaluator.Evaluate(deleteRole); !errors.Is(err, semper.ErrClosed) {
		t.Error(err)
	}
}

func TestPanicOfAClock(t *testing.T) {
	policies := compile(t, everywherePolicy, nil, nil)
	fails := true
	now := func() time.Time {
		if fails {
			panic("no clock")
		}
		return time.Now()
	}
	evaluator := must(policies.NewEvaluator(&semper.EvaluatorOptions{Now: now}))(t)
	defer evaluator.Close()
	_, err := evaluator.Evaluate(deleteRole)
	var panicked *semper.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "no clock" || len(panicked.Stack) == 0 || !strings.Contains(err.Error(), "no clock") {
		t.Fatal(err)
	}
	fails = false
	wantDecision(t, evaluator, deleteRole, semper.Dropped, "")
}

type closingProvider struct {
	semper.ProviderFunc
	closed *atomic.Int64
}

func (p closingProvider) Close() error {
	p.closed.Add(1)
	panic("nobody hears it")
}

func TestProviderIsClosedOnce(t *testing.T) {
	var closed atomic.Int64
	provider := closingProvider{fromTest, &closed}
	compiler := must(semper.NewCompiler())(t)
	if err := compiler.AddProvider("not a name", semper.KeyAccountID, provider, nil); err == nil || closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, closed.Load())
	}
	if err := compiler.AddProvider("accounts", semper.KeyAccountID, provider, nil); err != nil {
		t.Fatal(err)
	}
	policies := must(compiler.Compile())(t)
	compiler.Close()
	result := must(policies.Evaluate(deleteRole))(t)
	policies.Close()
	if closed.Load() != 1 {
		t.Error("closed while a result knows it")
	}
	result.Close()
	if closed.Load() != 2 {
		t.Errorf("closed %d times", closed.Load())
	}
}

// All orders of closing all kinds of handles.
func TestHandlesClosedInEveryOrder(t *testing.T) {
	const kinds = 6
	var closed atomic.Int64
	runs := int64(0)
	var permute func(order []int, rest []int)
	permute = func(order, rest []int) {
		if len(rest) > 0 {
			for i := range rest {
				next := append(append([]int{}, rest[:i]...), rest[i+1:]...)
				permute(append(order, rest[i]), next)
			}
			return
		}
		runs++
		compiler := must(semper.NewCompiler())(t)
		counted := counting{ProviderFunc: fromTest, closed: &closed}
		if err := compiler.AddProvider("accounts", semper.KeyAccountID, counted, nil); err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddPolicy(policyID, []byte(testAccountsPolicy)); err != nil {
			t.Fatal(err)
		}
		policies := must(compiler.Compile())(t)
		slot := must(semper.NewSlot(policies))(t)
		evaluator := must(slot.NewEvaluator(&semper.EvaluatorOptions{Now: in(2026)}))(t)
		pool := must(slot.NewPool(nil))(t)
		result := must(evaluator.Evaluate(deleteRole))(t)
		handles := [kinds]io.Closer{compiler, policies, slot, evaluator, pool, result}
		for _, i := range order {
			if _, ok := handles[i].(*semper.Result); ok && result.Record(0).Hits()[0].ID != policyID {
				t.Error("the result forgot its policies")
			}
			for range 2 {
				if err := handles[i].Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	before := semper.LiveHandles()
	permute(nil, []int{0, 1, 2, 3, 4, 5})
	if runs != 720 || closed.Load() != runs {
		t.Errorf("%d orders, %d providers closed", runs, closed.Load())
	}
	if live := semper.LiveHandles(); live > before {
		t.Errorf("%d handles before, %d after", before, live)
	}
}

type counting struct {
	semper.ProviderFunc
	closed *atomic.Int64
}

func (p counting) Close() error {
	p.closed.Add(1)
	return nil
}

// What is forgotten is collected, also while a call or a sequence still runs.
func TestForgottenHandlesAreCollected(t *testing.T) {
	var closed atomic.Int64
	func() {
		for range 20 {
			policies := must(semper.Compile("", semper.WithPolicy(policyID, []byte(testAccountsPolicy)),
				semper.WithProvider("accounts", semper.KeyAccountID, counting{fromTest, &closed}, nil)))(t)
			slot := must(semper.NewSlot(policies))(t)
			pool := must(slot.NewPool(&semper.EvaluatorOptions{Now: in(2026)}))(t)
			must(policies.Retain())(t)
			must(slot.Evaluate(deleteRole))(t)
			result := must(pool.Evaluate(deleteRole))(t)
			records := result.Records()
			result = nil
			runtime.GC()
			for record := range records {
				runtime.GC()
				if record.Decision() != semper.Dropped || record.Hits()[0].ID != policyID {
					t.Errorf("%s", record.JSON())
				}
			}
			must(semper.CompilePattern([]byte(`{"a": [1]}`), nil))(t)
			must(semper.CompileScope([]byte(`{}`), semper.ScopeList))(t)
		}
	}()
	for range 200 {
		runtime.GC()
		if closed.Load() == 20 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d of 20 providers were closed", closed.Load())
}

func TestUseAfterClose(t *testing.T) {
	policies := compile(t, everywherePolicy, nil, nil)
	slot := must(semper.NewSlot(policies))(t)
	evaluator := must(policies.NewEvaluator(nil))(t)
	pool := must(policies.NewPool(nil))(t)
	pattern := must(semper.CompilePattern([]byte(`{"a": [1]}`), nil))(t)
	scope := must(semper.CompileScope([]byte(`{}`), semper.ScopeList))(t)
	compiler := must(semper.NewCompiler())(t)
	result := must(policies.Evaluate(deleteRole))(t)
	record := result.Record(0)
	for _, handle := range []io.Closer{policies, slot, evaluator, pool, pattern, scope, compiler, result} {
		handle.Close()
	}
	for i, call := range []func() error{
		func() error { _, err := policies.Evaluate(nil); return err },
		func() error { _, err := policies.NewEvaluator(nil); return err },
		func() error { _, err := policies.NewPool(nil); return err },
		func() error { _, err := policies.Retain(); return err },
		func() error { _, err := policies.Policy(0); return err },
		func() error { _, err := semper.NewSlot(policies); return err },
		func() error { _, err := slot.Evaluate(nil); return err },
		func() error { _, err := slot.NewEvaluator(nil); return err },
		func() error { _, err := slot.NewPool(nil); return err },
		func() error { _, err := slot.PolicySet(); return err },
		func() error { return slot.Replace(policies) },
		func() error { _, err := evaluator.Evaluate(nil); return err },
		func() error { _, err := evaluator.EvaluateBatch(nil); return err },
		func() error { _, err := evaluator.EvaluateNDJSON(nil); return err },
		func() error { _, err := evaluator.Counters(); return err },
		func() error { _, err := evaluator.PolicyHits(); return err },
		func() error { return evaluator.Replace(policies) },
		func() error { _, err := pool.EvaluateBatch(nil); return err },
		func() error { _, err := pattern.Match(nil); return err },
		func() error { _, err := scope.Contains(semper.Place{}); return err },
		func() error { _, err := compiler.Compile(); return err },
		func() error { return compiler.AddPolicy("x", nil) },
	} {
		if err := call(); !errors.Is(err, semper.ErrClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if policies.Len() != 0 || policies.Fingerprint() != "" || compiler.Diagnostics() != nil {
		t.Error("a closed policy set or compiler tells something")
	}
	for range policies.Policies() {
		t.Error("a closed policy set has policies")
	}
	for i, call := range []func(){
		func() { result.Len() }, func() { result.NDJSON() }, func() { result.Record(0) },
		func() { record.JSON() }, func() { record.Decision() }, func() { record.Hits() },
		func() { record.Normalized("region") }, func() { result.PolicySet() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("call %d does not panic", i)
				}
			}()
			call()
		}()
	}
}

// Evaluating, reloading, collecting and closing at the same time: each event comes out once, decided
// by one of both policy sets.
func TestManyGoroutines(t *testing.T) {
	const goroutines, rounds = 16, 100
	lookups := func(ctx context.Context, keys []string) ([]semper.Answer, error) {
		runtime.Gosched()
		return fromTest(ctx, keys)
	}
	drops := compile(t, testAccountsPolicy, semper.ProviderFunc(lookups), &semper.ProviderOptions{TTL: time.Millisecond, Deadline: semper.Off})
	empty := must(semper.Compile(""))(t)
	defer empty.Close()
	slot := must(semper.NewSlot(drops))(t)
	defer slot.Close()
	pool := must(slot.NewPool(&semper.EvaluatorOptions{Now: in(2026)}))(t)
	defer pool.Close()
	stop := make(chan struct{})
	var background, workers sync.WaitGroup
	background.Add(1)
	go func() {
		defer background.Done()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			next := []*semper.PolicySet{empty, drops}[i%2]
			if err := slot.Replace(next); err != nil {
				t.Error(err)
			}
			runtime.GC()
			pool.Counters()
		}
	}()
	for g := range goroutines {
		workers.Add(1)
		go func() {
			defer workers.Done()
			event := fmt.Appendf(nil, "%s", deleteRole)
			for i := range rounds {
				var result *semper.Result
				var err error
				wanted := 1
				switch (g + i) % 4 {
				case 0:
					result, err = pool.EvaluateBatch([][]byte{event, event, event})
					wanted = 3
				case 1:
					result, err = slot.Evaluate(event)
				case 2:
					result, err = pool.EvaluateNDJSON(event)
				case 3:
					result, err = pool.Evaluate(event)
				}
				if err != nil || result.Len() != wanted {
					t.Errorf("%v", err)
					return
				}
				for record := range result.Records() {
					hits := len(record.Hits())
					if record.Decision() == semper.Dropped && hits != 1 || record.Decision() == semper.Relevant && record.HitCount() > 1 ||
						record.Decision() != semper.Dropped && record.Decision() != semper.Relevant {
						t.Errorf("%s", record.JSON())
					}
				}
				if i%7 != 0 { // some are left to the collector
					result.Close()
				}
			}
		}()
	}
	workers.Wait()
	close(stop)
	background.Wait()
	counted := pool.Counters()
	counted2 := slot.Counters()
	total := counted.In + counted2.In
	if total != goroutines*rounds/4*(3+1+1+1) || counted.In != counted.Relevant+counted.Dropped || counted2.In != counted2.Relevant+counted2.Dropped {
		t.Errorf("%+v %+v", counted, counted2)
	}
}

// Events that are garbage after their call, while the collector marks: nothing points to them then.
func TestBatchesWhileCollecting(t *testing.T) {
	policies := compile(t, everywherePolicy, nil, nil)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	for range 300 {
		events := make([][]byte, 8)
		for i := range events {
			events[i] = bytes.Clone(deleteRole)
		}
		must(policies.EvaluateBatch(events))(t).Close()
	}
	close(stop)
	<-stopped
}

// One evaluator that several goroutines use in spite of the rule: some get ErrBusy, nothing breaks.
func TestOneEvaluatorForMany(t *testing.T) {
	policies := compile(t, everywherePolicy, nil, nil)
	evaluator := must(policies.NewEvaluator(nil))(t)
	defer evaluator.Close()
	var group sync.WaitGroup
	var good atomic.Uint64
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 50 {
				result, err := evaluator.Evaluate(deleteRole)
				if err == nil {
					good.Add(uint64(result.Len()))
					result.Close()
				} else if !errors.Is(err, semper.ErrBusy) {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	if counters := must(evaluator.Counters())(t); counters.In != good.Load() || good.Load() == 0 {
		t.Errorf("%d good calls, %+v", good.Load(), counters)
	}
}

// Handles that are closed by one goroutine while others use them.
func TestCloseWhileInUse(t *testing.T) {
	for range 20 {
		policies := must(semper.Compile("", semper.WithPolicy(policyID, []byte(everywherePolicy))))(t)
		pattern := must(semper.CompilePattern([]byte(`{"detail": {"eventName": ["DeleteRole"]}}`), nil))(t)
		var group sync.WaitGroup
		for range 4 {
			group.Add(1)
			go func() {
				defer group.Done()
				for range 50 {
					if result, err := policies.Evaluate(deleteRole); err == nil {
						result.Close()
					} else if !errors.Is(err, semper.ErrClosed) {
						t.Error(err)
					}
					if _, err := pattern.Matches(deleteRole); err != nil && !errors.Is(err, semper.ErrClosed) {
						t.Error(err)
					}
				}
			}()
		}
		runtime.Gosched()
		policies.Close()
		pattern.Close()
		group.Wait()
	}
}

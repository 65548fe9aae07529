package semper_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"semper.dev/go/semper"
)

func TestRecord(t *testing.T) {
	policies := compile(t, testAccountsPolicy, semper.ProviderFunc(fromTest), nil)
	evaluator := must(policies.NewEvaluator(&semper.EvaluatorOptions{Now: in(2026)}))(t)
	defer evaluator.Close()
	result := must(evaluator.Evaluate(deleteRole))(t)
	defer result.Close()
	record := result.Record(0)
	if record.Decision() != semper.Dropped || record.Event() != 0 || record.Index() != 0 || record.HitCount() != 1 {
		t.Errorf("%s, event %d, %d hits", record.Decision(), record.Event(), record.HitCount())
	}
	hits := record.Hits()
	wanted := semper.Hit{Effect: semper.EffectDrop, Policy: 0, ID: policyID,
		Title: "Roles of test accounts may go", Reason: "agreed", Ticket: "SEC-12"}
	if len(hits) != 1 || hits[0] != wanted {
		t.Errorf("hits: %+v", hits)
	}
	if !bytes.Contains(record.JSON(), []byte(`"decision":"dropped"`)) ||
		!bytes.Equal(record.JSON(), record.JSONView()) ||
		!bytes.Equal(append(record.JSON(), '\n'), result.NDJSON()) ||
		!bytes.Equal(result.NDJSON(), result.NDJSONView()) ||
		string(record.AppendJSON([]byte("x"))) != "x"+string(record.JSON()) {
		t.Errorf("the forms of a record's JSON differ: %s", result.NDJSON())
	}
	var written bytes.Buffer
	if n, err := result.WriteTo(&written); err != nil || n != int64(written.Len()) || !bytes.Equal(written.Bytes(), result.NDJSON()) {
		t.Errorf("WriteTo: %d, %v", n, err)
	}
	decided := must(result.PolicySet())(t)
	defer decided.Close()
	if decided.Fingerprint() != policies.Fingerprint() || len(decided.Fingerprint()) != 32 {
		t.Errorf("fingerprint %q", decided.Fingerprint())
	}
	counters := must(evaluator.Counters())(t)
	if counters != (semper.Counters{In: 1, Dropped: 1}) {
		t.Errorf("counters %+v", counters)
	}
	if hits := must(evaluator.PolicyHits())(t); !slices.Equal(hits, []uint64{1}) {
		t.Errorf("policy hits %v", hits)
	}
}

func TestNormalized(t *testing.T) {
	policies := compile(t, everywherePolicy, nil, nil)
	result := must(policies.Evaluate(eventOf("111122223333", "CreateUser")))(t)
	defer result.Close()
	record := result.Record(0)
	text, kind, err := record.Normalized("region")
	if text != "us-east-1" || kind != semper.KindString || err != nil {
		t.Errorf("region: %q %d %v", text, kind, err)
	}
	if _, _, err := record.Normalized("nonesuch"); !errors.Is(err, semper.ErrNotFound) {
		t.Errorf("a field that is not there: %v", err)
	}
}

func TestEvaluatorOptions(t *testing.T) {
	// What no event rule asks for is no finding where there are event rules.
	policies := must(semper.Compile("", semper.WithPolicy(policyID, []byte(testAccountsPolicy)),
		semper.WithPolicy("10_configure/event_rules/x", []byte(`{"configure": {"eventRuleSettings": {"eventName": "x",
		 "eventPattern": {"detail": {"eventName": ["DeleteRole"]}}}}}`)),
		semper.WithProvider("accounts", semper.KeyAccountID, semper.ProviderFunc(fromTest), nil)))(t)
	defer policies.Close()
	for _, test := range []struct {
		options semper.EvaluatorOptions
		event   []byte
		wanted  semper.Decision
		begins  string
	}{
		{semper.EvaluatorOptions{Now: in(2026)}, deleteRole, semper.Dropped, `{"`},
		{semper.EvaluatorOptions{Now: in(2028)}, deleteRole, semper.Relevant, `{"`},
		{semper.EvaluatorOptions{Now: in(2026), OmitDroppedJSON: true}, deleteRole, semper.Dropped, ""},
		{semper.EvaluatorOptions{Now: in(2028), OmitDroppedJSON: true}, deleteRole, semper.Relevant, `{"`},
		{semper.EvaluatorOptions{Now: in(2028), Format: semper.FormatSemper17}, deleteRole, semper.Relevant, `{"`},
		{semper.EvaluatorOptions{OmitNoFindingJSON: true}, rawRecord, semper.NoFinding, ""},
		{semper.EvaluatorOptions{}, rawRecord, semper.NoFinding, `{"`},
		{semper.EvaluatorOptions{}, []byte("no JSON"), semper.Invalid, `{"`},
		{semper.EvaluatorOptions{}, nil, semper.Invalid, `{"`},
	} {
		evaluator := must(policies.NewEvaluator(&test.options))(t)
		result := must(evaluator.Evaluate(test.event))(t)
		record := result.Record(0)
		json := string(record.JSON())
		if record.Decision() != test.wanted || !strings.HasPrefix(json, test.begins) || (test.begins == "") != (json == "") {
			t.Errorf("%+v: %s %s", test.options, record.Decision(), json)
		}
		if test.options.Format == semper.FormatSemper17 && !strings.Contains(json, `"raw":`) {
			t.Errorf("format: %s", json)
		}
		result.Close()
		evaluator.Close()
	}
	if _, err := policies.NewEvaluator(&semper.EvaluatorOptions{Format: 99}); !errors.Is(err, semper.ErrUnsupported) {
		t.Errorf("an unknown format: %v", err)
	}
	if _, err := policies.NewPool(&semper.EvaluatorOptions{Format: 99}); !errors.Is(err, semper.ErrUnsupported) {
		t.Errorf("an unknown format: %v", err)
	}
}

// An API call that no event rule asks for.
var rawRecord = []byte(`{"eventVersion": "1.08", "eventID": "1", "eventSource": "iam.amazonaws.com",
 "eventName": "ListRoles", "eventTime": "2024-05-01T12:00:00Z", "awsRegion": "us-east-1",
 "recipientAccountId": "111122223333", "userIdentity": {"type": "IAMUser"}}`)

func TestManyEvents(t *testing.T) {
	policies := compile(t, everywherePolicy, nil, nil)
	events := [][]byte{deleteRole, []byte("x"), eventOf("1", "CreateUser"), {}, nil}
	lines := append(bytes.Join([][]byte{deleteRole, []byte("x"), eventOf("1", "CreateUser")}, []byte("\n")), "\r\n\n \n"...)
	wanted := []semper.Decision{semper.Dropped, semper.Invalid, semper.Relevant, semper.Invalid, semper.Invalid}
	evaluator := must(policies.NewEvaluator(nil))(t)
	defer evaluator.Close()
	slot := must(semper.NewSlot(policies))(t)
	defer slot.Close()
	pool := must(policies.NewPool(nil))(t)
	defer pool.Close()
	for _, by := range []interface {
		EvaluateBatch([][]byte) (*semper.Result, error)
		EvaluateNDJSON([]byte) (*semper.Result, error)
	}{evaluator, policies, slot, pool} {
		batch := must(by.EvaluateBatch(events))(t)
		ndjson := must(by.EvaluateNDJSON(lines))(t)
		if batch.Len() != 5 || ndjson.Len() != 3 {
			t.Fatalf("%T: %d and %d records", by, batch.Len(), ndjson.Len())
		}
		for record := range batch.Records() {
			if record.Decision() != wanted[record.Index()] || record.Event() != record.Index() {
				t.Errorf("%T: record %d of event %d: %s", by, record.Index(), record.Event(), record.Decision())
			}
		}
		for record := range ndjson.Records() {
			if !bytes.Equal(record.JSON(), batch.Record(record.Index()).JSON()) {
				t.Errorf("%T: %s", by, record.JSON())
			}
			break // the sequence may be left
		}
		batch.Close()
		ndjson.Close()
	}
	if got := policies.Counters(); got != (semper.Counters{In: 8, Relevant: 2, Dropped: 2, Invalid: 4}) {
		t.Errorf("counters of the policy set %+v", got)
	}
	if got, want := must(evaluator.Counters())(t), pool.Counters(); got != want {
		t.Errorf("counters of the evaluator %+v, of the pool %+v", got, want)
	}
	empty := must(evaluator.EvaluateBatch(nil))(t)
	defer empty.Close()
	if empty.Len() != 0 || len(empty.NDJSON()) != 0 {
		t.Errorf("no events give %d records", empty.Len())
	}
}

func TestExamplesOfTheRepository(t *testing.T) {
	policies := must(semper.Compile("../../examples/policies", semper.WithAccounts("../../examples/accounts.json"),
		semper.WithDefaultRegions("eu-central-1", "us-east-1")))(t)
	defer policies.Close()
	if policies.Len() < 20 {
		t.Errorf("%d policies", policies.Len())
	}
	count := 0
	for policy := range policies.Policies() {
		again := must(policies.Policy(policy.Index))(t)
		if policy.Index != count || policy != again || policy.ID == "" || policy.Kind == "" || len(policy.Hash) != 32 {
			t.Errorf("%+v, %+v", policy, again)
		}
		if policy.ID == "20_filtering/cloudtrail_api_calls/access-scanner" &&
			(policy.Ticket != "SEC-205" || policy.Observes || !policy.ExpiresAt.Equal(time.Date(2025, 6, 30, 18, 0, 0, 0, time.UTC)) || policy.ValidFrom.Year() != 2025) {
			t.Errorf("%+v", policy)
		}
		count++
	}
	if count != policies.Len() {
		t.Errorf("%d of %d policies", count, policies.Len())
	}
	for _, index := range []int{-1, count} {
		if _, err := policies.Policy(index); !errors.Is(err, semper.ErrNotFound) {
			t.Errorf("policy %d: %v", index, err)
		}
	}
	events, _ := filepath.Glob("../../examples/events/*")
	if len(events) == 0 {
		t.Fatal("no events")
	}
	for _, name := range events {
		result := must(policies.Evaluate(must(os.ReadFile(name))(t)))(t)
		if result.Len() < 1 {
			t.Errorf("%s: lost", name)
		}
		if strings.HasPrefix(filepath.Base(name), "sns") && result.Record(0).Decision() == semper.Invalid {
			t.Errorf("%s: %s", name, result.NDJSON())
		}
		result.Close()
	}
	counters := policies.Counters()
	if counters.In < uint64(len(events)) || counters.In != counters.Relevant+counters.Dropped+counters.NoFinding+counters.Invalid ||
		counters.Dropped == 0 || counters.Relevant == 0 {
		t.Errorf("%+v", counters)
	}
}

func TestErrors(t *testing.T) {
	compiler := must(semper.NewCompiler())(t)
	defer compiler.Close()
	err := compiler.AddPolicy(policyID, []byte(`{"filtering": {"findingPattern": {"detail": {"a": [{"sufix": "x"}]}}}}`))
	var failure *semper.Error
	if !errors.Is(err, semper.ErrInvalidPolicy) || errors.Is(err, semper.ErrIO) || !errors.As(err, &failure) {
		t.Fatal(err)
	}
	found := failure.Diagnostics[0]
	if found.Code != "unknown_comparator" || found.File != policyID || found.Line != 1 || found.Column < 2 || found.Offset == 0 ||
		found.Severity != semper.SeverityError || !strings.HasPrefix(found.Pointer, "/filtering/findingPattern/detail/a/0") {
		t.Errorf("%+v", found)
	}
	if text := found.String(); !strings.HasPrefix(text, policyID+":1:") || !strings.HasSuffix(text, "[unknown_comparator]") {
		t.Error(text)
	}
	if !strings.HasPrefix(err.Error(), "semper: add policy: ") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	if _, err := compiler.Compile(); !errors.Is(err, semper.ErrInvalidPolicy) {
		t.Error(err)
	}
	if all := compiler.Diagnostics(); !slices.Contains(all, found) {
		t.Errorf("%+v", all)
	}
	wrapped := fmt.Errorf("reload: %w", err)
	if !errors.Is(wrapped, semper.ErrInvalidPolicy) || !errors.As(wrapped, &failure) {
		t.Error(wrapped)
	}
	for _, test := range []struct {
		wanted semper.Status
		err    error
	}{
		{semper.ErrIO, compiler.AddRepository("/nonesuch")},
		{semper.ErrInvalidArgument, compiler.SetLimits(semper.Limits{EventBytes: 1})},
		{semper.ErrInvalidArgument, compiler.AddProvider("a b", semper.KeyString, semper.ProviderFunc(fromTest), nil)},
		{semper.ErrInvalidArgument, compiler.AddProvider("x", semper.KeyString, nil, nil)},
		{semper.ErrUnsupported, compiler.AddProvider("x", 99, semper.ProviderFunc(fromTest), nil)},
		{semper.ErrInvalidArgument, compiler.AddBuiltinProvider("x", "nonesuch:y", nil)},
		{semper.ErrIO, compiler.AddBuiltinProvider("x", "file:/nonesuch", &semper.ProviderOptions{TTL: semper.Off})},
	} {
		if !errors.Is(test.err, test.wanted) {
			t.Errorf("%v instead of %v", test.err, test.wanted)
		}
	}
	if semper.ErrInvalidPolicy.Error() != "semper: invalid_policy" || semper.Status(77).Error() != "semper: status 77" {
		t.Error(semper.ErrInvalidPolicy, semper.Status(77))
	}
	if _, err := semper.Compile("/nonesuch"); !errors.Is(err, semper.ErrIO) {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	policies := must(semper.Compile("", semper.WithLimits(semper.Limits{EventDepth: 8}),
		semper.WithPolicy(policyID, []byte(everywherePolicy))))(t)
	defer policies.Close()
	deep := []byte(strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20))
	wantDecision(t, policies, deep, semper.Invalid, "")
	wantDecision(t, policies, deleteRole, semper.Dropped, "")
	if _, err := semper.Compile("", semper.WithLimits(semper.Limits{EventDepth: 1 << 40})); !errors.Is(err, semper.ErrInvalidArgument) {
		t.Error(err)
	}
}

func TestWarningsOfASuccess(t *testing.T) {
	compiler := must(semper.NewCompiler())(t)
	defer compiler.Close()
	if err := compiler.AddRepository("../../examples/policies"); err != nil {
		t.Fatal(err)
	}
	policies := must(compiler.Compile())(t)
	defer policies.Close()
	for _, diagnostic := range compiler.Diagnostics() {
		if diagnostic.Severity != semper.SeverityWarning || diagnostic.Message == "" {
			t.Errorf("%s", diagnostic)
		}
	}
}

func TestSlot(t *testing.T) {
	drops := compile(t, everywherePolicy, nil, nil)
	empty := must(semper.Compile(""))(t)
	defer empty.Close()
	slot := must(semper.NewSlot(drops))(t)
	defer slot.Close()
	evaluator := must(slot.NewEvaluator(nil))(t)
	defer evaluator.Close()
	pool := must(slot.NewPool(nil))(t)
	defer pool.Close()
	all := []evaluates{slot, evaluator, pool}
	for _, by := range all {
		wantDecision(t, by, deleteRole, semper.Dropped, "")
	}
	if err := slot.Replace(empty); err != nil {
		t.Fatal(err)
	}
	for _, by := range all {
		wantDecision(t, by, deleteRole, semper.Relevant, "")
	}
	held := must(slot.PolicySet())(t)
	if held.Fingerprint() != empty.Fingerprint() || held.Fingerprint() == drops.Fingerprint() {
		t.Errorf("the slot holds %s", held.Fingerprint())
	}
	held.Close()
	if err := evaluator.Replace(drops); err != nil {
		t.Fatal(err)
	}
	wantDecision(t, evaluator, deleteRole, semper.Dropped, "")
	if got := slot.Counters(); got != (semper.Counters{In: 2, Relevant: 1, Dropped: 1}) {
		t.Errorf("%+v", got)
	}
	slot.Close()
	if _, err := slot.Evaluate(deleteRole); !errors.Is(err, semper.ErrClosed) {
		t.Error(err)
	}
	wantDecision(t, pool, deleteRole, semper.Relevant, "") // goes on
}

func TestPatterns(t *testing.T) {
	var texts [][]byte
	for i := range 100 {
		texts = append(texts, fmt.Appendf(nil, `{"n": [{"numeric": [">=", %d]}]}`, i))
	}
	patterns := must(semper.CompilePatterns(texts, nil))(t)
	defer patterns.Close()
	for _, n := range []int{-1, 0, 15, 16, 17, 99} {
		matched := must(patterns.Match(fmt.Appendf(nil, `{"n": %d}`, n)))(t)
		if len(matched) != n+1 || (n >= 0 && int(matched[n]) != n) {
			t.Errorf("%d: %v", n, matched)
		}
	}
	to := must(patterns.AppendMatch([]uint32{7}, []byte(`{"n": 1}`)))(t)
	if !slices.Equal(to, []uint32{7, 0, 1}) {
		t.Errorf("%v", to)
	}
	_, err := semper.CompilePatterns([][]byte{[]byte(`{"a": [1]}`), []byte(`{"a": [{"sufix": "x"}]}`)}, nil)
	var failure *semper.Error
	if !errors.As(err, &failure) || failure.Diagnostics[0].File != "1" {
		t.Errorf("%v", err)
	}
	none := must(semper.CompilePatterns(nil, nil))(t)
	defer none.Close()
	if any, err := none.Matches([]byte(`{}`)); any || err != nil {
		t.Error(any, err)
	}
	if _, err := semper.CompilePattern(texts[0], &semper.PatternOptions{Dialect: semper.DialectEventBridge, Arrays: semper.AllElements}); !errors.Is(err, semper.ErrInvalidArgument) {
		t.Error(err)
	}
}

func TestScope(t *testing.T) {
	scope := must(semper.CompileScope([]byte(`{"accountScope": {"exclude": "*", "forceInclude": {"accountTags": {"env": "test"}}}}`), semper.ScopePolicy))(t)
	defer scope.Close()
	for wanted, place := range map[semper.Truth]semper.Place{
		semper.Yes:     {AccountContext: []byte(testAccount), Region: "us-east-1"},
		semper.No:      {AccountContext: []byte(`{"accountTags": {"env": "prod"}}`), Region: "us-east-1"},
		semper.Unknown: {AccountID: "111122223333", Region: "us-east-1"},
	} {
		if got := must(scope.Contains(place))(t); got != wanted {
			t.Errorf("%s instead of %s", got, wanted)
		}
	}
	if answer, err := scope.Contains(semper.Place{AccountContext: []byte("[]")}); answer != semper.Unknown || !errors.Is(err, semper.ErrInvalidEvent) {
		t.Error(answer, err)
	}
}

func TestWordsOfValues(t *testing.T) {
	for wanted, got := range map[string]fmt.Stringer{
		"relevant": semper.Relevant, "dropped": semper.Dropped, "no_finding": semper.NoFinding, "invalid": semper.Invalid, "decision(9)": semper.Decision(9),
		"drop": semper.EffectDrop, "extend": semper.EffectExtend, "detect": semper.EffectDetect, "would_drop": semper.EffectWouldDrop,
		"expired": semper.EffectExpired, "undetermined": semper.EffectUndetermined, "effect(9)": semper.Effect(9),
		"warning": semper.SeverityWarning, "error": semper.SeverityError, "no": semper.No, "yes": semper.Yes, "unknown": semper.Unknown,
	} {
		if got.String() != wanted {
			t.Errorf("%s instead of %s", got, wanted)
		}
	}
}

func TestRoutes(t *testing.T) {
	policies := must(semper.Compile("", semper.WithPolicy("30_extension/send", []byte(`{"extension": {
	 "findingPattern": {"detail": {"eventName": ["CreateUser"]}},
	 "extensionBlock": {"sqsFanOut": [{"sqsName": "mail", "subject": "${raw.detail.eventName}"}],
	  "sendToSecurityHub": {"findingTitle": "A user"}}}}`))))(t)
	defer policies.Close()
	result := must(policies.EvaluateBatch([][]byte{deleteRole, eventOf("111122223333", "CreateUser")}))(t)
	if routes := result.Record(0).Routes(); routes != nil {
		t.Errorf("%+v", routes)
	}
	record := result.Record(1).JSON()
	routes := result.Record(1).Routes()
	result.Close()
	if len(routes) != 2 || routes[0].Type != semper.RouteSQS || routes[1].Type != semper.RouteSecurityHub {
		t.Fatalf("%+v", routes)
	}
	if !bytes.Equal(routes[0].Record, record) || !bytes.Contains(routes[0].Target, []byte(`"queueName":"mail"`)) ||
		!bytes.Contains(routes[1].Target, []byte(`"accountId":"111122223333"`)) || !bytes.Contains(routes[1].Record, []byte(`"Title":"A user"`)) {
		t.Errorf("%+v", routes)
	}
}

func TestPlan(t *testing.T) {
	compiler := must(semper.NewCompiler())(t)
	defer compiler.Close()
	if err := compiler.AddPolicy("10_configure/event_rules/keys", []byte(`{"configure": {"policyScope": {"accountScope":
	 {"exclude": {"accountTags": {"env": "dev"}}}}, "eventRuleSettings": {"eventName": "keys",
	 "eventPattern": {"source": ["aws.kms"]}}}}`)); err != nil {
		t.Fatal(err)
	}
	options := semper.PlanOptions{
		Accounts:   []byte(`[{"accountId": "111122223333"}, {"accountId": "222233334444", "accountTags": {"env": "dev"}}]`),
		AccountIDs: []string{"444455556666"},
	}
	files := map[string][]byte{}
	write := func(path string, piece []byte) error {
		files[path] = append(files[path], piece...)
		if _, err := compiler.Compile(); !errors.Is(err, semper.ErrBusy) {
			t.Error(err)
		}
		return nil
	}
	if _, err := compiler.Plan(options, write); !errors.Is(err, semper.ErrInvalidArgument) || !strings.Contains(err.Error(), "regions") {
		t.Error(err)
	}
	if err := compiler.SetDefaultRegions("eu-central-1"); err != nil {
		t.Fatal(err)
	}
	warnings := must(compiler.Plan(options, write))(t)
	plan := files["plan.json"]
	if len(warnings) != 1 || warnings[0].Severity != semper.SeverityWarning || len(files) != 1 ||
		!bytes.Contains(plan, []byte(`{"account":"111122223333","region":"eu-central-1",`)) ||
		!bytes.Contains(plan, []byte(`"undetermined":["10_configure/event_rules/keys"]`)) {
		t.Errorf("%v %s", warnings, plan)
	}
	files = map[string][]byte{}
	difference := options
	difference.Format, difference.OldPlan, difference.Accounts = semper.PlanDifference, plan, nil
	must(compiler.Plan(difference, write))(t)
	for path, text := range files {
		if !bytes.Contains(text, []byte(`"change":"remove"`)) {
			t.Errorf("%s: %s", path, text)
		}
	}
	for format, name := range map[semper.PlanFormat]string{
		semper.PlanCloudFormation: "111122223333/eu-central-1.template.json", semper.PlanTerraform: "111122223333/eu-central-1/main.tf.json",
	} {
		files = map[string][]byte{}
		options.Format = format
		must(compiler.Plan(options, write))(t)
		if len(files[name]) == 0 {
			t.Errorf("no %s", name)
		}
	}
	full := errors.New("the disk is full")
	if _, err := compiler.Plan(options, func(string, []byte) error { return full }); err != full {
		t.Error(err)
	}
	var panicked *semper.PanicError
	if _, err := compiler.Plan(options, func(string, []byte) error { panic("oh") }); !errors.As(err, &panicked) || !strings.Contains(err.Error(), "writer of a plan panicked: oh") {
		t.Error(err)
	}
	for _, wrong := range []semper.PlanOptions{{Format: semper.PlanDifference}, {OldPlan: []byte("{}")}, {Accounts: []byte("x")}} {
		if _, err := compiler.Plan(wrong, write); !errors.Is(err, semper.ErrInvalidArgument) {
			t.Error(err)
		}
	}
	if _, err := compiler.Plan(options, nil); !errors.Is(err, semper.ErrInvalidArgument) {
		t.Error(err)
	}
}

func TestProviderCounters(t *testing.T) {
	off := &semper.ProviderOptions{CacheBytes: semper.Off, TTL: semper.Off, NegativeTTL: semper.Off, ErrorTTL: semper.Off,
		StaleIfError: semper.Off, Deadline: semper.Off, BreakerFailures: semper.Off, BreakerCooldown: semper.Off}
	policies := must(semper.Compile("", semper.WithPolicy(policyID, []byte(testAccountsPolicy)),
		semper.WithProvider("accounts", semper.KeyAccountID, semper.ProviderFunc(fromTest), off),
		semper.WithProvider("Alone", semper.KeyResourceID, semper.ProviderFunc(fromTest), nil)))(t)
	defer policies.Close()
	for _, account := range []string{"111122223333", "444455556666"} {
		must(policies.Evaluate(eventOf(account, "DeleteRole")))(t).Close()
	}
	all := policies.ProviderCounters()
	if len(all) != 2 || all[0] != (semper.ProviderCounters{Name: "Alone", KeyKind: semper.KeyResourceID}) {
		t.Fatalf("%+v", all)
	}
	accounts, calls := all[1], uint64(0)
	for _, count := range accounts.Latency {
		calls += count
	}
	if accounts.Asked != 2 || accounts.Found != 1 || accounts.Absent != 1 || accounts.Calls != 2 || calls != 2 || accounts.KeyKind != semper.KeyAccountID {
		t.Errorf("%+v", accounts)
	}
	if semper.LatencyBound(0) != time.Microsecond || semper.LatencyBound(10) != 1024*time.Microsecond || semper.LatencyBound(23) < 1<<62 {
		t.Error("the bounds of latency")
	}
}

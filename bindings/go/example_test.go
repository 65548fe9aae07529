package semper_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"semper.dev/go/semper"
)

func Example() {
	policies, err := semper.Compile("../../examples/policies", semper.WithAccounts("../../examples/accounts.json"))
	if err != nil {
		log.Fatal(err)
	}
	defer policies.Close()
	event, err := os.ReadFile("../../examples/events/cloudtrail-api-call.json")
	if err != nil {
		log.Fatal(err)
	}
	result, err := policies.Evaluate(event)
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()
	for record := range result.Records() {
		fmt.Println(record.Decision())
		for _, hit := range record.Hits() {
			fmt.Println(hit.Effect, hit.ID)
		}
	}
	// Output:
	// relevant
	// detect 10_configure/event_rules/cis-3.10-security-group-changes
	// extend 30_extension/notify-account-owner
}

// An inventory of the host's, as it answers about accounts.
type inventory map[string]string

func (i inventory) Lookup(ctx context.Context, keys []string) ([]semper.Answer, error) {
	answers := make([]semper.Answer, len(keys))
	for n, key := range keys {
		if environment, ok := i[key]; ok {
			answers[n] = semper.FoundValue(map[string]any{
				"accountTags": map[string]string{"environment": environment},
			})
		} else {
			answers[n] = semper.Absent()
		}
	}
	return answers, nil
}

func ExampleProvider() {
	policy := []byte(`{"filtering": {
	  "policyScope": {"accountScope": {"exclude": "*", "forceInclude": {"accountTags": {"environment": "test"}}}},
	  "findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}`)
	policies, err := semper.Compile("",
		semper.WithPolicy("20_filtering/cloudtrail_api_calls/test-accounts", policy),
		semper.WithProvider("accounts", semper.KeyAccountID, inventory{"111122223333": "test"}, &semper.ProviderOptions{}))
	if err != nil {
		log.Fatal(err)
	}
	defer policies.Close()
	for _, account := range []string{"111122223333", "444455556666"} {
		result, err := policies.Evaluate(eventOf(account, "DeleteRole"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(account, result.Record(0).Decision())
		result.Close()
	}
	// Output:
	// 111122223333 dropped
	// 444455556666 relevant
}

func ExampleSlot() {
	load := func(policy string) *semper.PolicySet {
		policies, err := semper.Compile("", semper.WithPolicy("20_filtering/cloudtrail_api_calls/x", []byte(policy)))
		if err != nil {
			log.Fatal(err)
		}
		return policies
	}
	old := load(`{"filtering": {"findingPattern": {"detail": {"eventName": ["CreateUser"]}}}}`)
	slot, err := semper.NewSlot(old)
	if err != nil {
		log.Fatal(err)
	}
	defer slot.Close()
	old.Close() // the slot holds it

	decide := func() {
		result, err := slot.Evaluate(eventOf("111122223333", "DeleteRole"))
		if err != nil {
			log.Fatal(err)
		}
		defer result.Close()
		fmt.Println(result.Record(0).Decision())
	}
	decide()
	next := load(`{"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}`)
	defer next.Close()
	if err := slot.Replace(next); err != nil {
		log.Fatal(err)
	}
	decide()
	// Output:
	// relevant
	// dropped
}

func ExamplePolicySet_EvaluateNDJSON() {
	policies, err := semper.Compile("../../examples/policies", semper.WithAccounts("../../examples/accounts.json"))
	if err != nil {
		log.Fatal(err)
	}
	defer policies.Close()
	pool, err := policies.NewPool(&semper.EvaluatorOptions{OmitDroppedJSON: true, OmitNoFindingJSON: true})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	lines := append(eventOf("444455556666", "DeleteRole"), "\nno JSON\n"...)
	result, err := pool.EvaluateNDJSON(lines)
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()
	for record := range result.Records() {
		fmt.Println("line", record.Event(), record.Decision())
	}
	// Output:
	// line 0 relevant
	// line 1 invalid
}

func ExampleError() {
	_, err := semper.Compile("", semper.WithPolicy("20_filtering/cloudtrail_api_calls/x",
		[]byte(`{"filtering": {"findingPattern": {"detail": {"eventName": [{"sufix": "Role"}]}}}}`)))
	var failure *semper.Error
	if errors.Is(err, semper.ErrInvalidPolicy) && errors.As(err, &failure) {
		for _, diagnostic := range failure.Diagnostics {
			fmt.Println(diagnostic.Line, diagnostic.Column, diagnostic.Code, diagnostic.Pointer)
		}
	}
	// Output:
	// 1 61 unknown_comparator /filtering/findingPattern/detail/eventName/0/sufix
}

func ExamplePattern() {
	pattern, err := semper.CompilePattern([]byte(`{"detail": {"eventName": [{"prefix": "Delete"}]}}`), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer pattern.Close()
	fmt.Println(pattern.Matches([]byte(`{"detail": {"eventName": "DeleteRole"}}`)))
	// Output: true <nil>
}

func ExampleScope() {
	scope, err := semper.CompileScope([]byte(`{"exclude": "*", "forceInclude": ["eu-central-1"]}`), semper.ScopeList)
	if err != nil {
		log.Fatal(err)
	}
	defer scope.Close()
	fmt.Println(scope.Contains(semper.Place{Region: "eu-central-1"}))
	fmt.Println(scope.Contains(semper.Place{Region: "us-east-1"}))
	// Output:
	// yes <nil>
	// no <nil>
}

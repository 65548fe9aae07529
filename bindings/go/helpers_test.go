package semper_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"semper.dev/go/semper"
)

const policyID = "20_filtering/cloudtrail_api_calls/ci"

// A filter that accepts what is done in test accounts, until 2027.
const testAccountsPolicy = `{"metaData": {"title": "Roles of test accounts may go"},
 "filtering": {"policyScope": {"accountScope": {"exclude": "*",
  "forceInclude": {"accountTags": {"env": "test"}}}},
  "findingPattern": {"detail": {"eventName": ["DeleteRole"]}}},
 "lifecycle": {"expiresAt": "2027-01-01", "ticket": "SEC-12", "reason": "agreed"}}`

const everywherePolicy = `{"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}`

const testAccount = `{"accountId": "111122223333", "accountTags": {"env": "test"}}`

func eventOf(account, name string) []byte {
	return []byte(`{"version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail",` +
		` "source": "aws.iam", "account": "` + account + `", "time": "2024-05-01T12:00:00Z",` +
		` "region": "us-east-1", "resources": [], "detail": {"eventSource": "iam.amazonaws.com",` +
		` "eventName": "` + name + `", "eventTime": "2024-05-01T12:00:00Z", "awsRegion": "us-east-1",` +
		` "userIdentity": {"arn": "arn:aws:sts::` + account + `:assumed-role/ci/\u0070ipeline"}}}`)
}

var deleteRole = eventOf("111122223333", "DeleteRole")

func in(year int) func() time.Time {
	return func() time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
}

func must[T any](value T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// compile compiles one policy with a provider of accounts, which may be nil.
func compile(t testing.TB, policy string, provider semper.Provider, options *semper.ProviderOptions) *semper.PolicySet {
	t.Helper()
	given := []semper.Option{semper.WithPolicy(policyID, []byte(policy))}
	if provider != nil {
		given = append(given, semper.WithProvider("accounts", semper.KeyAccountID, provider, options))
	}
	policies := must(semper.Compile("", given...))(t)
	t.Cleanup(func() { policies.Close() })
	return policies
}

func fromTest(_ context.Context, keys []string) ([]semper.Answer, error) {
	answers := make([]semper.Answer, len(keys))
	for i, key := range keys {
		answers[i] = semper.Absent()
		if key == "111122223333" {
			answers[i] = semper.FoundString(testAccount)
		}
	}
	return answers, nil
}

type evaluates interface {
	Evaluate(event []byte) (*semper.Result, error)
}

// verdict is the part of a record that tests look at.
type verdict struct {
	Decision string
	Policies []struct{ ID, Effect string }
	Context  struct{ Status, Reason string }
}

// decide evaluates an event that gives one record.
func decide(t testing.TB, by evaluates, event []byte) (semper.Decision, verdict) {
	t.Helper()
	result := must(by.Evaluate(event))(t)
	defer result.Close()
	if result.Len() != 1 {
		t.Fatalf("%d records", result.Len())
	}
	var parsed struct{ Verdict verdict }
	record := result.Record(0)
	if err := json.Unmarshal(record.JSON(), &parsed); err != nil {
		t.Fatal(err)
	}
	if parsed.Verdict.Decision != record.Decision().String() {
		t.Fatalf("%s in the record, %s beside", parsed.Verdict.Decision, record.Decision())
	}
	return record.Decision(), parsed.Verdict
}

func wantDecision(t testing.TB, by evaluates, event []byte, wanted semper.Decision, reason string) {
	t.Helper()
	decision, verdict := decide(t, by, event)
	if decision != wanted || !strings.Contains(verdict.Context.Reason, reason) {
		t.Errorf("%s instead of %s, reason %q instead of %q", decision, wanted, verdict.Context.Reason, reason)
	}
}

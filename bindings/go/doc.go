// Package semper decides about AWS security findings: it parses them, drops those that you have
// accepted by policies, and enriches the rest with context. It is the C library libsemper for Go.
//
// [Compile] makes a [PolicySet] of a policy repository; its Evaluate decides about one event and may
// be called by any goroutine. The result has a [Record] for each finding in the event:
//
//	policies, err := semper.Compile("policies", semper.WithAccounts("accounts.json"))
//	…
//	result, err := policies.Evaluate(event)
//	…
//	defer result.Close()
//	for record := range result.Records() {
//		fmt.Println(record.Decision(), string(record.JSON()))
//	}
//
// Nothing is lost: each finding comes out once, with its decision and its reasons. A failure of a
// provider never drops one, and bytes that are no event come out as a record of decision [Invalid].
//
// # What there is
//
//   - [Compiler] collects policies, providers and options; [Compile] is the short form.
//   - [PolicySet] is what it makes. Its Evaluate, EvaluateBatch and EvaluateNDJSON have a [Pool] of
//     evaluators with the default options; NewPool and NewEvaluator make some with others.
//   - [Slot] holds the policy set in force, and evaluates as a PolicySet does, while the set is
//     replaced.
//   - [Evaluator] is the least that one goroutine needs.
//   - [Provider] is what answers questions about accounts, resources, addresses.
//   - [Pattern] and [Scope] are patterns and scopes alone.
//
// # Memory
//
// What the library holds lies outside of Go's heap. Everything with a Close method gives it back at
// once; where Close is forgotten, it is given back when the object is collected. The order of
// closing never matters, Close never waits, and it may be called twice. What is used after its Close
// returns [ErrClosed]; a closed [Result] and its records panic.
//
// JSON, NDJSON and their Append forms copy. JSONView and NDJSONView do not: they are for code that
// writes the bytes on before it closes the result.
//
// # Building
//
// The package needs cgo, a C compiler and pkg-config. It links the shared library by "pkg-config
// semper"; with the build tag semper_static, the static one by "pkg-config semper-static".
package semper

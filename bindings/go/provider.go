package semper

// #include "shim.h"
import "C"

import (
	"context"
	"encoding/json"
	"runtime/cgo"
	"time"
	"unsafe"
)

// Provider answers questions about keys: of an account, what it is for; of a resource, who owns it.
//
// Lookup is called by goroutines that evaluate, by several at once, on their own stack. It returns
// one answer for each key, in their order. A failed key is not an absent one, and neither ever drops
// a finding. Keys have failed as well where
//
//   - err is not nil, with its text as the reason (answers that came along count all the same, if
//     there is one for each key);
//   - there are no answers, or another number of them than of keys, since nobody knows then which
//     belongs to which;
//   - an answer is the zero [Answer];
//   - Lookup panics, with the value as the reason.
//
// The context ends at the deadline of [ProviderOptions.Deadline]: what comes later counts as failed,
// and no other lookup begins meanwhile, so return then. It carries nothing else, since answers are shared
// between calls.
//
// Lookup may use the library, but not the evaluator that asks: that is [ErrBusy] (a [Pool] takes
// another one). It must not end its goroutine (runtime.Goexit, t.FailNow). A provider that refers to
// the policy set that asks it keeps that set from being collected: close it.
//
// A provider that is an [io.Closer] is closed when no compiler, policy set, evaluator or result
// uses it any more, also where adding it failed.
type Provider interface {
	Lookup(ctx context.Context, keys []string) ([]Answer, error)
}

// ProviderFunc is a function as a [Provider].
type ProviderFunc func(ctx context.Context, keys []string) ([]Answer, error)

// Lookup calls the function.
func (f ProviderFunc) Lookup(ctx context.Context, keys []string) ([]Answer, error) {
	return f(ctx, keys)
}

// Answer is what a provider says about one key. The zero value says nothing: the key has failed.
type Answer struct {
	kind C.uint8_t
	text string
	age  time.Duration
}

// Found answers with a JSON object. Text that is none counts as failed.
func Found(object []byte) Answer { return Answer{kind: C.SEMPER_GO_FOUND, text: string(object)} }

// FoundString answers with a JSON object, as [Found] does.
func FoundString(object string) Answer { return Answer{kind: C.SEMPER_GO_FOUND, text: object} }

// FoundValue answers with what encoding/json makes of a map or struct; [Failed] where it cannot.
func FoundValue(value any) Answer {
	object, err := json.Marshal(value)
	if err != nil {
		return Failed(err.Error())
	}
	return Found(object)
}

// Stale answers with a JSON object that was true some time ago and cannot be had anew; the verdict of
// records says so, and how many seconds ago.
func Stale(object []byte, age time.Duration) Answer {
	return Answer{kind: C.SEMPER_GO_STALE, text: string(object), age: max(age, 0)}
}

// Absent answers that there surely is nothing for the key.
func Absent() Answer { return Answer{kind: C.SEMPER_GO_ABSENT} }

// Failed answers that it could not be found out. The reason, a short sentence, stands in the verdict
// of records.
func Failed(reason string) Answer { return Answer{kind: C.SEMPER_GO_FAILED, text: reason} }

// KeyKind is what the keys of a provider are.
type KeyKind int32

// Kinds of keys.
const (
	KeyAccountID  KeyKind = C.SEMPER_KEY_ACCOUNT_ID
	KeyResourceID KeyKind = C.SEMPER_KEY_RESOURCE_ID
	KeyPrincipal  KeyKind = C.SEMPER_KEY_PRINCIPAL
	KeyIPAddress  KeyKind = C.SEMPER_KEY_IP_ADDRESS
	KeyString     KeyKind = C.SEMPER_KEY_STRING
)

// Off switches a part of [ProviderOptions] off.
const Off = -1

// ProviderOptions are what stands between the library and a provider: a cache, single flight, a
// deadline, a circuit breaker. 0 is the default of each field, [Off] (any negative value) switches it
// off. Durations count in whole milliseconds, rounded up.
type ProviderOptions struct {
	// CacheBytes bounds the memory for answers; default 16 MiB.
	CacheBytes int64
	// TTL is how long an object is fresh; default 5 minutes.
	TTL time.Duration
	// NegativeTTL is how long "absent" is remembered; default 1 minute.
	NegativeTTL time.Duration
	// ErrorTTL is how long a failed key is not asked for again; default 1 second.
	ErrorTTL time.Duration
	// StaleIfError is how old an object may be that answers while the source fails; default 1 hour.
	StaleIfError time.Duration
	// Deadline is for one call; what comes later counts as failed; default 100 ms.
	Deadline time.Duration
	// BreakerFailures is how many failed calls in a row open the breaker; default 5.
	BreakerFailures int64
	// BreakerCooldown is after how long one call is let through; default 5 seconds.
	BreakerCooldown time.Duration
}

func (o *ProviderOptions) toC() *C.semper_provider_options_t {
	if o == nil {
		return nil
	}
	return &C.semper_provider_options_t{
		struct_size:         C.uint32_t(unsafe.Sizeof(C.semper_provider_options_t{})),
		cache_bytes:         numberOrOff(o.CacheBytes),
		ttl_ms:              timeOrOff(o.TTL),
		negative_ttl_ms:     timeOrOff(o.NegativeTTL),
		error_ttl_ms:        timeOrOff(o.ErrorTTL),
		stale_if_error_ms:   timeOrOff(o.StaleIfError),
		deadline_ms:         timeOrOff(o.Deadline),
		breaker_failures:    numberOrOff(o.BreakerFailures),
		breaker_cooldown_ms: timeOrOff(o.BreakerCooldown),
	}
}

func numberOrOff(number int64) C.uint64_t {
	if number < 0 {
		return C.SEMPER_OFF
	}
	return C.uint64_t(number)
}

func timeOrOff(duration time.Duration) C.uint64_t {
	if duration <= 0 {
		return numberOrOff(int64(duration))
	}
	return C.uint64_t((duration-1)/time.Millisecond + 1)
}

// AddProvider adds a provider of yours under its name: letters, digits, _ and -. "accounts" is the
// one that scopes, account fields and accountContext come from. Options nil: it is asked for every
// key anew, without cache, deadline or breaker; the zero ProviderOptions: all their defaults.
func (c *Compiler) AddProvider(name string, kind KeyKind, provider Provider, options *ProviderOptions) error {
	if provider == nil {
		return &Error{Status: ErrInvalidArgument, Op: "add provider", Message: "the provider is nil"}
	}
	return c.alone("add provider", func(to *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		// The library ends the state, whether adding succeeds or not.
		state := cgo.NewHandle(provider)
		return C.semper_go_add_provider(to, view(name), C.int32_t(kind), C.uintptr_t(state), options.toC(), failure)
	})
}

// AddBuiltinProvider adds a provider that the library brings; its specification is as for the
// command: "file:accounts.json", "sqlite:cmdb.db?query=…" (the project's docs/providers.md). [ErrUnsupported]: this build of the library
// has no such type. Options nil: defaults.
func (c *Compiler) AddBuiltinProvider(name, specification string, options *ProviderOptions) error {
	return c.alone("add provider", func(to *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		return C.semper_compiler_add_builtin_provider(to, view(name), view(specification), options.toC(), failure)
	})
}

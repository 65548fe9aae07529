package semper

// #include "shim.h"
// #cgo noescape semper_go_provider_counters
// #cgo nocallback semper_go_provider_counters
import "C"

import (
	"math"
	"time"
	"unsafe"
)

// ProviderCounters are what a provider has done since it was added, for all that use it.
type ProviderCounters struct {
	Name    string
	KeyKind KeyKind
	// By key: Asked = Found + Stale + Absent + Failed.
	Asked, Found, Stale, Absent, Failed uint64
	// Of those asked: answered from the cache, by a call that was under way, or not looked up because
	// the breaker was open.
	Cached, Shared, Rejected uint64
	// By call to the source. FailedCalls gave no key an answer, or came too late; LateCalls ended after
	// their deadline.
	Calls, FailedCalls, LateCalls uint64
	// BreakerOpened is how often.
	BreakerOpened uint64
	// The cache at present.
	CacheEntries, CacheBytes, Evictions uint64
	// Latency counts calls by how long they took: number i those that took less than [LatencyBound] of
	// i and are not counted before.
	Latency [24]uint64
}

// LatencyBound is the bound of [ProviderCounters.Latency]: 2^i microseconds; there is none for the
// last one, which has all that took longer.
func LatencyBound(i int) time.Duration {
	if i >= len(ProviderCounters{}.Latency)-1 {
		return math.MaxInt64
	}
	return time.Microsecond << i
}

// ProviderCounters returns the counters of all providers that the set's evaluators may ask, sorted by
// name; none after Close. They are 0 for a provider of yours that was added without options: nothing
// counts there (options that are [Off] throughout count, and do nothing else).
func (p *PolicySet) ProviderCounters() []ProviderCounters {
	if p.enter() != nil {
		return nil
	}
	defer p.handle.leave()
	from := make([]C.semper_provider_counters_t, int(C.semper_policy_set_provider_count(p.c())))
	var failure *C.semper_error_t
	status := C.semper_go_provider_counters(p.c(), unsafe.SliceData(from), C.size_t(len(from)), &failure)
	if err := check("count", status, failure); err != nil {
		panic(err) // they are there
	}
	all := make([]ProviderCounters, len(from))
	for i := range from {
		f := &from[i]
		all[i] = ProviderCounters{
			Name:          copied(f.name),
			KeyKind:       KeyKind(f.key_kind),
			Asked:         uint64(f.asked),
			Found:         uint64(f.found),
			Stale:         uint64(f.stale),
			Absent:        uint64(f.absent),
			Failed:        uint64(f.failed),
			Cached:        uint64(f.cached),
			Shared:        uint64(f.shared),
			Rejected:      uint64(f.rejected),
			Calls:         uint64(f.calls),
			FailedCalls:   uint64(f.failed_calls),
			LateCalls:     uint64(f.late_calls),
			BreakerOpened: uint64(f.breaker_opened),
			CacheEntries:  uint64(f.cache_entries),
			CacheBytes:    uint64(f.cache_bytes),
			Evictions:     uint64(f.evictions),
		}
		for j, count := range f.latency {
			all[i].Latency[j] = uint64(count)
		}
	}
	return all
}

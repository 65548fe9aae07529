package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"semper.dev/go/semper"
)

// providerMetrics reads the counters of the providers of the policy set in force when it is asked.
// They begin again at 0 with a reload, which Prometheus takes for a restart.
type providerMetrics struct {
	slot *semper.Slot
}

var (
	providerKeys = prometheus.NewDesc("semper_provider_keys_total",
		"Keys that a provider was asked for by outcome.", []string{"provider", "outcome"}, nil)
	providerCalls = prometheus.NewDesc("semper_provider_calls_total",
		"Calls to the source of a provider.", []string{"provider"}, nil)
	providerFailedCalls = prometheus.NewDesc("semper_provider_failed_calls_total",
		"Calls to the source of a provider that gave no answer, or too late.", []string{"provider"}, nil)
	providerBreaker = prometheus.NewDesc("semper_provider_breaker_opened_total",
		"How often the circuit breaker of a provider opened.", []string{"provider"}, nil)
)

// Describe implements prometheus.Collector.
func (p providerMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{providerKeys, providerCalls, providerFailedCalls, providerBreaker} {
		to <- desc
	}
}

// Collect implements prometheus.Collector.
func (p providerMetrics) Collect(to chan<- prometheus.Metric) {
	policies, err := p.slot.PolicySet()
	if err != nil {
		return // the service is ending
	}
	defer policies.Close()
	send := func(desc *prometheus.Desc, value uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
	}
	for _, c := range policies.ProviderCounters() {
		for outcome, count := range map[string]uint64{"found": c.Found, "stale": c.Stale, "absent": c.Absent, "failed": c.Failed} {
			send(providerKeys, count, c.Name, outcome)
		}
		send(providerCalls, c.Calls, c.Name)
		send(providerFailedCalls, c.FailedCalls, c.Name)
		send(providerBreaker, c.BreakerOpened, c.Name)
	}
}

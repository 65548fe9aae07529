package main

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"semper.dev/go/semper"
)

// engine is the policies in force, and what is counted.
type engine struct {
	settings settings
	log      *slog.Logger
	slot     *semper.Slot
	pool     *semper.Pool
	loading  sync.Mutex

	registry    *prometheus.Registry
	records     *prometheus.CounterVec
	policyHits  *prometheus.CounterVec
	seconds     prometheus.Histogram
	reloads     *prometheus.CounterVec
	policies    prometheus.Gauge
	fingerprint *prometheus.GaugeVec
	inFlight    prometheus.Gauge
	requests    *prometheus.CounterVec
}

func newEngine(s settings, log *slog.Logger) (*engine, error) {
	e := &engine{
		settings: s,
		log:      log,
		registry: prometheus.NewRegistry(),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "semper_records_total", Help: "Records by decision.",
		}, []string{"decision"}),
		policyHits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "semper_policy_hits_total", Help: "Findings in whose verdict a policy stands, by its effect.",
		}, []string{"policy", "effect"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "semper_evaluate_seconds", Help: "Time of a call that decides about one or many events.",
			Buckets: prometheus.ExponentialBuckets(10e-6, 4, 10),
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "semper_reloads_total", Help: "Loads of the policies by outcome; after a failure the old ones stay.",
		}, []string{"outcome"}),
		policies: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "semper_policies", Help: "Policies in force.",
		}),
		fingerprint: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "semper_policy_set_loaded_timestamp_seconds", Help: "When the policy set in force was loaded.",
		}, []string{"fingerprint"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "semper_http_requests_in_flight", Help: "Requests with events that are being answered.",
		}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "semper_http_requests_total", Help: "Requests with events by status.",
		}, []string{"code"}),
	}
	e.registry.MustRegister(e.records, e.policyHits, e.seconds, e.reloads, e.policies, e.fingerprint, e.inFlight, e.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, decision := range []semper.Decision{semper.Relevant, semper.Dropped, semper.NoFinding, semper.Invalid} {
		e.records.WithLabelValues(decision.String()) // 0 until there are some
	}
	policies, err := e.load()
	if err != nil {
		return nil, err
	}
	defer policies.Close()
	if e.slot, err = semper.NewSlot(policies); err != nil {
		return nil, err
	}
	if e.pool, err = e.slot.NewPool(&s.records); err != nil {
		e.slot.Close()
		return nil, err
	}
	e.registry.MustRegister(providerMetrics{e.slot})
	e.inForce(policies)
	return e, nil
}

func (e *engine) close() {
	e.pool.Close()
	e.slot.Close()
}

func (e *engine) load() (*semper.PolicySet, error) {
	options := []semper.Option{semper.WithDefaultRegions(e.settings.regions...)}
	if e.settings.accounts != "" {
		options = append(options, semper.WithAccounts(e.settings.accounts))
	}
	for _, provider := range e.settings.providers {
		name, specification, _ := strings.Cut(provider, "=")
		options = append(options, semper.WithBuiltinProvider(name, specification, nil))
	}
	policies, err := semper.Compile(e.settings.policies, options...)
	var failure *semper.Error
	if errors.As(err, &failure) {
		for _, diagnostic := range failure.Diagnostics {
			e.log.Error("policy", "problem", diagnostic.String(), "pointer", diagnostic.Pointer)
		}
	}
	return policies, err
}

func (e *engine) inForce(policies *semper.PolicySet) {
	e.reloads.WithLabelValues("loaded").Inc()
	e.policies.Set(float64(policies.Len()))
	e.fingerprint.Reset()
	e.fingerprint.WithLabelValues(policies.Fingerprint()).SetToCurrentTime()
	e.log.Info("policies in force", "count", policies.Len(), "fingerprint", policies.Fingerprint())
}

// reload replaces the policies if the new ones compile. Calls that run meanwhile end with the old ones.
func (e *engine) reload() {
	e.loading.Lock()
	defer e.loading.Unlock()
	policies, err := e.load()
	if err == nil {
		defer policies.Close()
		err = e.slot.Replace(policies)
	}
	if err != nil {
		e.reloads.WithLabelValues("failed").Inc()
		e.log.Error("the old policies stay", "error", err)
		return
	}
	e.inForce(policies)
}

// evaluate decides about NDJSON or one event, and counts. Close the result.
func (e *engine) evaluate(events []byte, isNDJSON bool) (*semper.Result, error) {
	begin := time.Now()
	evaluate := e.pool.Evaluate
	if isNDJSON {
		evaluate = e.pool.EvaluateNDJSON
	}
	result, err := evaluate(events)
	if err != nil {
		return nil, err
	}
	e.seconds.Observe(time.Since(begin).Seconds())
	for record := range result.Records() {
		e.records.WithLabelValues(record.Decision().String()).Inc()
		if record.HitCount() > 0 {
			for _, hit := range record.Hits() {
				e.policyHits.WithLabelValues(hit.ID, hit.Effect.String()).Inc()
			}
		}
	}
	return result, nil
}

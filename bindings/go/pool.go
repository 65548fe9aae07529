package semper

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Pool lends evaluators to goroutines: its methods may be called by any of them at any time. There
// are as many evaluators as calls at the same time, and of those that nobody uses, one for each
// processor at most ([runtime.GOMAXPROCS]) waits for the next call.
type Pool struct {
	from    source
	options *EvaluatorOptions
	lease   *lease // nil where the owner of the source owns the pool, too
	most    int
	results *resultCores

	mutex    sync.Mutex
	idle     []*Evaluator
	counters Counters
	closed   bool
}

// lease is that a handle was entered for long, until its end.
type lease struct {
	handle *handle
	ended  atomic.Bool
}

func (l *lease) end() {
	if !l.ended.Swap(true) {
		l.handle.leave()
	}
}

func newPool(from source, options *EvaluatorOptions) *Pool {
	if options == nil {
		options = &EvaluatorOptions{}
	}
	given := *options
	most := runtime.GOMAXPROCS(0)
	return &Pool{from: from, options: &given, most: most, results: &resultCores{most: 2 * most}}
}

// leasingPool takes over that the handle of the source was entered.
func leasingPool(from source, options *EvaluatorOptions) (*Pool, error) {
	made := newPool(from, options)
	made.lease = &lease{handle: from.handle()}
	runtime.AddCleanup(made, (*lease).end, made.lease)
	// The options are checked now and not in the first call.
	first, err := made.take()
	if err != nil {
		made.Close()
		return nil, err
	}
	made.putBack(first, nil)
	return made, nil
}

// Close ends the pool; results stay, and calls under way end as usual. It always returns nil, and may
// be called again.
func (p *Pool) Close() error {
	p.mutex.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mutex.Unlock()
	for _, evaluator := range idle {
		evaluator.Close()
	}
	p.results.close()
	if p.lease != nil {
		p.lease.end()
	}
	return nil
}

// Evaluate decides about one event: see [Evaluator.Evaluate].
func (p *Pool) Evaluate(event []byte) (*Result, error) {
	evaluator, err := p.take()
	if err != nil {
		return nil, err
	}
	result, err := evaluator.Evaluate(event)
	p.putBack(evaluator, result)
	return result, err
}

// EvaluateBatch decides about many events in one call: see [Evaluator.EvaluateBatch].
func (p *Pool) EvaluateBatch(events [][]byte) (*Result, error) {
	evaluator, err := p.take()
	if err != nil {
		return nil, err
	}
	result, err := evaluator.EvaluateBatch(events)
	p.putBack(evaluator, result)
	return result, err
}

// EvaluateNDJSON decides about each line: see [Evaluator.EvaluateNDJSON].
func (p *Pool) EvaluateNDJSON(lines []byte) (*Result, error) {
	evaluator, err := p.take()
	if err != nil {
		return nil, err
	}
	result, err := evaluator.EvaluateNDJSON(lines)
	p.putBack(evaluator, result)
	return result, err
}

// Counters counts what the pool gave since it was made.
func (p *Pool) Counters() Counters {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.counters
}

func (p *Pool) take() (*Evaluator, error) {
	p.mutex.Lock()
	if p.closed {
		p.mutex.Unlock()
		return nil, ErrClosed
	}
	if last := len(p.idle) - 1; last >= 0 {
		evaluator := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mutex.Unlock()
		return evaluator, nil
	}
	// Close waits for the mutex before it ends the lease, so the source is there to be entered, and
	// stays while the evaluator is made; for many policies that takes too long to hold the mutex.
	source := p.from.handle()
	err := source.enterAgain(p.lease != nil)
	p.mutex.Unlock()
	if err != nil {
		return nil, err
	}
	defer source.leave()
	evaluator, err := newEvaluator(p.from, p.options)
	if err != nil {
		return nil, err
	}
	evaluator.results, evaluator.borrowsResults = p.results, true
	return evaluator, nil
}

// putBack takes an evaluator back, and counts what it gave.
func (p *Pool) putBack(evaluator *Evaluator, result *Result) {
	var counters Counters
	if result != nil {
		counters = result.count()
	}
	p.mutex.Lock()
	p.counters.add(counters)
	keeps := !p.closed && len(p.idle) < p.most
	if keeps {
		p.idle = append(p.idle, evaluator)
	}
	p.mutex.Unlock()
	if !keeps {
		evaluator.Close()
	}
}

// Command service decides about AWS security findings for others: over HTTP, or from standard input
// to standard output. SIGHUP loads the policies anew, SIGTERM ends it when all that it took is
// answered, /metrics is for Prometheus. README.md tells more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"semper.dev/go/semper"
)

type settings struct {
	policies  string
	accounts  string
	providers []string
	regions   []string
	listen    string
	stdin     bool
	records   semper.EvaluatorOptions
	maxBody   int64
	grace     time.Duration
}

func parse(arguments []string) (settings, error) {
	var s settings
	dropped, noFinding := false, false
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	flags.StringVar(&s.policies, "policies", "", "directory of the policy `repository` (required)")
	flags.StringVar(&s.accounts, "accounts", "", "`file` with account contexts")
	flags.Func("provider", "`name=specification` of a further provider; may be repeated", func(text string) error {
		if !strings.Contains(text, "=") {
			return errors.New("write it like cmdb=file:cmdb.json")
		}
		s.providers = append(s.providers, text)
		return nil
	})
	flags.Func("regions", "default `regions`, separated by commas", func(text string) error {
		s.regions = strings.Split(text, ",")
		return nil
	})
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8080", "`address` of the HTTP server; empty: none")
	flags.BoolVar(&s.stdin, "stdin", false, "decide about NDJSON from standard input")
	flags.BoolVar(&dropped, "dropped", false, "records of dropped findings come out, too")
	flags.BoolVar(&noFinding, "no-finding", false, "records of events that are no finding come out, too")
	flags.Int64Var(&s.maxBody, "max-body", 64<<20, "largest body of a request in `bytes`")
	flags.DurationVar(&s.grace, "grace", 30*time.Second, "how long requests under way may take after SIGTERM")
	if err := flags.Parse(arguments); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("not an option: %q", flags.Arg(0))
	}
	if s.policies == "" {
		return s, errors.New("-policies is missing")
	}
	if s.listen == "" && !s.stdin {
		return s, errors.New("there is nothing to do: neither -listen nor -stdin")
	}
	s.records = semper.EvaluatorOptions{OmitDroppedJSON: !dropped, OmitNoFindingJSON: !noFinding}
	return s, nil
}

func main() {
	s, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(2)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(s, log); err != nil {
		log.Error("ended", "error", err)
		os.Exit(1)
	}
}

// run returns when standard input ends or a signal says so.
func run(s settings, log *slog.Logger) error {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	// A second signal does not wait.
	defer context.AfterFunc(stop, cancel)()
	reloads := make(chan os.Signal, 1)
	signal.Notify(reloads, syscall.SIGHUP)
	defer signal.Stop(reloads)

	engine, err := newEngine(s, log)
	if err != nil {
		return err
	}
	defer engine.close()
	go func() {
		for range reloads {
			engine.reload()
		}
	}()

	served := make(chan error, 1)
	server := &http.Server{
		Handler:           newHandler(stop, engine, s.maxBody),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	if s.listen != "" {
		listener, err := net.Listen("tcp", s.listen)
		if err != nil {
			return err
		}
		log.Info("listening", "address", listener.Addr().String())
		go func() { served <- server.Serve(listener) }()
	}

	var failure error
	if s.stdin {
		filtered := make(chan error, 1)
		go func() { filtered <- filter(stop, openStdin(), os.Stdout, engine) }()
		select {
		case failure = <-filtered:
		case failure = <-served:
			cancel() // what was read comes out all the same
			failure = errors.Join(failure, <-filtered)
		}
	} else {
		select {
		case <-stop.Done():
		case failure = <-served:
		}
	}
	cancel()

	log.Info("stopping")
	patience, done := context.WithTimeout(context.Background(), s.grace)
	defer done()
	if err := server.Shutdown(patience); err != nil {
		failure = errors.Join(failure, fmt.Errorf("requests were cut after %s: %w", s.grace, err))
		server.Close()
	}
	counters := engine.pool.Counters()
	log.Info("stopped", "in", counters.In, "relevant", counters.Relevant, "dropped", counters.Dropped,
		"no_finding", counters.NoFinding, "invalid", counters.Invalid)
	return failure
}

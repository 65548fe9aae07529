package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newHandler answers until `stop` ends; /readyz says so from then on, and load balancers go elsewhere.
func newHandler(stop context.Context, e *engine, maxBody int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/events", func(w http.ResponseWriter, r *http.Request) {
		e.inFlight.Inc()
		defer e.inFlight.Dec()
		code := events(w, r, e, maxBody)
		e.requests.WithLabelValues(strconv.Itoa(code)).Inc()
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if stop.Err() != nil {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// events answers with the records of one event, or of one per line (application/x-ndjson). Whoever
// gets another status than 200, or no answer to its end, sends the events again: nothing is kept.
func events(w http.ResponseWriter, r *http.Request, e *engine, maxBody int64) (code int) {
	fail := func(code int, err error) int {
		http.Error(w, err.Error(), code)
		return code
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fail(http.StatusRequestEntityTooLarge, fmt.Errorf("the body has more than %d bytes; send fewer events at once", maxBody))
	case err != nil:
		return fail(http.StatusBadRequest, err)
	case len(bytes.TrimSpace(body)) == 0:
		return fail(http.StatusBadRequest, errors.New("the body is empty; send an event, or NDJSON as application/x-ndjson"))
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	result, err := e.evaluate(body, kind == "application/x-ndjson")
	if err != nil {
		return fail(http.StatusInternalServerError, err)
	}
	defer result.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Semper-Records", strconv.Itoa(result.Len()))
	if _, err := result.WriteTo(w); err != nil {
		e.log.Warn("an answer did not arrive", "error", err)
	}
	return http.StatusOK
}

// Command bench runs passes over events, for script/bench. It loads policies, accounts and events,
// prints "ready", and reads commands from standard input:
//
//	single N     N passes, each event by a call of its own
//	batch N      N passes, 64 events a call
//	quit
//
// After each it prints {"findings": n, "bytes": b, "cpu_ns": t}: records, bytes of their JSON that it
// had as []byte (single: each record copied into a buffer that is used again; batch: a view of each,
// as for a host that writes them on), and the CPU time of the process.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"semper.dev/go/semper"
)

const perCall = 64

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: bench POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON")
	}
	// Pinned to one core, Go would have one processor, and take it away from each call into C that the
	// kernel interrupts: a host with nothing else to run on it has more.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	policies, err := semper.Compile(os.Args[1], semper.WithAccounts(os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	defer policies.Close()
	text, err := os.ReadFile(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	var events [][]byte
	for line := range bytes.Lines(text) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			events = append(events, bytes.Clone(line)) // as messages come, each for itself
		}
	}
	evaluator, err := policies.NewEvaluator(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer evaluator.Close()

	fmt.Println("ready")
	for commands := bufio.NewScanner(os.Stdin); commands.Scan(); {
		name, count, _ := strings.Cut(commands.Text(), " ")
		if name == "quit" {
			return
		}
		passes, err := strconv.Atoi(count)
		if err != nil || (name != "single" && name != "batch") {
			log.Fatalf("not a command: %q", commands.Text())
		}
		run := single
		if name == "batch" {
			run = batch
		}
		var findings, size int
		begin := cpuTime()
		for range passes {
			f, s, err := run(evaluator, events)
			if err != nil {
				log.Fatal(err)
			}
			findings, size = findings+f, size+s
		}
		fmt.Printf("{\"findings\": %d, \"bytes\": %d, \"cpu_ns\": %d}\n", findings, size, cpuTime()-begin)
	}
}

func single(evaluator *semper.Evaluator, events [][]byte) (findings, size int, err error) {
	var copied []byte
	for _, event := range events {
		result, err := evaluator.Evaluate(event)
		if err != nil {
			return 0, 0, err
		}
		for record := range result.Records() {
			findings++
			copied = record.AppendJSON(copied[:0])
			size += len(copied)
		}
		result.Close()
	}
	return findings, size, nil
}

func batch(evaluator *semper.Evaluator, events [][]byte) (findings, size int, err error) {
	for first := 0; first < len(events); first += perCall {
		result, err := evaluator.EvaluateBatch(events[first:min(first+perCall, len(events))])
		if err != nil {
			return 0, 0, err
		}
		for record := range result.Records() {
			findings++
			size += len(record.JSONView())
		}
		result.Close()
	}
	return findings, size, nil
}

func cpuTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

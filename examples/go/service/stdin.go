package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const (
	chunk = 1 << 20
	// A line that is longer comes out in pieces, which are invalid.
	longestLine = 64 << 20
	// How long the rest of a line is waited for after SIGTERM.
	restOfLine = time.Second
)

// input is what can be told to stop waiting, as pipes and sockets can.
type input interface {
	io.Reader
	SetReadDeadline(time.Time) error
}

// openStdin lets a read from a pipe or socket be interrupted.
func openStdin() input {
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		if syscall.SetNonblock(0, true) == nil {
			return os.NewFile(0, "stdin")
		}
	}
	return os.Stdin
}

// filter decides about the lines of `from` and writes their records, until the end or until `stop`
// ends. What was read by then comes out, too.
func filter(stop context.Context, from input, to io.Writer, e *engine) error {
	interrupted := make(chan struct{})
	cancel := context.AfterFunc(stop, func() {
		_ = from.SetReadDeadline(time.Now())
		e.log.Info("standard input is read no further")
		close(interrupted)
	})
	defer cancel()
	var held []byte
	var end error
	for end == nil && stop.Err() == nil {
		if cap(held)-len(held) < chunk {
			held = append(held, make([]byte, chunk)...)[:len(held)]
		}
		var count int
		count, end = from.Read(held[len(held) : len(held)+chunk])
		held = held[:len(held)+count]
		whole := bytes.LastIndexByte(held, '\n') + 1
		if len(held) > longestLine {
			whole = len(held)
		}
		if whole > 0 {
			if err := pass(held[:whole], to, e); err != nil {
				return err
			}
			held = append(held[:0], held[whole:]...)
		}
	}
	if stop.Err() != nil && !errors.Is(end, io.EOF) && len(held) > 0 {
		<-interrupted
		held = restOf(held, from)
	}
	if len(held) > 0 {
		if err := pass(held, to, e); err != nil {
			return err
		}
	}
	if end == nil || errors.Is(end, io.EOF) || errors.Is(end, os.ErrDeadlineExceeded) {
		return nil
	}
	return fmt.Errorf("reading standard input: %w", end)
}

// restOf reads on to the end of the line whose beginning was read, and nothing of the next.
func restOf(line []byte, from input) []byte {
	if from.SetReadDeadline(time.Now().Add(restOfLine)) != nil {
		return line
	}
	var one [1]byte
	for len(line) < longestLine {
		count, err := from.Read(one[:])
		if count == 0 || err != nil || one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	return line
}

func pass(lines []byte, to io.Writer, e *engine) error {
	result, err := e.evaluate(lines, true)
	if err != nil {
		return err
	}
	defer result.Close()
	if _, err := result.WriteTo(to); err != nil {
		return fmt.Errorf("%d records could not be written: %w", result.Len(), err)
	}
	return nil
}

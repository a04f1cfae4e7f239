package main

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// lossy writes in the background, so that a reader that stops, such as a pager or a terminal after Ctrl-S,
// does not stop the deploy. What it has no room for is dropped, and errors are ignored.
type lossy struct {
	mu      sync.Mutex
	pending chan entry // nil once closed
}

// entry is a text to write, or the mark of a flush.
type entry struct {
	text    []byte
	flushed chan<- struct{}
}

func newLossy(w io.Writer) *lossy {
	pending := make(chan entry, 1000)
	go func() {
		for next := range pending {
			if next.flushed != nil {
				close(next.flushed)
			} else {
				_, _ = w.Write(next.text)
			}
		}
	}()
	return &lossy{pending: pending}
}

func (l *lossy) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.pending <- entry{text: bytes.Clone(text)}: // never, once closed
	default:
	}
	return len(text), nil
}

// Flush waits until all that was not dropped is written, but no longer than limit. It reports whether it is.
func (l *lossy) Flush(limit time.Duration) bool {
	ended, flushed := time.After(limit), make(chan struct{})
	select {
	case l.pending <- entry{flushed: flushed}:
	case <-ended:
		return false
	}
	select {
	case <-flushed:
		return true
	case <-ended:
		return false
	}
}

// Close drops what is written from now on.
func (l *lossy) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.pending)
	l.pending = nil
}

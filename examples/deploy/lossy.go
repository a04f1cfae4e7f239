package main

import (
	"bytes"
	"io"
	"sync"
)

// lossy writes in the background, so that a reader that stops, such as a pager or a terminal after Ctrl-S,
// does not stop the deploy. What it has no room for is dropped, and errors are ignored.
type lossy struct {
	mu      sync.Mutex
	pending chan []byte // nil once closed
	done    chan struct{}
}

func newLossy(w io.Writer) *lossy {
	pending := make(chan []byte, 1000)
	l := &lossy{pending: pending, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for text := range pending {
			_, _ = w.Write(text)
		}
	}()
	return l
}

func (l *lossy) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.pending <- bytes.Clone(text): // never, once closed
	default:
	}
	return len(text), nil
}

// Close returns when all that was not dropped is written.
func (l *lossy) Close() error {
	l.mu.Lock()
	pending := l.pending
	l.pending = nil
	l.mu.Unlock()
	close(pending)
	<-l.done
	return nil
}

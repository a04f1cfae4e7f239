package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// waits handles the library's log: it says why a request waits to be tried again, and passes warnings on. With
// -v everything goes to verbose, too.
type waits struct {
	say     func(text string)
	verbose slog.Handler // nil without -v
}

func (w waits) Enabled(context.Context, slog.Level) bool { return true }

func (w waits) Handle(ctx context.Context, record slog.Record) error {
	if w.verbose != nil {
		_ = w.verbose.Handle(ctx, record)
	}
	switch {
	case record.Message == "astro: retry":
		why, wait, isFinalize := "no response", time.Duration(0), false
		record.Attrs(func(attr slog.Attr) bool {
			switch attr.Key {
			case "status":
				why = attr.Value.String()
			case "error":
				why += " (" + attr.Value.String() + ")"
			case "wait":
				wait = attr.Value.Duration()
			case "path":
				isFinalize = strings.HasSuffix(attr.Value.String(), "/finalize")
			}
			return true
		})
		if isFinalize && wait < time.Second {
			w.say(why + ", reading the deploy back before a retry")
		} else {
			w.say(fmt.Sprintf("%s, retrying in %s", why, seconds(wait)))
		}
	case record.Level >= slog.LevelWarn:
		w.say(strings.TrimPrefix(record.Message, "astro: "))
	}
	return nil
}

// seconds returns a duration as it is said: 20 s, or 1.5 s.
func seconds(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
}

// WithAttrs and WithGroup are not used by the library.
func (w waits) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w waits) WithGroup(string) slog.Handler      { return w }

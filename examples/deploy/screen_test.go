package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// Each stage says that it goes on, ever more rarely, and nothing once it has ended.
func TestStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		s := &screen{to: &said, columns: func() int { return 0 }}
		s.stage("packing")
		time.Sleep(9 * time.Second)
		s.stage("waiting for DEPLOYED")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		s.stage("finalizing")
		time.Sleep(11 * time.Second)
		synctest.Wait()
		s.stage("")
		time.Sleep(time.Hour)
		var want strings.Builder
		for _, seconds := range []string{"10", "20", "40", "80", "160", "320", "480"} {
			want.WriteString("waiting for DEPLOYED, " + seconds + " s\n")
		}
		assert.Equal(t, want.String()+"finalizing, 10 s\n", said.String())
	})
}

// A terminal is measured at each update: no bar is drawn on one that has become narrow.
func TestBarAndLines(t *testing.T) {
	var shown bytes.Buffer
	width := 100
	s := &screen{to: &shown, columns: func() int { return width }}
	s.uploaded(100, 1000)
	s.uploaded(1000, 1000)
	assert.Contains(t, shown.String(), "uploading 100%")
	assert.NotContains(t, shown.String(), "\n")
	shown.Reset()
	s.say("429, retrying in 20 s")
	assert.True(t, strings.HasPrefix(shown.String(), "\r") && strings.HasSuffix(shown.String(), "429, retrying in 20 s\n"), "%q", shown.String())
	shown.Reset()
	s.reported = 0
	s.uploaded(1000, 1000)
	assert.Equal(t, "uploaded 100% of 1000 bytes\n", shown.String(), "a bar that is full at once is none")
	width = 0
	s.reported = 0
	shown.Reset()
	for sent := int64(100); sent <= 1000; sent += 100 {
		s.uploaded(sent, 1000)
	}
	assert.Equal(t, "uploaded 30% of 1000 bytes\nuploaded 50% of 1000 bytes\nuploaded 80% of 1000 bytes\nuploaded 100% of 1000 bytes\n", shown.String())
}

func TestWaitsAreSaid(t *testing.T) {
	var said []string
	var verbose bytes.Buffer
	handler := waits{say: func(text string) { said = append(said, text) }, verbose: slog.NewTextHandler(&verbose, nil)}
	log := slog.New(handler)
	log.Info("astro: attempt", "status", 429)
	log.Info("astro: retry", "status", 429, "wait", 20*time.Second)
	log.Info("astro: retry", "error", errors.New("EOF"), "wait", 1500*time.Millisecond)
	log.Info("astro: retry", "status", 503, "wait", 400*time.Millisecond)
	log.Warn("astro: v1beta1 is gone")
	log.Info("astro: retry", "status", 502, "wait", 400*time.Millisecond, "path", "/v1/deploys/d/finalize")
	assert.Equal(t, []string{
		"429, retrying in 20 s", "no response (EOF), retrying in 1.5 s", "503, retrying in 0.4 s", "v1beta1 is gone",
		"502, reading the deploy back before a retry",
	}, said)
	assert.Equal(t, 6, strings.Count(verbose.String(), "\n"))
}

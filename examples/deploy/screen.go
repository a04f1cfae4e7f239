package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// screen shows that a deploy goes on: a bar for the upload on a terminal that is wide enough, and lines.
type screen struct {
	to      io.Writer
	columns func() int // of the terminal; 0 if a bar must not be drawn

	mu       sync.Mutex
	bar      *progressbar.ProgressBar // nil if it is not on the screen
	width    int                      // of the terminal that the bar was made for
	began    time.Time
	reported int64              // quarters of the upload that were reported as lines
	doing    string             // the stage, or ""
	leave    context.CancelFunc // ends the lines of the stage
}

// A bar needs 80 columns: what stands around it, such as "uploading 100%" and "(1023.9/1023.9 MB, 1023.9 MB/s)",
// takes up to 55.
const (
	minColumns = 80
	around     = 55
)

// columns returns the width of a terminal that can draw a bar, and otherwise 0.
func columns(w io.Writer) int {
	file, isFile := w.(*os.File)
	kind := os.Getenv("TERM")
	if !isFile || os.Getenv("NO_COLOR") != "" || kind == "dumb" || kind == "" && runtime.GOOS != "windows" {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < minColumns {
		return 0
	}
	return width
}

// uploaded reports the bytes of the upload.
func (s *screen) uploaded(sent, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	quarter, width := 4*sent/total, s.columns()
	switch {
	case width > 0 && s.bar != nil && s.width == width:
		if sent == total || time.Since(s.began) >= 200*time.Millisecond { // before, the bar computes a wrong speed
			_ = s.bar.Set64(sent)
		}
	case width > 0 && sent < total:
		s.clear()
		s.bar, s.width, s.began = newBar(s.to, total, width), width, time.Now()
		_ = s.bar.RenderBlank()
	default:
		s.clear()
		if quarter != s.reported {
			s.line(fmt.Sprintf("uploaded %d%% of %d bytes", 100*sent/total, total))
		}
	}
	s.reported = quarter // falls when the upload is retried
}

func newBar(to io.Writer, total int64, width int) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(to),
		progressbar.OptionSetDescription("uploading"),
		progressbar.OptionSetWidth(min(width, 120)-around),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionUseANSICodes(runtime.GOOS != "windows"),
	)
}

// clear removes the bar from the screen. The caller holds the lock.
func (s *screen) clear() {
	if s.bar == nil {
		return
	}
	s.bar = nil
	blank := "\r\x1b[2K"
	if runtime.GOOS == "windows" { // not every console knows the codes
		blank = "\r" + strings.Repeat(" ", minColumns-1) + "\r"
	}
	_, _ = io.WriteString(s.to, blank)
}

func (s *screen) line(text string) { _, _ = fmt.Fprintln(s.to, text) }

// sayWait prints why the stage waits.
func (s *screen) sayWait(why string) {
	s.mu.Lock()
	doing := s.doing
	s.mu.Unlock()
	s.say(doing + ": " + why)
}

// say prints a line.
func (s *screen) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.line(text)
}

// stage says what goes on, after 10 s and then at growing intervals, until the next stage. "" ends the last one.
func (s *screen) stage(doing string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leave != nil {
		s.leave()
	}
	s.clear()
	s.doing = doing
	if doing == "" {
		return
	}
	ctx, leave := context.WithCancel(context.Background())
	s.leave = leave
	go func() {
		for last, next := time.Duration(0), firstSaid; ; last, next = next, min(2*next, next+mostRarely) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(next - last):
				if ctx.Err() == nil {
					s.say(doing + ", " + seconds(next))
				}
			}
		}
	}()
}

const (
	firstSaid  = 10 * time.Second
	mostRarely = 160 * time.Second
)

package main_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// terminal is a pseudoterminal.
type terminal struct {
	t             *testing.T
	master, slave *os.File
	read          chan struct{} // closed when everything was read, after the slave is closed

	mu    sync.Mutex
	shown strings.Builder
}

func newTerminal(t *testing.T, columns int) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	term := &terminal{t: t, master: master, slave: slave, read: make(chan struct{})}
	t.Cleanup(func() { _, _ = slave.Close(), master.Close() })
	term.resize(columns)
	go func() {
		defer close(term.read)
		_, _ = io.Copy(term, master) // it ends with an error
	}()
	return term
}

// Write adds to what was shown.
func (term *terminal) Write(text []byte) (int, error) {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.Write(text)
}

// text returns what was shown so far, with the line ends of a file.
func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return strings.ReplaceAll(term.shown.String(), "\r\n", "\n")
}

func (term *terminal) resize(columns int) {
	assert.NoError(term.t, unix.IoctlSetWinsize(int(term.slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}))
}

// end returns all that was shown.
func (term *terminal) end() string {
	_ = term.slave.Close()
	<-term.read
	return term.text()
}

// upload deploys to a service, with the terminal as standard error. The paths are short, as an operator's.
func (term *terminal) upload(s service, bytes int, env ...string) (shown string) {
	t := term.t
	t.Helper()
	p := start(t, append(s.env, env...), []string{"-live", "-dags", "dags"}, func(cmd *exec.Cmd) {
		cmd.Stderr, cmd.Dir = term.slave, t.TempDir()
		require.NoError(t, os.Rename(incompressible(t, bytes), filepath.Join(cmd.Dir, "dags")))
	})
	e := p.end()
	shown = term.end()
	assert.Equal(t, 0, e.code, "%q", shown)
	checkWords(t, "", shown)
	s.deployed(t)
	return shown
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// widths checks that no line was wider than the terminal.
func widths(t *testing.T, shown string, columns int) {
	t.Helper()
	for _, line := range strings.FieldsFunc(escapes.ReplaceAllString(shown, ""), func(r rune) bool { return r == '\r' || r == '\n' }) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), columns, "%q", line)
	}
}

func TestTerminals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		columns int
		env     []string
		hasBar  bool
	}{
		"wide":           {200, []string{"TERM=xterm"}, true},
		"80 columns":     {80, []string{"TERM=xterm"}, true},
		"79 columns":     {79, []string{"TERM=xterm"}, false},
		"narrow":         {40, []string{"TERM=xterm"}, false},
		"no size":        {0, []string{"TERM=xterm"}, false},
		"dumb":           {200, []string{"TERM=dumb"}, false},
		"no TERM":        {200, nil, false},
		"empty TERM":     {200, []string{"TERM="}, false},
		"no color":       {200, []string{"TERM=xterm", "NO_COLOR=1"}, false},
		"empty NO_COLOR": {200, []string{"TERM=xterm", "NO_COLOR="}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := newTerminal(t, row.columns).upload(newService(t), 2<<20, row.env...)
			if !row.hasBar {
				checkPlain(t, shown)
				return
			}
			assert.Contains(t, shown, "\r", "%q", shown)
			widths(t, shown, row.columns)
		})
	}
}

// The bar fits a terminal that becomes narrower while the tarball is uploaded.
func TestTerminalShrinks(t *testing.T) {
	t.Parallel()
	for columns, progress := range map[int]string{80: "uploading", 60: "uploaded"} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			const mark = "\n-- narrower --\n"
			s, term := newService(t), newTerminal(t, 200)
			// The function is called before the body is read, and the connection's buffers cannot hold all of it.
			s.InjectFunc(func(operation string) (astrotest.Fault, bool) {
				if operation == "PutBlob" {
					assert.Eventually(t, func() bool { return strings.Contains(term.text(), "\ruploading") }, limit, time.Millisecond)
					term.resize(columns)
					_, err := term.slave.WriteString(mark)
					assert.NoError(t, err)
				}
				return astrotest.Fault{}, false
			})
			shown := term.upload(s, 16<<20, "TERM=xterm")
			_, after, found := strings.Cut(shown, mark)
			require.True(t, found, "%q", shown)
			assert.Contains(t, after, progress, "%q", shown)
			widths(t, after, columns)
		})
	}
}

package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// TestMain is also the command that the tests run.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		os.Exit(children[os.Args[2]]())
	}
	os.Exit(m.Run())
}

var children = map[string]func() int{
	"deploy": func() int {
		client, err := wrapper.NewClient()
		if err == nil {
			to := wrapper.Deployment{OrganizationID: os.Getenv("ASTRO_ORGANIZATION_ID"), DeploymentID: os.Getenv("ASTRO_DEPLOYMENT_ID")}
			_, err = deploys.DAGs(context.Background(), client, to, tarball.FS(fstest.MapFS{"hello.py": {Data: []byte("print('hello')\n")}}))
		}
		input, _ := io.ReadAll(os.Stdin)
		_, _ = fmt.Printf("%s: %v\n", input, err)
		_, _ = fmt.Fprintln(os.Stderr, "from the command")
		return 7
	},
	"faults": func() int {
		response, err := http.Get(os.Getenv("SIMULATOR_FAULTS_URL"))
		if err == nil {
			_, _ = io.Copy(os.Stdout, response.Body)
		}
		return 0
	},
	"wait": func() int {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		_, _ = fmt.Println("ready")
		<-signals
		return 5
	},
	// As wait, but unaffected by what a terminal sends. It ends with its input.
	"stay": func() int {
		signal.Ignore(os.Interrupt)
		_, _ = fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 6
	},
}

// child returns the arguments that run one of the children.
func child(t *testing.T, name string, flags ...string) []string {
	self, err := os.Executable()
	require.NoError(t, err)
	return append(flags, "--", self, "child", name)
}

// setInput replaces standard input, and returns what writes to it.
func setInput(t *testing.T) *os.File {
	input, write, err := os.Pipe()
	require.NoError(t, err)
	before := os.Stdin
	os.Stdin = input
	t.Cleanup(func() {
		os.Stdin = before
		_, _ = input.Close(), write.Close()
	})
	return write
}

func TestCommand(t *testing.T) {
	for _, verbose := range []bool{false, true} {
		input := setInput(t)
		_, err := input.WriteString("input")
		require.NoError(t, err)
		require.NoError(t, input.Close())
		path := filepath.Join(t.TempDir(), "stderr") // the command and the log write to one file
		file, err := os.Create(path)
		require.NoError(t, err)
		var stdout bytes.Buffer
		assert.Equal(t, 7, Run(t.Context(), child(t, "deploy", fmt.Sprintf("-v=%t", verbose)), &stdout, file))
		require.NoError(t, file.Close())
		assert.Equal(t, "input: <nil>\n", stdout.String())
		stderr, err := os.ReadFile(path)
		require.NoError(t, err)
		if !verbose {
			assert.Equal(t, "from the command\n", string(stderr))
			continue
		}
		assert.Contains(t, string(stderr), "from the command\n")
		assert.Regexp(t, `msg=serving url=http://127\.0\.0\.1:\d+\n`, string(stderr))
		assert.Contains(t, string(stderr), "operation=FinalizeDeploy")
	}
}

func TestFaultsOfACommand(t *testing.T) {
	var stdout, stderr bytes.Buffer
	assert.Equal(t, command.OK, Run(t.Context(), child(t, "faults", "-fault", "GetDeploy=hang*2"), &stdout, &stderr))
	assert.Equal(t, "GetDeploy=hang*2\n", stdout.String())
	assert.Empty(t, stderr.String())
}

func TestCommandsThatDoNotStart(t *testing.T) {
	folder := t.TempDir()
	for name, code := range map[string]int{
		"no-such-command":                   notFound,
		filepath.Join(folder, "no-command"): notFound,
		folder:                              notExecutable,
	} {
		var stdout, stderr bytes.Buffer
		got := Run(t.Context(), []string{"--", name}, &stdout, &stderr)
		if runtime.GOOS != "windows" || code == notFound { // Windows does not find a folder
			assert.Equal(t, code, got, stderr.String())
		}
		assert.Empty(t, stdout.String())
		assert.Contains(t, stderr.String(), "deploy: cannot start "+name+": ")
		assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
	}
}

// runUntilReady runs a child and returns its exit code once the child, which is ready, ended.
func runUntilReady(t *testing.T, ctx context.Context, name string) (code <-chan int) {
	t.Helper()
	read, stdout, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = read.Close(), stdout.Close() })
	ended := make(chan int, 1)
	args := child(t, name)
	go func() { ended <- Run(ctx, args, stdout, io.Discard) }()
	ready := make([]byte, len("ready"))
	_, err = io.ReadFull(read, ready)
	require.NoError(t, err)
	return ended
}

func TestNoCommandStartsAfterAnInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	assert.Equal(t, command.Failed, Run(ctx, child(t, "wait"), io.Discard, &stderr))
	assert.Contains(t, stderr.String(), "interrupted")
}

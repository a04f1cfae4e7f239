package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// roleVariable is the environment variable with the role of a child process.
const roleVariable = "ASTRO_FINALIZE_BENCHMARK_ROLE"

const (
	roleStorage = "storage" // with the latency as its argument
	roleWay     = "way"     // with the name, the folder and the upload URL
)

// run is the result of a way, as its process reports it.
type run struct {
	Took    time.Duration
	Version string
}

// playRole runs the role of a child process, if this is one.
func playRole(ctx context.Context, arguments []string) (played bool, err error) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		return false, nil
	case roleStorage:
		return true, serveStorage(ctx, arguments[0])
	case roleWay:
		return true, goWay(ctx, arguments[0], arguments[1], arguments[2])
	default:
		return true, fmt.Errorf("%s=%s: unknown role", roleVariable, role)
	}
}

// serveStorage prints its address, and serves until ctx ends or its standard input is closed, as
// happens when the parent process ends.
func serveStorage(ctx context.Context, latency string) error {
	delay, err := time.ParseDuration(latency)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = listener.Close()
	}()
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	if err := http.Serve(listener, newStorage(delay)); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// goWay measures the time from the folder to the version.
func goWay(ctx context.Context, name, dir, uploadURL string) error {
	for _, way := range ways {
		if way.name != name {
			continue
		}
		began := time.Now()
		version, err := way.deploy(ctx, dir, uploadURL)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(run{time.Since(began), version})
	}
	return fmt.Errorf("unknown way %q", name)
}

// command returns a child process of this program. It is interrupted when ctx ends, so that it can end
// its own children.
func command(ctx context.Context, role string, arguments ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	process := exec.CommandContext(ctx, self, arguments...)
	process.Env = append(os.Environ(), roleVariable+"="+role)
	process.Stderr = os.Stderr
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	process.WaitDelay = 5 * time.Second
	return process, nil
}

// startStorage starts a storage in a separate process.
func startStorage(ctx context.Context, latency time.Duration) (address string, stop func(), err error) {
	process, err := command(ctx, roleStorage, latency.String())
	if err != nil {
		return "", nil, err
	}
	stdin, err := process.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := process.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = stdin.Close()
		_ = process.Wait()
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the storage did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

// Command deploy measures the time from a folder of DAGs to the version of its uploaded tarball: for
// this library, the steps of the vendor's CLI, and others. The storage listens on loopback in a
// separate process. Each way runs in a separate process, too, and they take turns in random order.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	played, err := playRole(ctx, os.Args[1:])
	if !played {
		err = compare(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(ctx context.Context) error {
	factor := flag.Float64("factor", 1, "`factor` for the size of the tree, which is about 240 MB")
	latency := flag.Duration("latency", 0, "latency that the storage adds to each request")
	rounds := flag.Int("rounds", 5, "number of `rounds` in which the ways take turns")
	only := flag.String("only", "", "measure only the named ways, separated by commas")
	flag.Parse()
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	workspace, err := os.MkdirTemp("", "astro-finalize-benchmark-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(workspace) }()
	// The ways create their temporary files there, too, so they are all removed.
	for _, variable := range []string{"TMPDIR", "TMP"} {
		if err := os.Setenv(variable, workspace); err != nil {
			return err
		}
	}
	dir := filepath.Join(workspace, "dags")
	size, err := growTree(ctx, dir, project, *factor)
	if err != nil {
		return err
	}
	flushDisk()
	storage, stop, err := startStorage(ctx, *latency)
	if err != nil {
		return err
	}
	defer stop()
	measured, err := measureRounds(ctx, chosen, *rounds, dir, storage)
	if err != nil {
		return err
	}
	fmt.Printf("%.1f MB, %v added to each request, %d rounds\n", float64(size)/megabyte, *latency, *rounds)
	return printTable(os.Stdout, chosen, measured)
}

// choose returns the named ways, or all, without those whose programs are missing.
func choose(names string) ([]way, error) {
	var named []string
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			continue
		}
		if !slices.ContainsFunc(ways, func(way way) bool { return way.name == name }) {
			return nil, fmt.Errorf("unknown way %q", name)
		}
		named = append(named, name)
	}
	var chosen []way
	for _, way := range ways {
		if len(named) > 0 && !slices.Contains(named, way.name) {
			continue
		}
		if way.missing != nil && way.missing() != "" {
			fmt.Fprintf(os.Stderr, "%s is skipped: %s is missing\n", way.name, way.missing())
			continue
		}
		chosen = append(chosen, way)
	}
	return chosen, nil
}

// Command deploy measures the way from a folder of DAGs to the version of its tarball in a
// storage on loopback, which is a process of its own: by this library, by the steps of the
// vendor's CLI, and by others. Each runs in a process of its own, and they take turns in
// random order.
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
	factor := flag.Float64("factor", 1, "how `often` the tree of about 240 MB is taken")
	latency := flag.Duration("latency", 0, "what the storage adds to each request, as a network does")
	rounds := flag.Int("rounds", 5, "in how many `rounds` the ways take turns")
	only := flag.String("only", "", "measure the ways alone that are named, with commas in between")
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
	// The ways' temporary files come to lie there, too, so that all is gone whatever happens.
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
	settle()
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

// choose returns the ways that are named, or all, without those that the machine cannot go.
func choose(names string) ([]way, error) {
	var named []string
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			continue
		}
		if !slices.ContainsFunc(ways, func(way way) bool { return way.name == name }) {
			return nil, fmt.Errorf("there is no way named %q", name)
		}
		named = append(named, name)
	}
	var chosen []way
	for _, way := range ways {
		if len(named) > 0 && !slices.Contains(named, way.name) {
			continue
		}
		if way.missing != nil && way.missing() != "" {
			fmt.Fprintf(os.Stderr, "%s is left out: there is no %s\n", way.name, way.missing())
			continue
		}
		chosen = append(chosen, way)
	}
	return chosen, nil
}

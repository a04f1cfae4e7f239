package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

// measurement is one run of one way.
type measurement struct {
	took     time.Duration
	cpu      time.Duration // of its process, not of the storage's
	bytes    int64
	requests int
	peak     int64
}

// measureRounds has the ways take turns, in random order. The result has one map per round,
// by the way's name.
func measureRounds(ctx context.Context, chosen []way, rounds int, dir, storage string) ([]map[string]measurement, error) {
	var measured []map[string]measurement
	for round := range rounds {
		of := map[string]measurement{}
		for _, i := range rand.Perm(len(chosen)) {
			way := chosen[i]
			// As the service hands them out: in the query is a signature.
			uploadURL := storage + fmt.Sprintf("/dags/%d-%d?sv=2024-11-04&sig=%s", round, i, url.QueryEscape("c2lnbmF0dXJl+/="))
			result, err := measure(ctx, way.name, dir, uploadURL)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			of[way.name] = result
		}
		measured = append(measured, of)
	}
	return measured, nil
}

// measure runs one way in a process of its own. What was sent is what the storage says.
func measure(ctx context.Context, name, dir, uploadURL string) (measurement, error) {
	process, err := command(ctx, roleWay, name, dir, uploadURL)
	if err != nil {
		return measurement{}, err
	}
	output, err := process.Output()
	if err != nil {
		return measurement{}, err
	}
	var told run
	if err := json.Unmarshal(output, &told); err != nil {
		return measurement{}, err
	}
	blob, err := askStorage(ctx, uploadURL)
	if err != nil {
		return measurement{}, err
	}
	if blob.Version == "" || blob.Version != told.Version {
		return measurement{}, fmt.Errorf("the version is %q, and the storage says %q", told.Version, blob.Version)
	}
	state := process.ProcessState
	return measurement{told.Took, state.UserTime() + state.SystemTime(), blob.Bytes, blob.Requests, peakMemory(state)}, nil
}

// askStorage returns what a storage received.
func askStorage(ctx context.Context, uploadURL string) (blob received, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uploadURL, nil)
	if err != nil {
		return blob, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return blob, err
	}
	defer func() { _ = response.Body.Close() }()
	return blob, json.NewDecoder(response.Body).Decode(&blob)
}

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
	cpu      time.Duration // of its process, without the storage's
	bytes    int64
	requests int
	peak     int64
}

// measureRounds lets the ways take turns in random order. It returns one map for each round, by the
// way's name.
func measureRounds(ctx context.Context, chosen []way, rounds int, dir, storage string) ([]map[string]measurement, error) {
	var measured []map[string]measurement
	for round := range rounds {
		byWay := map[string]measurement{}
		for _, i := range rand.Perm(len(chosen)) {
			way := chosen[i]
			// Like an upload URL of the service, with a signature in the query.
			uploadURL := storage + fmt.Sprintf("/dags/%d-%d?sv=2024-11-04&sig=%s", round, i, url.QueryEscape("c2lnbmF0dXJl+/="))
			result, err := measure(ctx, way.name, dir, uploadURL)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			byWay[way.name] = result
		}
		measured = append(measured, byWay)
	}
	return measured, nil
}

// measure runs one way in a separate process. The storage reports what was sent.
func measure(ctx context.Context, name, dir, uploadURL string) (measurement, error) {
	process, err := command(ctx, roleWay, name, dir, uploadURL)
	if err != nil {
		return measurement{}, err
	}
	output, err := process.Output()
	if err != nil {
		return measurement{}, err
	}
	var reported run
	if err := json.Unmarshal(output, &reported); err != nil {
		return measurement{}, err
	}
	blob, err := askStorage(ctx, uploadURL)
	if err != nil {
		return measurement{}, err
	}
	if blob.Version == "" || blob.Version != reported.Version {
		return measurement{}, fmt.Errorf("the way returned version %q, but the storage has %q", reported.Version, blob.Version)
	}
	state := process.ProcessState
	return measurement{reported.Took, state.UserTime() + state.SystemTime(), blob.Bytes, blob.Requests, peakMemory(state)}, nil
}

// askStorage returns what the storage received.
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

package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"os"
)

// deployStdlib uses only the standard library: tar through gzip into one file, and one request.
func deployStdlib(ctx context.Context, dir, uploadURL string) (string, error) {
	path, err := writeTemp("stdlib-*.tar.gz", func(file *os.File) error {
		zipped := gzip.NewWriter(file)
		if err := tarFolder(dir, zipped); err != nil {
			return err
		}
		return zipped.Close()
	})
	defer func() { _ = os.Remove(path) }()
	if err != nil {
		return "", err
	}
	return putFile(ctx, path, uploadURL)
}

// deployFloor neither compresses nor computes a checksum: tar into a file, and one request.
func deployFloor(ctx context.Context, dir, uploadURL string) (string, error) {
	path, err := writeTemp("floor-*.tar", func(file *os.File) error {
		buffered := bufio.NewWriterSize(file, 256<<10)
		if err := tarFolder(dir, buffered); err != nil {
			return err
		}
		return buffered.Flush()
	})
	defer func() { _ = os.Remove(path) }()
	if err != nil {
		return "", err
	}
	return putFile(ctx, path, uploadURL)
}

// putFile uploads a file with one Put Blob.
func putFile(ctx context.Context, path, uploadURL string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, uploadURL, file)
	if err != nil {
		return "", err
	}
	request.ContentLength = info.Size()
	request.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusCreated {
		return "", errors.New(response.Status)
	}
	return response.Header.Get("X-Ms-Version-Id"), nil
}

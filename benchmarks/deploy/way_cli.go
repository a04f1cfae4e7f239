package main

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// deployCLI runs the steps of the vendor's CLI: tar to a file, gzip to a second file, and an upload in
// blocks with the SDK's defaults, 1 MiB and one at a time.
func deployCLI(ctx context.Context, dir, uploadURL string) (string, error) {
	tarPath, err := writeTemp("cli-*.tar", func(file *os.File) error { return tarFolder(dir, file) })
	defer func() { _ = os.Remove(tarPath) }()
	if err != nil {
		return "", err
	}
	gzipPath, err := writeTemp("cli-*.tar.gz", func(file *os.File) error { return gzipFile(tarPath, file) })
	defer func() { _ = os.Remove(gzipPath) }()
	if err != nil {
		return "", err
	}
	return stageBlocks(ctx, gzipPath, uploadURL)
}

func gzipFile(path string, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	zipped := gzip.NewWriter(out)
	if _, err := io.Copy(zipped, file); err != nil {
		return err
	}
	return zipped.Close()
}

func stageBlocks(ctx context.Context, path, uploadURL string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	blob, err := blockblob.NewClientWithNoCredential(uploadURL, nil)
	if err != nil {
		return "", err
	}
	uploaded, err := blob.UploadStream(ctx, file, nil)
	if err != nil {
		return "", err
	}
	if uploaded.VersionID == nil {
		return "", errors.New("the response has no version")
	}
	return *uploaded.VersionID, nil
}

package main

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// deployCLI takes the steps of the vendor's CLI, one after the other: tar to a file, gzip of
// that to a second file, and the second file in blocks of the SDK's defaults, which are 1 MiB,
// one at a time.
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
	answer, err := blob.UploadStream(ctx, file, nil)
	if err != nil {
		return "", err
	}
	if answer.VersionID == nil {
		return "", errors.New("the response names no version")
	}
	return *answer.VersionID, nil
}

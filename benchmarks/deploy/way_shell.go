package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// missingTools names the programs that deployShell needs and that are missing.
func missingTools() string {
	var missing []string
	for _, tool := range []string{"tar", "gzip", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	return strings.Join(missing, ", ")
}

// deployShell does what scripts do: tar -cf - dags | gzip > file, then curl, which must know the length.
func deployShell(ctx context.Context, dir, uploadURL string) (string, error) {
	path, err := writeTemp("shell-*.tar.gz", func(file *os.File) error {
		pack := exec.CommandContext(ctx, "tar", "-cf", "-", "-C", filepath.Dir(dir), filepath.Base(dir))
		compress := exec.CommandContext(ctx, "gzip")
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		pack.Stdout, compress.Stdin, compress.Stdout = writer, reader, file
		err = cmp.Or(pack.Start(), compress.Start())
		_, _ = reader.Close(), writer.Close() // only the programs use them from here
		if err != nil {
			return err
		}
		return errors.Join(pack.Wait(), compress.Wait())
	})
	defer func() { _ = os.Remove(path) }()
	if err != nil {
		return "", err
	}
	headers, err := exec.CommandContext(ctx, "curl", "--silent", "--show-error", "--fail", "--upload-file", path,
		"--header", "x-ms-blob-type: BlockBlob", "--dump-header", "-", "--output", os.DevNull, uploadURL).Output()
	if err != nil {
		return "", err
	}
	return versionIn(headers)
}

// versionIn finds the version in the headers of all responses. The first response may be a 100.
func versionIn(headers []byte) (string, error) {
	lines := textproto.NewReader(bufio.NewReader(bytes.NewReader(headers)))
	for {
		if _, err := lines.ReadLine(); err != nil {
			return "", errors.New("the response has no version")
		}
		header, err := lines.ReadMIMEHeader()
		if err != nil {
			return "", err
		}
		if version := header.Get("X-Ms-Version-Id"); version != "" {
			return version, nil
		}
	}
}

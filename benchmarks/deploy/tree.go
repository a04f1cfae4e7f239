package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// kind describes files of one kind, all of about the same size.
type kind struct {
	path  string // with the number of the file, and that of the team
	count int
	size  int
	write func(author *author, out io.Writer, size int) error
}

// project is a typical folder of DAGs: Python, tables as CSV and SQL, and files that are already
// compressed.
var project = []kind{
	{"team_%02[2]d/dag_%05[1]d.py", 2000, 8 << 10, writePython},
	{"data/%04[1]d.csv", 50, 2_000_000, writeCSV},
	{"sql/%04[1]d.sql", 50, 2_000_000, writeSQL},
	{"models/%03[1]d.bin", 4, 5_000_000, writeRandom},
}

// growTree writes the files of a folder, factor times as many as the kinds say, and returns their size
// in bytes.
func growTree(ctx context.Context, dir string, kinds []kind, factor float64) (size int64, err error) {
	for _, kind := range kinds {
		for i := range int(math.Ceil(float64(kind.count) * factor)) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			written, err := kind.grow(dir, i)
			if err != nil {
				return 0, err
			}
			size += written
		}
	}
	return size, nil
}

// grow writes one file.
func (k kind) grow(dir string, number int) (int64, error) {
	path := filepath.Join(dir, fmt.Sprintf(k.path, number, number%20))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	buffered := bufio.NewWriterSize(file, 64<<10)
	if err := k.write(newAuthor(k.path, number), buffered, k.size); err != nil {
		return 0, err
	}
	if err := buffered.Flush(); err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), file.Close()
}

// writeRandom stands for files that are already compressed, such as images and models.
func writeRandom(author *author, out io.Writer, size int) error {
	_, err := io.CopyN(out, author.source, int64(size))
	return err
}

package main

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// tarFolder writes the files of a folder as a tar archive, below the folder's name.
func tarFolder(dir string, out io.Writer) error {
	archive := tar.NewWriter(out)
	if err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		header, err := tar.FileInfoHeader(info, "")
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		header.Name = path.Join(filepath.Base(dir), filepath.ToSlash(below))
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		return tarFile(name, archive)
	}); err != nil {
		return err
	}
	return archive.Close()
}

func tarFile(name string, archive io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = io.Copy(archive, file)
	return err
}

// writeTemp writes a temporary file, and returns its path even if that fails.
func writeTemp(pattern string, write func(*os.File) error) (string, error) {
	file, err := os.CreateTemp("", pattern)
	if err != nil {
		return "", err
	}
	err = write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return file.Name(), err
}

package tarball_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing/fstest"
	"time"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// dags is a small folder of DAGs.
var dags = fstest.MapFS{
	"daily.py":                {Data: []byte("print('daily')\n")},
	"lib/sql.py":              {Data: []byte("print('sql')\n")},
	"lib/__pycache__/sql.pyc": {Data: []byte("cached")},
	"lib/orders.csv":          {Data: []byte("1,2\n")},
	"lib/fixtures/orders.csv": {Data: []byte("3,4\n")},
	".git/HEAD":               {Data: []byte("ref: refs/heads/main\n")},
}

// list prints the names in a tarball, or the error.
func list(source *tarball.Source, prefix string) {
	packed, err := source.Pack(context.Background(), prefix)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		fmt.Println(err)
		return
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err != nil {
			return
		}
		fmt.Println(header.Name)
	}
}

// tempDir creates a folder with one DAG.
func tempDir() string {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "daily.py"), []byte("print('daily')\n"), 0o600); err != nil {
		panic(err)
	}
	return dir
}

func Example() {
	source := tarball.FS(dags, tarball.Ignore("__pycache__/", "*.csv", "!lib/fixtures/*.csv"))
	packed, err := source.Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	fmt.Println(packed.Files(), "files")
	// Output: 3 files
}

func ExampleDir() {
	dir := tempDir()
	defer func() { _ = os.RemoveAll(dir) }()
	list(tarball.Dir(dir), "dags")
	list(tarball.Dir(dir), "")
	list(tarball.Dir(""), "")
	// Output:
	// dags/
	// dags/daily.py
	// daily.py
	// "" must be the path of a folder; use "." for the current directory
}

// With //go:embed all:dags, an embed.FS contains the folder dags. fs.Sub returns its content.
func ExampleFS() {
	embedded := fstest.MapFS{"dags/daily.py": {}} // var embedded embed.FS
	dags, err := fs.Sub(embedded, "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	list(tarball.FS(dags), "dags")
	list(tarball.FS(embedded), "dags")
	// Output:
	// dags/
	// dags/daily.py
	// "." contains a folder dags and no DAG next to it, so its DAGs would end up below dags/dags/; pass the result of fs.Sub(fsys, "dags"), or add the option Prefix("dags") if that is intended
}

func ExampleFS_symlink() {
	list(tarball.FS(fstest.MapFS{"daily.py": {}, "link.py": {Data: []byte("../outside.py"), Mode: os.ModeSymlink}}), "dags")
	// Output: "link.py" is a symlink to "../outside.py", which is outside the folder; replace the link with the file, or exclude the link with Ignore
}

func ExampleFile() {
	dir := tempDir()
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "dags.tar.gz")
	if err := os.WriteFile(path, []byte("\x1f\x8b and so on"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	opened, err := tarball.File(path).Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = opened.Close() }()
	fmt.Println(opened.Size(), "bytes")
	// Output: 12 bytes
}

func ExampleSource_Pack() {
	packed, err := tarball.FS(fstest.MapFS{}).Pack(context.Background(), "dags")
	fmt.Println(packed == nil, errors.Is(err, tarball.ErrEmpty))
	fmt.Println(err)
	// Output:
	// true true
	// "." contains no file to pack: deploying it would delete all DAGs, or the whole content of the bundle; check the folder and the patterns, or pass AllowEmpty() if that is intended
}

func ExampleSource_Open() {
	var upload interface {
		Open(ctx context.Context, prefix string) (io.ReadSeekCloser, error)
	} = tarball.FS(dags)
	body, err := upload.Open(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = body.Close() }()
	start := make([]byte, 2)
	_, err = io.ReadFull(body, start)
	fmt.Printf("%x %v\n", start, err)
	// Output: 1f8b <nil>
}

func ExampleTarball_Size() {
	packed, err := tarball.FS(dags).Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	content, err := io.ReadAll(packed)
	fmt.Println(packed.Size() == int64(len(content)), err)
	// Output: true <nil>
}

func ExampleTarball_MD5() {
	packed, err := tarball.FS(dags).Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	contentMD5 := base64.StdEncoding.EncodeToString(packed.MD5())
	fmt.Println(len(packed.MD5()), len(contentMD5))
	// Output: 16 24
}

// Comparing the digest to that of the last deploy shows whether anything changed.
func ExampleTarball_ContentDigest() {
	digest := func(script string, at int64) string {
		tree := fstest.MapFS{"daily.py": {Data: []byte(script)}}
		packed, err := tarball.FS(tree, tarball.ModTime(time.Unix(at, 0))).Pack(context.Background(), "dags")
		if err != nil {
			return err.Error()
		}
		defer func() { _ = packed.Close() }()
		return packed.ContentDigest()
	}
	last := digest("print(1)", 1_700_000_000)
	fmt.Println(digest("print(1)", 1_800_000_000) == last)
	fmt.Println(digest("print(2)", 1_700_000_000) == last)
	// Output:
	// true
	// false
}

// A packed tarball is a source, for example for deploys.DAGs.
func ExampleTarball_Open() {
	packed, err := tarball.FS(dags).Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	_, err = packed.Open(context.Background(), "dags")
	fmt.Println(err)
	_, err = packed.Open(context.Background(), "") // as a bundle
	fmt.Println(err)
	// Output:
	// <nil>
	// prefix must be "dags", which was passed to Pack (got ""); pack again with the right prefix
}

func ExampleTarball_Files() {
	packed, err := tarball.FS(dags).Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	fmt.Println(packed.Files())
	// Output: 5
}

// Airflow 3 projects may need their DAGs at the top level.
func ExamplePrefix() {
	tree := fstest.MapFS{"daily.py": {}}
	list(tarball.FS(tree, tarball.Prefix("")), "dags")
	list(tarball.FS(tree, tarball.Prefix("../daily")), "dags")
	// Output:
	// daily.py
	// Prefix must be a path within the tarball, like dags, or "" for none (got "../daily")
}

func ExampleIgnore() {
	list(tarball.FS(dags, tarball.Ignore("__pycache__/", "*.csv", "!lib/fixtures/*.csv")), "dags")
	list(tarball.FS(dags, tarball.Ignore("[a-c")), "dags")
	// Output:
	// dags/
	// dags/daily.py
	// dags/lib/
	// dags/lib/fixtures/
	// dags/lib/fixtures/orders.csv
	// dags/lib/sql.py
	// Ignore pattern "[a-c" has a "[" without a "]"; write \[ for a literal one
}

func ExampleLevel() {
	list(tarball.FS(fstest.MapFS{"daily.py": {}}, tarball.Level(tarball.Fastest)), "")
	list(tarball.FS(fstest.MapFS{"daily.py": {}}, tarball.Level(22)), "")
	// Output:
	// daily.py
	// Level must be 1 to 9 (got 22)
}

func ExampleAllowEmpty() {
	list(tarball.FS(fstest.MapFS{}, tarball.AllowEmpty()), "dags")
	// Output: dags/
}

// With the time of the commit, packing the same commit always gives the same bytes.
func ExampleModTime() {
	commit := time.Date(2024, 1, 12, 18, 32, 20, 0, time.UTC)
	packed, err := tarball.FS(dags, tarball.ModTime(commit)).Pack(context.Background(), "dags")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = packed.Close() }()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		fmt.Println(err)
		return
	}
	header, err := tar.NewReader(unzipped).Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(header.Name, header.ModTime.UTC())
	// Output: dags/ 2024-01-12 18:32:20 +0000 UTC
}

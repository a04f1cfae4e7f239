// Package tarball packs a folder into a gzip tarball, as a deploy to Astro takes it.
//
// # Use
//
// [Dir] names a folder and [FS] a file system of Go, such as an [embed.FS]; [File] is for a
// tarball that exists already. What they return goes to an upload, which says whether the
// entries lie under dags/ (DAGs) or under none (a bundle) and calls [Source.Open].
// [Source.Pack] makes the tarball without one:
//
//	packed, err := tarball.Dir("./dags", tarball.Ignore("__pycache__/", "*.csv")).Pack(ctx, "dags")
//	...
//	defer packed.Close()
//
// # What is packed
//
// Regular files, directories and symlinks. Left out is what is named .git, at any depth, and
// what the patterns of [Ignore] say; a directory that is left out is not even read. Files
// that are named .gitignore are packed like others, and not obeyed.
//
// A symlink is kept as it is, and not followed. It is kept as well if it points to nothing,
// as tar does.
//
// # What is refused
//
// An error, an [*Error] that names the path, is
//
//   - a symlink that is absolute, that leaves the folder, by its own text or through another
//     link, that points to something that is left out, or that leads in a circle;
//   - a socket, a named pipe, a device: it is never opened;
//   - a file that grows or shrinks while it is read, and whatever cannot be read;
//   - a folder that holds no file and no symlink to pack, since deploying it deletes every
//     DAG: [ErrEmpty], unless [AllowEmpty] says that it is meant;
//   - a folder packed under dags/ that holds no .py and no .zip file, which is [ErrEmpty], too,
//     since no DAG can be in it;
//   - an Astro project packed under dags/, since its DAGs would come to lie under dags/dags/. It
//     is known by a folder dags beside .astro, Dockerfile, airflow_settings.yaml or
//     requirements.txt.
//
// A folder is opened as an [os.Root]: whatever happens to it meanwhile, nothing outside of
// it is read.
//
// # The same bytes
//
// The same tree gives the same bytes, as long as the versions of this module and of the
// compressor, github.com/klauspost/compress, are the same: entries are in the order of their
// names, owners are 0, directories and executable files have mode 0755, other files 0644, and
// all have one time, 1980-01-01 UTC ([ModTime] sets another). Windows has no executable bit,
// so a tree with scripts differs there.
//
// # What it takes
//
// One pass over the folder. Memory does not grow with it, but for the names in one directory:
// a few megabytes per CPU, for at most eight of them. The tarball lies in a temporary file,
// in the directory that TMPDIR sets, which on Unix is gone even if the process is killed;
// elsewhere [Tarball.Close] removes it.
package tarball
